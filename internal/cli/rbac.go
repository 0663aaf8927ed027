package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/rbac"
)

func newRBAC(p *Process) *cobra.Command {
	return group("rbac", "Ask who may do what, and where that leads", newWhoCan(p), newCan(p), newPaths(p), newUnused(p), newNeeded(p))
}

// grantRow is one right as it is told.
type grantRow struct {
	Subject         string   `json:"subject"`
	Namespace       string   `json:"namespace,omitempty"` // "" is everywhere
	Verbs           []string `json:"verbs"`
	APIGroups       []string `json:"apiGroups,omitempty"`
	Resources       []string `json:"resources,omitempty"`
	ResourceNames   []string `json:"resourceNames,omitempty"`
	NonResourceURLs []string `json:"nonResourceURLs,omitempty"`
	Binding         string   `json:"binding"`
	BindingPlace    string   `json:"bindingPlace,omitempty"`
	Role            string   `json:"role"`
	RolePlace       string   `json:"rolePlace,omitempty"`
	Rule            int      `json:"rule"`
	Builtin         bool     `json:"builtin,omitempty"`
}

func grantRows(v *inventory.Inventory, grants []rbac.Grant) []grantRow {
	rows := []grantRow{}
	for _, g := range grants {
		r := g.Rule()
		rows = append(rows, grantRow{
			Subject: g.Subject.String(), Namespace: g.Binding.Namespace, Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources,
			ResourceNames: r.ResourceNames, NonResourceURLs: r.NonResourceURLs,
			Binding: g.Binding.String(), BindingPlace: place(v, g.Binding.Object), Role: g.Source.String(), RolePlace: place(v, g.Source.Object), Rule: g.Index,
			Builtin: g.Binding.Object == rbac.Builtin,
		})
	}
	return rows
}

func scopeOf(namespace string) string { return cmp.Or(namespace, "everywhere") }

func newWhoCan(p *Process) *cobra.Command {
	var f gathering
	var namespace, name string
	var builtin bool
	cmd := &cobra.Command{
		Use:   "who-can VERB RESOURCE [PATH…]",
		Short: "List who may do something",
		Long: `Lists every subject that a binding in the manifests allows VERB on RESOURCE. RESOURCE is written as kubectl does: pods,
deployments.apps, pods/exec; or a URL such as /metrics. Members of system:masters may do everything and are not listed.`,
		Example: "  kubeharden rbac who-can get secrets -n shop deploy/\n  kubeharden rbac who-can create pods/exec --builtin\n  kubeharden rbac who-can '*' '*'",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.checkFormat("table", "json"); err != nil {
				return err
			}
			q := request(args[0], args[1])
			q.Namespace, q.Name = namespace, name
			v, whole, err := f.inventory(cmd.Context(), p, args[2:])
			if err != nil {
				return err
			}
			grants := v.Access().WhoCan(q)
			if !builtin {
				grants = slices.DeleteFunc(grants, func(g rbac.Grant) bool { return g.Binding.Object == rbac.Builtin })
			}
			return answer(p, whole, func(w *bufio.Writer) error { return writeGrants(w, p, v, f.format, grants) })
		},
	}
	cmd.Flags().StringVarP(&namespace, "in-namespace", "n", "", "in this `namespace` (default: in all at once)")
	cmd.Flags().StringVar(&name, "name", "", "on the object of this `name`")
	cmd.Flags().BoolVar(&builtin, "builtin", false, "list what the API server's own bindings allow too")
	f.register(cmd.Flags(), "table", "json")
	return cmd
}

