package inventory

import (
	"bytes"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/falco"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Rules is a file, or the text of a value, that holds rules of Falco.
type Rules struct {
	// Object is the number of the file, or of the ConfigMap, and Path leads to the value in it; "" is the file itself.
	Object int
	Path   string
	// File is what Falco is given. Its name is no other one's.
	File falco.File
	// lines are where the lines of the value's text stand in the file of the object; nil if that is not known.
	lines []int
}

// Offset says where a byte of the content stands in the file of the object; ok is false if the value writes it in another way.
func (r *Rules) Offset(of int) (at int, ok bool) {
	if r.Path == "" {
		return of, true
	}
	before := r.File.Content[:min(max(of, 0), len(r.File.Content))]
	line := bytes.Count(before, []byte{'\n'})
	if line >= len(r.lines) {
		return 0, false
	}
	return r.lines[line] + len(before) - (bytes.LastIndexByte(before, '\n') + 1), true
}

// LoadedRules are all rules files as Falco reads them.
type LoadedRules struct {
	*falco.Result
	// ByName finds what a place of the result is in, as an index into Inventory.Rules.
	ByName map[string]int
	// Defaults reports whether Falco's own rules are among the files, on whose macros most other rules build.
	Defaults bool
}

// Falco returns what Falco knows after it has read all rules files: its own before the others, which come in the order of the input. In which
// order a Falco is given the others the input does not say.
func (v *Inventory) Falco() *LoadedRules { return v.loaded() }

func (v *Inventory) loadRules() *LoadedRules {
	l := &LoadedRules{ByName: make(map[string]int, len(v.Rules))}
	files := make([]falco.File, 0, len(v.Rules))
	var others []falco.File
	for i := range v.Rules {
		file := v.Rules[i].File
		for n := 2; ; n++ {
			if _, taken := l.ByName[file.Name]; !taken {
				break
			}
			file.Name = v.Rules[i].File.Name + " " + strconv.Itoa(n)
		}
		l.ByName[file.Name] = i
		if isDefaults(file.Content) {
			files = append(files, file)
		} else {
			others = append(others, file)
		}
	}
	l.Defaults = len(files) > 0
	l.Result = falco.Load(append(files, others...), falco.Options{})
	return l
}

// isDefaults knows Falco's own rules by the macros that nearly everything uses.
// https://github.com/falcosecurity/rules/blob/main/rules/falco_rules.yaml
func isDefaults(content []byte) bool {
	return bytes.Contains(content, []byte("macro: spawned_process\n")) && bytes.Contains(content, []byte("macro: container\n"))
}

// IsRules reports whether a document holds rules of Falco: a list of mappings, some of which are a rule, a macro or a list.
// https://falco.org/docs/concepts/rules/basic-elements/
func IsRules(root tree.Node) bool {
	if root.Kind() != tree.Sequence {
		return false
	}
	found := false
	for _, item := range root.Items() {
		switch item.Kind() {
		case tree.Mapping:
			found = found || isItem(item)
		case tree.Scalar:
			if item.Type() != tree.Null {
				return false
			}
		case tree.Sequence, tree.Missing:
			return false
		}
	}
	return found
}

func isItem(item tree.Node) bool {
	has := func(name string, others ...string) bool {
		if item.Get(name).Kind() != tree.Scalar {
			return false
		}
		for _, key := range others {
			if item.Get(key).Exists() {
				return true
			}
		}
		return false
	}
	return has("rule", "condition", "output", "priority", "enabled", "append", "override", "exceptions") || has("macro", "condition") || has("list", "items")
}

// AddRules keeps the documents of a file that hold rules of Falco.
func (p *Part) AddRules(src []byte, documents []tree.Document, origin object.Origin) {
	origin.Start = -1
	number := len(p.objects)
	p.objects = append(p.objects, Object{Kind: FileKind, Name: keep(path.Base(filepath.ToSlash(origin.File))), Origin: origin})
	p.rules = append(p.rules, Rules{Object: number, File: falco.File{Name: keep(origin.File), Content: only(src, documents)}})
}

// only returns a copy of a file in which what is not in one of the documents is blank, so that places stay what they are. Markers between
// documents are kept.
func only(src []byte, documents []tree.Document) []byte {
	out := make([]byte, 0, len(src))
	for _, d := range documents {
		out = append(blank(out, src[len(out):d.Start]), src[d.Start:d.End]...)
	}
	return blank(out, src[len(out):])
}

func blank(out, text []byte) []byte {
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("---")) {
			out = append(out, "---"...)
			line = line[len("---"):]
		}
		for _, c := range line {
			if c != '\n' {
				c = ' '
			}
			out = append(out, c)
		}
	}
	return out
}

// addRulesOf keeps the rules that the values of a ConfigMap hold, as the chart of Falco makes it.
func (p *Part) addRulesOf(o *object.Object, number int, file string) {
	if o.Kind != "ConfigMap" || o.Group() != "" {
		return
	}
	parser := tree.NewParser()
	for key, value := range o.Root.Get("data").Pairs() {
		text, ok := value.Str()
		if !ok || key.Overridden() || !strings.Contains(text, "condition:") && !strings.Contains(text, "items:") {
			continue
		}
		src := []byte(text)
		for doc := range tree.Split(src) {
			if t, err := parser.Parse(src, doc); err == nil && IsRules(t.Root()) {
				at := string(tree.AppendKey([]byte("data"), key.Text()))
				name := file + ": " + o.Kind + "/" + o.DisplayName() + " " + at
				p.rules = append(p.rules, Rules{Object: number, Path: at, File: falco.File{Name: name, Content: src}, lines: value.TextLines()})
				break
			}
		}
	}
}
