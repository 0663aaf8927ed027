package component

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	for _, test := range []struct {
		kind        Kind
		line        string
		want, stray string
	}{
		{APIServer, "--a=b --c d", "a=b c=d", ""},
		{APIServer, "--profiling --anonymous-auth=false", "profiling! anonymous-auth=false", ""},
		{APIServer, "--profiling false", "profiling!", "false"},
		{APIServer, "--authorization_mode=RBAC", "authorization-mode=RBAC", ""},
		{APIServer, "--audit-log-path -", "audit-log-path=-", ""},
		{APIServer, "--audit-log-path --profiling", "audit-log-path=--profiling", ""},
		{APIServer, "--no-such-flag --profiling", "no-such-flag! profiling!", ""},
		{APIServer, "--audit-log-path=a=b", "audit-log-path=a=b", ""},
		{APIServer, "-v 2 -v=3 -v4", "v=2 v=3 v=4", ""},
		{APIServer, "-- --a=b", "", "--a=b"},
		{APIServer, "-profiling=false ---a=b --=c", "", "-profiling=false ---a=b --=c"},
		{Etcd, "-client-cert-auth -name x", "client-cert-auth! name=x", ""},
		{APIServer, "--audit-log-path", "audit-log-path!", ""},
	} {
		var list []word
		for text := range strings.FieldsSeq(test.line) {
			list = append(list, word{text: text})
		}
		line := parseArgs(list, test.kind, func(name string) bool {
			spec, ok, _ := FlagSpec(test.kind, Version{Major: 1, Minor: 33}, name)
			return ok && spec.Optional
		})
		var got, stray []string
		for _, f := range line.flags {
			if f.bare {
				got = append(got, f.name+"!")
			} else {
				got = append(got, f.name+"="+f.text)
			}
		}
		for _, w := range line.stray {
			stray = append(stray, w.text)
		}
		if strings.Join(got, " ") != test.want || strings.Join(stray, " ") != test.stray {
			t.Errorf("%s: %q and %q, want %q and %q", test.line, got, stray, test.want, test.stray)
		}
	}
}

func TestShellWords(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"exec kube-apiserver --a=b", "kube-apiserver|--a=b"},
		{"  kube-apiserver \\\n  --a='b c' \\\n --d=\"e\\\"f\"\n", "kube-apiserver|--a=b c|--d=e\"f"},
		{"kube-apiserver --a=b >>/var/log/x.log 2>&1", "kube-apiserver|--a=b"},
		{"kube-apiserver --a=b 2> /dev/null", "kube-apiserver|--a=b"},
		{"kube-apiserver --cors-allowed-origins=* --b=x#y", "kube-apiserver|--cors-allowed-origins=*|--b=x#y"},
		{`kube-apiserver --a\ b`, "kube-apiserver|--a b"},
		{"kube-apiserver --a=$B", "?"},
		{"kube-apiserver --a=\"$B\"", "?"},
		{"kube-apiserver --a=`b`", "?"},
		{"set -e; kube-apiserver", "?"},
		{"a && b", "?"},
		{"a | b", "?"},
		{"a\nb", "?"},
		{"A=b kube-apiserver", "?"},
		{"kube-apiserver 'a", "?"},
		{"kube-apiserver # comment", "?"},
		{"kube-apiserver {a,b}", "?"},
		{"cat <<EOF", "?"},
		{"", ""},
	} {
		got, why := shellWords(test.script)
		text := strings.Join(got, "|")
		if why != "" {
			text = "?"
		}
		if text != test.want {
			t.Errorf("%q: %q (%s), want %q", test.script, text, why, test.want)
		}
	}
}

