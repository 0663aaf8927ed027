package cli

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/generate"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/rbac"
)

// unusedOut is a right that a subject has and that the log does not show in use.
type unusedOut struct {
	Right  grantRow             `json:"right"`
	Unused generate.UnusedRight `json:"unused"`
	// Requests is how many requests of the subject the log shows.
	Requests int `json:"requests"`
}

func newUnused(p *Process) *cobra.Command {
	var f gathering
	var logs, subjects []string
	cmd := &cobra.Command{
		Use:   "unused --from-audit LOG [PATH…]",
		Short: "List rights that an audit log does not show in use",
		Long: `Compares the rights that the bindings in the manifests give with what audit logs show of their subjects, and lists rules, or parts of
them, that no request needed. It is as good as the log is long: what happens once a year looks unused. Rights by groups that the
manifests do not give are not known. kubeharden generate role writes the role that is left.`,
		Example: "  kubeharden rbac unused --from-audit audit.log deploy/\n  kubeharden rbac unused --from-audit audit.log --subject shop/ci deploy/",
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := f.checkFormat("table", "json"); err != nil {
				return err
			}
			if len(logs) == 0 {
				return &hintError{errors.New("--from-audit is needed"), "for example --from-audit audit.log"}
			}
			asked, err := parseSubjects(subjects)
			if err != nil {
				return err
			}
			v, whole, err := f.inventory(cmd.Context(), p, paths)
			if err != nil {
				return err
			}
			if len(asked) == 0 {
				asked = boundSubjects(v)
			}
			seen := make([]*generate.Observed, len(asked))
			for i, s := range asked {
				seen[i] = generate.NewObserved(s, generate.ObserveOptions{})
			}
			if err := observeLogs(cmd.Context(), p, logs, seen...); err != nil {
				return err
			}
			return answer(p, whole, func(w *bufio.Writer) error { return writeUnused(w, p, v, f.format, asked, seen) })
		},
	}
	cmd.Flags().StringArrayVar(&logs, "from-audit", nil, "read this audit `log`; may be repeated; - is standard input")
	cmd.Flags().StringSliceVar(&subjects, "subject", nil, "only this `subject`; may be repeated (default: everybody whom a binding names)")
	f.register(cmd.Flags(), "table", "json")
	return cmd
}

func parseSubjects(texts []string) ([]rbac.Subject, error) {
	var out []rbac.Subject
	for _, text := range texts {
		s, err := generate.ParseSubject(text)
		if err != nil {
			return nil, &hintError{err, "for example shop/ci, group:dev or jane"}
		}
		out = append(out, s)
	}
	return out, nil
}

// boundSubjects returns everybody whom a binding of the manifests names, each once.
func boundSubjects(v *inventory.Inventory) []rbac.Subject {
	var all []rbac.Subject
	for _, b := range v.Access().Bindings() {
		if b.Object == rbac.Builtin {
			continue
		}
		for _, s := range b.Subjects {
			if !slices.Contains(all, s) && (s.Kind != rbac.KindServiceAccount || s.Namespace != "") {
				all = append(all, s)
			}
		}
	}
	return all
}

func writeUnused(w *bufio.Writer, p *Process, v *inventory.Inventory, format string, subjects []rbac.Subject, seen []*generate.Observed) error {
	out := []unusedOut{}
	for i, s := range subjects {
		grants := rightsOf(v, s, "", false)
		rows := grantRows(v, grants)
		granted := make([]generate.GrantedRule, len(grants))
		for k, g := range grants {
			granted[k] = generate.GrantedRule{Rule: *g.Rule(), Namespace: g.Binding.Namespace}
		}
		_, requests, _ := seen[i].Counts()
		for _, u := range generate.UnusedRights(granted, seen[i]) {
			row := rows[u.Granted]
			row.Subject = s.String()
			out = append(out, unusedOut{row, u, requests})
		}
	}
	if format == "json" {
		return writeJSON(w, out)
	}
	if len(out) == 0 {
		fmt.Fprintln(w, "every right was used, as far as the log shows")
		return nil
	}
	var table [][]string
	for i := range out {
		u := &out[i]
		role := fmt.Sprintf("%s rules[%d]", u.Right.Role, u.Right.Rule)
		if u.Right.RolePlace != "" {
			role += " (" + u.Right.RolePlace + ")"
		}
		table = append(table, []string{u.Right.Subject, scopeOf(u.Right.Namespace), unusedParts(&u.Unused, u.Requests), role})
	}
	return p.table(w, []string{"SUBJECT", "WHERE", "UNUSED", "RULE"}, table)
}

// unusedParts says what of a rule was not used.
func unusedParts(u *generate.UnusedRight, requests int) string {
	switch {
	case u.Never && requests == 0:
		return "the whole rule: the log shows no request of the subject"
	case u.Never:
		return "the whole rule"
	}
	var parts []string
	for _, part := range [...]struct {
		name string
		list []string
	}{
		{"verbs", u.Verbs},
		{"groups", u.APIGroups},
		{"resources", u.Resources},
		{"names", u.ResourceNames},
		{"URLs", u.NonResourceURLs},
	} {
		if len(part.list) > 0 {
			parts = append(parts, part.name+" "+strings.Join(part.list, ","))
		}
	}
	if len(u.Namespaces) > 0 {
		parts = append(parts, "all namespaces but "+strings.Join(u.Namespaces, ","))
	}
	if len(parts) == 0 {
		return "some combinations of verbs and resources"
	}
	return strings.Join(parts, "; ")
}
