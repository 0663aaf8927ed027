package cli

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/diagram"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/terminal"
)

// pathsOut is the JSON of rbac paths.
type pathsOut struct {
	Paths []pathOut `json:"paths"`
	More  bool      `json:"more,omitempty"` // there are more paths than --max
	Cuts  []cutOut  `json:"cuts"`
	// MinCut cuts all paths; Exact says that no smaller set does. Uncut counts the paths that only need the API server's own roles.
	MinCut []cutOut `json:"minCut"`
	Exact  bool     `json:"exact"`
	Uncut  int      `json:"uncut,omitempty"`
}

type pathOut struct {
	From string   `json:"from"`
	To   string   `json:"to"`
	Hops []hopOut `json:"hops"`
}

type hopOut struct {
	From         string `json:"from"`
	To           string `json:"to"`
	Text         string `json:"text"`
	Permission   string `json:"permission,omitempty"`
	Condition    string `json:"condition,omitempty"`
	Binding      string `json:"binding,omitempty"`
	BindingPlace string `json:"bindingPlace,omitempty"`
	Role         string `json:"role,omitempty"`
	RolePlace    string `json:"rolePlace,omitempty"`
	Rule         int    `json:"rule"`
}

type cutOut struct {
	Permission string `json:"permission"`
	Role       string `json:"role"`
	Rule       int    `json:"rule"`
	Binding    string `json:"binding"`
	Place      string `json:"place,omitempty"`
	Paths      int    `json:"paths"`
}

func pathsDocument(v *inventory.Inventory, paths []rbac.Path, more bool) pathsOut {
	out := pathsOut{Paths: []pathOut{}, More: more}
	for _, p := range paths {
		one := pathOut{From: p[0].From.String(), To: p[len(p)-1].To.String()}
		for _, h := range p {
			hop := hopOut{From: h.From.String(), To: h.To.String(), Text: h.Text, Permission: h.Permission, Condition: h.Condition}
			if g := h.Grant; g.Binding != nil {
				hop.Binding, hop.BindingPlace = g.Binding.String(), place(v, g.Binding.Object)
				hop.Role, hop.RolePlace, hop.Rule = g.Source.String(), place(v, g.Source.Object), g.Index
			}
			one.Hops = append(one.Hops, hop)
		}
		out.Paths = append(out.Paths, one)
	}
	set, exact, uncut := rbac.MinCut(paths)
	out.Cuts, out.MinCut, out.Exact, out.Uncut = cutsOut(v, rbac.Cuts(paths)), cutsOut(v, set), exact, uncut
	return out
}

func cutsOut(v *inventory.Inventory, cuts []rbac.Cut) []cutOut {
	out := []cutOut{}
	for _, c := range cuts {
		out = append(out, cutOut{
			Permission: c.Permission, Role: c.Grant.Source.String(), Rule: c.Grant.Index, Binding: c.Grant.Binding.String(), Place: place(v, c.Grant.Binding.Object), Paths: c.Paths,
		})
	}
	return out
}

// maxCuts is how many cuts are told to people.
const maxCuts = 5

func writePaths(w *bufio.Writer, v *inventory.Inventory, paths []rbac.Path, more bool) {
	if len(paths) == 0 {
		fmt.Fprintln(w, "no path, as far as the manifests say")
		return
	}
	for _, p := range paths {
		fmt.Fprintln(w, terminal.Sanitize(p[0].From.String()))
		for _, h := range p {
			line := "  → " + h.To.String()
			if h.Permission != "" {
				line += ": " + h.Text
			}
			if h.Condition != "" {
				line += " (" + h.Condition + ")"
			}
			fmt.Fprintln(w, terminal.Sanitize(line))
			if g := h.Grant; g.Binding != nil {
				fmt.Fprintln(w, terminal.Sanitize(fmt.Sprintf("      by %s%s, rules[%d] of %s%s", g.Binding, at(v, g.Binding.Object), g.Index, g.Source, at(v, g.Source.Object))))
			}
		}
		fmt.Fprintln(w)
	}
	writeCuts(w, v, paths)
	if more {
		fmt.Fprintf(w, "There are more than these %d paths: --max shows more.\n", len(paths))
	}
}

