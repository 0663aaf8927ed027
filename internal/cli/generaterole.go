package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/generate"
)

func newGenerateRole(p *Process) *cobra.Command {
	var logs []string
	var subject, out, format string
	var force bool
	var observe generate.ObserveOptions
	var o generate.RoleOptions
	cmd := &cobra.Command{
		Use:   "role --from-audit LOG --subject SUBJECT",
		Short: "Write the least Role or ClusterRole for what a subject did",
		Long: `Reads audit logs of the API server and writes the roles and bindings that allow what the subject was seen doing, and nothing else: no
verb, resource or name can be taken away from them without refusing a request of the log. Names of objects are only generalised when
asked, and what a longer log would need is told as a suggestion. Logs may be compressed with gzip; "-" is standard input.

SUBJECT is NAMESPACE/NAME for a service account, group:NAME, or the name of a user.`,
		Example: `  kubeharden generate role --from-audit audit.log --subject shop/ci > role.yaml
  kubeharden generate role --from-audit audit.log --from-audit audit.log.1.gz --subject jane --any-name-of pods,pods/log`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "yaml" && format != "json" {
				return unknown(fmt.Sprintf("format %q", format), format, []string{"yaml", "json"}, "formats are yaml, json")
			}
			if len(logs) == 0 || subject == "" {
				return &hintError{errors.New("--from-audit and --subject are needed"), "for example --from-audit audit.log --subject shop/ci"}
			}
			s, err := generate.ParseSubject(subject)
			if err != nil {
				return &hintError{err, "for example shop/ci, group:dev or jane"}
			}
			if err := free(out, force); err != nil {
				return err // a log may take minutes
			}
			seen := generate.NewObserved(s, observe)
			if err := observeLogs(cmd.Context(), p, logs, seen); err != nil {
				return err
			}
			result, err := generate.LeastRole(seen, o)
			if errors.Is(err, generate.ErrNothingObserved) {
				return &hintError{err, "the log has nobody of that name, or all of its requests were refused: --denied counts those too"}
			}
			if err != nil {
				return err
			}
			return writeDocument(p, out, 0o644, force, func(w *bufio.Writer) error {
				if format == "json" {
					return writeJSON(w, result)
				}
				return result.WriteYAML(w)
			})
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&logs, "from-audit", nil, "read this audit `log`; may be repeated; - is standard input")
	flags.StringVar(&subject, "subject", "", "write the role for this `subject`")
	flags.StringVar(&o.Name, "name", "", "`name` of what is written (default: made of the subject)")
	flags.BoolVar(&o.AnyName, "any-name", false, "allow all names of the resources that were seen, not only the names")
	flags.StringSliceVar(&o.AnyNameOf, "any-name-of", nil, "allow all names of these `resources`: pods,deployments.apps/scale")
	flags.IntVar(&o.SharedRole, "shared-role", 0, "one ClusterRole in place of equal Roles in at least so many `namespaces`")
	flags.BoolVar(&o.ExpandVerbs, "expand-verbs", false, "allow get, list and watch together, and get with update and patch")
	flags.BoolVar(&o.KeepCommon, "keep-common", false, "keep what everybody may do anyway, such as discovery")
	flags.BoolVar(&observe.Denied, "denied", false, "count requests that were refused: what the subject wanted")
	flags.StringVarP(&format, "format", "f", "yaml", "yaml, json")
	flags.StringVarP(&out, "out", "o", "", "write to this `file` instead of standard output")
	flags.BoolVar(&force, "force", false, "replace the file if it is there")
	return cmd
}

// observeLogs sums up what is in audit logs. What could not be read of them is told, and does not stop the rest.
func observeLogs(ctx context.Context, p *Process, logs []string, seen ...*generate.Observed) error {
	for _, path := range logs {
		file, err := openInput(p, path)
		if err != nil {
			return err
		}
		reader := generate.NewAuditReader(file)
		for event := range reader.Events() {
			for _, s := range seen {
				s.Add(event)
			}
			if ctx.Err() != nil {
				break
			}
		}
		if err := errors.Join(ctx.Err(), reader.Err(), file.Close()); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		count, first := reader.Skipped()
		for _, problem := range first {
			p.say("warning: %s:%d: %s", path, problem.Line, problem.Reason)
		}
		if more := count - len(first); more > 0 {
			p.say("warning: %s: %d more pieces could not be read", path, more)
		}
	}
	return nil
}
