package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	facts "github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/source"
	"github.com/kubeharden/kubeharden/source/node"
	"github.com/kubeharden/kubeharden/terminal"
)

// nodeFlags are the flags of node as they are typed.
type nodeFlags struct {
	root, proc, name, out string
	force, quiet, wait    bool
}

func newNode(p *Process) *cobra.Command {
	var f nodeFlags
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Describe this node as a document: processes, files, certificates, sockets, kernel",
		Long: `Looks at the machine that it runs on, or at the root file system of one below --root, and writes what it saw as NodeFacts: what components
of Kubernetes run with which arguments, owners and modes of their files, their configuration without its secrets, certificates, sockets and
settings of the kernel. It only reads, and starts no other program. 'kubeharden scan --node-facts' judges the documents of many nodes;
'kubeharden generate node-reader' writes the manifest that collects them in a cluster.

Exit status: 0 if everything could be looked at, 2 if not: the facts are written all the same, and say what is not known.`,
		Example: `  sudo kubeharden node --out node-a.json
  sudo kubeharden node | kubeharden scan -
  kubeharden node --root /host --name "$NODE_NAME"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return describeNode(cmd.Context(), p, &f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.root, "root", "/", "the `folder` that the node's root file system is mounted at")
	flags.StringVar(&f.proc, "proc", "", "the `folder` that its /proc is at (default: proc below the root)")
	flags.StringVar(&f.name, "name", "", "the `name` of the node in the cluster (default: its host name)")
	flags.StringVarP(&f.out, "out", "o", "", "write to this `file` instead of standard output")
	flags.BoolVar(&f.force, "force", false, "replace the file if it is there")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "say nothing of problems: the facts name them")
	flags.BoolVar(&f.wait, "wait", false, "do not end before being told to: for DaemonSets, which would start it again")
	return cmd
}

func describeNode(ctx context.Context, p *Process, f *nodeFlags) error {
	now, err := clock(p)
	if err != nil {
		return err
	}
	if f.name != "" && !facts.ValidName(f.name) {
		return &hintError{fmt.Errorf("--name %q is no name of a node", f.name), "small letters, digits, dots and hyphens, as kubectl get nodes shows it"}
	}
	if err := free(f.out, f.force); err != nil {
		return err
	}
	found, err := node.Collect(ctx, &node.Options{Root: f.root, Proc: f.proc, Name: f.name, Now: now})
	if err != nil {
		return fmt.Errorf("describe node: %w", err)
	}
	if name := found.Metadata.Name; !facts.ValidName(name) {
		return &hintError{fmt.Errorf("the host calls itself %q, which is no name of a node", name), "--name says what the cluster calls it"}
	}
	// Configuration is nobody else's business, even without its secrets.
	if err := writeDocument(p, f.out, 0o600, f.force, func(w *bufio.Writer) error { return found.Write(w) }); err != nil {
		return err
	}
	if f.wait {
		<-ctx.Done()
		return nil
	}
	if len(found.Spec.Problems) == 0 {
		return nil
	}
	if f.quiet {
		return errIncomplete
	}
	for _, problem := range found.Spec.Problems {
		p.say("error: %s: %s", terminal.Sanitize(problem.Path), terminal.Sanitize(problem.Reason))
	}
	p.say("error: not everything could be looked at; what depends on it will be unknown")
	return errIncomplete
}

// maxFactsFile is the largest file of facts that is looked into before it is judged.
const maxFactsFile = 64 << 20

// checkFacts refuses folders without facts: that their nodes are not judged must not look like a clean result.
func checkFacts(paths []string) error {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("read facts of nodes: %w", err)
		}
		files := []string{path}
		if info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(escapeGlob(path), "*.json")); err != nil {
				return fmt.Errorf("read facts of nodes in %s: %w", path, err)
			}
		}
		found := false
		for _, file := range files {
			info, err := os.Stat(file)
			if err != nil || !info.Mode().IsRegular() || info.Size() > maxFactsFile {
				continue
			}
			src, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("read facts of nodes: %w", err)
			}
			if found = source.MayBeFacts(src); found {
				break
			}
		}
		if !found {
			return &hintError{fmt.Errorf("%s has no facts of a node (.json files of the kind %s)", path, facts.Kind), "'kubeharden node --out' writes them on each node"}
		}
	}
	return nil
}

// escapeGlob makes a pattern that a path alone matches.
func escapeGlob(path string) string {
	if filepath.Separator == '\\' {
		return path // a backslash escapes nothing there
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
