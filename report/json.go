package report

import (
	"io"

	"github.com/kubeharden/kubeharden/control"
)

// schemaVersion is the version of docs/schema/report-v1.json. Members may be added to a version; none is renamed or removed.
const schemaVersion = "1"

// NewJSON returns a writer of the format that docs/report-json.md describes. It keeps nothing: files are written as they come.
func NewJSON(w io.Writer) Writer { return &jsonWriter{out: output{w: w}} }

type jsonWriter struct {
	out   output
	run   *Run
	items *benchmark
	files int
}

func (j *jsonWriter) Begin(run *Run) error {
	j.run, j.items = run, newBenchmark(run)
	b := j.out.buf
	b = append(b, `{"schemaVersion":"`+schemaVersion+`","tool":{"name":"kubeharden","version":`...)
	b = appendString(b, run.Version)
	b = append(b, `},"kubernetesVersion":`...)
	b = appendString(b, run.KubernetesVersion.String())
	b = appendOptional(b, `,"cluster":`, run.Cluster)
	b = append(b, `,"failOn":`...)
	if run.FailOnNone {
		b = append(b, `"none"`...)
	} else {
		b = appendString(b, run.FailOn.String())
	}
	b = append(b, ",\n\"controls\":["...)
	for i, c := range run.Controls {
		b = append(b, separator(i)...)
		b = append(b, `{"id":`...)
		b = appendString(b, c.ID)
		b = append(b, `,"title":`...)
		b = appendString(b, c.Title)
		b = append(b, `,"layer":`...)
		b = appendString(b, c.Layer.String())
		b = appendOptional(b, `,"section":`, c.Section)
		b = append(b, `,"severity":`...)
		b = appendString(b, c.Severity.String())
		b = append(b, `,"scope":`...)
		b = appendString(b, c.Scope.String())
		b = append(b, `,"fix":`...)
		b = appendString(b, c.Fix.String())
		b = appendOptional(b, `,"since":`, c.Since)
		b = append(b, `,"url":`...)
		b = appendString(b, c.DocumentationURL())
		b = append(b, '}')
	}
	b = append(b, "],\n\"files\":["...)
	j.out.buf = b
	return j.out.flush()
}

// separator puts each item of a long list on a line of its own.
func separator(i int) string {
	if i == 0 {
		return "\n"
	}
	return ",\n"
}

func (j *jsonWriter) File(f *File) error {
	j.items.add(f)
	if len(f.Findings) == 0 && len(f.Problems) == 0 {
		return j.out.err
	}
	b := j.out.buf
	b = append(b, separator(j.files)...)
	j.files++
	b = append(b, `{"path":`...)
	b = appendString(b, f.Path)
	if f.Across {
		b = append(b, `,"across":true`...)
	}
	b = appendNumber(b, `,"documents":`, f.Documents)
	b = appendNumber(b, `,"objects":`, f.Objects)
	b = appendNumber(b, `,"judged":`, f.Judged)
	b = append(b, `,"findings":[`...)
	for i := range f.Findings {
		b = append(b, separator(i)...)
		j.out.buf = appendFinding(b, &f.Findings[i])
		j.out.spill()
		b = j.out.buf
	}
	b = append(b, `],"problems":[`...)
	for i := range f.Problems {
		p := &f.Problems[i]
		b = append(b, separator(i)...)
		if p.Warning {
			b = append(b, `{"level":"warning","message":`...)
		} else {
			b = append(b, `{"level":"error","message":`...)
		}
		b = appendString(b, p.Message)
		b = appendPlace(b, &p.Place)
		b = append(b, '}')
		j.out.buf = b
		j.out.spill()
		b = j.out.buf
	}
	b = append(b, "]}"...)
	j.out.buf = b
	j.out.spill()
	return j.out.err
}

