package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletImageCredentialVerificationOff: a pod gets no image that it could not pull.
var KubeletImageCredentialVerificationOff = control.Control{
	ID: "kubelet-image-credential-verification-off", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Re-check pull credentials for images already on the node",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{verificationGate(), pullVerification()}},
	Risk:     "Pods without the right pull secret do not start, where the image on the node was enough before.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set imagePullCredentialsVerificationPolicy: AlwaysVerify in the kubelet's configuration file; before 1.35 the feature gate KubeletEnsureSecretPulledImages is alpha.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525"},
		Source: []string{"https://kubernetes.io/docs/concepts/containers/images/#ensureimagepullcredentialverification", kubeletAPI},
	},
	Why: `Without it a pod with imagePullPolicy IfNotPresent runs any private image that another tenant's pod has pulled to the node, and reads what is in it.`,
	Examples: []control.Example{
		fails("never", kubeletFile("imagePullCredentialsVerificationPolicy: NeverVerify"), "imagePullCredentialsVerificationPolicy"),
		fails("gate off", kubeletFile("imagePullCredentialsVerificationPolicy: AlwaysVerify", "featureGates: {KubeletEnsureSecretPulledImages: false}"), "featureGates.KubeletEnsureSecretPulledImages"),
		passes("always", kubeletFile("imagePullCredentialsVerificationPolicy: AlwaysVerify")),
		passes("the default", kubeletFile("cgroupDriver: systemd")),
	},
}

const pullGate, pullPolicyField = "KubeletEnsureSecretPulledImages", "imagePullCredentialsVerificationPolicy"

// verificationGate requires the gate to be on where it is on by itself: nobody has to run what is alpha.
func verificationGate() control.Setting {
	s := control.GateKept(pullGate, true)
	value := s.Value
	s.Value = func(i *component.Instance) component.Value {
		v := value(i)
		if stage, _, ok := component.GateStage(i.Kind, i.Version, pullGate); ok && stage == "ALPHA" && !v.Set {
			return component.Value{Absent: true}
		}
		return v
	}
	return s
}

// pullPolicy is when the kubelet verifies: not set it is NeverVerifyPreloadedImages where the gate is on, and without the gate it never does.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/apis/config/v1beta1/defaults.go
func pullPolicy(i *component.Instance) component.Value {
	v, gate := i.Field(pullPolicyField), i.FeatureGate(pullGate)
	switch {
	case v.Set || v.Absent:
	case gate.IsTrue():
		v.Known, v.Text = true, "NeverVerifyPreloadedImages"
	default:
		return component.Value{Absent: true, Reason: gate.Reason} // the gate says it
	}
	return v
}

// pullVerification requires the policy to be another than NeverVerify.
func pullVerification() control.Setting {
	const path = pullPolicyField
	return control.Setting{
		Name: path, Wanted: "must not be NeverVerify",
		Value: pullPolicy,
		Problem: func(v *component.Value, _ *component.Instance) string {
			if v.Text == "NeverVerify" {
				return "is NeverVerify"
			}
			return ""
		},
		Edits: func(i *component.Instance) []component.Edit {
			if e, ok := i.EditOfField(path, "AlwaysVerify"); ok {
				return []component.Edit{e}
			}
			return nil
		},
		Good: [][]string{{}},
	}
}
