package cluster

import (
	"strconv"
	"time"

	"github.com/kubeharden/kubeharden/control"
)

// AuthBootstrapTokensForUsers: a token to join with is gone once the node has joined.
var AuthBootstrapTokensForUsers = control.Control{
	ID: "auth-bootstrap-tokens-for-users", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Delete left-over bootstrap tokens, and let none stay for people",
	Scope:    control.Everything,
	Kinds:    []control.Kind{{Kind: "Secret"}},
	Require:  &control.Together{Check: checkBootstrapTokens, Text: "a bootstrap token must have an expiration that has not passed, and must not be older than a few days"},
	Risk:     "Nodes can no longer join with the token; kubeadm token create makes another one.",
	Fix:      control.Advice,
	NoFix:    "Whether a node still has to join with the token only a person can say.",
	NoPolicy: "How old a token is an admission policy does not see, and its expiration is data of the Secret.",
	Params: []control.Param{{
		Name: "days", Doc: "after how many days a token is left over", Default: []string{"2"}, Example: []string{"2"},
		Valid: func(v string) bool { n, err := strconv.Atoi(v); return err == nil && n > 0 && n <= 3650 },
	}},
	Remedy: "Delete the token with kubeadm token delete; make tokens with --ttl, and run the controllers bootstrapsigner and tokencleaner, which delete those that have expired.",
	Refs: control.Refs{
		CIS:    []string{"3.1.3"},
		NSA:    []string{"Authentication"},
		MITRE:  []string{"T1078"},
		Source: []string{bootstrapTokenDocs, hardeningAuthDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0288"},
		KubeBench: []string{"3.1.3"},
	},
	Why: `Whoever has the token joins a node of his own, and a node gets the Secrets of the pods that are placed on it. It is written into scripts and images, and without
an expiration it works for ever. The token itself is not read: in a cluster only its age is seen, and kubeadm's own live for a day.`,
	Examples: []control.Example{
		{Name: "never ends", Manifests: bootstrapSecret("", "data: {token-id: YWJjZGVm}"), Want: []string{"Secret/kube-system/bootstrap-token-abcdef data"}},
		{
			Name: "has ended", Manifests: bootstrapSecret("", `stringData: {expiration: "2025-12-01T00:00:00Z"}`),
			Want: []string{"Secret/kube-system/bootstrap-token-abcdef stringData.expiration"},
		},
		{
			Name: "old", Manifests: bootstrapSecret("2025-11-01T00:00:00Z", ""), Want: []string{"Secret/kube-system/bootstrap-token-abcdef metadata.creationTimestamp"},
		},
		{Name: "its data was not read", Manifests: bootstrapSecret("2025-12-31T12:00:00Z", ""), Want: []string{"Secret/kube-system/bootstrap-token-abcdef"}},
		{Name: "good", Manifests: bootstrapSecret("2025-12-31T12:00:00Z", "data: {expiration: MjAyNi0wMS0wMlQwMDowMDowMFo=}")},
	},
}

func checkBootstrapTokens(v *control.Verdicts) {
	days, _ := strconv.Atoi(v.Params["days"][0])
	tokens := v.BootstrapTokens()
	for i := range tokens {
		t := &tokens[i]
		age := 0
		if !t.Made.IsZero() && !v.Now.IsZero() {
			age = int(v.Now.Sub(t.Made) / (24 * time.Hour))
		}
		b := control.Breach{Object: t.Object}
		switch {
		case age > days:
			b.Path, b.Message = "metadata.creationTimestamp", "the bootstrap token is "+strconv.Itoa(age)+" days old, and one to join with should be gone after "+strconv.Itoa(days)
		case !t.Data:
			b.Unknown, b.Message = true, "the data of the bootstrap token was not read, so when it ends is not known"
		case t.Expiration == "":
			b.Path, b.Message = "data", "the bootstrap token has no expiration, so it works for ever"
		case t.End.IsZero():
			b.Unknown, b.Path, b.Message = true, t.Expiration, "the expiration of the bootstrap token is no time"
		case !v.Now.IsZero() && t.End.Before(v.Now):
			b.Path, b.Message = t.Expiration, "the bootstrap token has expired and is still there"
		default:
			v.Pass(1)
			continue
		}
		v.Fail(b)
	}
}

// bootstrapSecret is an example of a Secret of a bootstrap token.
func bootstrapSecret(made, data string) string {
	text := "apiVersion: v1\nkind: Secret\ntype: bootstrap.kubernetes.io/token\nmetadata:\n  name: bootstrap-token-abcdef\n  namespace: kube-system\n"
	if made != "" {
		text += "  creationTimestamp: \"" + made + "\"\n"
	}
	if data != "" {
		text += data + "\n"
	}
	return text
}
