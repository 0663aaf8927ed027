package generate

import (
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLeastRoleIsSufficientAndLeast makes random requests, applies the roles that come out, and asks an evaluator of its own:
// each request is allowed, and no longer is once anything is taken away.
func TestLeastRoleIsSufficientAndLeast(t *testing.T) {
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 1))
		pick := func(list ...string) string { return list[random.IntN(len(list))] }
		var requests []Request
		for range 1 + random.IntN(40) {
			q := Request{
				Verb:      pick("get", "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind"),
				Group:     pick("", "apps", "extensions"),
				Resource:  pick("pods", "pods/exec", "deployments", "deployments/scale", "namespaces"),
				Namespace: pick("", "a", "b", "c"),
				Name:      pick("", "x", "y", "z", "*", "no: [yes"),
			}
			switch {
			case random.IntN(8) == 0:
				q = Request{Verb: pick("get", "post"), Path: pick("/metrics", "/logs/a", "/logs/b", "/api")}
			case q.Group == "" && q.Resource == "namespaces" && q.Namespace != "":
				q.Name = q.Namespace // as the API server sees it
			}
			requests = append(requests, q)
		}
		o := observe(requests...)
		for _, opts := range []RoleOptions{{}, {SharedRole: 2}, {KeepCommon: true}} {
			g, text := apply(t, least(t, o, opts))
			needed := o.Requests()
			if !opts.KeepCommon {
				needed = slices.DeleteFunc(needed, func(q Request) bool { return q.Path == "/api" && q.Verb == "get" })
			}
			for _, q := range needed {
				if !g.allow(q) {
					t.Fatalf("seed %d, %+v: %+v is refused by\n%s", seed, opts, q, text)
				}
			}
			for q := range universe() {
				if g.allow(q) && !follows(q, o.Requests()) {
					t.Fatalf("seed %d, %+v: %+v was not asked for, and is allowed by\n%s", seed, opts, q, text)
				}
			}
			if opts.SharedRole > 0 {
				continue // the rules of a shared role are read once for each binding
			}
			g.weaken(func(what string) {
				if !slices.ContainsFunc(needed, func(q Request) bool { return !g.allow(q) }) {
					t.Fatalf("seed %d: nothing needs %q in\n%s", seed, what, text)
				}
			})
		}
		// The order of the log does not matter.
		_, text := apply(t, least(t, o, RoleOptions{}))
		random.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
		if _, again := apply(t, least(t, observe(requests...), RoleOptions{})); again != text {
			t.Fatalf("seed %d: another order of events gives\n%s\nand not\n%s", seed, again, text)
		}
	}
}

// universe yields the requests of the test above and some that it does not make.
func universe() iter.Seq[Request] {
	return func(yield func(Request) bool) {
		for _, path := range []string{"/metrics", "/logs/a", "/logs/b", "/logs", "/api", "/"} {
			for _, verb := range []string{"get", "post", "put"} {
				yield(Request{Verb: verb, Path: path})
			}
		}
		for _, verb := range []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "bind", "escalate"} {
			for _, group := range []string{"", "apps", "extensions", "batch"} {
				for _, resource := range []string{"pods", "pods/exec", "deployments", "deployments/scale", "namespaces", "secrets"} {
					for _, namespace := range []string{"", "a", "b", "c", "d"} {
						for _, name := range []string{"", "x", "y", "z", "*", "no: [yes", "other"} {
							yield(Request{Verb: verb, Group: group, Resource: resource, Namespace: namespace, Name: name})
						}
					}
				}
			}
		}
	}
}

// follows reports whether RBAC cannot allow what was asked for without allowing q: a right without a name is for all names, and
// one without a namespace for all namespaces.
func follows(q Request, asked []Request) bool {
	return slices.ContainsFunc(asked, func(r Request) bool {
		if r.Group == "" && r.Resource == "namespaces" && r.Name == r.Namespace {
			r.Namespace = "" // its rule is in the cluster
		}
		return r.Path == q.Path && r.Verb == q.Verb && r.Group == q.Group && r.Resource == q.Resource &&
			(r.Name == "" || r.Name == q.Name) && (r.Namespace == "" || r.Namespace == q.Namespace)
	})
}
