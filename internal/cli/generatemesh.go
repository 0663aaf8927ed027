package cli

import (
	"bufio"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/mesh"
)

func newGeneratePeerAuthentication(p *Process) *cobra.Command {
	var f gathering
	var o mesh.GenerateOptions
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "peer-authentication [PATH…]",
		Short: "Write PeerAuthentications that make mutual TLS strict, proven",
		Long: `Writes a PeerAuthentication with mode STRICT for the whole mesh, or for namespaces, and proves before it is written that every port of
every workload in Istio's mesh takes mutual TLS only with it. What may break is told: workloads outside of the mesh, clients that
call in plain text, and narrower settings that beat it.`,
		Example: "  kubeharden generate peer-authentication deploy/ > strict.yaml\n  kubeharden generate peer-authentication -n shop --default-deny deploy/",
		RunE: func(cmd *cobra.Command, paths []string) error {
			v, whole, err := f.inventory(cmd.Context(), p, paths)
			if err != nil {
				return err
			}
			if !whole {
				p.say("error: not everything could be read, so nothing can be proven")
				return errIncomplete
			}
			g, err := v.Protection().GeneratePeerAuthentication(o)
			for _, c := range g.Clients {
				p.say("warning: %s%s: refused where the server is in the mesh", c.Message, at(v, c.Object))
			}
			if errors.Is(err, mesh.ErrNotStrict) {
				for i, line := range g.Remaining {
					if i == maxRemaining {
						p.say("error: and %d more", len(g.Remaining)-i)
						break
					}
					p.say("error: %s %s takes %s%s", line.Workload, portName(line.Port), line.MTLS.Mode, decidedAt(v, &line.MTLS))
				}
				return &hintError{err, "remove the narrower settings first: they beat a wider one"}
			}
			if err != nil {
				return err
			}
			for _, number := range g.Replaces {
				p.say("note: it takes the place of %s%s", &v.Objects[number], at(v, number))
			}
			return writeDocument(p, out, 0o644, force, func(w *bufio.Writer) error {
				_, err := w.Write(g.YAML)
				return err
			})
		},
	}
	cmd.Flags().StringSliceVarP(&o.Namespaces, "in-namespace", "n", nil, "only for this `namespace`; may be repeated (default: the whole mesh)")
	cmd.Flags().BoolVar(&o.DefaultDeny, "default-deny", false, "add an AuthorizationPolicy that lets nothing in but what others allow")
	cmd.Flags().StringVarP(&out, "out", "o", "", "write to this `file` instead of standard output")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	f.register(cmd.Flags())
	return cmd
}

// maxRemaining is how many ports are told that would not be strict.
const maxRemaining = 20

func portName(port int) string {
	if port == 0 {
		return "(ports that nothing declares)"
	}
	return fmt.Sprintf("port %d", port)
}
