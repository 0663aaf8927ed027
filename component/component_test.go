package component

import (
	"testing"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// read returns a set of files by their paths, which are numbered in the order given.
func read(t *testing.T, files ...string) *Set {
	t.Helper()
	var s Set
	for n := 0; n+1 < len(files); n += 2 {
		readFile(t, &s, files[n], files[n+1], n/2)
	}
	return &s
}

func readFile(t *testing.T, s *Set, path, text string, number int) {
	t.Helper()
	src := []byte(text)
	if WantsFile(path) && s.AddFile(path, src, number) {
		return
	}
	parser := tree.NewParser()
	for doc := range tree.Split(src) {
		parsed, err := parser.Parse(src, doc)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for o := range object.Each(parsed.Root()) {
			s.Add(o, number, path)
		}
	}
}

// only returns the one instance of a kind.
func only(t *testing.T, s *Set, k Kind, version string) *Instance {
	t.Helper()
	var found []*Instance
	for _, i := range New(s, Options{Version: version}) {
		if i.Kind == k {
			found = append(found, i)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d instances of %s, want one: %v", len(found), k, found)
	}
	return found[0]
}

const apiServerPod = `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.33.2
    command:
    - kube-apiserver
    - --anonymous-auth=false
    - --authorization_mode=Node
    - --authorization-mode
    - RBAC
    - --profiling
    - --enable-admission-plugins=NodeRestriction,PodSecurity
    - --audit-policy-file=/etc/kubernetes/audit/policy.yaml
    - --audit-log-maxage=10
    - --audit-log-maxage=30
    volumeMounts:
    - {name: audit, mountPath: /etc/kubernetes/audit}
  volumes:
  - name: audit
    hostPath: {path: /srv/audit}
`

func TestStaticPod(t *testing.T) {
	s := read(t, "node/etc/kubernetes/manifests/kube-apiserver.yaml", apiServerPod,
		"node/srv/audit/policy.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []\n")
	i := only(t, s, APIServer, "")
	if i.Version.String() != "1.33" {
		t.Errorf("version %s", i.Version)
	}
	for _, test := range []struct {
		flag, text string
		set        bool
		path       string
	}{
		{"anonymous-auth", "false", true, "spec.containers[0].command[1]"},
		{"authorization-mode", "Node,RBAC", true, "spec.containers[0].command[3]"},
		{"profiling", "true", true, "spec.containers[0].command[5]"},
		{"enable-admission-plugins", "NodeRestriction,PodSecurity", true, "spec.containers[0].command[6]"},
		{"audit-log-maxage", "30", true, "spec.containers[0].command[9]"},
		{"audit-log-path", "", false, ""},
		{"service-account-lookup", "true", false, ""},
	} {
		v := i.Flag(test.flag)
		if !v.Known || v.Text != test.text || v.Set != test.set || v.Place.Path != test.path {
			t.Errorf("%s: %+v", test.flag, v)
		}
	}
	if len(i.Flaws) != 0 {
		t.Errorf("flaws: %v", i.Flaws)
	}
	if v := i.Flag("audit-log-maxage"); len(v.Beaten) != 1 || v.Beaten[0].Path != "spec.containers[0].command[8]" {
		t.Errorf("beaten: %+v", v.Beaten)
	}
	r, ok := i.Reference("audit-policy-file")
	if !ok || r.HostPath != "/srv/audit/policy.yaml" || !r.Mounted || !r.Found || r.File.Kind != "Policy" {
		t.Errorf("reference: %+v", r)
	}
	if e, ok := i.EditOf("profiling", "false"); !ok || e.Op != SetValue || e.Path != "spec.containers[0].command[5]" || e.Value != "--profiling=false" {
		t.Errorf("edit: %+v", e)
	}
	if e, ok := i.EditOf("audit-log-maxsize", "100"); !ok || e.Op != AppendItem || e.Path != "spec.containers[0].command" || e.Value != "--audit-log-maxsize=100" {
		t.Errorf("edit: %+v", e)
	}
}

func BenchmarkControlPlane(b *testing.B) {
	var s Set
	parser := tree.NewParser()
	src := []byte(apiServerPod)
	for doc := range tree.Split(src) {
		parsed, err := parser.Parse(src, doc)
		if err != nil {
			b.Fatal(err)
		}
		for o := range object.Each(parsed.Root()) {
			s.Add(o, 0, "etc/kubernetes/manifests/kube-apiserver.yaml")
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		i := New(&s, Options{})[0]
		for range 100 {
			i.Flag("anonymous-auth")
		}
	}
}

func TestKubeletDefaults(t *testing.T) {
	const unit = "[Service]\nExecStart=/usr/bin/kubelet --kubeconfig=/etc/kubernetes/kubelet.conf"
	config := "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
	for _, test := range []struct {
		name                               string
		files                              []string
		anonymous, authorization, readOnly string
	}{
		{"flags only", []string{"n/kubelet.service", unit}, "true", "AlwaysAllow", "10255"},
		{"file", []string{"n/kubelet.service", unit + " --config=/var/lib/kubelet/config.yaml", "n/config.yaml", config}, "false", "Webhook", "0"},
		{"file without unit", []string{"n/config.yaml", config}, "false", "Webhook", "0"},
		{
			"flag beats file", []string{
				"n/kubelet.service", unit + " --config=/var/lib/kubelet/config.yaml --anonymous-auth --read-only-port 10255", "n/config.yaml",
				config + "authentication: {anonymous: {enabled: false}}\n",
			}, "true", "Webhook", "10255",
		},
		{
			"drop-ins", []string{
				"n/etc/systemd/system/kubelet.service", unit + " --config=/var/lib/kubelet/config.yaml --config-dir=/etc/kubernetes/kubelet.conf.d",
				"n/var/lib/kubelet/config.yaml", config + "readOnlyPort: 1\nauthentication: {anonymous: {enabled: true}, webhook: {enabled: true}}\n",
				"n/etc/kubernetes/kubelet.conf.d/20-b.conf", config + "readOnlyPort: 3\n",
				"n/etc/kubernetes/kubelet.conf.d/10-a.conf", config + "readOnlyPort: 2\nauthentication: {anonymous: {enabled: false}}\n",
				"n/etc/kubernetes/kubelet.conf.d/30-c.yaml", config + "readOnlyPort: 4\n",
			}, "false", "Webhook", "3",
		},
		{
			"drop-ins without a file keep the defaults of flags", []string{
				"n/etc/systemd/system/kubelet.service", unit + " --config-dir=/etc/kubernetes/kubelet.conf.d",
				"n/etc/kubernetes/kubelet.conf.d/20-b.conf", config + "readOnlyPort: 3\n",
			}, "true", "AlwaysAllow", "3",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var i *Instance
			for _, x := range New(read(t, test.files...), Options{Version: "v1.37"}) {
				if i == nil {
					i = x
				}
			}
			if i == nil {
				t.Fatal("no instance")
			}
			got := []string{i.Flag("anonymous-auth").Text, i.Field("authorization.mode").Text, i.Field("readOnlyPort").Text}
			if got[0] != test.anonymous || got[1] != test.authorization || got[2] != test.readOnly {
				t.Errorf("%v, want %s %s %s\n%+v", got, test.anonymous, test.authorization, test.readOnly, i.Field("readOnlyPort"))
			}
		})
	}
}
