package cluster

import (
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ComponentConfigInvalid: what a component is told has to be what it understands.
var ComponentConfigInvalid = control.Control{
	ID: "component-config-invalid", Section: "components", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Configure components with flags and fields that their release has",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.Together{Check: checkComponentFlaws, Text: "every flag, field, value and feature gate must be one that this release of the component takes"},
	Risk:     "The component starts, and does what its configuration says.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	Remedy:   "Correct the flag or field that the finding names, or take it out.",
	NoPolicy: "An admission policy does not see what a component is started with.",
	Refs: control.Refs{
		MITRE: []string{"T1562.001"},
		Source: []string{
			"https://kubernetes.io/docs/reference/command-line-tools-reference/",
			"https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",
			"https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/kubeletconfig/util/codec/codec.go",
		},
	},
	Why: `A component does not start with a flag that its release does not have, which shows on the day of an upgrade. A field that there is not the kubelet and
kube-proxy only mention in their logs: a misspelt setting hardens nothing, and the insecure default stays.`,
	Examples: []control.Example{
		{
			Name:      "a flag that was removed",
			Manifests: componentPod("kube-apiserver", "v1.37.0", "--insecure-port=0"),
			Want:      []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
		},
		{
			Name:      "a flag that was misspelt",
			Manifests: componentPod("kube-controller-manager", "v1.37.0", "--use-service-account-credential=true"),
			Want:      []string{"Pod/kube-system/kube-controller-manager spec.containers[0].command[1]"},
		},
		{
			Name:      "no value of its type",
			Manifests: componentPod("kube-scheduler", "v1.37.0", "--profiling=off"),
			Want:      []string{"Pod/kube-system/kube-scheduler spec.containers[0].command[1]"},
		},
		{
			Name: "a field that there is not",
			Manifests: `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymus: {enabled: false}}
`,
			Want: []string{"KubeletConfiguration authentication.anonymus"},
		},
		{
			Name: "the text of a ConfigMap",
			Manifests: `apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    metricsBindAdress: 127.0.0.1:10249
`,
			Want: []string{`ConfigMap/kube-system/kube-proxy data["config.conf"]`},
		},
		{
			Name: "all is known",
			Manifests: componentPod("kube-apiserver", "v1.37.0", "--anonymous-auth=false") + `---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}}
`,
		},
	},
}

func componentPod(name, version, flag string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", namespace: kube-system}\nspec:\n  containers:\n  - name: " + name +
		"\n    image: registry.k8s.io/" + name + ":" + version + "\n    command:\n    - " + name + "\n    - " + flag + "\n"
}

func checkComponentFlaws(v *control.Verdicts) {
	for _, f := range v.Components.Flaws {
		v.Fail(control.Breach{Object: f.Object, Path: f.Path, Message: f.Message, Unknown: true})
	}
	high := control.High
	told := map[component.Flaw]bool{}
	for _, i := range v.Instances() {
		if len(i.Flaws) == 0 {
			v.Pass(1)
			continue
		}
		for _, f := range i.Flaws {
			// One document may configure several components.
			if told[f] {
				continue
			}
			told[f] = true
			b := control.Breach{Object: f.Object, Path: f.Path, Start: f.Start, End: f.End, Message: f.Message}
			if f.Inner != "" && !strings.Contains(f.Message, f.Inner) {
				b.Message = f.Inner + ": " + f.Message
			}
			if f.Fatal {
				b.Severity = &high
			}
			v.Fail(b)
		}
	}
}
