package component

import (
	"fmt"
	"testing"
)

func TestDrop(t *testing.T) {
	for _, c := range []struct{ name, file, text, flag, want string }{
		{"one word", "pod.yaml", pod("kube-apiserver:v1.33.1", "[kube-apiserver, --profiling=true]"), "profiling", "[{3 0 spec.containers[0].command[1] 0 0 <nil>}] true"},
		{
			"two words, the last first", "pod.yaml", pod("kube-apiserver:v1.33.1", "[kube-apiserver, --token-auth-file, /x]"), "token-auth-file",
			"[{3 0 spec.containers[0].command[2] 0 0 <nil>} {3 0 spec.containers[0].command[1] 0 0 <nil>}] true",
		},
		{"not given", "pod.yaml", pod("kube-apiserver:v1.33.1", "[kube-apiserver]"), "profiling", "[] false"},
		{"a script", "pod.yaml", pod("kube-apiserver:v1.33.1", "[sh, -c, 'kube-apiserver --profiling=true']"), "profiling", "[] false"},
		{"kubeadm's own", "kubeadm.yaml", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.34.0\n", "client-ca-file", "[] false"},
		{
			"kubeadm's extra", "kubeadm.yaml", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.34.0\napiServer: {extraArgs: [{name: profiling, value: \"true\"}]}\n",
			"profiling", "[{3 0 apiServer.extraArgs[0] 0 0 <nil>}] true",
		},
	} {
		edits, ok := only(t, read(t, c.file, c.text), APIServer, "").Drop(c.flag)
		if got := fmt.Sprint(edits, " ", ok); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestMount(t *testing.T) {
	const volumes = `    volumeMounts:
    - {name: audit-log, mountPath: /var/log/kubernetes}
    - {name: policy, mountPath: /etc/audit}
  volumes:
  - {name: audit-log, hostPath: {path: /var/log/kubernetes}}
  - {name: policy, configMap: {name: policy}}
`
	i := only(t, read(t, "pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: kube-apiserver:v1.33.1\n    command: [kube-apiserver]\n"+volumes), APIServer, "")
	for path, edits := range map[string]int{
		"/var/log/kubernetes": 0, "/var/log/kubernetes/audit": 0, "/etc/audit/policy.yaml": 0, "/var/log/kubernetes-audit": 2, "/": 2,
	} {
		got, ok := i.Mount(Volume{Name: "audit-log", Path: path, Type: "DirectoryOrCreate"})
		if len(got) != edits || !ok {
			t.Errorf("%s: %v %v, want %d edits", path, got, ok, edits)
		}
		if len(got) > 0 && fmt.Sprint(got[1].Value) != "map[mountPath:"+path+" name:audit-log-2]" {
			t.Errorf("%s: mounted as %v", path, got[1].Value)
		}
	}
}
