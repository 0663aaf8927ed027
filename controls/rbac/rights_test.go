package rbac

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// policyRule is a rule as the API has it.
type policyRule struct {
	Verbs         []string `json:"verbs"`
	APIGroups     []string `json:"apiGroups"`
	Resources     []string `json:"resources"`
	ResourceNames []string `json:"resourceNames,omitempty"`
}

// request is what the authorizer is asked.
type request struct{ verb, group, resource, sub, name string }

// allows is the RBAC authorizer, written down a second time from its documentation:
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
func (r *policyRule) allows(q request) bool {
	combined := q.resource
	if q.sub != "" {
		combined += "/" + q.sub
	}
	resource := slices.ContainsFunc(r.Resources, func(s string) bool { return s == "*" || s == combined || q.sub != "" && s == "*/"+q.sub })
	return resource && has(r.Verbs, q.verb) && has(r.APIGroups, q.group) && (len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, q.name))
}

func has(list []string, s string) bool { return slices.Contains(list, "*") || slices.Contains(list, s) }

// requests are those that a right is about: of any object without names, of the named ones, of whichever the rule names.
func requests(r *right, rule *policyRule, kind string) []request {
	if r.cluster && kind != "ClusterRole" || r.namespace != "" {
		return nil
	}
	names := append([]string{"some other object"}, r.names...)
	if r.anyName {
		names = append(names, rule.ResourceNames...)
	}
	var all []request
	for _, text := range r.resources {
		resource, sub, _ := strings.Cut(text, "/")
		resources, subs := []string{resource}, []string{sub}
		if resource == "*" {
			resources = []string{"some other resource"}
			if slices.Contains(rule.APIGroups, r.group) {
				resources = append(resources, slices.DeleteFunc(slices.Clone(rule.Resources), func(s string) bool { return strings.ContainsAny(s, "*/") })...)
			}
		}
		if sub == "*" {
			subs = []string{"scopes", "other"}
		}
		for _, verb := range r.verbs {
			for _, name := range names {
				for _, resource := range resources {
					for _, sub := range subs {
						all = append(all, request{verb, r.group, resource, sub, name})
					}
				}
			}
		}
	}
	return all
}

// TestRightsAreThoseOfTheAuthorizer: a rule is found if and only if the authorizer allows one of the requests by it.
func TestRightsAreThoseOfTheAuthorizer(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	some := func(words ...string) []string {
		var list []string
		for range 1 + r.IntN(3) {
			list = append(list, words[r.IntN(len(words))])
		}
		return list
	}
	yes := 0
	for i := range 3000 {
		for _, c := range []*control.Control{
			&SecretsRead, &CreatePods, &BindRoles, &EscalateRoles, &Impersonate, &NodesProxy, &ApproveCSR, &ModifyAdmissionWebhooks, &ModifyCELAdmissionPolicies,
			&PodsExecAttach, &NamespaceLabelWrite, &DeleteEvents, &CreateServiceAccountTokens,
		} {
			f := c.Require.(*forbidden)
			right := &f.rights[r.IntN(len(f.rights))]
			rule := policyRule{
				Verbs:     some(append([]string{"*", "get", "watch"}, right.verbs...)...),
				APIGroups: some("*", "", "apps", right.group, right.group),
				Resources: some(append([]string{"*", "pods/*", "pods", "secrets", "*/proxy", "*/exec", "userextras/scopes", "constraint"}, right.resources...)...),
			}
			if r.IntN(3) == 0 {
				rule.ResourceNames = some(append([]string{"app"}, right.names...)...)
			}
			kind := []string{"ClusterRole", "Role"}[i%2]
			want := false
			for _, q := range requests(&right.right, &rule, kind) {
				want = want || rule.allows(q)
			}
			src, err := json.Marshal(map[string]any{"apiVersion": rbacGroup + "/v1", "kind": kind, "rules": []policyRule{rule}})
			if err != nil {
				t.Fatal(err)
			}
			o := parseObject(t, src)
			if got := right.allowed(&control.Subject{Object: o}, o.Root.Get("rules").At(0)); got != want {
				t.Fatalf("%s, %v: got %v, want %v: %s", c.ID, right.right, got, want, src)
			}
			if want {
				yes++
			}
		}
	}
	if yes < 5000 {
		t.Errorf("only %d rules allow anything", yes)
	}
}

