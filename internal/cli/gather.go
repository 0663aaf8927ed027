package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/diagram"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/workload"
)

// gathering is the flags of commands that ask about everything in manifests instead of judging it.
type gathering struct {
	judging
	live   liveFlags
	format string
}

// register adds the flags; formats are those that the command can write, the first being the default.
func (f *gathering) register(flags *pflag.FlagSet, formats ...string) {
	flags.SortFlags = false
	f.flags = flags
	if len(formats) > 0 {
		flags.StringVarP(&f.format, "format", "f", formats[0], strings.Join(formats, ", "))
	}
	flags.StringVar(&f.kubernetes, "kubernetes-version", control.LatestMinor.String(), "render charts for this Kubernetes `version`")
	flags.StringVar(&f.config, "config", "", "use this configuration `file`")
	flags.BoolVar(&f.noConfig, "no-config", false, "use no configuration file")
	flags.BoolVar(&f.noIgnore, "no-ignore", false, "read what .gitignore and .kubehardenignore leave out")
	flags.BoolVar(&f.noRender, "no-render", false, "read the files of charts and kustomizations as they are, not rendered")
	f.charts.register(flags)
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "let kustomizations fetch remote bases")
	flags.IntVarP(&f.jobs, "jobs", "j", 0, "workers; 0 is one per processor")
	f.live.register(flags)
}

// checkFormat refuses a format that the command does not have.
func (f *gathering) checkFormat(formats ...string) error {
	if slices.Contains(formats, f.format) {
		return nil
	}
	return unknown(fmt.Sprintf("format %q", f.format), f.format, formats, "formats are "+strings.Join(formats, ", "))
}

// errIncomplete says that not everything could be read: what was answered may be wrong.
var errIncomplete = exitError(ExitError)

// inventory reads everything in the paths. If something cannot be read it is told, and whole is false.
func (f *gathering) inventory(ctx context.Context, p *Process, paths []string) (v *inventory.Inventory, whole bool, err error) {
	if f.jobs < 0 || f.jobs > maxJobs {
		return nil, false, fmt.Errorf("--jobs %d is not from 0 to %d", f.jobs, maxJobs)
	}
	if err := f.live.check(f.flags, paths); err != nil {
		return nil, false, err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	s := &settings{}
	if s.config, err = f.loadConfig(knownNames(), paths); err != nil {
		return nil, false, err
	}
	if s.engine.Version, err = parseKubernetesVersion(f.kubernetes); err != nil {
		return nil, false, err
	}
	v = inventory.New()
	s.engine.Collect, s.engine.Jobs = v, f.jobs
	inputs := manifests(ctx, p, &f.judging, s, paths)
	if f.live.cluster {
		if s.live, err = f.live.open(ctx, p, s, f.flags.Changed("kubernetes-version")); err != nil {
			return nil, false, err
		}
		s.live.wants = askedAbout
		tell, done := p.progress(false)
		defer done()
		paths, inputs = []string{s.live.name}, s.live.inputs(ctx, tell)
	}
	looked := make(tally, len(paths))
	summary, err := engine.Scan(ctx, inputs, &s.engine, func(file *report.File) error {
		looked.add(file)
		diagnose(p, file)
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	empty := looked.empty(paths)
	for _, message := range empty {
		p.say("error: %s", message)
	}
	return v, summary.Errors+len(empty) == 0, nil
}

// askedAbout reports whether a question about everything may be about objects of a kind.
func askedAbout(group, kind string) bool {
	return slices.Contains(inventory.Kinds(group), kind) || slices.Contains(control.WorkloadKinds(), control.Kind{Group: group, Kind: kind}) || workload.IsOperated(group, kind)
}

// answer writes what a command found, and returns the error that stands for what could not be read.
func answer(p *Process, whole bool, write func(w *bufio.Writer) error) error {
	w := bufio.NewWriter(p.Stdout)
	if err := errors.Join(write(w), w.Flush()); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if !whole {
		p.say("error: not everything could be read, so the answer may be wrong")
		return errIncomplete
	}
	return nil
}

// table writes rows for the terminal that standard output is, or for a file.
func (p *Process) table(w io.Writer, head []string, rows [][]string) error {
	t := diagram.Table{Head: head, Rows: rows}
	return t.Write(w, p.columns())
}

// columns is how wide the terminal is; 0 if standard output is none.
func (p *Process) columns() int {
	file, ok := p.Stdout.(*os.File)
	if !ok || !isTerminal(p.Stdout) {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return max(width, 0)
}

// textOptions are the signs and colours that the terminal can show.
func (p *Process) textOptions() diagram.TextOptions {
	terminal := isTerminal(p.Stdout)
	return diagram.TextOptions{
		ASCII: !isUTF8(p.Getenv),
		Color: terminal && p.Getenv("NO_COLOR") == "" && p.Getenv("TERM") != "dumb",
	}
}

// place says where an object stands: "deploy/rbac.yaml:12"; "" for what the API server makes itself.
func place(v *inventory.Inventory, object int) string {
	if object < 0 || object >= len(v.Objects) {
		return ""
	}
	o := &v.Objects[object]
	if o.File == o.String() {
		return "" // an object of a running cluster is where its name says
	}
	if o.Line == 0 {
		return o.File
	}
	return fmt.Sprintf("%s:%d", o.File, o.Line)
}

// at is place in brackets, to be put behind a name.
func at(v *inventory.Inventory, object int) string {
	if where := place(v, object); where != "" {
		return " (" + where + ")"
	}
	return ""
}

// group makes a command that only has subcommands.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: unknownCommand, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(commands...)
	return cmd
}
