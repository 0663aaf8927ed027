package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/kubeclient"
	"github.com/kubeharden/kubeharden/prove"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/terminal"
)

// proveFlags are the flags of prove as they are typed.
type proveFlags struct {
	output scanFlags

	all, list, dryRun, cleanUp bool

	connection connectionFlags
	deadline   time.Duration

	target      prove.Target
	auditPolicy string
	systems     []string
}

func newProve(p *Process) *cobra.Command {
	var f proveFlags
	cmd := &cobra.Command{
		Use:   "prove [PROBE…]",
		Short: "Attack a running cluster harmlessly, and show what held",
		Long: `Runs probes against a cluster: requests that an attacker would send first, and that do no harm. Each shows what it sent and what came
back. Nothing is changed but canaries, objects under random names that are deleted again, also when the run is interrupted.

Exit status: 0 if nothing at or above --fail-on failed, 1 if something did, 2 if a probe could not look. With --all, what is unknown only because
an option was not given (etcd's certificate, the audit log) is told and does no more, as long as anything could be proven.`,
		Example: `  kubeharden prove --list
  kubeharden prove --all --dry-run
  kubeharden prove api-anonymous default-service-accounts
  kubeharden prove --all --output json=proof.json
  kubeharden prove encryption-at-rest --etcd-endpoint https://10.0.0.4:2379 --etcd-cacert ca.crt --etcd-cert client.crt --etcd-key client.key
  kubeharden prove audit --audit-log /var/log/kubernetes/audit/audit.log --audit-policy policy.yaml`,
		RunE: func(cmd *cobra.Command, names []string) error { return f.run(cmd.Context(), p, names) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return probeNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.register(cmd.Flags())
	return cmd
}

func (f *proveFlags) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.BoolVar(&f.all, "all", false, "run all probes")
	flags.BoolVar(&f.list, "list", false, "list the probes: what each does, needs and leaves behind")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what the probes would do, and send nothing")
	flags.BoolVar(&f.cleanUp, "clean-up", false, "delete the canaries that killed runs have left, and do nothing else")
	f.connection.register(flags)
	// Strangers are refused at once, and a probe that waits waits for many.
	_ = flags.Set("request-timeout", "10s")
	flags.Lookup("request-timeout").DefValue, flags.Lookup("request-timeout").Changed = "10s", false
	t := &f.target
	flags.StringSliceVar(&t.Namespaces, "namespace", nil, "look at these `namespaces` only")
	flags.StringSliceVar(&f.systems, "system-namespace", nil, "these `namespaces` may admit privileged pods, besides the usual ones of the system")
	flags.StringSliceVar(&t.Nodes, "node-address", nil, "ask the kubelets at these `addresses` (HOST or HOST:PORT) instead of those of the nodes")
	flags.BoolVar(&t.FromPod, "from-pod", false, "say that this runs in a pod, though with a kubeconfig (ports-from-pods)")
	flags.StringSliceVar(&t.Etcd.Endpoints, "etcd-endpoint", nil, "client `URLs` of etcd (default: as the pods of the control plane say)")
	flags.StringSliceVar(&t.Etcd.PeerEndpoints, "etcd-peer-endpoint", nil, "peer `URLs` of etcd (default: as its pods say, or port 2380)")
	flags.StringVar(&t.Etcd.Cert, "etcd-cert", "", "`file` with a client certificate for etcd")
	flags.StringVar(&t.Etcd.Key, "etcd-key", "", "`file` with the key of --etcd-cert")
	flags.StringVar(&t.Etcd.CA, "etcd-cacert", "", "`file` with the authority of etcd's certificate")
	flags.StringVar(&t.Etcd.Prefix, "etcd-prefix", "", "where Kubernetes keeps its objects in etcd (default /registry)")
	flags.StringVar(&t.CanaryNamespace, "canary-namespace", "default", "`namespace` in which canaries are made")
	flags.StringVar(&t.AuditLog, "audit-log", "", "`file` of the API server's audit log")
	flags.StringVar(&f.auditPolicy, "audit-policy", "", "`file` of the API server's audit policy")
	flags.BoolVar(&t.AuditWrite, "audit-write", false, "let the probe audit make and delete an empty ConfigMap too")
	flags.DurationVar(&t.AuditWait, "audit-wait", 10*time.Second, "how long an event may take to appear in the log")
	flags.DurationVar(&f.deadline, "deadline", 10*time.Minute, "how long the run may take")
	flags.StringVarP(&f.output.format, "format", "f", "pretty", "format on standard output: "+strings.Join(report.Formats(), ", "))
	flags.StringArrayVarP(&f.output.outputs, "output", "o", nil, "write another `FORMAT=FILE` too; may be repeated")
	flags.StringVar(&f.output.failOn, "fail-on", "high", "exit 1 from this `severity` on: critical, high, medium, low, info, none")
	flags.StringVar(&f.output.color, "color", "auto", "colour: auto, always, never")
	flags.BoolVarP(&f.output.quiet, "quiet", "q", false, "findings only: say nothing of what is going to be done, and no summary")
}

func probeNames() []string {
	var names []string
	for _, probe := range prove.All() {
		names = append(names, probe.Name)
	}
	return names
}

// chosen returns the probes that were asked for, in the order of all.
func (f *proveFlags) chosen(names []string) ([]*prove.Probe, error) {
	for _, name := range names {
		if _, ok := prove.Find(name); !ok {
			return nil, unknown(fmt.Sprintf("probe %q", name), name, probeNames(), "'kubeharden prove --list' shows all")
		}
	}
	switch {
	case f.all && len(names) > 0:
		return nil, errors.New("--all and names of probes exclude each other")
	case f.all || f.list && len(names) == 0:
		return prove.All(), nil
	case len(names) == 0:
		return nil, &hintError{errors.New("no probe is named"), "'kubeharden prove --list' shows them, --all runs all"}
	}
	return slices.DeleteFunc(prove.All(), func(probe *prove.Probe) bool { return !slices.Contains(names, probe.Name) }), nil
}

// run checks every flag before anything is sent.
func (f *proveFlags) run(ctx context.Context, p *Process, names []string) error {
	if f.cleanUp {
		return f.clean(ctx, p)
	}
	probes, err := f.chosen(names)
	if err != nil {
		return err
	}
	if f.list {
		return listProbes(p, probes)
	}
	s := settings{}
	if err := s.threshold(f.output.failOn, true); err != nil {
		return err
	}
	if f.auditPolicy != "" {
		if f.target.AuditPolicy, err = readSmall(f.auditPolicy); err != nil {
			return fmt.Errorf("read the audit policy: %w", err)
		}
	}
	if (f.target.Etcd.Cert == "") != (f.target.Etcd.Key == "") {
		return errors.New("--etcd-cert and --etcd-key belong together")
	}
	if err := f.connect(p); err != nil {
		return err
	}
	if f.dryRun {
		return f.announce(p, probes, fmt.Sprintf("Would run %s against %s (%s), and sends nothing now.", count(len(probes), "probe"), f.target.API.Server().Redacted(), f.target.API.Name()), true)
	}
	if !f.output.quiet {
		_ = f.announce(p, probes, fmt.Sprintf("Running %s against %s (%s):", count(len(probes), "probe"), f.target.API.Server().Redacted(), f.target.API.Name()), false)
	}
	return f.prove(ctx, p, probes, &s.run)
}

// connect finds the API server. It sends nothing.
func (f *proveFlags) connect(p *Process) error {
	if f.deadline <= 0 || f.target.AuditWait <= 0 {
		return errors.New("--deadline and --audit-wait have to be longer than nothing")
	}
	api, err := f.connection.connect()
	if err != nil {
		return err
	}
	t := &f.target
	t.API, t.Timeout = api, f.connection.timeout
	if t.Anonymous, err = api.Anonymous(); err != nil {
		return err
	}
	t.Now, t.Random = p.Now, rand.Reader
	t.Tell = func(message string) { p.say("note: %s", terminal.Sanitize(message)) }
	t.SystemNamespaces = slices.Clone(f.systems)
	for _, c := range controls.Find("namespace-psa-below-baseline") {
		for _, param := range c.Params {
			if param.Name == "systemNamespaces" {
				t.SystemNamespaces = append(t.SystemNamespaces, param.Default...)
			}
		}
	}
	return nil
}

// clean deletes what killed runs have left.
func (f *proveFlags) clean(ctx context.Context, p *Process) error {
	if err := f.connect(p); err != nil {
		return err
	}
	deleted, err := f.target.CleanUp(ctx)
	for _, name := range deleted {
		if _, err := fmt.Fprintf(p.Stdout, "deleted %s\n", terminal.Sanitize(name)); err != nil {
			return err
		}
	}
	if err == nil && len(deleted) == 0 {
		_, err = fmt.Fprintln(p.Stdout, "no canaries are left")
	}
	return err
}

// listProbes describes probes.
func listProbes(p *Process, probes []*prove.Probe) error {
	var b strings.Builder
	for i, probe := range probes {
		if i > 0 {
			b.WriteString("\n")
		}
		describeProbe(&b, probe)
	}
	_, err := fmt.Fprint(p.Stdout, b.String())
	return err
}

func describeProbe(b *strings.Builder, probe *prove.Probe) {
	fmt.Fprintf(b, "%s: %s\n", probe.Name, probe.Title)
	labelled(b, "does:", probe.Does)
	for i, need := range probe.Needs {
		labelled(b, [...]string{"needs:", ""}[min(i, 1)], need)
	}
	labelled(b, "leaves:", cmp.Or(probe.Leaves, "nothing"))
	labelled(b, "proves:", strings.Join(probe.Controls, ", "))
}

// labelled writes a label and the words of a text behind it, wrapped.
func labelled(b *strings.Builder, label, text string) {
	const margin, width = 10, 100
	fmt.Fprintf(b, "  %-*s", margin-2, label)
	column := margin
	for word := range strings.FieldsSeq(text) {
		if column > margin && column+1+len(word) > width {
			fmt.Fprintf(b, "\n%*s", margin, "")
			column = margin
		}
		b.WriteString(" " + word)
		column += 1 + len(word)
	}
	b.WriteString("\n")
}

// announce says what is going to be done: as data for a dry run, else beside the report.
func (f *proveFlags) announce(p *Process, probes []*prove.Probe, first string, whole bool) error {
	var b strings.Builder
	b.WriteString(terminal.Sanitize(first) + "\n")
	for _, probe := range probes {
		if whole {
			b.WriteString("\n")
			describeProbe(&b, probe)
			continue
		}
		left := ""
		if probe.Leaves != "" {
			left = " (makes and deletes a canary in namespace " + f.target.CanaryNamespace + ")"
			if probe.Name == "audit" && !f.target.AuditWrite {
				left = ""
			}
		}
		b.WriteString("  " + probe.Name + ": " + probe.Title + left + "\n")
	}
	w := p.Stderr
	if whole {
		w = p.Stdout
	}
	_, err := fmt.Fprint(w, b.String())
	return err
}

// prove runs the probes and writes the report.
func (f *proveFlags) prove(ctx context.Context, p *Process, probes []*prove.Probe, run *report.Run) (err error) {
	now, err := clock(p)
	if err != nil {
		return err
	}
	run.Version, run.Time, run.Probes = buildVersion(), now.UTC().Format(time.RFC3339), len(probes)
	if run.Controls, err = controlsOf(probes); err != nil {
		return err
	}
	if run.KubernetesVersion, err = f.version(ctx); err != nil {
		return err
	}
	sinks, err := openOutputs(p, &f.output)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := sinks.close(err); closeErr != nil {
			err = closeErr
		}
	}()
	if err := sinks.writer.Begin(run); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	r := proving{flags: f, run: run, summary: &report.Summary{Controls: make([]control.Counts, len(run.Controls))}, subjects: map[control.Ref]bool{}}
	if err := r.attack(ctx, probes, sinks.writer); err != nil {
		return err
	}
	r.summary.Failed = failed(run, &r.failing)
	if err := sinks.writer.End(r.summary); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return r.end(p)
}

