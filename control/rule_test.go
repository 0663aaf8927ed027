package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

func parse(t *testing.T, src string) tree.Node {
	t.Helper()
	for doc := range tree.Split([]byte(src)) {
		tr, err := tree.NewParser().Parse([]byte(src), doc)
		if err != nil {
			t.Fatalf("%v in %s", err, src)
		}
		return tr.Root()
	}
	return tree.Node{}
}

// say writes violations and edits in one line, as in "a.b is missing => set a.b=true".
func say(root tree.Node, r control.Rule, s *control.Subject, at tree.Node) string {
	var parts []string
	for _, v := range r.Explain(s, at, nil) {
		path := []byte(root.Path(v.At))
		for _, key := range v.Missing {
			path = tree.AppendKey(path, key)
		}
		parts = append(parts, string(path)+" "+v.Problem)
	}
	for i, e := range r.Edits(s, at, nil) {
		if i == 0 {
			parts = append(parts, "=>")
		}
		path := []byte(root.Path(e.At))
		for _, key := range e.Path {
			path = tree.AppendKey(path, key)
		}
		text := e.Op.String() + " " + string(path)
		if e.Op != control.Remove {
			text += fmt.Sprint("=", e.Value)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

func TestRules(t *testing.T) {
	is := control.Is("a.b", true)
	in := control.In("a.b", "x", "y")
	allow := control.Allow("a.b", "x", "y")
	not := control.Not("a.b", true)
	one := control.In("a.b", 1, 2)
	present := control.Present("a.b", "new")
	absent := control.Absent("a.b")
	atLeast := control.AtLeast("a.b", 10)
	ranged := control.Range("a.b", 10, 20)
	contains := control.Contains("l", "ALL", "all")
	excludes := control.Excludes("l", "BAD", "WORSE")
	only := control.Only("l", "z", "x", "y")
	each := control.Each("l", map[string]any{"name": "n"}, control.Not("host", true))
	all := control.All(control.Is("a", 1), control.Is("b", 2))
	anyOf := control.Any(control.Is("a", 1), control.Is("b", 2))
	when := control.When(control.Is("a", 1), control.Is("b", 2))
	dotted := control.Is(`m["x.y/z"].k`, "v")
	for _, c := range []struct {
		rule control.Rule
		src  string
		want string // "" holds
	}{
		{is, "a: {b: true}", ""},
		{is, "a: {b: yes}", ""},
		{is, "a: {b: on}", ""},
		{is, "a: {b: false}", "a.b is false => set a.b=true"},
		{is, "a: {b: off}", "a.b is off => set a.b=true"},
		{is, `a: {b: "true"}`, `a.b is the text "true", not a boolean => set a.b=true`},
		{is, "a: {b: 1}", "a.b is 1 => set a.b=true"},
		{is, "a: {b: null}", "a.b is missing => set a.b=true"},
		{is, "a: {b: }", "a.b is missing => set a.b=true"},
		{is, "a: {}", "a.b is missing => set a.b=true"},
		{is, "a: null", "a.b is missing => set a.b=true"},
		{is, "c: 1", "a.b is missing => set a.b=true"},
		{is, "a: text", "a.b is missing => set a.b=true"},
		{is, "a: {b: [true]}", "a.b is a list => set a.b=true"},
		{is, "a: {b: {c: true}}", "a.b is a mapping => set a.b=true"},
		{is, "a: {b: false, b: true}", ""},

		{in, "a: {b: y}", "a.b is the boolean y, not a text => set a.b=x"},
		{in, `a: {b: "y"}`, ""},
		{in, "a: {b: X}", "a.b is X => set a.b=x"},
		{in, "a: {b: ''}", "a.b is empty => set a.b=x"},
		{allow, "a: {}", ""},
		{allow, "a: {b: null}", ""},
		{allow, "a: {b: x}", ""},
		{allow, "a: {b: z}", "a.b is z => set a.b=x"},
		{allow, "a: {b: z, c: 1}", "a.b is z => remove a.b"}, // nothing empty is left behind

		{not, "a: {}", ""},
		{not, "a: {b: false}", ""},
		{not, "a: {b: null}", ""},
		{not, "a: {b: true}", "a.b is true => set a.b=false"},
		{not, "a: {b: true, c: 1}", "a.b is true => remove a.b"},
		{not, "a: {b: yes}", "a.b is yes => set a.b=false"},
		{not, `a: {b: "true"}`, `a.b is the text "true", not a boolean => set a.b=false`},
		{one, "a: {b: 2}", ""},
		{one, "a: {b: 0x2}", ""},
		{one, `a: {b: "2"}`, `a.b is the text "2", not a number => set a.b=1`},

		{present, "a: {b: x}", ""},
		{present, "a: {b: 0}", ""},
		{present, "a: {b: false}", ""},
		{present, "a: {b: {c: d}}", ""},
		{present, "a: {b: ''}", "a.b is empty => set a.b=new"},
		{present, "a: {b: {}}", "a.b is empty => set a.b=new"},
		{present, "a: {b: []}", "a.b is empty => set a.b=new"},
		{present, "a: {b: ~}", "a.b is missing => set a.b=new"},
		{absent, "a: {}", ""},
		{absent, "a: {b: ~}", ""},
		{absent, "a: {b: ''}", "a.b is set => remove a.b"},

		{atLeast, "a: {b: 10}", ""},
		{atLeast, "a: {}", ""},
		{atLeast, "a: {b: 9}", "a.b is 9 => set a.b=10"},
		{atLeast, `a: {b: "11"}`, `a.b is the text "11", not a number => set a.b=10`},
		{ranged, "a: {b: 20}", ""},
		{ranged, "a: {b: 21}", "a.b is 21 => set a.b=10"},
		{ranged, "a: {b: -1}", "a.b is -1 => set a.b=10"},

		{contains, "l: [x, all]", ""},
		{contains, "l: [x]", "l does not contain ALL or all => append l=ALL"},
		{contains, "l: []", "l does not contain ALL or all => append l=ALL"},
		{contains, "x: 1", "l is missing => append l=ALL"},
		{contains, "l: ALL", "l is ALL, not a list"},
		{excludes, "x: 1", ""},
		{excludes, "l: [x]", ""},
		{excludes, "l: [x, BAD, y, WORSE]", "l[1] is BAD l[3] is WORSE => remove l[1] remove l[3]"},
		{excludes, "l: BAD", "l is BAD, not a list"},
		{only, "l: [x, x]", ""},
		{only, "l: []", ""},
		{only, "l: [x, w]", "l[1] is w => remove l[1]"},
		{each, "l: [{host: false}, {}]", ""},
		{each, "x: 1", ""},
		{each, "l: [{host: true}, {host: false}, {host: yes}]", "l[0].host is true l[2].host is yes => remove l[0].host remove l[2].host"},

		{all, "{a: 1, b: 2}", ""},
		{all, "{a: 1}", "b is missing => set b=2"},
		{all, "{c: 3}", "a is missing b is missing => set a=1 set b=2"},
		{anyOf, "{b: 2}", ""},
		{anyOf, "{b: 3}", "a is missing => set a=1"},
		{when, "{b: 3}", ""},
		{when, "{a: 1, b: 2}", ""},
		{when, "{a: 1}", "b is missing => set b=2"},
		{dotted, `m: {"x.y/z": {k: v}}`, ""},
		{dotted, "m: {x: {y/z: {k: v}}}", `m["x.y/z"].k is missing => set m["x.y/z"].k=v`},
		{control.FixTo(not, "a.c", 5), "a: {b: true}", "a.b is true => set a.c=5"},
	} {
		root := parse(t, c.src)
		s := &control.Subject{Version: control.LatestMinor}
		if holds := c.rule.Holds(s, root); holds != (c.want == "") {
			t.Errorf("%s: %s: holds is %v", c.rule.Describe(), c.src, holds)
			continue
		}
		if c.want == "" {
			continue
		}
		if got := say(root, c.rule, s, root); got != c.want {
			t.Errorf("%s: %s:\n got %s\nwant %s", c.rule.Describe(), c.src, got, c.want)
		}
	}
}

func TestTextsOfRules(t *testing.T) {
	cel := control.CEL{At: "container", Pod: "pod", Metadata: "metadata", Version: 30}
	for _, c := range []struct {
		rule          control.Rule
		text, celText string
	}{
		{control.Is("a.b", true), "a.b must be true", "(container.?a.?b.hasValue() && container.?a.?b.value() == true)"},
		{control.In("a", "x", "y"), "a must be x or y", `(container.?a.hasValue() && container.?a.value() in ["x", "y"])`},
		{control.Allow("a", "x", ""), `a must be x or "" if it is set`, `(!container.?a.hasValue() || container.?a.value() in ["x", ""])`},
		{control.Not("a", true), "a must not be true", "(!container.?a.hasValue() || container.?a.value() != true)"},
		{control.Not("a", 1, 2), "a must not be 1 or 2", "(!container.?a.hasValue() || !(container.?a.value() in [1, 2]))"},
		{control.Absent("a-b.c"), "a-b.c must not be set", `!container[?"a-b"].?c.hasValue()`},
		{control.AtLeast("a", 5), "a must be at least 5 if it is set", "(!container.?a.hasValue() || (container.?a.value() >= 5))"},
		{control.Range("a", 5, 9), "a must be from 5 to 9 if it is set", "(!container.?a.hasValue() || (container.?a.value() >= 5 && container.?a.value() <= 9))"},
		{control.Excludes("l", "x"), "l must not contain x", `(!container.?l.hasValue() || !container.?l.value().exists(x, x in ["x"]))`},
		{control.OnPod(control.Is("a", 1)), "the pod's a must be 1", "(pod.?a.hasValue() && pod.?a.value() == 1)"},
		{control.Since(25, control.Is("a", 1)), "a must be 1 (Kubernetes 1.25 or newer)", "(container.?a.hasValue() && container.?a.value() == 1)"},
		{control.Since(31, control.Is("a", 1)), "a must be 1 (Kubernetes 1.31 or newer)", "false"},
		{control.ByVersion(control.Step{From: 31, Rule: control.Is("a", 1)}), "a must be 1", "true"},
		{control.All(control.Absent("a"), &control.Func{Text: "b"}), "a must not be set and b", ""},
	} {
		if got := c.rule.Describe(); got != c.text {
			t.Errorf("described as %q, want %q", got, c.text)
		}
		if got := c.rule.CEL(cel); got != c.celText {
			t.Errorf("%s in CEL is %s\nwant %s", c.text, got, c.celText)
		}
	}
}

func TestInheritAndVersions(t *testing.T) {
	const src = `
securityContext: {runAsUser: %s}
containers:
- name: own
  securityContext: {runAsUser: %s}
- name: none
- name: nulled
  securityContext: {runAsUser: null, runAsGroup: 1}
`
	rule := control.Inherit("securityContext.runAsUser", control.In("securityContext.runAsUser", 5))
	versioned := control.ByVersion(control.Step{From: 20, Rule: rule}, control.Step{From: 30, Rule: control.Absent("securityContext.runAsUser")})
	for _, c := range []struct {
		pod, own string
		rule     control.Rule
		version  control.Minor
		want     [3]string
	}{
		{"5", "5", rule, 30, [3]string{}},
		{"5", "6", rule, 30, [3]string{"containers[0].securityContext.runAsUser is 6 => set containers[0].securityContext.runAsUser=5"}},
		{"6", "5", rule, 30, [3]string{"", "securityContext.runAsUser is 6 => set securityContext.runAsUser=5", "securityContext.runAsUser is 6 => set securityContext.runAsUser=5"}},
		{"null", "5", rule, 30, [3]string{
			"", "containers[1].securityContext.runAsUser is missing => set containers[1].securityContext.runAsUser=5",
			"containers[2].securityContext.runAsUser is missing => set containers[2].securityContext.runAsUser=5",
		}},
		{"6", "6", versioned, 19, [3]string{}},
		{"5", "6", versioned, 29, [3]string{"containers[0].securityContext.runAsUser is 6 => set containers[0].securityContext.runAsUser=5"}},
		{"5", "5", versioned, 30, [3]string{"containers[0].securityContext.runAsUser is set => remove containers[0].securityContext.runAsUser"}},
		{"6", "6", control.When(control.Since(30, control.Absent("nothing")), rule), 29, [3]string{}},
	} {
		root := parse(t, fmt.Sprintf(src, c.pod, c.own))
		pod := &object.Pod{Spec: root}
		i := 0
		for box := range pod.Containers() {
			s := &control.Subject{Pod: pod, Container: box, Version: c.version}
			got := ""
			if !c.rule.Holds(s, box.Node) {
				got = say(root, c.rule, s, box.Node)
			}
			if got != c.want[i] {
				t.Errorf("pod %s, container %s, 1.%d, %s:\n got %s\nwant %s", c.pod, c.own, c.version, box.Name, got, c.want[i])
			}
			i++
		}
	}
}

func TestEphemeral(t *testing.T) {
	pod := &object.Pod{Spec: parse(t, "{containers: [{name: a}], ephemeralContainers: [{name: b}]}")}
	for box := range pod.Containers() {
		s := &control.Subject{Pod: pod, Container: box}
		if got := control.Ephemeral().Holds(s, box.Node); got != (box.Name == "b") {
			t.Errorf("container %s is ephemeral: %v", box.Name, got)
		}
	}
	if s := (&control.Subject{Pod: pod}); control.Ephemeral().Holds(s, pod.Spec) {
		t.Error("a pod is an ephemeral container")
	}
}

func TestHoldsAllocatesNothing(t *testing.T) {
	root := parse(t, "{a: {b: true}, l: [x, ALL], num: 5}")
	pod := &object.Pod{Spec: root}
	s := &control.Subject{Pod: pod, Version: 30}
	rule := control.All(
		control.Is("a.b", true), control.Inherit("num", control.AtLeast("num", 5)), control.Contains("l", "ALL"), control.Excludes("l", "BAD"),
		control.Any(control.Absent("a"), control.Not("num", 6)), control.When(control.OnPod(control.Is("num", 5)), control.Present("l", nil)),
	)
	if !rule.Holds(s, root) {
		t.Fatal(say(root, rule, s, root))
	}
	if n := testing.AllocsPerRun(100, func() { rule.Holds(s, root) }); n > 0 {
		t.Errorf("Holds allocates %v times", n)
	}
}
