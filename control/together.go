package control

import (
	"cmp"
	"time"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/tree"
)

// Together is a requirement that several objects meet or break with one another, such as a binding and the role that it names. It
// judges everything that is known at once and stands where other rules stand; on a single object it has nothing to say.
type Together struct {
	// Check gives a verdict on every subject that it knows.
	Check func(v *Verdicts)
	// Text describes the requirement.
	Text string
	// Mentions says that it asks which names texts mention; they are kept only then.
	Mentions bool
}

// Joint is a rule that judges everything known at once. Only controls with Scope Everything have one.
type Joint interface {
	Rule
	Judge(v *Verdicts)
}

// Judge implements Joint.
func (t *Together) Judge(v *Verdicts) { t.Check(v) }

// Cases returns the examples of a control that judges everything together: those that its rule gives, then its own.
func (c *Control) Cases() []Example {
	if r, ok := c.Require.(interface{ Examples() []Example }); ok {
		return append(r.Examples(), c.Examples...)
	}
	return c.Examples
}

// Holds implements Rule: a single object breaks nothing.
func (t *Together) Holds(*Subject, tree.Node) bool { return true }

// Explain implements Rule.
func (t *Together) Explain(_ *Subject, _ tree.Node, out []Violation) []Violation { return out }

// Edits implements Rule.
func (t *Together) Edits(_ *Subject, _ tree.Node, out []Edit) []Edit { return out }

// CEL implements Rule: an admission policy sees one object at a time.
func (t *Together) CEL(CEL) string { return "" }

// Describe implements Rule.
func (t *Together) Describe() string { return t.Text }

// Breaks implements Rule: the examples of the control say what breaks it.
func (t *Together) Breaks(out []Change) []Change { return out }

// Verdicts is what a check of everything together is given and what it gives back.
type Verdicts struct {
	*inventory.Inventory
	// Version, Now and Params are those of Subject.
	Version Minor
	Now     time.Time
	Params  map[string][]string

	passed, exempt int
	why            string
	broken         []Breach
}

// Breach is a violation that is known by the numbers of its objects.
type Breach struct {
	// Object is the number of the object that the finding is about, and Path leads from its root to the place: "roleRef.name". "" is the
	// object's name. What does not exist of the path is missing.
	Object int
	Path   string
	// Message says what is wrong, in one line, of the subject that the report names beside it: "can take over the cluster".
	Message string
	// Unknown says that it could not be judged.
	Unknown bool
	// Obstacle is what kept it from being judged; of breaches with the same one the first is told, and stands for the others. "" is told always.
	Obstacle string
	// Cause is what went wrong, the same for all breaches that it shows in. A control that suppresses another folds the breaches with the same
	// cause; "" is the object itself.
	Cause string
	// Explains are further causes that this one stands for: breaches with them are folded too.
	Explains []string
	// Severity replaces the control's for this breach; nil leaves it.
	Severity *Severity
	// Related are the other objects that decided, in the order in which they should be read.
	Related []Decider
	// Start and End are the bytes of the place in its file, for files that are no YAML and for parts of a text; both are 0 if Path says it.
	Start, End int
	// Edits are the changes after which it would be right.
	Edits []component.Edit
}

// Decider is an object that had a part in a verdict.
type Decider struct {
	Object int
	Path   string
	// Start and End are as in Breach.
	Start, End int
	// Text says which part: "binds ServiceAccount ci".
	Text string
}

// Pass counts subjects that meet the requirement.
func (v *Verdicts) Pass(n int) { v.passed += n }

// NotApplicable counts subjects that the requirement is not for.
func (v *Verdicts) NotApplicable(n int) { v.exempt += n }

// Exempt is NotApplicable with the reason, in one line; of several reasons the first is told.
func (v *Verdicts) Exempt(n int, why string) {
	v.exempt += n
	v.why = cmp.Or(v.why, why)
}

// Why returns the reason why the requirement was not for subjects, "" if none was given.
func (v *Verdicts) Why() string { return v.why }

// Fail records one subject that does not meet the requirement, or could not be judged.
func (v *Verdicts) Fail(b Breach) { v.broken = append(v.broken, b) }

// Counted returns the numbers of subjects that passed and that the requirement was not for.
func (v *Verdicts) Counted() (passed, exempt int) { return v.passed, v.exempt }

// Breaches returns what was recorded, in that order.
func (v *Verdicts) Breaches() []Breach { return v.broken }

// Example is a set of manifests for a control that judges them together.
type Example struct {
	Name string
	// Manifests are YAML documents. A line that begins with ExampleFile begins another file, whose path follows.
	Manifests string
	// Want are the findings, each as "Kind/namespace/name path" and in the order of their places; none if the manifests pass.
	Want []string
}

// ExampleFile begins a line of an example's manifests in front of the path of a file.
const ExampleFile = "# file: "
