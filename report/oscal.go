package report

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// oscalVersion is the version of OSCAL that the document follows.
const oscalVersion = "1.1.3"

// NewOSCAL returns a writer of NIST OSCAL assessment results: an observation for each finding, and for each control that judged
// something a finding that says whether it is satisfied.
//
// Observations are written as they come; what waits for the end is eight bytes for each, from which its UUID is made again. All
// UUIDs are of version 5 and derived from what they name.
func NewOSCAL(w io.Writer) Writer { return &oscal{out: output{w: w}, seen: fingerprints{}} }

type oscal struct {
	out         output
	run         *Run
	time        string
	tool        string // UUID
	seen        fingerprints
	index       map[*control.Control]int
	byControl   [][]uint64 // keys of the observations of a control
	all         uint64     // of all observations
	count       int
	hash, clean []byte
}

func (o *oscal) Begin(run *Run) error {
	o.run, o.time, o.tool = run, timeOr(run.Time), string(appendUUID(nil, "tool", run.Version))
	o.index, o.byControl = make(map[*control.Control]int, len(run.Controls)), make([][]uint64, len(run.Controls))
	for i, c := range run.Controls {
		o.index[c] = i
	}
	b := o.out.buf
	b = append(b, `{"assessment-results":{"metadata":{"title":"kubeharden","last-modified":"`+o.time+`","version":`...)
	b = o.appendValue(b, run.Version, "unknown")
	b = append(b, `,"oscal-version":"`+oscalVersion+`"},"import-ap":{"href":"#`...)
	b = appendUUID(b, "plan")
	b = append(b, "\"},\n\"results\":[{\"title\":\"Kubernetes manifests\",\"description\":"...)
	b = appendString(b, "Manifests judged by "+number(len(run.Controls), "control")+" for Kubernetes "+run.KubernetesVersion.String()+".")
	b = append(b, `,"start":"`+o.time+`","local-definitions":{"components":[{"uuid":"`+o.tool+`","type":"software","title":"kubeharden","description":`...)
	b = appendString(b, "kubeharden "+run.Version+", "+homepage)
	b = append(b, ",\"status\":{\"state\":\"operational\"}}]},\n\"reviewed-controls\":{\"control-selections\":[{\"description\":\"The controls of the run.\""...)
	for i, c := range run.Controls {
		if i == 0 {
			b = append(b, `,"include-controls":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(appendString(append(b, `{"control-id":`...), c.ID), '}')
	}
	if len(run.Controls) > 0 {
		b = append(b, ']')
	}
	b = append(b, "}]}"...)
	o.out.buf = b
	return o.out.flush()
}

// appendValue appends text as an OSCAL string: not empty, in one line, and with no space at its ends.
func (o *oscal) appendValue(b []byte, s, instead string) []byte {
	o.clean = terminal.AppendSanitized(o.clean[:0], s)
	if clean := bytes.TrimSpace(o.clean); len(clean) > 0 {
		return appendString(b, string(clean))
	}
	return appendString(b, instead)
}

// appendProperty appends a property unless it is empty.
func (o *oscal) appendProperty(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	if b[len(b)-1] != '[' {
		b = append(b, ',')
	}
	b = append(append(b, `{"name":"`...), name...)
	b = append(b, `","ns":"`+homepage+`","value":`...)
	return append(o.appendValue(b, value, "?"), '}')
}

// appendObservationID appends the UUID of the observation with a key.
func appendObservationID(b []byte, key uint64) []byte {
	var bytes [8]byte
	binary.BigEndian.PutUint64(bytes[:], key)
	return appendUUID(b, "observation", string(bytes[:]))
}

func (o *oscal) File(file *File) error {
	clear(o.seen)
	for i := range file.Findings {
		f := &file.Findings[i]
		sum := fingerprint(f, file.Path)
		n := o.seen[sum]
		o.seen[sum] = n + 1
		key := sum ^ uint64(n)*0x9e3779b97f4a7c15
		o.all = o.all*1099511628211 ^ key
		if c, ok := o.index[f.Control]; ok {
			o.byControl[c] = append(o.byControl[c], key)
		}
		o.begin(key)
		o.observation(f, file.Path)
		o.out.spill()
	}
	for i := range file.Problems {
		p := &file.Problems[i]
		kind := "error"
		if p.Warning {
			kind = "warning"
		}
		o.hash = append(appendPosition(append(o.hash[:0], kind...), file.Path, &p.Place), p.Message...)
		b := o.out.buf
		b = append(b, o.separator()...)
		b = append(appendUUID(append(b, `{"uuid":"`...), "problem", repoPath(file.Path), string(o.hash), strconv.Itoa(i)), '"')
		b = append(b, `,"description":`...)
		b = appendString(b, p.Message)
		b = append(b, `,"props":[`...)
		b = append(o.appendProperty(b, "status", kind), `],"methods":["TEST"]`...)
		o.out.buf = b
		o.evidence(&p.Place, file.Path, p.Message)
		o.out.spill()
	}
	return o.out.err
}

// separator opens the list of observations, which must not be empty, with its first item.
func (o *oscal) separator() string {
	o.count++
	if o.count == 1 {
		return ",\n\"observations\":[\n"
	}
	return ",\n"
}

func (o *oscal) begin(key uint64) {
	b := append(append(o.out.buf, o.separator()...), `{"uuid":"`...)
	o.out.buf = append(appendObservationID(b, key), '"')
}

func (o *oscal) observation(f *control.Finding, path string) {
	b := o.out.buf
	b = append(b, `,"title":`...)
	b = appendString(b, f.Control.ID)
	b = append(b, `,"description":`...)
	b = appendString(b, string(appendMessage(o.hash[:0], f)))
	b = append(b, `,"props":[`...)
	b = o.appendProperty(b, "status", f.Status.String())
	b = o.appendProperty(b, "severity", f.Severity.String())
	b = o.appendProperty(b, "path", f.Path)
	b = o.appendProperty(b, "value", f.Value)
	b = o.appendProperty(b, "reason", f.Reason)
	b = o.appendProperty(b, "remedy", f.Remedy)
	b = append(b, `],"methods":["TEST"],"types":["finding"],"subjects":[{"subject-uuid":"`...)
	b = appendUUID(b, "subject", f.Ref.APIVersion, f.Ref.Kind, f.Ref.Namespace, f.Ref.Name, f.Ref.ContainerSort, f.Ref.Container)
	b = append(b, `","type":"kubernetes-object","title":`...)
	o.hash = appendSubject(o.hash[:0], &f.Ref)
	o.out.buf = append(appendString(b, string(o.hash)), "}]"...)
	o.evidence(&f.Place, path, f.Message)
}

// evidence ends an observation with the place that shows it.
func (o *oscal) evidence(p *control.Place, path, message string) {
	b := o.out.buf
	b = append(b, `,"origins":[{"actors":[{"type":"tool","actor-uuid":"`...)
	b = append(append(b, o.tool...), `"}]}],"relevant-evidence":[{"href":"`...)
	b = append(b, fileURI(placeFile(path, p))...)
	if p.Line > 0 {
		b = appendNumber(b, "#L", p.Line)
	}
	b = append(b, `","description":`...)
	b = append(appendString(b, message), `}],"collected":"`...)
	o.out.buf = append(append(b, o.time...), `"}`...)
}

func (o *oscal) End(s *Summary) error {
	if o.count > 0 {
		o.out.text("]")
	}
	findings := 0
	for i := range s.Controls {
		counts := &s.Controls[i]
		state, reason := "satisfied", "pass"
		switch {
		case counts[control.Fail] > 0:
			state, reason = "not-satisfied", "fail"
		case counts[control.Unknown]+counts[control.Waived] > 0:
			state, reason = "not-satisfied", "other"
		case counts[control.Pass] == 0:
			continue
		}
		if findings == 0 {
			o.out.text(",\n\"findings\":[\n")
		} else {
			o.out.text(",\n")
		}
		findings++
		o.finding(i, counts, state, reason)
		o.out.spill()
	}
	if findings > 0 {
		o.out.text("]")
	}
	end := timeOr(s.Time, o.time)
	b := o.out.buf
	b = append(b, `,"end":"`+end+`","uuid":"`...)
	all := strconv.FormatUint(o.all, 16) + " " + strconv.Itoa(o.count)
	b = appendUUID(b, "result", o.run.Version, o.time, end, all)
	b = append(b, "\"}],\n\"back-matter\":{\"resources\":[{\"uuid\":\""...)
	b = appendUUID(b, "plan")
	b = append(b, `","title":"Assessment plan","description":"There is no document of the plan: a run of kubeharden judges the manifests that it is given by the controls listed as reviewed."}]},"uuid":"`...)
	b = appendUUID(b, "assessment-results", o.run.Version, o.time, end, all)
	b = append(b, "\"}}\n"...)
	o.out.buf = b
	return o.out.flush()
}

// finding writes whether a control is satisfied. A failure that somebody accepted leaves it not satisfied, for another reason.
func (o *oscal) finding(i int, counts *control.Counts, state, reason string) {
	c := o.run.Controls[i]
	b := o.out.buf
	b = append(b, `{"uuid":"`...)
	b = appendUUID(b, "finding", c.ID, o.time)
	b = append(b, `","title":`...)
	b = appendString(b, c.Title)
	b = append(b, `,"description":"Subjects: `...)
	for j, status := range control.Statuses() {
		if j > 0 {
			b = append(b, ", "...)
		}
		b = append(b, strconv.Itoa(counts[status])+" "+status.String()...)
	}
	b = append(b, `.","links":[{"rel":"reference","href":`...)
	b = appendString(b, c.DocumentationURL())
	b = append(b, `}],"target":{"type":"objective-id","target-id":`...)
	b = appendString(b, c.ID)
	b = append(b, `,"status":{"state":"`+state+`","reason":"`+reason+`"}}`...)
	for j, key := range o.byControl[i] {
		if j == 0 {
			b = append(b, `,"related-observations":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(appendObservationID(append(b, `{"observation-uuid":"`...), key), `"}`...)
		o.out.buf = b
		o.out.spill()
		b = o.out.buf
	}
	if len(o.byControl[i]) > 0 {
		b = append(b, ']')
	}
	b = append(b, '}')
	o.out.buf = b
}
