package label_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/tree"
)

func parse(t *testing.T, text string) tree.Node {
	t.Helper()
	parsed, err := tree.NewParser().Parse([]byte(text), tree.Document{Start: 0, End: len(text)})
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return parsed.Root()
}

func TestSet(t *testing.T) {
	s := label.Read(parse(t, "{b: x, a: 'y', b: z, e: null, d: 7}"))
	if s.String() != "a=y,b=z,d=7,e=" {
		t.Errorf("got %s", s)
	}
	if v, ok := s.Get("b"); v != "z" || !ok || !s.Has("d", "7") || s.Has("d", "8") || s.Has("c", "") {
		t.Errorf("got %q %v", v, ok)
	}
	if with := s.With("b", "1").With("c", "2"); with.String() != "a=y,b=1,c=2,d=7,e=" || s.String() != "a=y,b=z,d=7,e=" {
		t.Errorf("got %s of %s", with, s)
	}
	if !s.Equal(label.New(map[string]string{"a": "y", "b": "z", "d": "7", "e": ""})) || s.Equal(s.With("f", "")) {
		t.Error("equality")
	}
	if len(label.Read(parse(t, "[a, b]"))) != 0 || len(label.Read(tree.Node{})) != 0 {
		t.Error("what is no mapping has labels")
	}
}

// TestSelectorsAsTheAPIServerReadsThem compares verdicts, and what is refused, with apimachinery on random selectors.
func TestSelectorsAsTheAPIServerReadsThem(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	refused := 0
	for range 5000 {
		var sel metav1.LabelSelector
		for range r.IntN(3) {
			if sel.MatchLabels == nil {
				sel.MatchLabels = map[string]string{}
			}
			sel.MatchLabels[pick("app", "tier", "x.io/a")] = pick("web", "db", "", "v-1", "-bad")
		}
		for range r.IntN(3) {
			e := metav1.LabelSelectorRequirement{
				Key: pick("app", "tier", "x.io/a", "a b", "UPPER.io/x", "/x", strings.Repeat("k", 64)), Operator: metav1.LabelSelectorOperator(pick("In", "NotIn", "Exists", "DoesNotExist", "in", "")),
			}
			for range r.IntN(3) {
				e.Values = append(e.Values, pick("web", "db", "", "not ok", strings.Repeat("v", 64)))
			}
			sel.MatchExpressions = append(sel.MatchExpressions, e)
		}
		text, err := yaml.Marshal(sel)
		if err != nil {
			t.Fatal(err)
		}
		flaws := 0
		ours := label.ReadSelector(parse(t, string(text)), func(tree.Node, string) { flaws++ })
		errs := metav1validation.ValidateLabelSelector(&sel, metav1validation.LabelSelectorValidationOptions{}, nil)
		// The API server does not look at the values of matchLabels beyond their syntax, nor do we.
		if (len(errs) > 0) != (flaws > 0) {
			t.Fatalf("%d errors, %d flaws: %v\n%s", len(errs), flaws, errs, text)
		}
		if flaws > 0 {
			refused++
			if !ours.Impossible() || ours.Matches(label.New(map[string]string{"app": "web"})) {
				t.Fatalf("a refused selector selects\n%s", text)
			}
			continue
		}
		theirs, err := metav1.LabelSelectorAsSelector(&sel)
		if err != nil {
			t.Fatal(err)
		}
		again, err := labels.Parse(ours.String())
		if err != nil {
			t.Fatalf("%q is not read: %v", ours.String(), err)
		}
		for range 8 {
			m := map[string]string{}
			for range r.IntN(4) {
				m[pick("app", "tier", "x.io/a")] = pick("web", "db", "", "v-1")
			}
			if got, want := ours.Matches(label.New(m)), theirs.Matches(labels.Set(m)); got != want || again.Matches(labels.Set(m)) != want {
				t.Fatalf("%v: got %v, want %v\n%s", m, got, want, text)
			}
		}
	}
	if refused < 500 {
		t.Errorf("only %d selectors were refused", refused)
	}
}

func TestMalformedSelectors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"null", ""},
		{"{}", ""},
		{"text", "is a scalar, not a label selector"},
		{"[]", "is a sequence, not a label selector"},
		{"{app: web}", "is no field of a label selector; the fields are matchLabels and matchExpressions"},
		{"{matchExpressions: [a]}", "is a scalar, not a requirement with key and operator"},
		{"{matchLabels: {a: [b]}}", "is a sequence, not a label value"},
	} {
		var got []string
		label.ReadSelector(parse(t, c.text), func(at tree.Node, message string) {
			if !at.Exists() {
				t.Errorf("%s: no place", c.text)
			}
			got = append(got, message)
		})
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
	if sel := label.ReadSelector(parse(t, "text"), func(tree.Node, string) {}); !sel.Impossible() {
		t.Error("a text selects")
	}
}
