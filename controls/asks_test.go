package controls_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// TestNeeds takes all objects of a kind out of each example. If a control then says something else, it decides by that kind and has to name it: in a
// cluster where the kind may not be listed it would otherwise say what is not so.
func TestNeeds(t *testing.T) {
	for _, c := range controls.All() {
		if _, components := c.Require.(*control.OnComponents); components || c.Scope != control.Everything {
			continue
		}
		missing := map[control.Kind]string{}
		for _, e := range c.Cases() {
			whole, all := findings(t, e.Manifests, c)
			for _, k := range kindsIn(t, e.Manifests) {
				if c.Asks(k) || k.Group == "kubeharden.io" { // those are no objects that anybody lists
					continue
				}
				part, left := findings(t, without(t, e.Manifests, k), c)
				if !reflect.DeepEqual(messages(whole), messages(part)) || all.Controls[0] != left.Controls[0] {
					missing[k] = e.Name
				}
			}
		}
		for k, example := range missing {
			t.Errorf("%s decides by %s %q (example %q) and does not name it in Needs", c.ID, k.Group, k.Kind, example)
		}
	}
}

func messages(found []control.Finding) []string {
	var out []string
	for i := range found {
		out = append(out, found[i].Ref.String()+" "+found[i].Path+" "+found[i].Message)
	}
	slices.Sort(out)
	return out
}

func kindsIn(t *testing.T, manifests string) []control.Kind {
	t.Helper()
	var kinds []control.Kind
	eachDocument(t, manifests, func(_ string, k control.Kind) {
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	})
	return kinds
}

func without(t *testing.T, manifests string, k control.Kind) string {
	t.Helper()
	var left []string
	eachDocument(t, manifests, func(text string, of control.Kind) {
		if of != k {
			left = append(left, text)
		}
	})
	return strings.Join(left, "\n---\n")
}

func eachDocument(t *testing.T, manifests string, each func(text string, k control.Kind)) {
	t.Helper()
	for doc := range tree.Split([]byte(manifests)) {
		parsed, err := tree.NewParser().Parse([]byte(manifests), doc)
		if err != nil {
			t.Fatal(err)
		}
		for o := range object.Each(parsed.Root()) {
			each(manifests[doc.Start:doc.End], control.Kind{Group: o.Group(), Kind: o.Kind})
		}
	}
}
