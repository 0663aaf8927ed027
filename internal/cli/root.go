// Package cli is the command line: one file per subcommand. It turns flags into options of the packages below and
// their errors into messages with a hint for people.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes of the program.
const (
	ExitOK       = 0 // everything asked was looked at, nothing at or above --fail-on
	ExitFindings = 1 // findings at or above --fail-on
	ExitError    = 2 // the job could not be done, or not all of it
)

// Process is what the program has from its surroundings.
type Process struct {
	Args   []string // with the program's name
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	Now    func() time.Time
}

// exitError ends the program with a code and without a further message.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// hintError is an error with advice for the person at the terminal.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

// Main runs the program and returns its exit code.
func Main(ctx context.Context, p Process) int {
	root := newRoot(&p)
	root.SetArgs(p.Args[1:])
	err := root.ExecuteContext(ctx)
	var exit exitError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &exit):
		return int(exit)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		p.say("error: interrupted")
		return ExitError
	}
	p.say("error: %v", err)
	if hint, ok := errors.AsType[*hintError](err); ok {
		p.say("hint: %s", hint.hint)
	}
	return ExitError
}

// say writes a line for people to standard error. If even that fails there is nobody left to tell.
func (p *Process) say(format string, args ...any) {
	_, _ = fmt.Fprintf(p.Stderr, format+"\n", args...)
}

// programName is how the user calls the program: as itself, or as a plugin of kubectl.
func programName(arg0 string) string {
	name := strings.TrimSuffix(filepath.Base(arg0), ".exe")
	if name == "kubectl-harden" {
		return "kubectl harden"
	}
	return "kubeharden"
}

func newRoot(p *Process) *cobra.Command {
	name := "kubeharden"
	if len(p.Args) > 0 {
		name = programName(p.Args[0])
	}
	root := &cobra.Command{
		Use:   "kubeharden",
		Short: "Find what is not hardened in Kubernetes manifests, exactly and fast",
		Long: `kubeharden reads Kubernetes manifests and says what is not hardened in them: what, exactly where, why it matters
and how to mend it.`,
		Example:           "  kubeharden scan deploy/\n  kubectl kustomize overlays/prod | kubeharden scan -\n  kubeharden controls show privileged-container",
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              unknownCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Version:           buildVersion(),
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: name},
		DisableAutoGenTag: true,
	}
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newScan(p), newNode(p), newFix(p), newRBAC(p), newNetwork(p), newMesh(p), newAudit(p), newFalco(p), newGenerate(p), newProve(p), newBaseline(p), newControls(p), newVersion(p))
	return root
}

// unknownCommand names the nearest subcommand.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return unknown(fmt.Sprintf("command %q", args[0]), args[0], names, "see '"+cmd.CommandPath()+" --help'")
}

// flagError names the nearest flag.
func flagError(cmd *cobra.Command, err error) error {
	var missing *pflag.NotExistError
	if !errors.As(err, &missing) || len(missing.GetSpecifiedName()) < 2 {
		return &hintError{err, "see '" + cmd.CommandPath() + " --help'"}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	name := missing.GetSpecifiedName()
	if near := nearest(name, names); near != "" {
		return &hintError{fmt.Errorf("unknown flag --%s", name), "did you mean --" + near + "?"}
	}
	return &hintError{fmt.Errorf("unknown flag --%s", name), "see '" + cmd.CommandPath() + " --help'"}
}
