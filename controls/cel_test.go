package controls_test

import (
	"fmt"
	"reflect"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/fixture"
)

// celVersions are the Kubernetes versions for which both verdicts are compared.
var celVersions = []control.Minor{20, 25, 30, 34, control.LatestMinor}

// TestCELSaysTheSame compares the verdict of every rule with that of its CEL text, on hardened and on broken subjects.
func TestCELSaysTheSame(t *testing.T) {
	env := newEnv(t)
	n := 0
	eachVariant(t, func(t *testing.T, c *control.Control, v fixture.Variant) {
		p := newPrograms(env, c)
		changes := append(c.Breaks(), c.Good...)
		// What has the wrong type or no value, and what other controls are about, too.
		changes = append(changes, control.Change{Base: control.OnMetadata, Path: "labels", Value: map[string]any{"app": "app"}, Name: "nothing changed"})
		cases(c, v, changes, func(b *broken) bool {
			if b.kind != "Pod" && b.kind != "CronJob" && c.Scope != control.Objects {
				return true
			}
			parsed := parse(t, b.data)
			for _, version := range celVersions {
				n += p.compare(t, parsed, b, version)
			}
			return true
		})
		for _, other := range fixture.Variants() {
			b := &broken{kind: "Pod", change: control.Change{Path: other.String()}, data: fixture.Wrap("Pod", fixture.Pod(other))}
			for _, version := range celVersions {
				n += p.compare(t, parse(t, b.data), b, version)
			}
		}
	})
	t.Logf("%d verdicts compared", n)
}

// TestCELOnTheBreaksOfOthers compares verdicts on subjects that some other control is broken on.
func TestCELOnTheBreaksOfOthers(t *testing.T) {
	env := newEnv(t)
	type subject struct {
		*broken
		*parsed
	}
	var subjects []subject
	eachVariant(t, func(_ *testing.T, c *control.Control, v fixture.Variant) {
		cases(c, v, c.Breaks(), func(b *broken) bool {
			if b.kind == "Pod" && (b.container == "" || b.container == "app") {
				subjects = append(subjects, subject{b, parse(t, b.data)})
			}
			return true
		})
	})
	n := 0
	eachVariant(t, func(t *testing.T, c *control.Control, _ fixture.Variant) {
		p := newPrograms(env, c)
		for _, s := range subjects {
			n += p.compare(t, s.parsed, s.broken, control.LatestMinor)
		}
	})
	t.Logf("%d verdicts compared on %d subjects", n, len(subjects))
}

// programs compiles the rules of a control when they are needed.
type programs struct {
	env      *cel.Env
	control  *control.Control
	texts    map[textKey]string
	compiled map[string]cel.Program
}

// textKey is what the text of a rule depends on.
type textKey struct {
	rule    control.Rule
	version control.Minor
	at      string
}

func newPrograms(env *cel.Env, c *control.Control) *programs {
	return &programs{env, c, map[textKey]string{}, map[string]cel.Program{}}
}

// compare judges an object both ways and returns the number of verdicts.
func (p *programs) compare(t *testing.T, object *parsed, b *broken, version control.Minor) int {
	t.Helper()
	c := p.control
	if version < c.From {
		return 0
	}
	n := 0
	for _, j := range everySubject(object, c, version) {
		rules := map[string]control.Rule{"Require": j.rule}
		if c.Unless != nil {
			rules["Unless"] = c.Unless
		}
		for name, rule := range rules {
			// A rule that does not apply need not be defined.
			if name == "Require" && !j.applies() {
				continue
			}
			want := rule.Holds(&j.subject, j.subject.Root())
			if got, ok := p.holds(t, rule, j, object); ok {
				if n++; got != want {
					t.Errorf("%s, Kubernetes %s, %s of %q: Go says %v, CEL says %v\n%s", b, version, name, j.name, want, got, p.text(rule, j))
				}
			}
		}
	}
	return n
}

// everySubject is judge, also for subjects that the control does not apply to.
func everySubject(p *parsed, c *control.Control, version control.Minor) []*judged {
	without := *c
	without.Unless = nil
	all := p.judge(&without, version)
	for _, j := range all {
		j.control = c
	}
	return all
}

