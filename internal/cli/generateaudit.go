package cli

import (
	"bufio"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/audit"
)

func newGenerateAuditPolicy(p *Process) *cobra.Command {
	var o audit.Options
	var out string
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
			return writeDocument(p, out, text)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&out, "out", "", "write to this `file` instead of standard output")
	cmd.Flags().StringArrayVar(&o.Quiet, "quiet", nil, "do not log what this `user` reads, except what is sensitive; may be repeated")
	cmd.Flags().BoolVar(&o.Components, "components", false, "log the dull requests of Kubernetes' own components too")
	cmd.Flags().BoolVar(&o.NoBodies, "no-bodies", false, "log no bodies at all")
	return cmd
}

// writeDocument writes a generated document to standard output, or to a file at once and as a whole.
func writeDocument(p *Process, path string, text []byte) error {
	if path == "" {
		w := bufio.NewWriter(p.Stdout)
		w.Write(text)
		if err := w.Flush(); err != nil {
			return fmt.Errorf("write document: %w", err)
		}
		return nil
	}
	f, err := createOutput(path)
	if err != nil {
		return err
	}
	if _, err := f.buf.Write(text); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), f.discard())
	}
	return f.commit()
}
