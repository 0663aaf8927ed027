package cli

import "github.com/spf13/cobra"

func newGenerate(p *Process) *cobra.Command {
	return group("generate", "Write whole documents that are hard to write by hand", newGenerateAuditPolicy(p))
}
