package controls_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// onlyPeople are examples of controls with automatic fixes that no program can make right, with the reason.
var onlyPeople = map[string]string{
	"apiserver-admission-pod-security-disabled/1.22 with neither":       "PodSecurity is alpha there, and PodSecurityPolicy admits nothing without policies",
	"apiserver-anonymous-auth-enabled/kubeadm":                          "the probes of kubeadm would get 401; a file has to be written",
	"apiserver-anonymous-auth-enabled/a file that was not read":         "nobody knows what is in it",
	"apiserver-anonymous-auth-enabled/a release that refuses the field": "the API server does not start; whether the field or the release goes is not for a program",
}

// partly are controls with automatic fixes that make only some of their examples right, with the reason why there may be none. Edits that there are
// have to help.
var partly = map[string]string{
	"etcd-client-cert-auth-disabled":            "the CA of clients has to be known",
	"kubelet-image-credential-verification-off": "whether the gate is on depends on the release, which a file does not name",
	"kubelet-static-pod-source-insecure":        "manifests have to move before the folder changes",
}

// TestEditsOfComponentsMakeThemRight applies the edits of every breach and judges again.
func TestEditsOfComponentsMakeThemRight(t *testing.T) {
	n := 0
	for _, c := range controls.All() {
		rule, ok := c.Require.(*control.OnComponents)
		if !ok {
			continue
		}
		for _, e := range c.Cases() {
			if c.Fix != control.Auto || len(e.Want) == 0 {
				continue
			}
			name := c.ID + "/" + e.Name
			if onlyPeople[name] != "" {
				breaches, _ := judgeComponents(t, rule, decodeDocuments(t, e.Manifests))
				for _, b := range breaches {
					if len(b.Edits) > 0 {
						t.Errorf("%s has edits though %s", name, onlyPeople[name])
					}
				}
				continue
			}
			n++
			t.Run(name, func(t *testing.T) { editUntilRight(t, rule, e.Manifests, partly[c.ID] != "") })
		}
	}
	if n == 0 {
		t.Error("no example was tried")
	}
}

// TestOpenFileIsNoPass: what limits nothing is told where it stands, by another control; for the API server it is no pass.
func TestOpenFileIsNoPass(t *testing.T) {
	rule, ok := controls.Find("apiserver-anonymous-auth-enabled")[0].Require.(*control.OnComponents)
	if !ok {
		t.Fatal("is no requirement on components")
	}
	pod := control.ComponentPod(component.APIServer, "v1.34.1", "--authentication-config=/etc/kubernetes/example.yaml") +
		"---\napiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: "
	for text, passes := range map[string]bool{
		"{enabled: true}":                 false,
		"{enabled: true, conditions: []}": false,
		"{enabled: true, conditions: [{path: /livez}, {path: /version}]}":    false,
		"{enabled: true, conditions: [{path: /livezz}]}":                     false,
		"{enabled: true, conditions: [{path: /livez}, {path: /livez/ping}]}": true,
		"{enabled: false}": true,
	} {
		all := gather(t, decodeDocuments(t, pod+text+"\n"))
		rule.Judge(all)
		if passed, _ := all.Counted(); (passed == 1) != passes || len(all.Breaches()) != 0 {
			t.Errorf("%s: %d passed, %v", text, passed, all.Breaches())
		}
	}
}

// editUntilRight applies the edits of the first breach that is left, as each setting writes its own.
func editUntilRight(t *testing.T, rule *control.OnComponents, manifests string, mayLack bool) {
	t.Helper()
	docs := decodeDocuments(t, manifests)
	for range len(rule.Settings) + 1 {
		breaches, passed := judgeComponents(t, rule, docs)
		if len(breaches) == 0 {
			if passed == 0 {
				t.Error("passes because nothing is left to look at")
			}
			return
		}
		b := &breaches[0]
		if len(b.Edits) == 0 {
			if mayLack {
				return
			}
			t.Fatalf("%s has no edits (unknown: %v)", b.Message, b.Unknown)
		}
		for _, e := range b.Edits {
			if e.Op == component.ReplaceText {
				t.Fatalf("an edit of text in a manifest: %+v", e)
			}
			docs[e.Object] = applyTo(t, docs[e.Object], steps(t, e.Path), e)
		}
	}
	breaches, _ := judgeComponents(t, rule, docs)
	for _, b := range breaches {
		out, _ := yaml.Marshal(docs)
		t.Errorf("is still wrong: %s\n%s", b.Message, out)
	}
}

func decodeDocuments(t *testing.T, manifests string) (docs []any) {
	t.Helper()
	for text := range strings.SplitSeq(manifests, "\n---\n") {
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc)
	}
	return docs
}

// judgeComponents judges documents, each of which has the number of its place.
func judgeComponents(t *testing.T, rule *control.OnComponents, docs []any) (breaches []control.Breach, looked int) {
	t.Helper()
	v := gather(t, docs)
	rule.Judge(v)
	passed, exempt := v.Counted()
	return v.Breaches(), passed + exempt
}

func gather(t *testing.T, docs []any) *control.Verdicts {
	t.Helper()
	all := inventory.New()
	for n, doc := range docs {
		src, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		parser := tree.NewParser()
		for d := range tree.Split(src) {
			parsed, err := parser.Parse(src, d)
			if err != nil {
				t.Fatal(err)
			}
			var part inventory.Part
			for o := range object.Each(parsed.Root()) {
				if !part.Add(o, object.Origin{File: "example.yaml"}) {
					t.Fatalf("nothing is kept of document %d", n)
				}
			}
			all.Merge(&part)
		}
	}
	return &control.Verdicts{Inventory: all, Version: control.LatestMinor}
}

// steps splits a path such as spec.containers[0].command into keys and numbers.
func steps(t *testing.T, path string) (out []any) {
	t.Helper()
	for part := range strings.SplitSeq(path, ".") {
		key, rest, indexed := strings.Cut(part, "[")
		out = append(out, key)
		for indexed {
			var number string
			number, rest, _ = strings.Cut(rest, "]")
			n, err := strconv.Atoi(number)
			if err != nil {
				t.Fatalf("path %s: %v", path, err)
			}
			out = append(out, n)
			rest, indexed = strings.CutPrefix(rest, "[")
		}
	}
	return out
}

// applyTo applies an edit below a node and returns what is in its place then.
func applyTo(t *testing.T, node any, path []any, e component.Edit) any {
	t.Helper()
	if len(path) == 0 {
		switch list, _ := node.([]any); e.Op {
		case component.AppendItem:
			return append(list, e.Value)
		case component.SetValue:
			return e.Value
		case component.RemoveItem, component.ReplaceText:
			t.Fatal("cannot be applied to a whole document")
		}
	}
	last := e.Op == component.RemoveItem && len(path) == 1
	switch step := path[0].(type) {
	case string:
		m, ok := node.(map[string]any)
		if !ok && node != nil {
			t.Fatalf("%s: there is no mapping at %v but %T", e.Path, step, node)
		}
		if m == nil {
			m = map[string]any{}
		}
		if last {
			delete(m, step)
			return m
		}
		m[step] = applyTo(t, m[step], path[1:], e)
		return m
	case int:
		list, ok := node.([]any)
		if !ok || step >= len(list) {
			t.Fatalf("%s: there is no item %d", e.Path, step)
		}
		if last {
			return append(list[:step:step], list[step+1:]...)
		}
		list[step] = applyTo(t, list[step], path[1:], e)
		return list
	}
	panic(fmt.Sprintf("step %v", path[0]))
}