func writeGrants(w *bufio.Writer, p *Process, v *inventory.Inventory, format string, grants []rbac.Grant) error {
	rows := grantRows(v, grants)
	if format == "json" {
		return writeJSON(w, rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(w, "nobody, as far as the manifests say")
		return nil
	}
	var table [][]string
	for i, r := range rows {
		table = append(table, []string{r.Subject, scopeOf(r.Namespace), r.Binding + at(v, grants[i].Binding.Object), fmt.Sprintf("%s rules[%d]%s", r.Role, r.Rule, at(v, grants[i].Source.Object))})
	}
	return p.table(w, []string{"SUBJECT", "WHERE", "BINDING", "RULE"}, table)
}

// request reads a verb and a resource as kubectl writes them.
func request(verb, resource string) rbac.Request {
	if strings.HasPrefix(resource, "/") {
		return rbac.Request{Verb: verb, Path: resource}
	}
	q := rbac.Request{Verb: verb}
	resource, q.Subresource, _ = strings.Cut(resource, "/")
	var grouped bool
	if q.Resource, q.APIGroup, grouped = strings.Cut(resource, "."); !grouped {
		q.APIGroup = rbac.GroupOf(q.Resource)
	}
	return q
}

func newCan(p *Process) *cobra.Command {
	var f gathering
	var namespace string
	var builtin bool
	cmd := &cobra.Command{
		Use:   "can SUBJECT [PATH…]",
		Short: "List what a subject may do",
		Long: `Lists every rule that applies to a subject, in all namespaces where it has rights or in one, with where it comes from. SUBJECT is
NAMESPACE/NAME for a service account, group:NAME, or the name of a user. Groups that Kubernetes itself gives are counted; others it
cannot know.`,
		Example: "  kubeharden rbac can shop/ci deploy/\n  kubeharden rbac can group:dev -n shop\n  kubeharden rbac can system:serviceaccount:shop:ci --format json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.checkFormat("table", "json"); err != nil {
				return err
			}
			subject, err := rbac.ParseSubject(args[0])
			if err != nil {
				return &hintError{err, "for example shop/ci, group:dev or jane"}
			}
			v, whole, err := f.inventory(cmd.Context(), p, args[1:])
			if err != nil {
				return err
			}
			grants := rightsOf(v, subject, namespace, builtin)
			return answer(p, whole, func(w *bufio.Writer) error {
				if f.format == "json" {
					return writeJSON(w, grantRows(v, grants))
				}
				return writeRights(w, p, v, subject, grants)
			})
		},
	}
	cmd.Flags().StringVarP(&namespace, "in-namespace", "n", "", "only in this `namespace` and everywhere")
	cmd.Flags().BoolVar(&builtin, "builtin", false, "list what the API server's own bindings allow too, such as discovery")
	f.register(cmd.Flags(), "table", "json")
	return cmd
}

// rightsOf returns what a subject may do everywhere, then what it may do in namespaces.
func rightsOf(v *inventory.Inventory, s rbac.Subject, namespace string, builtin bool) []rbac.Grant {
	namespaces := []string{""}
	if namespace != "" {
		namespaces = append(namespaces, namespace)
	} else {
		for _, b := range v.Access().Bindings() {
			if b.Namespace != "" && !slices.Contains(namespaces, b.Namespace) {
				namespaces = append(namespaces, b.Namespace)
			}
		}
		slices.Sort(namespaces)
	}
	var out []rbac.Grant
	for _, ns := range namespaces {
		for _, g := range v.Access().RulesFor(s.User(), ns) {
			if g.Binding.Namespace == ns && (builtin || g.Binding.Object != rbac.Builtin) {
				out = append(out, g)
			}
		}
	}
	return out
}

func writeRights(w *bufio.Writer, p *Process, v *inventory.Inventory, s rbac.Subject, grants []rbac.Grant) error {
	if s.Kind == rbac.KindGroup && s.Name == rbac.GroupMasters {
		fmt.Fprintln(w, "everything: the API server asks no authorizer about members of system:masters")
		return nil
	}
	if len(grants) == 0 {
		fmt.Fprintf(w, "nothing, as far as the manifests say of %s\n", s)
		return nil
	}
	var table [][]string
	for i, r := range grantRows(v, grants) {
		what := strings.Join(qualified(r.APIGroups, r.Resources), " ")
		if len(r.NonResourceURLs) > 0 {
			what = strings.TrimSpace(what + " " + strings.Join(r.NonResourceURLs, " "))
		}
		if len(r.ResourceNames) > 0 {
			what += " named " + strings.Join(r.ResourceNames, ",")
		}
		table = append(table, []string{scopeOf(r.Namespace), strings.Join(r.Verbs, ","), what, r.Binding + at(v, grants[i].Binding.Object), fmt.Sprintf("%s rules[%d]", r.Role, r.Rule)})
	}
	return p.table(w, []string{"WHERE", "VERBS", "RESOURCES", "BINDING", "RULE"}, table)
}