var errDeadline = errors.New("the run took longer than --deadline")

// version asks the API server for its release, which is also the first request of all: without a connection nothing else makes sense.
func (f *proveFlags) version(ctx context.Context) (control.Minor, error) {
	body, err := f.target.API.Get(ctx, "/version", nil, "")
	var status *kubeclient.StatusError
	switch {
	case errors.As(err, &status):
		return control.LatestMinor, nil // it is only told: probes say themselves what they may not
	case err != nil:
		return 0, fmt.Errorf("connect to %s: %w", f.target.API.Server().Redacted(), err)
	}
	var version struct {
		Major string `json:"major"`
		Minor string `json:"minor"`
	}
	if err := json.Unmarshal(body, &version); err == nil {
		if minor, err := minorOf(version.Major + "." + strings.TrimRight(version.Minor, "+")); err == nil {
			return minor, nil
		}
	}
	return control.LatestMinor, nil
}

// proving is a run of probes.
type proving struct {
	flags    *proveFlags
	run      *report.Run
	summary  *report.Summary
	failing  [control.Critical + 1]int
	subjects map[control.Ref]bool
	// proven counts outcomes that are known, missing and unproven those that are not, by whether something was not given.
	proven, missing, unproven int
}

// attack runs the probes, one after the other.
func (r *proving) attack(ctx context.Context, probes []*prove.Probe, w report.Writer) error {
	limited, cancel := context.WithTimeoutCause(ctx, r.flags.deadline, errDeadline)
	defer cancel()
	for _, probe := range probes {
		outcomes, err := probe.Run(limited, &r.flags.target)
		if err != nil {
			return err
		}
		if err := w.File(r.file(probe, outcomes)); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	r.summary.Errors += len(r.flags.target.Left())
	return nil
}

// file makes what a report says of a probe, and counts it.
func (r *proving) file(probe *prove.Probe, outcomes []prove.Outcome) *report.File {
	file := &report.File{Path: "prove/" + probe.Name}
	judged := map[control.Ref]bool{}
	for i := range outcomes {
		o := &outcomes[i]
		at := slices.IndexFunc(r.run.Controls, func(c *control.Control) bool { return c.ID == o.Control })
		if at < 0 {
			continue // a scan was told to leave the control out
		}
		c := r.run.Controls[at]
		finding := control.Finding{
			Control: c, Status: o.Status, Severity: c.Severity, Ref: o.Ref, Path: o.Path, Message: o.Message, Reason: o.Reason,
			Place: control.Place{File: file.Path}, Evidence: o.Evidence,
		}
		if o.Status == control.Fail {
			finding.Remedy = c.RemedyText()
			r.failing[c.Severity]++
		}
		file.Findings = append(file.Findings, finding)
		r.summary.Controls[at][o.Status]++
		if !r.subjects[o.Ref] {
			r.subjects[o.Ref] = true
			file.Objects++
			if o.Status != control.Unknown {
				judged[o.Ref] = true
			}
		}
		switch {
		case o.Status != control.Unknown:
			r.proven++
		case o.NotGiven:
			r.missing++
		default:
			r.unproven++
		}
	}
	file.Judged = len(judged)
	r.summary.Add(file)
	return file
}

// incomplete reports whether something was asked that could not be proven.
func (r *proving) incomplete() bool {
	return len(r.flags.target.Left()) > 0 || r.unproven > 0 || r.missing > 0 && !r.flags.all || r.proven == 0
}

// end says what could not be proven, and how the program ends.
func (r *proving) end(p *Process) error {
	if r.missing > 0 && r.flags.all && !r.flags.output.quiet {
		p.say("note: %s not proven, because an option was not given: the report says which", count(r.missing, "question"))
	}
	switch {
	case r.incomplete():
		return exitError(ExitError)
	case r.summary.Failed:
		return exitError(ExitFindings)
	}
	return nil
}

// controlsOf returns the controls of probes, sorted by id.
func controlsOf(probes []*prove.Probe) ([]*control.Control, error) {
	var all []*control.Control
	for _, probe := range probes {
		found, err := findAll(probe.Controls)
		if err != nil {
			return nil, fmt.Errorf("probe %s: %w", probe.Name, err)
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b *control.Control) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(all, func(a, b *control.Control) bool { return a.ID == b.ID }), nil
}