func (p *programs) text(rule control.Rule, j *judged) string {
	c := control.CEL{Pod: "pod", Metadata: "metadata", Version: j.subject.Version, Params: j.subject.Params}
	switch {
	case j.subject.Container != nil:
		c.At = "container"
	case j.subject.Pod != nil:
		c.At = "pod"
	default:
		c.At = "object"
	}
	key := textKey{rule, c.Version, c.At}
	text, ok := p.texts[key]
	if !ok {
		text = rule.CEL(c)
		p.texts[key] = text
	}
	return text
}

func (p *programs) holds(t *testing.T, rule control.Rule, j *judged, object *parsed) (holds, ok bool) {
	t.Helper()
	text := p.text(rule, j)
	if text == "" {
		return false, false
	}
	program := p.compiled[text]
	if program == nil {
		ast, issues := p.env.Compile(text)
		if issues.Err() != nil {
			t.Fatalf("%v\n%s", issues.Err(), text)
		}
		if ast.OutputType() != cel.BoolType {
			t.Fatalf("is a %s: %s", ast.OutputType(), text)
		}
		var err error
		if program, err = p.env.Program(ast); err != nil {
			t.Fatal(err)
		}
		p.compiled[text] = program
	}
	at := func(way string) any {
		var v any = object.data
		for _, key := range split(way) {
			switch key := key.(type) {
			case int:
				v = v.([]any)[key]
			case string:
				v = v.(fixture.Map)[key]
			}
		}
		return prune(v)
	}
	root := object.object.Root
	vars := map[string]any{"object": prune(object.data), "pod": nil, "metadata": nil, "container": nil}
	if j.subject.Pod != nil {
		vars["pod"] = at(root.Path(j.subject.Pod.Spec))
		vars["metadata"] = at(root.Path(j.subject.Pod.Meta))
	}
	if j.subject.Container != nil {
		vars["container"] = at(root.Path(j.subject.Container.Node))
	}
	out, _, err := program.Eval(vars)
	if err != nil {
		t.Errorf("%v\n%s", err, text)
		return false, false
	}
	return out.Value().(bool), true
}

// prune leaves out what is null, as the API server does.
func prune(v any) any {
	switch v := v.(type) {
	case fixture.Map:
		m := fixture.Map{}
		for k, x := range v {
			if x != nil {
				m[k] = prune(x)
			}
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, x := range v {
			l[i] = prune(x)
		}
		return l
	}
	return v
}

// newEnv is the environment of a ValidatingAdmissionPolicy as far as the rules use it.
func newEnv(t *testing.T) *cel.Env {
	t.Helper()
	q := cel.ObjectType("kubernetes.Quantity")
	env, err := cel.NewEnv(
		cel.OptionalTypes(),
		cel.HomogeneousAggregateLiterals(),
		ext.Strings(ext.StringsVersion(0)),
		cel.Variable("object", cel.DynType), cel.Variable("pod", cel.DynType),
		cel.Variable("metadata", cel.DynType), cel.Variable("container", cel.DynType),
		cel.Function("quantity", cel.Overload("string_to_quantity", []*cel.Type{cel.StringType}, q,
			cel.UnaryBinding(func(text ref.Val) ref.Val {
				v, err := resource.ParseQuantity(text.Value().(string))
				if err != nil {
					return types.NewErr("%v", err)
				}
				return amount{v}
			}))),
		cel.Function("compareTo", cel.MemberOverload("quantity_compare_to", []*cel.Type{q, q}, cel.IntType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				x, y := a.(amount), b.(amount)
				return types.Int(x.Cmp(y.Quantity))
			}))),
		cel.Function("asApproximateFloat", cel.MemberOverload("quantity_get_float", []*cel.Type{q}, cel.DoubleType,
			cel.UnaryBinding(func(a ref.Val) ref.Val {
				x := a.(amount)
				return types.Double(x.AsApproximateFloat64())
			}))),
	)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// amount is a quantity as a CEL value; the API server's own library has the same functions.
type amount struct{ resource.Quantity }

var amountType = types.NewObjectType("kubernetes.Quantity")

func (a amount) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("no conversion to %v", t)
}
func (a amount) ConvertToType(ref.Type) ref.Val { return types.NewErr("no conversion") }
func (a amount) Equal(other ref.Val) ref.Val {
	b, ok := other.(amount)
	return types.Bool(ok && a.Cmp(b.Quantity) == 0)
}
func (a amount) Type() ref.Type { return amountType }
func (a amount) Value() any     { return a.Quantity }
