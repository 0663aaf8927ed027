package rbac

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/staticpods"
	"github.com/kubeharden/kubeharden/tree"
)

// ServiceAccountTokenAutomounted: a pod that does not call the API has no token for it.
var ServiceAccountTokenAutomounted = control.Control{
	ID: "service-account-token-automounted", Section: "service-accounts", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "Mount the API token only where it is used",
	Scope:  control.PodSpecs,
	Unless: staticpods.ControlPlane,
	Require: control.FixTo(&control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			automount := automountToken.Find(at)
			switch on, ok := automount.Bool(); {
			case ok && !on || mountsItself(at):
			case !automount.Exists():
				fail(automountToken.Violation(at, "is missing, so every container gets a token unless the service account says otherwise"))
			case automount.Type() == tree.String:
				for _, v := range noToken.Explain(s, at, nil) {
					fail(v) // text is no boolean, whatever it says
				}
			default:
				fail(automountToken.Violation(at, "is "+control.Show(automount)+", so every container gets a token"))
			}
		},
		Text: "automountServiceAccountToken must be false",
		Expr: func(c control.CEL) string {
			own := ".all(c, c.?volumeMounts.orValue([]).exists(m, m.?mountPath.orValue('') == '" + tokenPath + "'))"
			containers := "(" + c.At + ".?containers.orValue([]) + " + c.At + ".?initContainers.orValue([]))"
			return "(" + automountToken.CEL(c.At) + ".orValue(true) == false || " + containers + ".size() > 0 && " + containers + own + ")"
		},
	}, "automountServiceAccountToken", false),
	// CIS 5.1.5: whatever runs without an account of its own runs as this one.
	ObjectKinds:   []control.Kind{{Kind: "ServiceAccount"}},
	RequireObject: control.When(control.Is("metadata.name", "default"), noToken),
	Risk:          "Programs that call the API, such as operators and some sidecars, fail to log in.",
	Fix:           control.Auto,
	FixRisk:       control.Breaking,
	Remedy:        "Set automountServiceAccountToken: false on the pod; where the program calls the API, mount a projected token into that container only.",
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
	Bad: []control.Change{
		{Path: "automountServiceAccountToken", Name: "missing"},
		{Path: "automountServiceAccountToken", Value: "false", Name: "text"},
		{Path: "automountServiceAccountToken", Value: true},
	},
}

var (
	automountToken = control.NewField("automountServiceAccountToken")
	noToken        = control.Is("automountServiceAccountToken", false)
)

// tokenPath is where tokens are mounted. The API server adds none to a container that has a mount there.
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// mountsItself reports whether all containers that could get a token have a mount in its place.
func mountsItself(spec tree.Node) bool {
	found := false
	for _, key := range []string{"containers", "initContainers"} {
		for _, c := range spec.Get(key).Items() {
			if found = true; !mountsAt(c, tokenPath) {
				return false
			}
		}
	}
	return found
}

func mountsAt(container tree.Node, path string) bool {
	for _, m := range container.Get("volumeMounts").Items() {
		if m.Get("mountPath").StrIs(path) {
			return true
		}
	}
	return false
}
