package controls_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/controls"
)

// TestJudgementOfComponentConfigurations: what keeps a component from starting is worse than what it takes no notice of.
func TestJudgementOfComponentConfigurations(t *testing.T) {
	const (
		kubelet = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
		proxy   = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy, namespace: kube-system}\ndata:\n  config.conf: |\n" +
			"    apiVersion: kubeproxy.config.k8s.io/v1alpha1\n    kind: KubeProxyConfiguration\n"
		scheduler = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
	)
	api := func(flag string) string {
		return strings.Replace("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'kube-apiserver:v1.37.0', command: [kube-apiserver, FLAG]}]}\n", "FLAG", flag, 1)
	}
	for _, c := range []struct{ name, manifests, want string }{
		{"a field that is ignored", kubelet + "readOnlyPrt: 0\n", "medium the configuration of kubelet 1.37 has no field readOnlyPrt; is readOnlyPort meant?"},
		{"a value of another type", kubelet + "readOnlyPort: none\n", "high readOnlyPort is no whole number"},
		{"a value that is refused", kubelet + "readOnlyPort: 70000\n", "high readOnlyPort is 70000 and must be a port, or 0: the kubelet does not start"},
		{"a field that the scheduler refuses", scheduler + "enableProfilin: false\n", "high the configuration of kube-scheduler 1.37 has no field enableProfilin; is enableProfiling meant?"},
		{"in a ConfigMap", proxy + "    mod: ipvs\n", "medium the configuration of kube-proxy 1.37 has no field mod; is mode meant?"},
		{"a flag that was removed", api("--insecure-port=0"), "high kube-apiserver 1.37 has no flag --insecure-port: it was removed in 1.24 or before"},
		{"a flag without a value", api("--etcd-servers"), "high --etcd-servers needs a value"},
		{"no flag", api("anonymous-auth=false"), `high "anonymous-auth=false" is neither a flag nor the value of one: kube-apiserver does not start with it`},
		{"all is well", kubelet + "readOnlyPort: 0\nlogging: {options: {json: {infoBufferSize: '0'}}}\n---\n" + api("--profiling=false"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, _ := findings(t, c.manifests, controls.Find("component-config-invalid")...)
			var got []string
			for i := range found {
				got = append(got, found[i].Severity.String()+" "+found[i].Message)
			}
			want := slices.DeleteFunc([]string{c.want}, func(s string) bool { return s == "" })
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