func parseObject(t *testing.T, src []byte) *object.Object {
	t.Helper()
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatal(err)
		}
		o, ok := object.Parse(parsed.Root())
		if !ok {
			t.Fatalf("no object: %s", src)
		}
		return &o
	}
	t.Fatal("no document")
	return nil
}

// TestDropTakesLittleAway: of a rule for several resources only what is forbidden goes, with as little else as possible.
func TestDropTakesLittleAway(t *testing.T) {
	for _, c := range []struct {
		name    string
		control *control.Control
		rule    string
		want    string // the edits
	}{
		{"the verb", &EphemeralContainers, `{apiGroups: [""], resources: [pods/ephemeralcontainers], verbs: [get, patch, update]}`, "remove rules[0].verbs[1]; remove rules[0].verbs[2]"},
		{"the whole rule", &PodsExecAttach, `{apiGroups: [""], resources: [pods/exec], verbs: [create]}`, "remove rules[0]"},
		{"the resource", &PodsExecAttach, `{apiGroups: [""], resources: [pods, pods/exec, services], verbs: [create]}`, "remove rules[0].resources[1]"},
		{"the resource, with the right to read it", &SecretsWriteMintsTokens, `{apiGroups: [""], resources: [pods, secrets, services, endpoints], verbs: [get, create]}`, "remove rules[0].resources[1]"},
		{"the verb of more resources", &SecretsWriteMintsTokens, `{apiGroups: [""], resources: [pods, secrets], verbs: [get, list, watch, create]}`, "remove rules[0].verbs[3]"},
		{"the resource rather than the verb", &SecretsWriteMintsTokens, `{apiGroups: [""], resources: [pods, secrets], verbs: [get, create]}`, "remove rules[0].resources[1]"},
		{"all verbs", &SecretsWriteMintsTokens, `{apiGroups: [""], resources: [secrets], verbs: ["*"]}`, "set rules[0] verbs=[get list watch delete deletecollection]"},
		{"all verbs on a subresource", &CreateServiceAccountTokens, `{apiGroups: [""], resources: [serviceaccounts/token, pods], verbs: ["*"]}`, "remove rules[0].resources[0]"},
		{"all resources", &SecretsWriteMintsTokens, `{apiGroups: [""], resources: ["*"], verbs: [create]}`, ""},
		{"advice", &SecretsRead, `{apiGroups: [""], resources: [secrets], verbs: [get]}`, ""},
		{"the kubelet", &NodesProxy, `{apiGroups: [""], resources: [nodes, nodes/proxy, nodes/stats], verbs: [get]}`, "set rules[0] resources=[nodes nodes/stats nodes/metrics nodes/healthz]"},
		{"all proxies", &NodesProxy, `{apiGroups: [""], resources: ["*/proxy"], verbs: [get]}`, "remove rules[0]"},
		{"groups", &WildcardAPIGroups, `{apiGroups: ["*"], resources: [pods, deployments/scale], verbs: [get]}`, "set rules[0] apiGroups=[ apps metrics.k8s.io]"},
		{"groups of who knows what", &WildcardAPIGroups, `{apiGroups: ["*"], resources: [pods, prometheuses], verbs: [get]}`, ""},
		{"paths", &WildcardNonResourceURLs, `{nonResourceURLs: [/healthz, "*", "/*"], verbs: [get]}`, "set rules[0].nonResourceURLs[1] =/metrics; remove rules[0].nonResourceURLs[2]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := parseObject(t, []byte("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nrules:\n- "+c.rule+"\n"))
			s := &control.Subject{Object: o}
			if c.control.Require.Holds(s, o.Root) {
				t.Fatal("holds")
			}
			var all []string
			for _, e := range c.control.Require.Edits(s, o.Root, nil) {
				text := e.Op.String() + " " + o.Root.Path(e.At)
				if e.Op == control.Set {
					text += " " + strings.Join(e.Path, ".") + "=" + show(t, e.Value)
				}
				all = append(all, text)
			}
			if got := strings.Join(all, "; "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func show(t *testing.T, v any) string {
	t.Helper()
	list, ok := v.([]any)
	if !ok {
		return v.(string)
	}
	var words []string
	for _, word := range list {
		words = append(words, word.(string))
	}
	return "[" + strings.Join(words, " ") + "]"
}
