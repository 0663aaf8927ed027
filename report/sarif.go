package report

import (
	"cmp"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// NewSARIF returns a writer of SARIF 2.1.0. Results are written as they come; only problems wait for the end, because the
// format wants them in one place behind the results.
func NewSARIF(w io.Writer) Writer { return &sarifWriter{out: output{w: w}} }

type sarifWriter struct {
	out     output
	run     *Run
	rules   map[*control.Control]int
	results int
	uri     []byte // of the current file, as a JSON string
	seen    fingerprints
	// notifications are the problems so far, ready to be written; errors and dropped count them.
	notifications   []byte
	errors, dropped int
}

// maxNotifications bounds the memory that problems may take, in bytes.
const maxNotifications = 4 << 20

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	homepage    = "https://github.com/kubeharden/kubeharden"
	// maxSnippet leaves out the lines of minified files, in bytes.
	maxSnippet = 400
)

func (s *sarifWriter) Begin(run *Run) error {
	s.run, s.rules, s.seen = run, make(map[*control.Control]int, len(run.Controls)), fingerprints{}
	b := s.out.buf
	b = append(b, `{"$schema":"`+sarifSchema+`","version":"2.1.0","runs":[{"tool":{"driver":{"name":"kubeharden","informationUri":"`+homepage+`"`...)
	b = appendOptional(b, `,"version":`, run.Version)
	if v := strings.TrimPrefix(run.Version, "v"); strings.Count(v, ".") >= 2 && v[0] >= '0' && v[0] <= '9' {
		b = appendOptional(b, `,"semanticVersion":`, v)
	}
	b = append(b, `,"rules":[`...)
	for i, c := range run.Controls {
		s.rules[c] = i
		b = append(b, separator(i)...)
		b = appendRule(b, c)
	}
	b = append(b, `]}},"columnKind":"unicodeCodePoints","originalUriBaseIds":{"%SRCROOT%":{"description":{"text":"The folder that kubeharden was started in."}}},"properties":{"kubernetesVersion":`...)
	b = appendString(b, run.KubernetesVersion.String())
	b = append(b, "},\n\"results\":["...)
	s.out.buf = b
	return s.out.flush()
}

// level is the nearest that SARIF has to a severity.
func level(s control.Severity) string {
	return [...]string{control.Critical: "error", control.High: "error", control.Medium: "warning", control.Low: "note", control.Info: "note"}[s]
}

// securitySeverity is a number in the bands by which GitHub tells critical (9.0), high (7.0), medium (4.0) and low apart.
func securitySeverity(s control.Severity) string {
	return [...]string{control.Critical: "9.5", control.High: "8.0", control.Medium: "5.5", control.Low: "2.5", control.Info: "0.5"}[s]
}

func appendRule(b []byte, c *control.Control) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, c.ID)
	b = append(b, `,"name":`...)
	b = appendString(b, pascal(c.ID))
	b = append(b, `,"shortDescription":{"text":`...)
	b = appendString(b, c.Title)
	b = append(b, `},"fullDescription":{"text":`...)
	b = appendString(b, cmp.Or(oneLine(c.Why), c.Title))
	text, markdown := ruleHelp(c)
	b = append(b, `},"help":{"text":`...)
	b = appendString(b, text)
	b = append(b, `,"markdown":`...)
	b = appendString(b, markdown)
	b = append(b, `},"helpUri":`...)
	b = appendString(b, c.DocumentationURL())
	b = append(b, `,"defaultConfiguration":{"level":`...)
	b = appendString(b, level(c.Severity))
	b = append(b, `},"properties":{"precision":"high","problem.severity":`...)
	b = appendString(b, map[string]string{"error": "error", "warning": "warning", "note": "recommendation"}[level(c.Severity)])
	b = append(b, `,"security-severity":`...)
	b = appendString(b, securitySeverity(c.Severity))
	tags := []string{"security", "kubernetes", c.Layer.String()}
	if c.Section != "" {
		tags = append(tags, c.Section)
	}
	if c.Refs.PSS != "" {
		tags = append(tags, "pod-security-"+c.Refs.PSS)
	}
	for _, section := range c.Refs.CIS {
		tags = append(tags, "cis-"+section)
	}
	for _, technique := range c.Refs.MITRE {
		tags = append(tags, "mitre-"+technique)
	}
	return append(appendStrings(b, `,"tags":`, tags), "}}"...)
}

