package cli

import (
	"bufio"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/audit"
)

func newGenerateAuditPolicy(p *Process) *cobra.Command {
	var o audit.Options
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "audit-policy",
		Short: "Write an audit policy for the API server",
		Long: `Writes an audit policy with comments: everything at Metadata, changes of roles and admission with their bodies, no secrets, nothing of
the dull requests of Kubernetes' own components. The API server reads it from --audit-policy-file, and logs nothing unless
--audit-log-path or --audit-webhook-config-file says where to.`,
		Example: "  kubeharden generate audit-policy --out audit-policy.yaml\n  kubeharden generate audit-policy --quiet system:serviceaccount:monitoring:prometheus",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := audit.Generate(o)
			if err != nil {
				return err
			}
			return writeDocument(p, out, 0o644, force, func(w *bufio.Writer) error {
				_, err := w.Write(text)
				return err
			})
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&out, "out", "o", "", "write to this `file` instead of standard output")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	cmd.Flags().StringArrayVar(&o.Quiet, "quiet", nil, "do not log what this `user` reads, except what is sensitive; may be repeated")
	cmd.Flags().BoolVar(&o.Components, "components", false, "log the dull requests of Kubernetes' own components too")
	cmd.Flags().BoolVar(&o.NoBodies, "no-bodies", false, "log no bodies at all")
	return cmd
}