// qualified writes resources with their groups as kubectl does, if there is one group.
func qualified(groups, resources []string) []string {
	if len(groups) == 1 && groups[0] == "" {
		return resources
	}
	var out []string
	for _, r := range resources {
		out = append(out, r+"."+strings.Join(groups, "|"))
	}
	return out
}

func newPaths(p *Process) *cobra.Command {
	var f gathering
	var from []string
	var to string
	var conditional bool
	var most, ways int
	cmd := &cobra.Command{
		Use:   "paths [PATH…]",
		Short: "Follow how rights lead to more rights, hop by hop",
		Long: `Shows how subjects get from the rights that they have to cluster-admin, or to another target, and which right to take away to
cut most of the ways. --from and --to take NAMESPACE/NAME for a service account, group:NAME, or the name of a user; --to also
cluster-admin and secrets:NAMESPACE. What the API server's escalation prevention refuses is no way.`,
		Example: "  kubeharden rbac paths deploy/\n  kubeharden rbac paths --from shop/ci --to secrets:shop\n  kubeharden rbac paths --format svg > paths.svg",
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := f.checkFormat("table", "json", "dot", "svg"); err != nil {
				return err
			}
			o := rbac.PathOptions{Conditional: conditional, Max: most, Ways: ways}
			var err error
			if o.To, err = target(to); err != nil {
				return err
			}
			for _, text := range from {
				s, err := rbac.ParseSubject(text)
				if err != nil {
					return &hintError{err, "for example shop/ci, group:dev or jane"}
				}
				o.From = append(o.From, s)
			}
			if o.Ways == 0 && len(from) > 0 {
				o.Ways = 8
			}
			return showPaths(cmd.Context(), p, &f, paths, o)
		},
	}
	cmd.Flags().StringSliceVar(&from, "from", nil, "start from this `subject`; may be repeated (default: everybody whom a binding names)")
	cmd.Flags().StringVar(&to, "to", "cluster-admin", "`target`: cluster-admin, a subject, or secrets:NAMESPACE")
	cmd.Flags().BoolVar(&conditional, "conditional", false, "take steps too that depend on something else, such as a namespace without Pod Security")
	cmd.Flags().IntVar(&most, "max", 100, "show at most this many paths")
	cmd.Flags().IntVar(&ways, "ways", 0, "ways that begin differently to show for each subject (default: 1; 8 with --from)")
	f.register(cmd.Flags(), "table", "json", "dot", "svg")
	return cmd
}

// target reads what a path is to lead to.
func target(text string) (rbac.Node, error) {
	if text == "cluster-admin" {
		return rbac.Node{Kind: rbac.ClusterAdminNode}, nil
	}
	if ns, ok := strings.CutPrefix(text, "secrets:"); ok {
		return rbac.Node{Kind: rbac.SecretsNode, Namespace: ns}, nil
	}
	s, err := rbac.ParseSubject(text)
	if err != nil {
		return rbac.Node{}, &hintError{fmt.Errorf("--to: %w", err), "targets are cluster-admin, secrets:NAMESPACE, and subjects such as shop/ci"}
	}
	return rbac.Node{Kind: rbac.SubjectNode, Subject: s}, nil
}

func showPaths(ctx context.Context, p *Process, f *gathering, args []string, o rbac.PathOptions) error {
	v, whole, err := f.inventory(ctx, p, args)
	if err != nil {
		return err
	}
	paths, more := v.Escalation().Paths(o)
	return answer(p, whole, func(w *bufio.Writer) error {
		switch f.format {
		case "json":
			return writeJSON(w, pathsDocument(v, paths, more))
		case "dot":
			return pathsGraph(paths).DOT(w)
		case "svg":
			return pathsGraph(paths).SVG(w)
		}
		writePaths(w, v, paths, more)
		return nil
	})
}