func appendFinding(b []byte, f *control.Finding) []byte {
	b = append(b, `{"control":`...)
	b = appendString(b, f.Control.ID)
	b = append(append(append(b, `,"status":"`...), f.Status.String()...), '"')
	b = append(append(append(b, `,"severity":"`...), f.Severity.String()...), '"')
	b = append(b, `,"message":`...)
	b = appendString(b, f.Message)
	b = append(b, `,"path":`...)
	b = appendString(b, f.Path)
	b = appendOptional(b, `,"value":`, f.Value)
	if f.Missing {
		b = append(b, `,"missing":true`...)
	}
	b = appendObject(append(b, ','), &f.Ref)
	b = appendOptional(b, `,"container":`, f.Ref.Container)
	b = appendOptional(b, `,"containerSort":`, f.Ref.ContainerSort)
	b = appendPlace(b, &f.Place)
	b = appendOptional(b, `,"remedy":`, f.Remedy)
	b = appendStrings(b, `,"folded":`, f.Folded)
	b = appendStrings(b, `,"containers":`, f.Containers)
	b = appendOptional(b, `,"reason":`, f.Reason)
	b = appendEvidence(b, f.Evidence)
	if f.Fix != nil {
		b = appendFix(b, f)
	}
	for i := range f.Related {
		if i == 0 {
			b = append(b, `,"related":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendRelated(b, &f.Related[i])
	}
	if len(f.Related) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}

// appendEvidence appends the member with what was asked and answered, unless there is nothing.
func appendEvidence(b []byte, evidence []control.Exchange) []byte {
	for i := range evidence {
		if i == 0 {
			b = append(b, `,"evidence":[{"request":`...)
		} else {
			b = append(b, `,{"request":`...)
		}
		b = appendString(b, evidence[i].Request)
		b = append(b, `,"response":`...)
		b = append(appendString(b, evidence[i].Response), '}')
	}
	if len(evidence) > 0 {
		b = append(b, ']')
	}
	return b
}

// appendRelated appends another object that decided.
func appendRelated(b []byte, r *control.Related) []byte {
	b = append(b, `{"text":`...)
	b = appendString(b, r.Text)
	if r.Ref.Kind != "" {
		b = appendObject(append(b, ','), &r.Ref)
		b = appendOptional(b, `,"path":`, r.Path)
		b = appendPlace(b, &r.Place)
	}
	return append(b, '}')
}

// appendObject appends the member that names an object.
func appendObject(b []byte, r *control.Ref) []byte {
	b = append(b, `"object":{"apiVersion":`...)
	b = appendString(b, r.APIVersion)
	b = append(b, `,"kind":`...)
	b = appendString(b, r.Kind)
	b = appendOptional(b, `,"namespace":`, r.Namespace)
	b = append(b, `,"name":`...)
	b = appendString(b, r.Name)
	return append(b, '}')
}

func appendPlace(b []byte, p *control.Place) []byte {
	b = append(b, `,"place":{"file":`...)
	b = appendString(b, p.File)
	if p.Line > 0 {
		b = appendNumber(b, `,"line":`, p.Line)
		b = appendNumber(b, `,"column":`, p.Column)
		b = appendNumber(b, `,"endLine":`, p.EndLine)
		b = appendNumber(b, `,"endColumn":`, p.EndColumn)
		b = appendNumber(b, `,"offset":`, p.Offset)
		b = appendNumber(b, `,"length":`, p.Length)
	}
	if p.Rendered {
		b = append(b, `,"rendered":true`...)
	}
	return append(b, '}')
}

func (j *jsonWriter) End(s *Summary) error {
	b := j.out.buf
	b = append(b, "],\n\"summary\":{"...)
	b = appendNumber(b, `"files":`, s.Files)
	b = appendNumber(b, `,"documents":`, s.Documents)
	b = appendNumber(b, `,"objects":`, s.Objects)
	b = appendNumber(b, `,"judged":`, s.Judged)
	b = appendNumber(b, `,"errors":`, s.Errors)
	b = appendNumber(b, `,"warnings":`, s.Warnings)
	if s.Failed {
		b = append(b, `,"failed":true`...)
	} else {
		b = append(b, `,"failed":false`...)
	}
	b = append(b, `,"findings":{`...)
	b = appendCounts(b, &s.Findings)
	b = append(b, `},"bySeverity":{`...)
	for i, severity := range control.Severities() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, severity.String())
		b = appendNumber(b, ":", s.BySeverity[severity])
	}
	b = append(b, "},\n\"layers\":["...)
	for i, layer := range control.Layers() {
		counts, controls := s.ByLayer(j.run, layer)
		b = append(b, separator(i)...)
		b = append(b, `{"layer":`...)
		b = appendString(b, layer.String())
		b = appendNumber(b, `,"controls":`, controls)
		b = append(b, ',')
		b = append(appendCounts(b, &counts), '}')
	}
	b = append(b, "],\n\"controls\":["...)
	for i := range s.Controls {
		b = append(b, separator(i)...)
		b = append(b, `{"id":`...)
		b = appendString(b, j.run.Controls[i].ID)
		b = append(b, ',')
		b = append(appendCounts(b, &s.Controls[i]), '}')
	}
	b = append(b, "],\n\"notConfigured\":["...)
	for i, c := range s.NotConfigured {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, c.ID)
	}
	b = append(b, ']')
	b = appendBenchmark(b, j.items.results(s))
	b = append(b, "}}\n"...)
	j.out.buf = b
	return j.out.flush()
}

// appendCounts appends one member for each status.
func appendCounts(b []byte, counts *control.Counts) []byte {
	for i, status := range control.Statuses() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, status.String())
		b = appendNumber(b, ":", counts[status])
	}
	return b
}
