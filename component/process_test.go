package component

import (
	"strings"
	"testing"
)

// nodeFacts are the facts of the node a with processes.
func nodeFacts(processes, problems string) string {
	return `{"apiVersion": "kubeharden.io/v1alpha1", "kind": "NodeFacts", "metadata": {"name": "a"}, "spec": {"processes": [` + processes + `], "problems": [` + problems + `]}}`
}

// TestProcesses: what runs decides, one finding is told where people change it, and files are found among those of the node.
func TestProcesses(t *testing.T) {
	kubelet := `{"component": "kubelet", "pid": 800, "uid": 0, "version": "v1.31.2", "arguments": []}`
	for _, test := range []struct {
		name  string
		kind  Kind
		files []string
		want  map[string]string
		node  string
	}{
		{"flag over drop-in over file", Kubelet, []string{
			"f.json", nodeFacts(kubelet, ""),
			"a/proc/800/cmdline", "/usr/bin/kubelet\n--config=/var/lib/kubelet/config.yaml\n--config-dir=/etc/kubelet.d\n--read-only-port\n10255\n",
			"a/var/lib/kubelet/config.yaml", kubeletFile + "eventRecordQPS: 9\nreadOnlyPort: 1\nmaxPods: 20\n",
			"a/etc/kubelet.d/10.conf", kubeletFile + "eventRecordQPS: 7\nreadOnlyPort: 2\n",
		}, map[string]string{
			"read-only-port": "10255 flag #1", "event-qps": "7 drop-in #3 eventRecordQPS", "max-pods": "20 configuration file #2 maxPods",
			"anonymous-auth": "false default",
		}, "/a"},
		{"files at places that nobody knows", Kubelet, []string{
			"a/proc/800/cmdline", "/opt/kubelet\n--config=/opt/node/kubelet.cfg\n",
			"a/opt/node/kubelet.cfg", kubeletFile + "readOnlyPort: 1\n",
			"b/opt/node/kubelet.cfg", kubeletFile + "readOnlyPort: 2\n",
			"f.json", nodeFacts(kubelet, ""),
			"g.json", strings.Replace(nodeFacts("", ""), `"a"`, `"b"`, 1),
		}, map[string]string{"read-only-port": "1 configuration file #1 readOnlyPort"}, "/a"},
		{"the unit that says the same stands for the process", Kubelet, []string{
			"a/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --read-only-port=10255 --event-qps=3\n",
			"f.json", nodeFacts(kubelet, ""),
			"a/proc/800/cmdline", "/usr/bin/kubelet\n--read-only-port=10255\n--event-qps=3\n",
		}, map[string]string{"read-only-port": "10255 flag #0", "event-qps": "3 flag #0"}, "/a"},
		{"a unit that was changed and not started again", Kubelet, []string{
			"a/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --read-only-port=0 --event-qps=3\n",
			"f.json", nodeFacts(kubelet, ""),
			"a/proc/800/cmdline", "/usr/bin/kubelet\n--read-only-port=10255\n--event-qps=3\n",
		}, map[string]string{"read-only-port": "10255 flag #2", "event-qps": "3 flag #0"}, "/a"},
		{"what a distribution would set", Kubelet, []string{
			"a/etc/rancher/rke2/config.yaml", "kubelet-arg:\n- event-qps=3\n- read-only-port=1\n",
			"f.json", nodeFacts(kubelet, ""),
			"a/proc/800/cmdline", "/var/lib/rancher/rke2/bin/kubelet\n--anonymous-auth=true\n--event-qps=3\n--read-only-port=0\n",
		}, map[string]string{"anonymous-auth": "true flag #2", "event-qps": "3 flag #0 kubelet-arg[0]", "read-only-port": "0 flag #2"}, "/a"},
		{"the static pod that says the same stands for the process", APIServer, []string{
			"a/etc/kubernetes/manifests/kube-apiserver.yaml", strings.Replace(apiServerPod, "anonymous-auth=false", "anonymous-auth=true", 1),
			"f.json", nodeFacts(`{"component": "kube-apiserver", "pid": 900}`, ""),
			"a/proc/900/cmdline", strings.Replace(apiServerLine(t), "anonymous-auth=false", "anonymous-auth=true", 1),
		}, map[string]string{"anonymous-auth": "true flag #0 spec.containers[0].command[1]"}, "/a"},
		{"a static pod that was changed", APIServer, []string{
			"a/etc/kubernetes/manifests/kube-apiserver.yaml", apiServerPod,
			"f.json", nodeFacts(`{"component": "kube-apiserver", "pid": 900}`, ""),
			"a/proc/900/cmdline", strings.Replace(apiServerLine(t), "anonymous-auth=false", "anonymous-auth=true", 1),
		}, map[string]string{"anonymous-auth": "true flag #2"}, "/a"},
		{"another node's files say nothing", Kubelet, []string{
			"b/etc/systemd/system/etcd.service", "[Service]\nExecStart=/usr/bin/etcd --read-only-port=0\n",
			"f.json", nodeFacts(kubelet, ""),
			"a/proc/800/cmdline", "/usr/bin/kubelet\n",
			"b/var/lib/kubelet/config.yaml.txt", "",
		}, map[string]string{"read-only-port": "10255 default"}, "/a"},
		{"etcd by its environment", Etcd, []string{
			"f.json", nodeFacts(`{"component": "etcd", "pid": 7, "environment": [{"name": "ETCD_CLIENT_CERT_AUTH", "value": "true"}, {"name": "ETCD_NAME", "value": "x"}]}`, ""),
			"a/proc/7/cmdline", "etcd\n--name=a\n",
		}, map[string]string{"client-cert-auth": "true environment #0 spec.processes[0].environment[0].value", "name": "a flag #1"}, "/a"},
		{"etcd whose environment was not readable", Etcd, []string{
			"f.json", nodeFacts(`{"component": "etcd", "pid": 7}`, `{"path": "/proc/7/environ", "affects": ["environment"], "reason": "permission denied"}`),
			"a/proc/7/cmdline", "etcd\n--name=a\n",
		}, map[string]string{"client-cert-auth": "unknown: the environment of the process could not be read: permission denied", "name": "a flag #1"}, "/a"},
		{"etcd of which there is only the command line", Etcd, []string{
			"a/proc/7/cmdline", "etcd\n--name=a\n",
		}, map[string]string{"client-cert-auth": "unknown: the environment of the process is not among the input"}, "/a"},
		{"a raw copy of /proc", Kubelet, []string{"a/proc/800/cmdline", "kubelet\x00--read-only-port\x000\x00--event-qps=2\x00"}, map[string]string{"read-only-port": "0 flag #0", "event-qps": "2 flag #0"}, "/a"},
		{"a container that sees the file elsewhere", Proxy, []string{
			"f.json", nodeFacts(`{"component": "kube-proxy", "pid": 9, "mounts": [{"container": "/var/lib/kube-proxy/config.conf", "host": "/var/lib/kubelet/pods/u/config.conf"}]}`, ""),
			"a/proc/9/cmdline", "/usr/local/bin/kube-proxy\n--config=/var/lib/kube-proxy/config.conf\n",
			"a/var/lib/kubelet/pods/u/config.conf", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmetricsBindAddress: 0.0.0.0:10249\n",
		}, map[string]string{"metrics-bind-address": "0.0.0.0:10249 configuration file #2 metricsBindAddress"}, "/a"},
		{"a file of the container's own", Proxy, []string{
			"f.json", nodeFacts(`{"component": "kube-proxy", "pid": 9, "mounts": [{"container": "/etc/kubernetes/p.yaml", "host": "/proc/9/root/etc/kubernetes/p.yaml"}]}`, ""),
			"a/proc/9/cmdline", "kube-proxy\n--config=/etc/kubernetes/p.yaml\n",
			"a/proc/9/root/etc/kubernetes/p.yaml", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmetricsBindAddress: 0.0.0.0:10249\n",
		}, map[string]string{"metrics-bind-address": "0.0.0.0:10249 configuration file #2 metricsBindAddress"}, "/a"},
		{"the file was not carried", Kubelet, []string{
			"f.json", nodeFacts(kubelet, ""),
			"a/proc/800/cmdline", "/usr/bin/kubelet\n--config=/opt/node/kubelet.cfg\n",
		}, map[string]string{"read-only-port": "unknown: its configuration file /opt/node/kubelet.cfg was not read"}, "/a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := read(t, test.files...)
			// As the engine does, in parts: what stands where must survive.
			var merged Set
			merged.Merge(s, 0)
			i := onNode(t, &merged, test.kind, test.node)
			for flag, want := range test.want {
				if got := said(i, flag); got != want {
					t.Errorf("--%s: got %q, want %q", flag, got, want)
				}
			}
		})
	}
}

