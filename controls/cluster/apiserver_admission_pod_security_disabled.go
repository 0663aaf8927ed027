package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAdmissionPodSecurityDisabled: the labels of namespaces need somebody who reads them.
var ApiserverAdmissionPodSecurityDisabled = control.Control{
	ID: "apiserver-admission-pod-security-disabled", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Keep the admission plugin PodSecurity on and PodSecurityPolicy out",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(podSecurityPolicy(), podSecurity()),
	Risk:     "Namespaces with the label enforce refuse the pods that they were meant to refuse.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Take PodSecurity from --disable-admission-plugins, and from 1.25 on PodSecurityPolicy from --enable-admission-plugins.",
	Refs: control.Refs{
		NSA:    []string{nsaPods},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/pod-security-admission/", "https://kubernetes.io/docs/tasks/configure-pod-container/migrate-from-psp/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0068"},
		Checkov:   []string{"CKV_K8S_84"},
	},
	Why: `With PodSecurity off the labels pod-security.kubernetes.io/enforce of namespaces are words: a privileged pod passes in a namespace
that says restricted. PodSecurityPolicy is gone from Kubernetes 1.25 on, and an API server that is told to enable it does not start.`,
	Examples: []control.Example{
		{
			Name: "1.22 with neither", Manifests: control.ComponentPod(component.APIServer, "v1.22.17", "--enable-admission-plugins=NodeRestriction"),
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
		},
		{Name: "1.24 with PodSecurityPolicy", Manifests: control.ComponentPod(
			component.APIServer, "v1.24.17", "--enable-admission-plugins=PodSecurityPolicy", "--disable-admission-plugins=PodSecurity",
		)},
		{
			Name: "1.25 with PodSecurityPolicy", Manifests: control.ComponentPod(component.APIServer, "v1.25.16", "--enable-admission-plugins=PodSecurityPolicy"),
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
		},
		{Name: "1.24 by itself", Manifests: control.ComponentPod(component.APIServer, "v1.24.17")},
	},
}

// podSecurityPolicy requires the plugin that was removed in 1.25 not to be enabled from then on.
func podSecurityPolicy() control.Setting {
	s := control.Plugin("PodSecurityPolicy", false)
	s.Value = func(i *component.Instance) component.Value {
		v := enabled(i, "PodSecurityPolicy")
		if v.IsTrue() && !i.Version.Known() {
			return notKnown("PodSecurityPolicy is enabled, which an API server has up to 1.24 and from 1.25 on does not start with, and the release is not known")
		}
		return v
	}
	s.Problem = func(v *component.Value, i *component.Instance) string {
		if v.IsTrue() && i.Version.Minor >= 25 {
			return "was removed in Kubernetes 1.25 and is enabled: the API server does not start"
		}
		return ""
	}
	s.Wanted = "must not be enabled from Kubernetes 1.25 on"
	s.Edits = func(i *component.Instance) []component.Edit {
		return control.Unlisted(i, "enable-admission-plugins", "PodSecurityPolicy")
	}
	s.Good = [][]string{{}}
	return s
}

// enabled is whether a flag enables a plugin. It does not ask whether the release has it.
func enabled(i *component.Instance, plugin string) component.Value {
	v := i.Flag("enable-admission-plugins")
	if !v.Known {
		return v
	}
	if v.Has(plugin) {
		return i.Admission(plugin)
	}
	return component.Value{Set: v.Set, Known: true, Text: "false", Type: "bool", Source: v.Source, Place: v.Place}
}

// podSecurity requires PodSecurity, which is on by itself from 1.23 on, or where there is PodSecurityPolicy that one.
func podSecurity() control.Setting {
	s := keptPlugin("PodSecurity")
	value, problem := s.Value, s.Problem
	s.Value = func(i *component.Instance) component.Value {
		policy := enabled(i, "PodSecurityPolicy")
		switch {
		case !policy.Known:
			return policy
		case before(i, 25) && policy.IsTrue():
			return absent()
		case before(i, 23):
			return enabled(i, "PodSecurity")
		}
		return value(i)
	}
	s.Problem = func(v *component.Value, i *component.Instance) string {
		if p := problem(v, i); p != "" && before(i, 25) {
			return p + ", and PodSecurityPolicy is not enabled"
		} else if p != "" {
			return p
		}
		return ""
	}
	return s
}
