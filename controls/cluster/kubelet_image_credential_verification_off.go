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
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.GateKept("KubeletEnsureSecretPulledImages", true), pullVerification()}},
	Risk:     "Pods without the right pull secret do not start, where the image on the node was enough before.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set imagePullCredentialsVerificationPolicy: AlwaysVerify in the kubelet's configuration file; on 1.33 and 1.34 with the feature gate KubeletEnsureSecretPulledImages.",
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

// pullVerification requires the policy to be another than NeverVerify. Not set it is NeverVerifyPreloadedImages where the gate is on.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/apis/config/v1beta1/defaults.go
func pullVerification() control.Setting {
	const path = "imagePullCredentialsVerificationPolicy"
	return control.Setting{
		Name: path, Wanted: "must not be NeverVerify",
		Value: func(i *component.Instance) component.Value {
			v := i.Field(path)
			if gate := i.FeatureGate("KubeletEnsureSecretPulledImages"); !v.Set && !gate.IsFalse() && !v.Absent && gate.Known {
				v.Known, v.Text = true, "NeverVerifyPreloadedImages"
			}
			if !v.Set && !v.Known {
				return component.Value{Absent: true} // the gate says it
			}
			return v
		},
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