// apiServerLine is the command line of apiServerPod.
func apiServerLine(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(apiServerPod) {
		if arg, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok && !strings.HasPrefix(arg, "name:") {
			b.WriteString(strings.Trim(arg, `"'`) + "\n")
		}
	}
	return b.String()
}

// onNode returns the one instance of a kind on a node.
func onNode(t *testing.T, s *Set, k Kind, node string) *Instance {
	t.Helper()
	var found []*Instance
	for _, i := range New(s, Options{Version: "v1.31"}) {
		if i.Kind == k && i.Node == node {
			found = append(found, i)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d instances of %s on %s, want one: %v", len(found), k, node, found)
	}
	return found[0]
}

// TestNumbersOfFactsMove: places in facts are right when what was read before them is put in front.
func TestNumbersOfFactsMove(t *testing.T) {
	first := read(t, "x.yaml", apiServerPod)
	s := read(t, "f.json", nodeFacts(`{"component": "etcd", "pid": 7, "version": "v3.6.1", "environment": [{"name": "ETCD_NAME", "value": "x"}]}`, ""), "a/proc/7/cmdline", "etcd\n--data-dir=/x\n")
	first.Merge(s, 5)
	i := only(t, first, Etcd, "")
	if got := said(i, "name") + ", " + said(i, "data-dir"); got != "x environment #5 spec.processes[0].environment[0].value, /x flag #6" {
		t.Error(got)
	}
	if i.Version.Text != "v3.6.1" || i.Version.Place.Object != 5 || i.Version.Place.Path != "spec.processes[0].version" {
		t.Errorf("version %+v", i.Version)
	}
}

// TestProcessesOfANodeCountAll: each process of a kind is one, and files of that kind on its node are none.
func TestProcessesOfANodeCountAll(t *testing.T) {
	s := read(t, "a/proc/1/cmdline", "kube-apiserver\n--anonymous-auth=true\n", "a/proc/2/cmdline", "kube-apiserver\n--anonymous-auth=false\n",
		"a/etc/kubernetes/manifests/x.yaml", apiServerPod, "b/etc/kubernetes/manifests/x.yaml", apiServerPod, "a/proc/x/cmdline", "kubelet", "a/proc/3/cmdline", "bash\n-c\nkubelet")
	var got []string
	for _, i := range New(s, Options{}) {
		got = append(got, i.Name+" on "+i.Node)
	}
	want := "kube-apiserver of process 1 on /a; kube-apiserver of process 2 on /a; kube-apiserver of Pod/kube-system/kube-apiserver on /b"
	if strings.Join(got, "; ") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, "; "), want)
	}
}

