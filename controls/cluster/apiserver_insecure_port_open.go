package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverInsecurePortOpen: no TLS, no login, no rights.
var ApiserverInsecurePortOpen = control.Control{
	ID: "apiserver-insecure-port-open", Section: "api-server", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Close the plain port of the API server",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(insecurePort()),
	Risk:     "What still talks to the plain port, on the node itself most of all, has to use the secure one.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server without --insecure-port, before Kubernetes 1.20 with --insecure-port=0.",
	Refs: control.Refs{
		NSA:    []string{nsaControlPlane, nsaEncryption},
		MITRE:  []string{"T1190"},
		Source: []string{"https://github.com/kubernetes/kubernetes/pull/95856", "https://github.com/kubernetes/kubernetes/pull/106859"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0005"},
		Checkov:   []string{"CKV_K8S_88"},
		Other:     []string{"kube-hunter:KHV006"},
	},
	Why: `Whoever reaches the plain port is an administrator: it asks neither who comes nor whether he may. It was open on 8080 by itself up to
Kubernetes 1.19, from 1.20 on it takes 0 alone, and from 1.24 on the flag is gone and an API server that is given it does not start.`,
	Examples: []control.Example{
		{
			Name: "1.19 by itself", Manifests: control.ComponentPod(component.APIServer, "v1.19.16"),
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0]"},
		},
		{Name: "1.19 closed", Manifests: control.ComponentPod(component.APIServer, "v1.19.16", "--insecure-port=0")},
		{Name: "1.23 by itself", Manifests: control.ComponentPod(component.APIServer, "v1.23.17")},
		{
			Name: "1.24 with 0", Manifests: control.ComponentPod(component.APIServer, "v1.24.1", "--insecure-port=0"),
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
		},
	},
}

// insecurePort requires the plain port to be closed. The release decides what no flag means.
func insecurePort() control.Setting {
	const flag = "insecure-port"
	s := control.FlagTold(flag, "must be 0, and must not be given from Kubernetes 1.24 on", func(v *component.Value, i *component.Instance) string {
		n, ok := v.Int()
		switch {
		case ok && n == 0 && !v.Set, ok && n == 0 && !newerThan(i, 23):
			return ""
		case newerThan(i, 23):
			return "is given: the API server does not start with it from Kubernetes 1.24 on"
		case !v.Set:
			return "is 8080 by itself before Kubernetes 1.20"
		case newerThan(i, 19):
			return "is " + v.Text + ": the API server takes 0 alone from Kubernetes 1.20 on"
		}
		return "is " + v.Text
	}, []string{"8080"}, nil)
	value := s.Value
	s.Value = func(i *component.Instance) component.Value {
		v := value(i)
		switch {
		case v.Set || !v.Absent:
			return v
		case before(i, 20):
			return component.Value{Known: true, Text: "8080", Place: v.Place}
		}
		return component.Value{Known: true, Text: "0", Place: v.Place}
	}
	s.Edits = func(i *component.Instance) []component.Edit {
		if before(i, 24) {
			return set(i, flag, "0")
		}
		return dropped(i, flag)
	}
	return alsoGood(s, []string{})
}

// newerThan reports whether an instance is known to be of a release after a minor.
func newerThan(i *component.Instance, minor int) bool {
	return i.Version.Known() && i.Version.Minor > minor
}
