package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// AuthServiceAccountTokensForUsers: accounts of programs are for programs.
var AuthServiceAccountTokensForUsers = control.Control{
	ID: "auth-service-account-tokens-for-users", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Do not use tokens of service accounts for people",
	Scope:    control.Everything,
	Needs:    control.WorkloadKinds(),
	Kinds:    []control.Kind{{Kind: "Secret"}},
	Require:  &control.Together{Check: checkTokensOfPeople, Text: "a token Secret that is used must belong to a service account that pods run as"},
	Risk:     "Whoever logs in with the token from outside of the cluster has to get another way in.",
	Fix:      control.Advice,
	NoFix:    "Who logs in with the token only the audit log says.",
	NoPolicy: "Whether anybody uses a token, and what runs as the account, an admission policy does not see.",
	Remedy:   "Find out from the audit log who logs in with the token; give people OIDC, and programs outside of the cluster a token that expires (TokenRequest) or a federated identity. Then delete the Secret.",
	Refs: control.Refs{
		CIS:   []string{"3.1.2"},
		NSA:   []string{"Authentication", "Pod security: protecting Pod service account tokens"},
		MITRE: []string{"T1078", "T1528"},
		Source: []string{
			hardeningAuthDocs,
			"https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-legacy-token-last-used",
			"https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#legacy-serviceaccount-token-cleaner",
		},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0287"},
		KubeBench: []string{"3.1.2"},
	},
	Why: `A token in a Secret never expires, names nobody, and is copied into kubeconfigs and build servers. The API server notes on the Secret when it was used last: if
nothing in the cluster runs as the account, then somebody outside does. Tokens that somebody has made for a few hours leave no trace.`,
	Examples: []control.Example{
		{
			Name:      "used from outside",
			Manifests: clusterDocument("serverVersion: {gitVersion: v1.37.2}") + tokenSecret("  labels: {kubernetes.io/legacy-token-last-used: \"2025-12-30\"}\n"),
			Want:      []string{"Secret/shop/ci-token " + lastUsed},
		},
		{Name: "good: never used", Manifests: clusterDocument("serverVersion: {gitVersion: v1.37.2}") + tokenSecret("")},
		{
			Name: "good: pods use it",
			Manifests: clusterDocument("serverVersion: {gitVersion: v1.37.2}") + tokenSecret("  labels: {kubernetes.io/legacy-token-last-used: \"2025-12-30\"}\n") +
				"---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {serviceAccountName: ci, containers: [{name: a, image: a}]}\n",
		},
		{Name: "good: manifests do not show what else runs", Manifests: tokenSecret("  labels: {kubernetes.io/legacy-token-last-used: \"2025-12-30\"}\n")},
	},
}

const lastUsed = `metadata.labels["kubernetes.io/legacy-token-last-used"]`

func checkTokensOfPeople(v *control.Verdicts) {
	index := v.Index()
	for i := range v.RBAC.TokenSecrets {
		t := &v.RBAC.TokenSecrets[i]
		cluster := v.Cluster()
		switch {
		case cluster == nil:
			v.Exempt(1, "manifests do not show who uses a token")
			continue
		case t.LastUsed == "":
			v.Pass(1)
			continue
		}
		b := control.Breach{Object: t.Object, Path: lastUsed}
		if missed := cluster.Missed("", "pods"); missed != "" {
			b.Unknown, b.Message, b.Obstacle = true, "whether pods use the token is not known: "+missed, "pods of tokens: "+missed
			v.Fail(b)
			continue
		}
		inside := false
		for _, n := range index.Workloads(t.Namespace) {
			inside = inside || v.Workloads.Workloads[n].ServiceAccount == t.Account
		}
		if inside {
			v.Exempt(1, "pods run as the account, and may be those that use its token")
			continue
		}
		b.Message = "the token was used on " + t.LastUsed + ", and no pod runs as its service account " + t.Account
		v.Fail(b)
	}
}

// tokenSecret is an example of a token Secret, with more lines of its metadata.
func tokenSecret(metadata string) string {
	return "---\napiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\nmetadata:\n  name: ci-token\n  namespace: shop\n" +
		"  annotations: {kubernetes.io/service-account.name: ci}\n" + metadata
}