// TestObserved: what a kubelet says that it runs with decides, with the places of files that say the same, and what differs is known.
func TestObserved(t *testing.T) {
	const facts = `{"component": "kubelet", "pid": 800, "uid": 0, "version": "v1.37.2"}`
	line := "kubelet\n--config=/var/lib/kubelet/config.yaml\n--protect-kernel-defaults=true\n"
	for _, test := range []struct {
		name, file, configz string
		want                map[string]string
		differences         string
	}{
		{
			"the same", "readOnlyPort: 0\nstreamingConnectionIdleTimeout: 4h\nauthentication: {anonymous: {enabled: false}}\n",
			"streamingConnectionIdleTimeout: 4h0m0s\nauthentication: {anonymous: {enabled: false}}\nprotectKernelDefaults: true\n",
			map[string]string{"anonymous-auth": "false configuration file #2 authentication.anonymous.enabled", "read-only-port": "0 default", "protect-kernel-defaults": "true flag #1"},
			"",
		},
		{
			"a file that was changed", "readOnlyPort: 10255\nauthentication: {anonymous: {enabled: false}}\n", "authentication: {anonymous: {enabled: true}}\nprotectKernelDefaults: true\n",
			map[string]string{"anonymous-auth": "true configuration file #3 authentication.anonymous.enabled", "read-only-port": "0 configuration file #3"},
			"authentication.anonymous.enabled false true; readOnlyPort 10255 0",
		},
		{"nobody says it", "maxPods: 20\n", "protectKernelDefaults: true\neventRecordQPS: 7\n", map[string]string{"event-qps": "7 configuration file #3 eventRecordQPS"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := read(t, "f.json", nodeFacts(facts, ""), "a/proc/800/cmdline", line, "a/var/lib/kubelet/config.yaml", kubeletFile+test.file, "nodes/a/proxy/configz", kubeletFile+test.configz)
			i := onNode(t, s, Kubelet, "/a")
			for flag, want := range test.want {
				if got := said(i, flag); got != want {
					t.Errorf("--%s: got %q, want %q", flag, got, want)
				}
			}
			found, ok := i.Differences()
			var all []string
			for _, d := range found {
				all = append(all, d.Path+" "+d.Said.Text+" "+d.Running.Text)
			}
			if got := strings.Join(all, "; "); got != test.differences || !ok {
				t.Errorf("got %q, %v", got, ok)
			}
		})
	}
	// A kubelet of which there is nothing but its answer is one, and has no differences.
	alone := onNode(t, read(t, "nodes/a/proxy/configz", kubeletFile+"readOnlyPort: 10255\n"), Kubelet, "/a")
	if _, ok := alone.Differences(); ok || said(alone, "read-only-port") != "10255 configuration file #0 readOnlyPort" {
		t.Error(said(alone, "read-only-port"))
	}
}

