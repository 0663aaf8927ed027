package control

import "cmp"

// Status is the outcome of a control on a subject.
type Status uint8

// The statuses.
const (
	Pass Status = iota
	Fail
	// Unknown means "could not look": it is never a pass and never a failure, and has a reason.
	Unknown
	NotApplicable
	// Waived is a failure that somebody accepted, with a reason and until a date.
	Waived
	statusCount
)

var statusNames = [...]string{"pass", "fail", "unknown", "not-applicable", "waived"}

func (s Status) String() string { return statusNames[s] }

// Statuses returns all statuses.
func Statuses() []Status { return []Status{Pass, Fail, Unknown, NotApplicable, Waived} }

// Counts counts subjects by status.
type Counts [statusCount]int

// Add adds other to c.
func (c *Counts) Add(other *Counts) {
	for i, n := range other {
		c[i] += n
	}
}

// Ref names the thing that a finding is about.
type Ref struct {
	APIVersion    string
	Kind          string
	Namespace     string
	Name          string
	Container     string // name of the container, "" if the finding is about the pod or the object
	ContainerSort string // "container", "init container", …; "" without a container
}

// String returns Kind/namespace/name, with an empty namespace left out. Files without a name of their own, such as an
// EncryptionConfiguration, are their kind.
func (r *Ref) String() string {
	if r.Name == "" && r.Namespace == "" {
		return r.Kind
	}
	if r.Namespace == "" {
		return r.Kind + "/" + r.Name
	}
	return r.Kind + "/" + r.Namespace + "/" + r.Name
}

// Place is a range of bytes in a file. Lines and columns count from 1, columns in Unicode code points; the end is exclusive.
type Place struct {
	File               string
	Line, Column       int
	EndLine, EndColumn int
	Offset, Length     int
	// Rendered says that the value came out of a template, whose line this is: there are no bytes of the value in the file, and
	// Offset and Length are 0.
	Rendered bool
}

// Compare orders places by file and position.
func (p *Place) Compare(q *Place) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Offset, q.Offset), cmp.Compare(p.Length, q.Length))
}

// Finding is the outcome of a control on a subject, worth telling.
type Finding struct {
	Control  *Control
	Status   Status
	Severity Severity // the control's, raised to that of the strongest finding folded into it
	Ref      Ref
	// Message says what is wrong in one line: "securityContext.privileged is true".
	Message string
	// Path is the exact path of the value in the object: spec.containers[0].securityContext.privileged. It names the
	// missing field if that is what is wrong.
	Path string
	// Value is the offending value in one short line; "" if it is missing or secret.
	Value string
	// Secret says that the value is not shown because it is a secret.
	Secret bool
	// Missing says that Path does not exist; Place is then the mapping where it belongs.
	Missing bool
	Place   Place
	// Snippet is the source line that Place starts in.
	Snippet string
	// Remedy says how to fix it.
	Remedy string
	// Containers are the names of the containers that a pod-level finding reaches, if it came through them.
	Containers []string
	// Folded are the ids of implied findings on the same subject that this one stands for.
	Folded []string
	// Reason says why the status is unknown or waived, or that a waiver has expired.
	Reason string
	// Known says that a baseline has the finding: it is waived, and reports for people need not repeat it.
	Known bool
	// Related are the other objects that decided, in the order in which they should be read.
	Related []Related
	// Evidence is what was asked of a running system and what it answered, in that order; nil for what was read.
	Evidence []Exchange
	// Fix is the change of the document after which the finding is gone; nil if there is none, or if the run did not ask for it.
	Fix *Fix
	// NoFix says why there is none here although the control has an automatic fix; "" if nothing more is known, or nobody asked.
	NoFix string
	// StablePath is Path with the items of lists named instead of counted, if the run was asked for it.
	StablePath string
}

// Fix is a change of one document of a file, or of a file that is no YAML. Its parts belong together.
type Fix struct {
	// Document is the offset of the document in its file.
	Document int
	// Edits lead from the document's root.
	Edits []DocumentEdit
	// Texts replace bytes of a file that is no YAML.
	Texts []TextEdit
	Risk  FixRisk
	// Keeps are the paths of what Edits rely on: the fix waits until no other one changes anything there.
	Keeps []string
	// Replacements are what Edits or Texts come to in the file, in its order, if the run asked for that.
	Replacements []Replacement
}

// Replacement puts text in the place of bytes of a file, which may be none.
type Replacement struct {
	Place Place
	Text  string
}

// DocumentEdit is an Edit whose path leads from the document's root, as tree writes paths.
type DocumentEdit struct {
	Op    Op
	Path  string
	Value any
	// Whole is that of Edit.
	Whole bool
}

// TextEdit puts text in the place of bytes.
type TextEdit struct {
	Start, End int
	Text       string
}

// Exchange is one question to a running system and its answer. Neither has credentials, bodies or times.
type Exchange struct {
	// Request is what was sent, in one line: "GET https://10.0.0.4:10250/pods without credentials".
	Request string
	// Response is what came back: "HTTP 401 Unauthorized", "connection refused".
	Response string
}

// Related is another object that had a part in a finding.
type Related struct {
	Ref  Ref
	Path string
	// Text says which part: "binds ServiceAccount ci".
	Text string
	// Place is where it stands; Line 0 if there is no such place in a file.
	Place Place
}

// Compare is a total order: by place, then the control's id, then the subject.
func (f *Finding) Compare(g *Finding) int {
	return cmp.Or(
		f.Place.Compare(&g.Place),
		cmp.Compare(g.Severity, f.Severity),
		cmp.Compare(f.Control.ID, g.Control.ID),
		cmp.Compare(f.Path, g.Path),
		cmp.Compare(f.Ref.Container, g.Ref.Container),
		cmp.Compare(f.Message, g.Message),
	)
}