func writeCuts(w *bufio.Writer, v *inventory.Inventory, paths []rbac.Path) {
	cuts := rbac.Cuts(paths)
	if len(cuts) == 0 {
		fmt.Fprintln(w, "Nothing in the manifests can be taken away: the rights are those of the API server's own roles.")
		return
	}
	fmt.Fprintf(w, "Of %s:\n", count(len(paths), "path"))
	// Of a role that the API server makes nothing is to be taken away: it would make it again, and others need it.
	line := func(c rbac.Cut) string {
		if c.Grant.Source.Object == rbac.Builtin {
			return fmt.Sprintf("%s%s", c.Grant.Binding, at(v, c.Grant.Binding.Object))
		}
		return fmt.Sprintf("the right to %s from %s rules[%d]%s, or %s%s", c.Permission, c.Grant.Source, c.Grant.Index, at(v, c.Grant.Source.Object), c.Grant.Binding, at(v, c.Grant.Binding.Object))
	}
	for i, c := range cuts {
		if i == maxCuts {
			break
		}
		fmt.Fprintln(w, terminal.Sanitize(fmt.Sprintf("  removing %s cuts %d", line(c), c.Paths)))
	}
	set, exact, uncut := rbac.MinCut(paths)
	if len(set) > 1 {
		kind := "The smallest set that cuts all"
		if !exact {
			kind = "A small set that cuts all"
		}
		fmt.Fprintf(w, "%s: %s.\n", kind, count(len(set), "right"))
		for i, c := range set {
			if i == 2*maxCuts {
				fmt.Fprintf(w, "  and %d more; --format json has all\n", len(set)-i)
				break
			}
			fmt.Fprintln(w, terminal.Sanitize("  "+line(c)))
		}
	}
	if uncut > 0 {
		fmt.Fprintf(w, "%s only on rights of the API server's own bindings and cannot be cut here.\n", count(uncut, "path")+plural(uncut, " rests", " rest"))
	}
}

// pathsGraph draws paths; steps that several of them share are drawn once.
func pathsGraph(paths []rbac.Path) *diagram.Graph {
	g := &diagram.Graph{Title: "How rights lead to more rights"}
	nodes := map[rbac.Node]bool{}
	edges := map[string]bool{}
	add := func(n rbac.Node) {
		if !nodes[n] {
			nodes[n] = true
			g.Nodes = append(g.Nodes, diagram.Node{ID: n.String(), Label: n.String(), Kind: nodeKind(n)})
		}
	}
	for _, p := range paths {
		for _, h := range p {
			add(h.From)
			add(h.To)
			e := diagram.Edge{From: h.From.String(), To: h.To.String(), Label: h.Permission, Note: h.Text, Dashed: h.Condition != ""}
			if h.Grant.Binding != nil {
				e.Note += ", by " + h.Grant.String()
			}
			if h.Condition != "" {
				e.Note += " (" + h.Condition + ")"
			}
			if key := strings.Join([]string{e.From, e.To, e.Label}, "\x00"); !edges[key] {
				edges[key] = true
				g.Edges = append(g.Edges, e)
			}
		}
	}
	return g
}

func nodeKind(n rbac.Node) string {
	switch n.Kind {
	case rbac.SubjectNode:
		return map[string]string{rbac.KindUser: "user", rbac.KindGroup: "group", rbac.KindServiceAccount: "account"}[n.Subject.Kind]
	case rbac.AccountsNode, rbac.RunningNode:
		return "account"
	case rbac.SecretsNode:
		return "secret"
	case rbac.NamespaceNode:
		return "namespace"
	case rbac.HostNode:
		return "node"
	case rbac.ClusterAdminNode:
		return "admin"
	case rbac.AnyUserNode:
	}
	return "user"
}