// TestMirrorPods: the static pod that the API shows is the process on its node, and the file there is where it is changed.
func TestMirrorPods(t *testing.T) {
	mirror := strings.Replace(strings.Replace(apiServerPod, "{name: kube-apiserver, namespace: kube-system}", "{name: kube-apiserver-a, namespace: kube-system, annotations: {kubernetes.io/config.mirror: x}}", 1), "spec:\n", "spec:\n  nodeName: a\n", 1)
	facts := nodeFacts(`{"component": "kube-apiserver", "pid": 900}`, "")
	for _, test := range []struct {
		files []string
		want  string
	}{
		{[]string{"live/pods", mirror, "f.json", facts, "a/proc/900/cmdline", apiServerLine(t), "a/etc/kubernetes/manifests/k.yaml", apiServerPod}, "false flag #3 spec.containers[0].command[1]"},
		{[]string{"live/pods", mirror, "f.json", facts, "a/proc/900/cmdline", apiServerLine(t)}, "false flag #0 spec.containers[0].command[1]"},
		{[]string{"live/pods", mirror, "f.json", facts, "a/proc/900/cmdline", strings.Replace(apiServerLine(t), "auth=false", "auth=true", 1)}, "true flag #2"},
		{[]string{"live/pods", mirror, "b/proc/900/cmdline", apiServerLine(t)}, "false flag #0 spec.containers[0].command[1]; false flag #1"},
	} {
		var got []string
		for _, i := range New(read(t, test.files...), Options{}) {
			got = append(got, said(i, "anonymous-auth"))
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// TestRancherDropIns: since 1.32 k3s writes what it sets itself into a folder of drop-ins, and later files there replace it.
func TestRancherDropIns(t *testing.T) {
	const dir = "a/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/"
	i := onNode(t, read(t, "a/etc/rancher/k3s/config.yaml", "kubelet-arg: [event-qps=3]\n", dir+"00-k3s-defaults.conf", kubeletFile+"authentication: {anonymous: {enabled: false}}\nreadOnlyPort: 0\n",
		dir+"99-mine.conf", kubeletFile+"authentication: {anonymous: {enabled: true}}\neventRecordQPS: 9\n", "f.json", nodeFacts("", "")), Kubelet, "/a")
	for flag, want := range map[string]string{
		"anonymous-auth": "true drop-in #2 authentication.anonymous.enabled", "event-qps": "3 flag #0 kubelet-arg[0]", "authorization-mode": "Webhook distribution default",
	} {
		if got := said(i, flag); got != want {
			t.Errorf("--%s: got %q, want %q", flag, got, want)
		}
	}
}
