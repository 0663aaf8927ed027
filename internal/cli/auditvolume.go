package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/generate"
)

// auditVolume is what is told of a log.
type auditVolume struct {
	Read     audit.Amount            `json:"read"`
	Written  audit.Amount            `json:"written"`
	PerDay   *audit.Amount           `json:"perDay,omitempty"`
	Levels   map[string]audit.Amount `json:"levels"`
	Rules    []auditRuleVolume       `json:"rules"`
	Omitted  audit.Amount            `json:"omittedStages"`
	Received audit.Amount            `json:"addedRequestReceived"`
	Bodiless int64                   `json:"bodiesNotInTheLog"`
	Skipped  int                     `json:"skipped"`
}

type auditRuleVolume struct {
	Rule  string      `json:"rule"` // "none" for requests that no rule matches
	Place string      `json:"place,omitempty"`
	Level audit.Level `json:"level"`
	audit.Amount
}

// volume estimates what the policy writes of the requests of a log.
func (f *auditFlags) volume(ctx context.Context, p *Process, d *auditDocument) (err error) {
	in := p.Stdin
	if f.log != "-" {
		file, openErr := os.Open(f.log)
		if openErr != nil {
			return fmt.Errorf("reading the audit log: %w", openErr)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		in = file
	} else if d.file == "-" {
		return errors.New("the policy and the log cannot both be standard input")
	}
	d.sayFlaws(p)
	r := generate.NewAuditReader(contextReader{ctx, in})
	v := d.policy.Volume(auditEvents(r))
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.Err(); err != nil {
		return fmt.Errorf("%s: %w", f.log, err)
	}
	skipped, first := r.Skipped()
	for _, s := range first {
		p.say("warning: %s:%d: skipped: %s", f.log, s.Line, s.Reason)
	}
	if more := skipped - len(first); more > 0 {
		p.say("warning: %s: %d more places skipped", f.log, more)
	}
	out := d.volumeOf(v)
	out.Skipped = skipped
	return answer(p, !d.isRefused(), func(w *bufio.Writer) error {
		if f.format == "json" {
			return writeJSON(w, out)
		}
		return writeVolume(w, p, &out)
	})
}

// contextReader ends a long log when the program is interrupted.
type contextReader struct {
	ctx context.Context //nolint:containedctx // an io.Reader takes no context
	in  io.Reader
}

func (r contextReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(b)
}

// auditEvents makes of a log's events what a policy looks at. The policy sees who authenticated and not whom he impersonates.
func auditEvents(r *generate.AuditReader) iter.Seq[*audit.Event] {
	return func(yield func(*audit.Event) bool) {
		var out audit.Event
		for e := range r.Events() {
			out = audit.Event{Size: e.Size, RequestSize: e.RequestSize, ResponseSize: e.ResponseSize}
			out.Stage, _ = audit.ParseStage(e.Stage)
			out.Time, _ = time.Parse(time.RFC3339, e.Time) // a time that cannot be read is none
			a := &out.Attributes
			a.User, a.Groups, a.Verb, a.Nobody = e.User.Name, e.User.Groups, e.Verb, e.User.Name == "" && len(e.User.Groups) == 0
			if o := e.Object; o != nil {
				a.ResourceRequest, a.Group, a.Resource, a.Subresource, a.Namespace, a.Name = true, o.Group, o.Resource, o.Subresource, o.Namespace, o.Name
			} else {
				a.Path, _, _ = strings.Cut(e.RequestURI, "?")
			}
			if !yield(&out) {
				return
			}
		}
	}
}

func (d *auditDocument) volumeOf(v *audit.Volume) auditVolume {
	out := auditVolume{Read: v.Read, Written: v.Written(), Levels: map[string]audit.Amount{}, Omitted: v.Omitted, Received: v.Received, Bodiless: v.Bodiless}
	if day, ok := v.PerDay(); ok {
		out.PerDay = &day
	}
	for _, l := range audit.Levels() {
		out.Levels[l.String()] = v.Levels[l]
	}
	for i, a := range v.Rules {
		row := auditRuleVolume{Rule: "none", Amount: a}
		if i < len(d.policy.Rules) {
			row.Rule, row.Place, row.Level = audit.RulePath(i), d.place(audit.RulePath(i)), d.policy.Rules[i].Level
		}
		out.Rules = append(out.Rules, row)
	}
	return out
}

func writeVolume(w *bufio.Writer, p *Process, v *auditVolume) error {
	var rows [][]string
	row := func(cells []string, a audit.Amount) {
		rows = append(rows, append(cells, fmt.Sprint(a.Events), fmt.Sprint(a.Bytes)))
	}
	for _, r := range v.Rules {
		row([]string{r.Rule, r.Place, r.Level.String()}, r.Amount)
	}
	for _, l := range audit.Levels()[1:] {
		row([]string{"all rules", "", l.String()}, v.Levels[l.String()])
	}
	row([]string{"written", "", ""}, v.Written)
	if v.PerDay != nil {
		row([]string{"written in a day", "", ""}, *v.PerDay)
	}
	row([]string{"the log as it is", "", ""}, v.Read)
	if err := p.table(w, []string{"RULE", "PLACE", "LEVEL", "EVENTS", "BYTES"}, rows); err != nil {
		return err
	}
	if v.Levels[audit.None.String()].Events > 0 {
		fmt.Fprintln(w, "\nWhat stands behind None is not written.")
	}
	if v.Received.Events > 0 {
		fmt.Fprintf(w, "\nEvents of RequestReceived that are estimated, because the log has none: %d.\n", v.Received.Events)
	}
	if v.Bodiless > 0 {
		fmt.Fprintf(w, "\nEvents that would have a body which the log does not have, so that more bytes would be written: %d.\n", v.Bodiless)
	}
	return nil
}
