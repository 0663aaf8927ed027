package rbac

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AnonymousBinding: nobody has rights without a name.
var AnonymousBinding = control.Control{
	ID: "rbac-anonymous-binding", Section: "cluster-admin", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:  "Give no role to system:anonymous or system:unauthenticated",
	Scope:  control.Objects,
	Kinds:  bothBindings,
	Unless: publicBinding,
	Require: noSubject(
		subject{"User", "system:anonymous", "everybody who reaches the API server, without a login"},
		subject{"Group", "system:unauthenticated", "everybody who reaches the API server, without a login"},
	),
	Risk:    "Whatever calls the API without a login, such as a probe of old or kubeadm join with a token alone, is refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop the subject; give the client a service account or a certificate.",
	Refs: control.Refs{
		NSA:    []string{"Authentication", "Authorization: RBAC"},
		MITRE:  []string{"T1078.001", "T1190"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests", "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0262"},
		Trivy:     []string{"KSV-0122"},
		Kubesec:   []string{"BindingsToSystemAnonymous"},
		Kyverno:   []string{"other/restrict-binding-system-groups"},
		Other:     []string{"gatekeeper:disallowanonymous"},
	},
	Why: `Requests without a login run as system:anonymous in the group system:unauthenticated: a role bound to them belongs to everybody who can open
a connection to the API server, which on many clusters is the Internet. Miners find such bindings within hours. What Kubernetes itself
publishes is not reported: version and health, the keys of service accounts, and the cluster-info of kubeadm.`,
	Good: []control.Change{
		{Path: "roleRef", Value: map[string]any{"kind": "ClusterRole", "name": "system:service-account-issuer-discovery"}, Name: "public keys"},
		subjects("service account", "ServiceAccount", "system:anonymous"),
	},
}

// published are the roles whose bindings to everybody are documented; they hold nothing but what is public.
var published = []string{"system:public-info-viewer", "system:service-account-issuer-discovery"}

// kubeadmInfo reads the address and the CA of the cluster, for kubeadm join.
// https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#expose-the-cluster-info-configmap
const kubeadmInfo = "kubeadm:bootstrap-signer-clusterinfo"

// publicBinding holds for the bindings to everybody that Kubernetes makes or documents.
var publicBinding = &control.Func{
	Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		if !isBootstrap(at) && !bindsClusterRole(at, published) && !isKubeadmInfo(at) {
			fail(control.Violation{At: at, Problem: "is a binding of its own"})
		}
	},
	Text: "the API server or kubeadm makes the binding, or the role is " + join(published, "or"),
	Expr: func(c control.CEL) string {
		return "(" + bootstrapCEL(c.At) + " || " + bindsCEL(c.At, "ClusterRole", published) + " || " + namespaceOf.CEL(c.At) + ".orValue('') == 'kube-public' && " +
			bindsCEL(c.At, "Role", []string{kubeadmInfo}) + ")"
	},
}

func isKubeadmInfo(at tree.Node) bool {
	ref := at.Get("roleRef")
	return namespaceOf.Find(at).StrIs("kube-public") && ref.Get("kind").StrIs("Role") && ref.Get("name").StrIs(kubeadmInfo)
}