func TestUnit(t *testing.T) {
	const src = "# x\n[Service]\nExecStart=/a \\\n  # no\n  b\nEnvironment=\"A=b c\" D='e' \n; y\nBad\n[Install]\nExecStart=no\n"
	var got []string
	for _, a := range parseUnit([]byte(src)) {
		got = append(got, a.section+"."+a.key+"="+strings.Join(strings.Fields(a.text), " ")+"/"+strings.Join(strings.Fields(src[a.start:a.end]), " "))
	}
	want := []string{`Service.ExecStart=/a b//a \ # no b`, `Service.Environment="A=b c" D='e'/"A=b c" D='e'`, "Install.ExecStart=no/no"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestFlawsOfReleases(t *testing.T) {
	const dir = "[Service]\nExecStart=/usr/bin/kubelet --config-dir=/etc/kubernetes/kubelet.conf.d\n"
	for _, test := range []struct{ file, text, version, want string }{
		{"n/kubelet.service", dir, "v1.29", "--config-dir needs the variable KUBELET_CONFIG_DROPIN_DIR_ALPHA before 1.30: the kubelet does not start"},
		{"n/kubelet.service", strings.Replace(dir, "Exec", "Environment=KUBELET_CONFIG_DROPIN_DIR_ALPHA=1\nExec", 1), "v1.29", ""},
		{"n/kubelet.service", dir + "EnvironmentFile=-/etc/default/kubelet\n", "v1.29", ""},
		{"n/kubelet.service", dir, "v1.30", ""},
		{
			"k.yaml", "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.37.0\n", "",
			"kubeadm 1.37 does not read kubeadm.k8s.io/v1beta3 any more; kubeadm config migrate translates it",
		},
		{"k.yaml", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.37.0\n", "", ""},
		{"k.yaml", "apiVersion: kubeadm.k8s.io/v1beta9\nkind: ClusterConfiguration\n", "", "is no version of kubeadm's API that is read: v1beta9"},
		{"etcd.yaml", "data-dir: [\n", "", "is no YAML"},
		{"n/kubelet.service", strings.Repeat("#", maxFile+1), "", "is too large"},
	} {
		s := read(t, test.file, test.text)
		var got []string
		for _, f := range s.Flaws {
			got = append(got, f.Message)
		}
		for _, i := range New(s, Options{Version: test.version}) {
			for _, f := range i.Flaws {
				got = append(got, f.Message)
			}
		}
		if text := strings.Join(got, "\n"); !strings.HasPrefix(text, test.want) || test.want == "" && text != "" {
			t.Errorf("%s %s: %q, want %q", test.file, test.version, text, test.want)
		}
	}
}

func TestFlaws(t *testing.T) {
	unit := func(args string) string { return "[Service]\nExecStart=/usr/bin/kubelet " + args + "\n" }
	api := func(version, args string) string { return pod("kube-apiserver:"+version, "[kube-apiserver, "+args+"]") }
	for _, test := range []struct{ file, text, want string }{
		{"p.yaml", api("v1.33.0", "--anonymous-auht=false"), "kube-apiserver 1.33 has no flag --anonymous-auht; is --anonymous-auth meant?"},
		{"p.yaml", api("v1.33.0", "--insecure-port=0"), "kube-apiserver 1.33 has no flag --insecure-port: it was removed in 1.24 or before"},
		{"p.yaml", api("v1.33.0", "--cloud-provider=aws"), "kube-apiserver 1.33 has no flag --cloud-provider: it was removed in 1.33"},
		{"p.yaml", api("v1.33.0", "--anonymous-auth=no"), `--anonymous-auth is no bool: "no"`},
		{"p.yaml", api("v1.33.0", "--audit-log-maxage=1d"), `--audit-log-maxage is no number: "1d"`},
		{"p.yaml", api("v1.33.0", "--request-timeout=60"), `--request-timeout is no duration: "60"`},
		{"p.yaml", api("v1.33.0", "--profiling, 'false'"), `"false" is neither a flag nor the value of one: kube-apiserver does not start with it`},
		{"p.yaml", api("v1.33.0", "--audit-log-path"), "--audit-log-path needs a value"},
		{"p.yaml", api("v1.33.0", "--feature-gates=PodSecurityPolicies=true"), "--feature-gates: Kubernetes 1.33 has no feature gate PodSecurityPolicies"},
		{"p.yaml", api("v1.33.0", "--feature-gates=AllAlpha=true"), ""},
		{"p.yaml", api("v1.33.0", "--feature-gates=SidecarContainers=false"), "--feature-gates: the feature gate SidecarContainers is locked to true"},
		{"p.yaml", api("v1.33.0", "--anonymous-auth=false"), ""},
		{"p.yaml", api("v1.29.0", "--cloud-provider=aws"), ""},
		{"p.yaml", api("v1.20.0", "--insecure-port=0, --some-old-thing=1"), ""},
		{"p.yaml", api("v1.20.0", "--anonymous-auht=0"), "kube-apiserver 1.20 has no flag --anonymous-auht; is --anonymous-auth meant?"},
		{"p.yaml", api("v1.40.0", "--some-new-thing=1"), ""},
		{"p.yaml", api("v1.33.0", "--some-new-thing=1"), "kube-apiserver 1.33 has no flag --some-new-thing"},
		{"p.yaml", pod("etcd:v0", "[etcd, --some-thing=1]"), "no etcd from 3.4 to 3.7 has a flag --some-thing"},
		{"p.yaml", api("latest", "--cloud-provider=aws"), "kube-apiserver 1.33 has no flag --cloud-provider: it was removed in 1.33"},
		{"p.yaml", api("v1.33.0", "--secure-port=$(PORT)"), `--secure-port is no number: "$(PORT)"`},
		{"n/kubelet.service", unit("--allow-privileged=true"), "kubelet 1.33 has no flag --allow-privileged: it was removed in 1.24 or before"},
		{"p.yaml", api("v1.26.0", "--master-service-namespace=a"), "kube-apiserver 1.26 has no flag --master-service-namespace: it was removed in 1.26"},
		{"p.yaml", api("v1.25.0", "--master-service-namespace=a"), ""},
		{"n/kubelet.service", unit("--pod-infra-container-image=a"), ""},
		{"n/config.yaml", kubeletFile + "readOnlyPrt: 0\n", "the configuration of kubelet 1.33 has no field readOnlyPrt; is readOnlyPort meant?"},
		{"n/config.yaml", kubeletFile + "authentication: {anonymus: {enabled: false}}\n", "the configuration of kubelet 1.33 has no field authentication.anonymus; is anonymous meant?"},
		{"n/config.yaml", kubeletFile + "authentication: {anonymous: {enabled: \"false\"}}\n", "authentication.anonymous.enabled is no boolean"},
		{"n/config.yaml", kubeletFile + "streamingConnectionIdleTimeout: 5\nreadOnlyPort: \"0\"\n", "readOnlyPort is no whole number"},
		{"n/config.yaml", kubeletFile + "registerWithTaints: [{key: a, effekt: b}]\n", "the configuration of kubelet 1.33 has no field registerWithTaints[].effekt; is effect meant?"},
		{"n/config.yaml", strings.Replace(kubeletFile, "v1beta1", "v1", 1), "kubelet reads kubelet.config.k8s.io/v1beta1, not v1"},
		{"n/config.yaml", kubeletFile + "featureGates: {NoSuchGate: true}\n", "Kubernetes 1.33 has no feature gate NoSuchGate"},
		{"n/config.yaml", kubeletFile + "authorization: {mode: webhook}\n", `authorization.mode is "webhook", valid are AlwaysAllow, Webhook: the kubelet does not start`},
		{"n/config.yaml", kubeletFile + "evictionHard: {memory.available: 5%}\nclusterDNS: [10.0.0.1]\nkubeReserved: {cpu: 1}\n", ""},
	} {
		s := read(t, test.file, test.text)
		var got []string
		for _, i := range New(s, Options{Version: "v1.33"}) {
			for _, f := range i.Flaws {
				got = append(got, f.Message)
			}
		}
		if text := strings.Join(got, "\n"); text != test.want {
			t.Errorf("%s: %q, want %q", strings.SplitN(test.text, "\n", 9)[len(strings.SplitN(test.text, "\n", 9))-1], text, test.want)
		}
	}
}

// TestEditText makes the edits of units, environment files and arguments, and reads the files again.
func TestEditText(t *testing.T) {
	for _, test := range []struct {
		name, flag string
		kind       Kind
		files      []string
		refused    bool
	}{
		{"in the command", "read-only-port", Kubelet, []string{"n/etc/systemd/system/kubelet.service", "[Service]\nExecStart=-/usr/bin/kubelet --read-only-port=10255 --v=2\n"}, false},
		{"without the flag", "read-only-port", Kubelet, []string{"n/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --v=2\n"}, false},
		{"in a variable", "read-only-port", Kubelet, []string{
			"n/etc/systemd/system/kubelet.service", "[Service]\nEnvironment=\"A=--v=2 --read-only-port=10255 --event-qps=0\"\nExecStart=/usr/bin/kubelet $A\n",
		}, false},
		{"in an environment file", "read-only-port", Kubelet, []string{
			"n/etc/systemd/system/kubelet.service", "[Service]\nEnvironmentFile=/etc/default/kubelet\nExecStart=/usr/bin/kubelet $A\n",
			"n/etc/default/kubelet", "A=\"--v=2 --read-only-port=10255\"\n",
		}, false},
		{"two words", "read-only-port", Kubelet, []string{"n/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --read-only-port 10255\n"}, true},
		{"MicroK8s", "anonymous-auth", APIServer, []string{"var/snap/microk8s/current/args/kube-apiserver", "--v=2\n--anonymous-auth=true\n--profiling\n"}, false},
		{"MicroK8s without the flag", "anonymous-auth", APIServer, []string{"var/snap/microk8s/current/args/kube-apiserver", "--v=2\n"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := only(t, read(t, test.files...), test.kind, "v1.33")
			e, ok := i.EditOf(test.flag, "0")
			if ok == test.refused {
				t.Fatalf("edit %+v, %v", e, ok)
			}
			if test.refused {
				return
			}
			text := test.files[2*e.Object+1]
			test.files[2*e.Object+1] = text[:e.Start] + fmt.Sprint(e.Value) + text[e.End:]
			after := only(t, read(t, test.files...), test.kind, "v1.33")
			for _, flag := range append(i.Flags(), test.flag) {
				want := i.Flag(flag).Text
				if flag == test.flag {
					want = "0"
				}
				if got := after.Flag(flag).Text; got != want {
					t.Errorf("--%s is %q, want %q\n%s", flag, got, want, test.files[2*e.Object+1])
				}
			}
		})
	}
}

func TestEditOfLists(t *testing.T) {
	for args, want := range map[string]bool{
		"--authorization-mode=AlwaysAllow": true, "--authorization-mode=AlwaysAllow, --authorization-mode=RBAC": false, "--v=2": true,
	} {
		i := only(t, read(t, "p.yaml", pod("kube-apiserver:v1.31.0", "[kube-apiserver, "+args+"]")), APIServer, "")
		if e, ok := i.EditOf("authorization-mode", "Node,RBAC"); ok != want {
			t.Errorf("%s: %+v", args, e)
		}
	}
	i := only(t, read(t, "n/config.yaml", kubeletFile+"authentication: {anonymous: {enabled: true}}\n"), Kubelet, "v1.33")
	for _, test := range []struct{ flag, path, value string }{
		{"anonymous-auth", "authentication.anonymous.enabled", "bool false"},
		{"read-only-port", "readOnlyPort", "int64 0"},
		{"tls-cipher-suites", "tlsCipherSuites", "[]string [a b]"},
	} {
		value := map[string]string{"anonymous-auth": "false", "read-only-port": "0", "tls-cipher-suites": "a,b"}[test.flag]
		if e, ok := i.EditOf(test.flag, value); !ok || e.Op != SetValue || e.Path != test.path || fmt.Sprintf("%T %v", e.Value, e.Value) != test.value {
			t.Errorf("%s: %+v %v", test.flag, e, ok)
		}
	}
}

// TestNamedFiles: a file that a flag names is found, and no secret of it is kept.
func TestNamedFiles(t *testing.T) {
	const provider = "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n- {name: a, env: [{name: TOKEN, value: hunter2}]}\n"
	const kubeconfig = "apiVersion: v1\nkind: Config\nusers:\n- {name: a, user: {token: hunter2}}\n"
	s := read(t,
		"etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --image-credential-provider-config=/etc/kubernetes/p.yaml --kubeconfig=/etc/kubernetes/k.yaml\n",
		"etc/kubernetes/p.yaml", provider, "etc/kubernetes/k.yaml", kubeconfig,
	)
	i := only(t, s, Kubelet, "v1.33")
	for flag, kind := range map[string]string{"image-credential-provider-config": "CredentialProviderConfig", "kubeconfig": "Config"} {
		if r, ok := i.Reference(flag); !ok || !r.Found || r.File.Kind != kind {
			t.Errorf("%s: %+v", flag, r)
		}
	}
	if text := everything(s); strings.Contains(text, "hunter2") {
		t.Errorf("a secret is kept: %s", text)
	}
}

func TestReferences(t *testing.T) {
	const policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []\n"
	manifest := strings.ReplaceAll(apiServerPod, "/srv/audit", "/etc/kubernetes/audit")
	for _, test := range []struct {
		name  string
		files []string
		want  string
	}{
		{"the node's own", []string{"a/etc/kubernetes/manifests/k.yaml", manifest, "a/etc/kubernetes/audit/policy.yaml", policy, "b/etc/kubernetes/audit/policy.yaml", policy}, "a/etc/kubernetes/audit/policy.yaml"},
		{"none of another node's", []string{"a/etc/kubernetes/manifests/k.yaml", manifest, "b/etc/kubernetes/audit/policy.yaml", policy}, ""},
		{"loose files", []string{"k8s/apiserver.yaml", manifest, "k8s/policy.yaml", policy}, "k8s/policy.yaml"},
		{"a folder beside", []string{"repo/manifests/apiserver.yaml", manifest, "repo/files/audit/policy.yaml", policy}, "repo/files/audit/policy.yaml"},
		{"two that may be meant", []string{"repo/m/apiserver.yaml", manifest, "repo/x/policy.yaml", policy, "repo/y/policy.yaml", policy}, ""},
		{"another name", []string{"k8s/apiserver.yaml", manifest, "k8s/other.yaml", policy}, ""},
	} {
		r, ok := only(t, read(t, test.files...), APIServer, "").Reference("audit-policy-file")
		if !ok || r.File.Path != test.want && r.Found || r.Found != (test.want != "") {
			t.Errorf("%s: %+v", test.name, r)
		}
	}
}

func TestAdmission(t *testing.T) {
	for _, test := range []struct{ args, plugin, want string }{
		{"--enable-admission-plugins=NodeRestriction, --enable-admission-plugins=AlwaysPullImages", "AlwaysPullImages", "true spec.containers[0].command[2]"},
		{"--enable-admission-plugins=NodeRestriction", "AlwaysPullImages", "false "},
		{"--enable-admission-plugins=NodeRestriction", "PodSecurity", "true "},
		{"--enable-admission-plugins=PodSecurity, --disable-admission-plugins=PodSecurity", "PodSecurity", "true spec.containers[0].command[1]"},
		{"--disable-admission-plugins=PodSecurity", "PodSecurity", "false spec.containers[0].command[1]"},
		{"--admission-control=NodeRestriction", "PodSecurity", "false spec.containers[0].command[1]"},
		{"--v=2", "NoSuchPlugin", " "},
	} {
		i := only(t, read(t, "p.yaml", pod("kube-apiserver:v1.31.0", "[kube-apiserver, "+test.args+"]")), APIServer, "")
		v := i.Admission(test.plugin)
		if got := v.Text + " " + v.Place.Path; got != test.want {
			t.Errorf("%s: %s: %+v", test.args, test.plugin, v)
		}
	}
}

func TestFeatureGate(t *testing.T) {
	for _, test := range []struct{ version, args, gate, want string }{
		{"v1.37.0", "--v=2", "SidecarContainers", ""},
		{"v1.33.0", "--v=2", "SidecarContainers", "true default"},
		{"v1.29.0", "--v=2", "SidecarContainers", "true default"},
		{"v1.28.0", "--v=2", "SidecarContainers", "false default"},
		{"v1.28.0", "--feature-gates=AllAlpha=true", "SidecarContainers", "true flag"},
		{"v1.33.0", "--feature-gates=A=true, '--feature-gates=kube:SidecarContainers=false,B=true'", "SidecarContainers", "false flag"},
	} {
		i := only(t, read(t, "p.yaml", pod("kube-apiserver:"+test.version, "[kube-apiserver, "+test.args+"]")), APIServer, "")
		v := i.FeatureGate(test.gate)
		got := ""
		if v.Known {
			got = v.Text + " " + v.Source.String()
		}
		if got != test.want {
			t.Errorf("%s %s: %+v", test.version, test.args, v)
		}
	}
	k := only(t, read(t, "n/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/c.yaml --feature-gates=A=true\n",
		"n/var/lib/kubelet/c.yaml", kubeletFile+"featureGates: {A: false, B: true}\n"), Kubelet, "v1.33")
	if v := k.Flag("feature-gates"); v.Text != "A=true,B=true" {
		t.Errorf("merged: %+v", v)
	}
	if v := k.FeatureGate("B"); !v.IsTrue() || v.Source != FromFile || v.Place.Path != "featureGates.B" {
		t.Errorf("B: %+v", v)
	}
}

func TestNoComponent(t *testing.T) {
	for _, p := range []string{
		pod("vtctld:v1", `["sh", "-c", "set -x; /vt/bin/vtctld -topo_implementation etcd -etcd_global_addrs $A"]`),
		pod("etcd-backup:v1", `["etcdctl", "snapshot"]`), pod("busybox", `["sleep", "1"]`), pod("kube-apiserver-proxy:v1", `["/proxy", "--a"]`),
		strings.Replace(pod("kube-proxy:v1", `["/usr/local/bin/other", "--a"]`), "command:", "args:", 1),
		strings.Replace(strings.Replace(pod("kube-apiserver:v1", `[kube-apiserver]`), "containers:", "initContainers:", 1), "name: a\n", "name: b\n", 1),
	} {
		if got := New(read(t, "p.yaml", p), Options{}); len(got) != 0 {
			t.Errorf("%s: %s", p, got[0].Name)
		}
	}
}

func TestVersions(t *testing.T) {
	for text, want := range map[string]string{
		"v1.31.2": "1.31", "1.31": "1.31", "v1.31.2+k3s1": "1.31", "v1.30.4-eks-a737599": "1.30", "3.5.15-0": "3.5", "v1.31.0-rc.1": "1.31",
		"latest": "unknown version", "1": "unknown version", "": "unknown version", "v1.x": "unknown version", "stable-1.31": "unknown version",
		"0.5.0": "unknown version", "1.99999999999": "unknown version",
	} {
		if v, _ := ParseVersion(text); v.String() != want {
			t.Errorf("%q: %s, want %s", text, v, want)
		}
	}
	if v, ok := imageVersion("localhost:5000/kube-apiserver@sha256:abc"); ok {
		t.Errorf("a digest is a version: %v", v)
	}
	for version, want := range map[string]string{"v1.24.0": "?", "v1.30.0": "0", "v1.35.0": "0", "v1.36.0": "366", "v1.37.0": "366", "v1.99.0": "?"} {
		i := only(t, read(t, "p.yaml", pod("kube-apiserver:"+version, "[kube-apiserver]")), APIServer, "")
		v := i.Flag("audit-log-maxage")
		if got := map[bool]string{true: v.Text, false: "?"}[v.Known]; got != want {
			t.Errorf("%s: %+v", version, v)
		}
		if v := i.Flag("anonymous-auth"); !v.IsTrue() || v.Set {
			t.Errorf("%s: all releases agree on --anonymous-auth: %+v", version, v)
		}
	}
}

func TestOldDefaults(t *testing.T) {
	for version, want := range map[string]string{"v1.26": "5", "v1.27": "50", "v1.37": "50", "": "?", "v1.23": "?"} {
		i := only(t, read(t, "n/config.yaml", kubeletFile), Kubelet, version)
		v := i.Flag("event-qps")
		if got := map[bool]string{true: v.Text, false: "?"}[v.Known]; got != want {
			t.Errorf("%s: %+v", version, v)
		}
	}
}

func TestMerge(t *testing.T) {
	files := []string{
		"n/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/c.yaml\n",
		"n/var/lib/kubelet/c.yaml", kubeletFile + "readOnlyPort: 1\n", "p.yaml", apiServerPod,
	}
	whole := read(t, files...)
	var parts Set
	for n := 0; n < len(files); n += 2 {
		var part Set
		readFile(t, &part, files[n], files[n+1], 0)
		parts.Merge(&part, n/2)
	}
	show := func(s *Set) string {
		var b strings.Builder
		for _, i := range New(s, Options{}) {
			fmt.Fprintf(&b, "%d %s %+v %+v %+v %v\n", i.Object, i.Name, i.Field("readOnlyPort"), i.Flag("profiling"), i.Version, i.Flaws)
		}
		return b.String()
	}
	if a, b := show(whole), show(&parts); a != b || a == "" {
		t.Errorf("parts are not the whole:\n%s\n%s", a, b)
	}
	first := show(whole)
	if again := show(whole); again != first {
		t.Errorf("not deterministic:\n%s\n%s", first, again)
	}
}

// TestOtherPrograms: what only mentions a component does not run it.
func TestOtherPrograms(t *testing.T) {
	for command, runs := range map[string]bool{
		`["--kubelet-service=kube-system/kubelet"]`:                         false,
		`["operator", "--kubelet-service=kube-system/kubelet"]`:             false,
		`["--path", "/usr/bin/kubelet"]`:                                    false,
		`["env", "HOME=/var/lib/kubelet", "kubelet", "--read-only-port=0"]`: true,
	} {
		for _, key := range []string{"args", "command"} {
			text := strings.Replace(pod("prometheus-operator:v1.0.0", command), "command:", key+":", 1)
			if got := len(New(read(t, "pod.yaml", text), Options{Version: "v1.33"})) == 1; got != runs {
				t.Errorf("%s %s: %t", key, command, got)
			}
		}
	}
}
