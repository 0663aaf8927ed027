package cluster

import (
	"strconv"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAdmissionEventRateLimitMissing: events are written by everybody.
var ApiserverAdmissionEventRateLimitMissing = control.Control{
	ID: "apiserver-admission-event-rate-limit-missing", Section: "api-server", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Enable the admission plugin EventRateLimit with a file of limits",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(eventRateLimit(), eventLimits()),
	Risk:     "Events above the limit are refused with 429 and are missing when somebody looks for what went wrong.",
	Fix:      control.Generate,
	NoFix:    "The plugin needs a file of limits, without which the API server does not start.",
	NoPolicy: noPolicyForComponents,
	Remedy: `Write an AdmissionConfiguration that names EventRateLimit with its limits, mount it, and start the API server with
--admission-control-config-file and with EventRateLimit in --enable-admission-plugins.`,
	Refs: control.Refs{
		CIS:    []string{"1.2.9"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1499"},
		Source: []string{admissionDocs + "#eventratelimit"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0121"},
		Trivy:     []string{"KCV-0010"},
		Checkov:   []string{"CKV_K8S_78"},
		KubeBench: []string{"1.2.9"},
	},
	Why: `Every pod that fails makes events, and whoever may create them can make as many as he likes. They fill etcd, which the whole control
plane shares.`,
	Examples: []control.Example{
		{Name: "with limits", Manifests: control.ComponentPod(component.APIServer, "v1.34.1", eventRateLimitArgs...) + `---
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- {name: EventRateLimit, path: limits.yaml}
`},
		{
			Name: "with a file for others", Manifests: control.ComponentPod(component.APIServer, "v1.34.1", eventRateLimitArgs...) + `---
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- {name: PodSecurity, path: podsecurity.yaml}
`,
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[2]"},
		},
		{
			Name: "without a file", Manifests: control.ComponentPod(component.APIServer, "v1.34.1", eventRateLimitArgs[0]),
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0]"},
		},
		{
			Name:      "with a file that was not read",
			Manifests: control.ComponentPod(component.APIServer, "v1.34.1", eventRateLimitArgs[0], "--admission-control-config-file=/etc/kubernetes/other.yaml"),
			Want:      []string{"Pod/kube-system/kube-apiserver spec.containers[0]"},
		},
	},
}

// eventRateLimitArgs are for the examples, which are read from a file of this name.
var eventRateLimitArgs = []string{"--enable-admission-plugins=EventRateLimit", "--admission-control-config-file=/etc/kubernetes/example.yaml"}

// eventRateLimit requires the plugin, which is off by itself. With it alone the API server does not start.
func eventRateLimit() control.Setting {
	s := addedPlugin("EventRateLimit")
	s.Edits, s.Good = nil, nil
	return s
}

// eventLimits requires the configuration of the plugin, where the plugin is on.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/plugin/pkg/admission/eventratelimit/validation/validation.go
func eventLimits() control.Setting {
	const flag = "admission-control-config-file"
	s := control.FlagGiven(flag, "/etc/kubernetes/admission.yaml")
	s.Wanted = "must name a file with the limits of EventRateLimit"
	s.Value = func(i *component.Instance) component.Value {
		if !i.Admission("EventRateLimit").IsTrue() {
			return absent()
		}
		v := i.Flag(flag)
		if r, ok := i.Reference(flag); ok && !r.Found {
			return notKnown("the file " + r.Path + " was not read, and limits of EventRateLimit have to be in it")
		}
		return v
	}
	s.Problem = func(v *component.Value, i *component.Instance) string {
		r, ok := i.Reference(flag)
		switch {
		case v.Empty() || !ok:
			return "is not given, and EventRateLimit has no limits without it: the API server does not start"
		case !names(r.File, "EventRateLimit"):
			return "names a file without limits of EventRateLimit: the API server does not start"
		}
		return ""
	}
	s.Bad, s.Good = nil, nil
	return s
}

// names reports whether an AdmissionConfiguration configures a plugin.
func names(f component.File, plugin string) bool {
	for n := range f.Len("plugins") {
		if f.Field("plugins["+strconv.Itoa(n)+"].name").Text == plugin {
			return true
		}
	}
	return false
}
