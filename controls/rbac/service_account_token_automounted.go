package rbac

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ServiceAccountTokenAutomounted: a pod that does not call the API has no token for it.
var ServiceAccountTokenAutomounted = control.Control{
	ID: "service-account-token-automounted", Section: "service-accounts", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:    "Mount the API token only where it is used",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.RoleKinds(), control.Core("ServiceAccount")),
	Kinds:    append(control.WorkloadKinds(), control.Kind{Kind: "ServiceAccount"}),
	Require:  &control.Together{Check: checkAutomount, Text: "automountServiceAccountToken must be false, in the pod or in its account"},
	NoPolicy: "An admission policy does not see the account of the pod.",
	Risk:     "Programs that call the API, such as operators and some sidecars, fail to log in.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	Remedy:   "Set automountServiceAccountToken: false on the pod; where the program calls the API, mount a projected token into that container only.",
	Refs: control.Refs{
		CIS:    []string{"5.1.5", "5.1.6"},
		NSA:    []string{"Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1528", "T1552.007"},
		Source: []string{accountDocs, "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#serviceaccount-admission-controller"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0034", "C-0190", "C-0261"},
		Trivy:     []string{"KSV-0036"},
		Checkov:   []string{"CKV_K8S_38"},
		Polaris:   []string{"automountServiceAccountToken"},
		Kubeaudit: []string{"asat/AutomountServiceAccountTokenTrueAndDefaultSA"},
		Kubesec:   []string{"AutomountServiceAccountToken"},
		Kyverno:   []string{"other/restrict-automount-sa-token", "other/disable-automountserviceaccounttoken", "other/restrict-sa-automount-sa-token", "other/remove-serviceaccount-token"},
		KubeBench: []string{"5.1.6"},
		Other:     []string{"gatekeeper:automount-serviceaccount-token", "terrascan:AC-K8-IA-PO-M-0105", "popeye:301", "popeye:303", "kubehound:TOKEN_STEAL"},
	},
	Why: `By default each container finds a token of the pod's service account in its file system. Whoever gets into one of them can talk to the API server as
the workload, and most workloads never do. The field of the pod beats that of the account, which may be in another file; absent means true.
The account named default is judged as well: pods that name no account get its token.`,
	Examples: []control.Example{
		{
			Name:      "nothing is said",
			Manifests: "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {serviceAccountName: app, containers: [{name: a}]}}\n",
			Want:      []string{"Pod/shop/a spec.automountServiceAccountToken"},
		},
		{
			Name: "the pod beats its account",
			Manifests: `{apiVersion: v1, kind: ServiceAccount, metadata: {name: app, namespace: shop}, automountServiceAccountToken: false}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec: {template: {spec: {serviceAccountName: app, automountServiceAccountToken: true, containers: [{name: a}]}}}
`,
			Want: []string{"Deployment/shop/a spec.template.spec.automountServiceAccountToken"},
		},
		{
			Name:      "the account that pods get without asking",
			Manifests: "{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: shop}}\n",
			Want:      []string{"ServiceAccount/shop/default automountServiceAccountToken"},
		},
		{
			Name: "the account says it for its pods",
			Manifests: `{apiVersion: v1, kind: ServiceAccount, metadata: {name: app, namespace: shop}, automountServiceAccountToken: false}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {serviceAccountName: app, containers: [{name: a}]}}
`,
		},
		{
			Name:      "the pod says it",
			Manifests: "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {automountServiceAccountToken: false, containers: [{name: a}]}}\n",
		},
		{
			Name:      "something else is mounted in its place",
			Manifests: "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, volumeMounts: [{name: t, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}]}}\n",
		},
	},
}

// checkAutomount resolves the setting as the API server does: the pod beats its account, and what says nothing means yes.
func checkAutomount(v *control.Verdicts) {
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		account := v.Index().Account(w.Namespace, w.ServiceAccount)
		path := w.SpecPath() + ".automountServiceAccountToken"
		b := control.Breach{Object: w.Object, Path: path, Edits: []component.Edit{{Op: component.SetValue, Object: w.Object, Path: path, Value: false}}}
		switch {
		case w.Controlled || w.HostNetwork && w.Namespace == "kube-system" && runsControlPlane(v, w.Object):
			v.NotApplicable(1)
			continue
		case w.TokenHidden, w.AutomountToken != nil && !*w.AutomountToken:
			v.Pass(1)
			continue
		case w.AutomountToken != nil:
			b.Message = path + " is true, so every container gets a token"
		case account != nil && account.AutomountToken != nil && !*account.AutomountToken:
			v.Pass(1)
			continue
		case account != nil && account.AutomountToken != nil:
			b.Message = path + " is missing, and the service account says true, so every container gets a token"
			b.Related = []control.Decider{{Object: account.Object, Path: "automountServiceAccountToken", Text: "gives its pods a token"}}
		case account != nil:
			b.Message = path + " is missing, so every container gets a token"
		default:
			b.Message = path + " is missing, so every container gets a token unless the service account says otherwise"
		}
		v.Fail(b)
	}
	// CIS 5.1.5: whatever runs without an account of its own runs as this one.
	for i := range v.Workloads.Accounts {
		a := &v.Workloads.Accounts[i]
		const path = "automountServiceAccountToken"
		switch {
		case a.Name != "default":
			v.NotApplicable(1)
		case a.AutomountToken != nil && !*a.AutomountToken:
			v.Pass(1)
		default:
			b := control.Breach{Object: a.Object, Path: path, Message: path + " is missing", Edits: []component.Edit{{Op: component.SetValue, Object: a.Object, Path: path, Value: false}}}
			if a.AutomountToken != nil {
				b.Message = path + " is true"
			}
			v.Fail(b)
		}
	}
}

// runsControlPlane reports whether an object is a component of the control plane: the kubelet gives static pods no token.
func runsControlPlane(v *control.Verdicts, object int) bool {
	for _, i := range v.Instances() {
		if i.Object == object && i.Kind != component.Kubelet && i.Kind != component.Proxy {
			return true
		}
	}
	return false
}
