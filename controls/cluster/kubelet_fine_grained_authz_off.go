package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletFineGrainedAuthzOff: agents need not be allowed everything.
var KubeletFineGrainedAuthzOff = control.Control{
	ID: "kubelet-fine-grained-authz-off", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Use fine-grained kubelet authorization so agents need no nodes/proxy",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{fineGrained()}},
	Risk:     "None: who has rights on nodes/proxy keeps them.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Leave the feature gate KubeletFineGrainedAuthz on, and give agents nodes/metrics, nodes/stats, nodes/healthz and nodes/pods in the place of nodes/proxy.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#fine-grained-authorization"},
	},
	Why: `Without it an agent that only lists the pods of its node has to have nodes/proxy, which runs commands in all of them. Kubernetes 1.32 has the gate as
alpha, so that it is not asked for there; from 1.36 on it is always on.`,
	Examples: []control.Example{
		fails("off", kubeletFile("featureGates: {KubeletFineGrainedAuthz: false}"), "featureGates.KubeletFineGrainedAuthz"),
		passes("the default", kubeletFile("cgroupDriver: systemd")),
	},
}

// fineGrained requires the gate from 1.33 on, where it is on by default.
func fineGrained() control.Setting {
	s := control.GateKept("KubeletFineGrainedAuthz", true)
	value := s.Value
	s.Value = func(i *component.Instance) component.Value {
		v := value(i)
		if !v.Set && (!i.Version.Known() || i.Version.Minor < 33) {
			return component.Value{Absent: true}
		}
		return v
	}
	return s
}