func ruleHelp(c *control.Control) (text, markdown string) {
	var t, m strings.Builder
	part := func(title, body string) {
		if body = oneLine(body); body != "" {
			t.WriteString(title + ": " + body + "\n\n")
			m.WriteString("**" + title + "**: " + body + "\n\n")
		}
	}
	m.WriteString("# " + c.Title + "\n\n")
	part("Why", c.Why)
	remedy := c.Remedy
	if remedy == "" && c.Require != nil {
		remedy = c.RemedyText()
	}
	part("Fix", remedy)
	part("Risk", c.Risk)
	t.WriteString("More: " + c.DocumentationURL())
	m.WriteString("[" + c.ID + "](" + c.DocumentationURL() + ")")
	return t.String(), m.String()
}

// oneLine folds the lines of a text that was written for a narrow page.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\n\t") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// pascal turns privileged-container into PrivilegedContainer.
func pascal(id string) string {
	words := strings.Split(id, "-")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

func (s *sarifWriter) File(f *File) error {
	if len(f.Findings) == 0 && len(f.Problems) == 0 {
		return s.out.err
	}
	s.uri = appendString(s.uri[:0], fileURI(f.Path))
	if !absolute(f.Path) {
		s.uri = append(s.uri, `,"uriBaseId":"%SRCROOT%"`...)
	}
	clear(s.seen)
	for i := range f.Findings {
		s.result(&f.Findings[i], f.Path)
		s.out.spill()
	}
	for i := range f.Problems {
		s.notification(&f.Problems[i])
	}
	return s.out.err
}

func (s *sarifWriter) result(f *control.Finding, path string) {
	b := s.out.buf
	b = append(b, separator(s.results)...)
	s.results++
	b = append(b, `{"ruleId":`...)
	b = appendString(b, f.Control.ID)
	if i, ok := s.rules[f.Control]; ok {
		b = appendNumber(b, `,"ruleIndex":`, i)
	}
	// Any kind but fail has to have the level none.
	switch f.Status {
	case control.Pass:
		b = append(b, `,"kind":"pass","level":"none"`...)
	case control.Unknown:
		b = append(b, `,"kind":"open","level":"none"`...)
	case control.NotApplicable:
		b = append(b, `,"kind":"notApplicable","level":"none"`...)
	default:
		b = append(append(append(b, `,"kind":"fail","level":"`...), level(f.Severity)...), '"')
	}
	b = append(b, `,"message":{"text":`...)
	b = appendString(b, noLinks(f.Message))
	b = append(b, `},"locations":[{"physicalLocation":`...)
	b = s.location(b, &f.Place, f.Snippet)
	b = append(b, `,"logicalLocations":[{"name":`...)
	b = appendString(b, f.Ref.Name)
	b = append(b, `,"fullyQualifiedName":`...)
	start := len(b)
	b = appendString(b, f.Ref.Kind)
	if f.Ref.Namespace != "" {
		b = appendMore(b, f.Ref.Namespace)
	}
	b = appendMore(b, f.Ref.Name)
	end := len(b)
	b = append(b, `,"kind":"resource"}`...)
	if f.Ref.Container != "" {
		b = append(b, `,{"name":`...)
		b = appendString(b, f.Ref.Container)
		b = append(b, `,"fullyQualifiedName":`...)
		b = append(b, b[start:end]...)
		b = appendMore(b, f.Ref.Container)
		b = append(b, `,"kind":"member"}`...)
	}
	b = append(b, `]}]`...)
	b = appendRelatedLocations(b, f.Related)
	b = s.fix(b, f)
	b = append(b, `,"partialFingerprints":{"kubeharden/v1":"`...)
	b = s.seen.append(b, f, path)
	// Once one result has suppressions all have to have them.
	b = append(b, `"},"suppressions":[`...)
	if f.Status == control.Waived {
		b = append(b, `{"kind":"external","status":"accepted"`...)
		b = appendOptional(b, `,"justification":`, f.Reason)
		b = append(b, '}')
	}
	b = append(b, `],"properties":{"severity":"`...)
	b = append(append(b, f.Severity.String()...), '"')
	b = appendOptional(b, `,"path":`, f.Path)
	b = appendOptional(b, `,"value":`, f.Value)
	b = appendOptional(b, `,"reason":`, f.Reason)
	b = appendStrings(b, `,"containers":`, f.Containers)
	b = appendStrings(b, `,"folded":`, f.Folded)
	b = appendEvidence(b, f.Evidence)
	b = append(b, "}}"...)
	s.out.buf = b
}

// appendRelatedLocations appends the places of the other objects that decided.
func appendRelatedLocations(b []byte, related []control.Related) []byte {
	n := 0
	for i := range related {
		r := &related[i]
		if r.Place.File == "" {
			continue
		}
		if n == 0 {
			b = append(b, `,"relatedLocations":[`...)
		} else {
			b = append(b, ',')
		}
		n++
		b = appendNumber(b, `{"id":`, n)
		b = append(b, `,"message":{"text":`...)
		b = appendString(b, noLinks(r.Ref.String()+" "+r.Text))
		b = append(b, `},"physicalLocation":{"artifactLocation":{"uri":`...)
		b = appendString(b, fileURI(r.Place.File))
		if !absolute(r.Place.File) {
			b = append(b, `,"uriBaseId":"%SRCROOT%"`...)
		}
		b = append(b, '}')
		if r.Place.Line > 0 {
			b = appendNumber(b, `,"region":{"startLine":`, r.Place.Line)
			b = append(appendNumber(b, `,"startColumn":`, max(r.Place.Column, 1)), '}')
		}
		b = append(b, `},"logicalLocations":[{"fullyQualifiedName":`...)
		b = append(appendString(b, r.Ref.String()), `,"kind":"resource"}]}`...)
	}
	if n > 0 {
		b = append(b, ']')
	}
	return b
}

// appendMore adds "/" and s to the JSON string that b ends with.
func appendMore(b []byte, s string) []byte {
	b = append(b[:len(b)-1], '/')
	return append(appendEscaped(b, s), '"')
}

func (s *sarifWriter) location(b []byte, p *control.Place, snippet string) []byte {
	b = append(b, `{"artifactLocation":{"uri":`...)
	b = append(append(b, s.uri...), '}')
	if p.Line > 0 {
		b = appendNumber(b, `,"region":{"startLine":`, p.Line)
		b = appendNumber(b, `,"startColumn":`, max(p.Column, 1))
		if p.EndLine >= p.Line {
			b = appendNumber(b, `,"endLine":`, p.EndLine)
			b = appendNumber(b, `,"endColumn":`, max(p.EndColumn, 1))
		}
		if !p.Rendered {
			b = appendNumber(b, `,"byteOffset":`, max(p.Offset, 0))
			b = appendNumber(b, `,"byteLength":`, max(p.Length, 0))
		}
		b = append(b, '}')
		if snippet != "" && len(snippet) <= maxSnippet && p.EndLine == p.Line {
			b = appendNumber(b, `,"contextRegion":{"startLine":`, p.Line)
			b = appendNumber(b, `,"endLine":`, p.Line)
			b = append(b, `,"snippet":{"text":`...)
			b = append(appendString(b, snippet), "}}"...)
		}
	}
	return append(b, '}')
}

func (s *sarifWriter) notification(p *Problem) {
	if !p.Warning {
		s.errors++
	}
	b := s.notifications
	if len(b) > maxNotifications {
		s.dropped++
		return
	}
	if len(b) > 0 {
		b = append(b, ",\n"...)
	}
	if p.Warning {
		b = append(b, `{"level":"warning","message":{"text":`...)
	} else {
		b = append(b, `{"level":"error","message":{"text":`...)
	}
	b = appendString(b, noLinks(p.Message))
	b = append(b, `},"locations":[{"physicalLocation":`...)
	b = s.location(b, &p.Place, p.Snippet)
	b = append(b, "}]}"...)
	s.notifications = b
}

func (s *sarifWriter) End(sum *Summary) error {
	b := s.out.buf
	b = append(b, "],\n\"invocations\":[{\"executionSuccessful\":"...)
	b = strconv.AppendBool(b, s.errors == 0 && sum.Errors == 0)
	b = append(b, `,"toolExecutionNotifications":[`...)
	b = append(b, s.notifications...)
	if s.dropped > 0 {
		b = append(b, ",\n{\"level\":\"error\",\"message\":{\"text\":"...)
		b = appendString(b, strconv.Itoa(s.dropped)+" more problems are not listed here; --format json has them all")
		b = append(b, "}}"...)
	}
	b = appendNumber(b, `],"properties":{"files":`, sum.Files)
	b = appendNumber(b, `,"documents":`, sum.Documents)
	b = appendNumber(b, `,"objects":`, sum.Objects)
	b = appendNumber(b, `,"judged":`, sum.Judged)
	b = append(b, "}}]}]}\n"...)
	s.out.buf = b
	return s.out.flush()
}

// noLinks keeps text from a file from becoming a link in a viewer: [words](address) is one even in plain SARIF messages.
func noLinks(s string) string {
	if !strings.Contains(s, "](") {
		return s
	}
	return strings.ReplaceAll(s, "](", "] (")
}

// repoPath writes a path as it stands in a repository.
func repoPath(path string) string { return strings.TrimPrefix(filepath.ToSlash(path), "./") }

func absolute(path string) bool { return filepath.IsAbs(path) || strings.HasPrefix(path, "/") }

// fileURI returns a relative URI for a relative path, and a file URI for an absolute one.
func fileURI(path string) string {
	const hex = "0123456789ABCDEF"
	path = repoPath(path)
	b := make([]byte, 0, len(path)+16)
	if absolute(path) {
		b = append(b, "file:///"...)
		path = strings.TrimLeft(path, "/")
	}
	for i := range len(path) {
		c := path[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/!$&'()*+,;=@", c) >= 0 {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&0xf])
		}
	}
	return string(b)
}

// fingerprints counts the equal fingerprints of a file.
type fingerprints map[uint64]int

// append appends the fingerprint of a finding. Equal ones, of the same fault on the same subject, are told apart by their order.
func (s fingerprints) append(b []byte, f *control.Finding, path string) []byte {
	sum := fingerprint(f, path)
	n := s[sum]
	s[sum] = n + 1
	b = appendHex(b, sum)
	if n > 0 {
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(n+1), 10)
	}
	return b
}

// fingerprint stays the same while lines move and list items change their order: it is made of what is wrong, and of the
// names of where.
func fingerprint(f *control.Finding, file string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	add := func(s string) {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
	}
	field := func(s string) { add(s); add("\x00") }
	field(f.Control.ID)
	field(repoPath(file))
	field(f.Ref.Kind)
	field(f.Ref.Namespace)
	field(f.Ref.Name)
	field(f.Ref.ContainerSort)
	field(f.Ref.Container)
	// The path without its list indexes: a container is already named, an item at the end is told by its value.
	path := f.Path
	for {
		open := strings.IndexByte(path, '[')
		if open < 0 {
			break
		}
		end := open + 1
		for end < len(path) && path[end] >= '0' && path[end] <= '9' {
			end++
		}
		if end == open+1 || end == len(path) || path[end] != ']' {
			add(path[:end])
			path = path[end:]
			continue
		}
		add(path[:open])
		add("[]")
		path = path[end+1:]
		if path == "" {
			add(f.Value)
		}
	}
	add(path)
	return h
}

// appendHex appends h as 16 digits.
func appendHex(b []byte, h uint64) []byte {
	const hex = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, hex[h>>shift&0xf])
	}
	return b
}
