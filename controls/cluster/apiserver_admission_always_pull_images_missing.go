package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAdmissionAlwaysPullImagesMissing: who may not pull an image may still find it on a node.
var ApiserverAdmissionAlwaysPullImagesMissing = control.Control{
	ID: "apiserver-admission-always-pull-images-missing", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title: "Enable AlwaysPullImages, or let kubelets verify the right to use an image",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of: apiServers(), Settings: []control.Setting{addedPlugin("AlwaysPullImages")}, Covered: kubeletsVerify,
	},
	Risk:     "Pods do not start while the registry cannot be reached, and imagePullPolicy is overwritten.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy: `Add AlwaysPullImages to --enable-admission-plugins, or run kubelets with imagePullCredentialsVerificationPolicy:
NeverVerifyPreloadedImages or AlwaysVerify.`,
	Refs: control.Refs{
		CIS:    []string{"1.2.11"},
		NSA:    []string{nsaImages},
		MITRE:  []string{"T1525", "T1078"},
		Source: []string{admissionDocs + "#alwayspullimages", "https://kubernetes.io/docs/concepts/containers/images/#ensureimagepullcredentialverification"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0123"},
		Trivy:     []string{"KCV-0012"},
		Checkov:   []string{"CKV_K8S_80"},
		KubeBench: []string{"1.2.11"},
		Other:     []string{"terrascan:AC-K8-OE-PK-M-0034"},
	},
	Why: `An image that a pod has pulled lies on the node, and any other pod there may use it by naming it, without the credentials that it was
pulled with. On a cluster that several teams share that gives away private images. From Kubernetes 1.35 on kubelets verify the credentials
themselves, if all of them are that new.`,
	Examples: []control.Example{
		{
			Name: "kubelets that verify",
			Manifests: control.ComponentPod(component.APIServer, "v1.35.1") + `---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
featureGates: {KubeletEnsureSecretPulledImages: true}
imagePullCredentialsVerificationPolicy: AlwaysVerify
`,
		},
		{
			Name: "kubelets that do not",
			Manifests: control.ComponentPod(component.APIServer, "v1.35.1") + `---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
featureGates: {KubeletEnsureSecretPulledImages: true}
imagePullCredentialsVerificationPolicy: NeverVerify
`,
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0]"},
		},
	},
}

// kubeletsVerify reports whether every kubelet of the input, one at least, verifies that a pod may use an image that is on the node. The gate is on
// by itself from Kubernetes 1.35 on; kubelets may be older than the API server, so that its release alone says nothing.
// https://kubernetes.io/docs/concepts/containers/images/#ensureimagepullcredentialverification
func kubeletsVerify(_ *component.Instance, all []*component.Instance) bool {
	n := 0
	for _, i := range all {
		if i.Kind != component.Kubelet {
			continue
		}
		policy := pullPolicy(i)
		never := policy.Known && (policy.Text == "NeverVerify" || policy.Text == "NeverVerifyAllowlistedImages")
		if !i.FeatureGate(pullGate).IsTrue() || !policy.Known && !policy.Absent || never {
			return false
		}
		n++
	}
	return n > 0
}
