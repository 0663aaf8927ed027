package patch

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/tree/edit"
)

// Entry is an item of the patches of a kustomization that names a file.
type Entry struct {
	// Path is that of the patch file, from the folder of the kustomization.
	Path   string
	Target Object
}

// ErrDocuments says that a kustomization file cannot be changed, as it is not one document.
var ErrDocuments = errors.New("a kustomization file is one document")

// Entries returns the patches of a kustomization file that name files. A target that selects by label has Kind "".
func Entries(file []byte) ([]Entry, error) {
	t, err := parse(file)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, item := range t.Root().Get("patches").Items() {
		path := item.Get("path")
		if path.Kind() != tree.Scalar {
			continue
		}
		target := item.Get("target")
		text := func(key string) string {
			if n := target.Get(key); n.Kind() == tree.Scalar && !n.IsNull() {
				return n.Text()
			}
			return ""
		}
		entries = append(entries, Entry{Path: path.Text(), Target: Object{
			Group: text("group"), Version: text("version"), Kind: text("kind"), Name: text("name"), Namespace: text("namespace"),
		}})
	}
	return entries, nil
}

// TargetOf is the target by which Kustomize finds an object: it takes names for regular expressions.
func TargetOf(o *Object) Object {
	target := *o
	target.Name, target.Namespace = regexp.QuoteMeta(o.Name), regexp.QuoteMeta(o.Namespace)
	return target
}

// Register adds the entries that the kustomization file does not have yet to the end of its patches. All else stays byte by byte.
func Register(file []byte, entries []Entry) ([]byte, error) {
	known, err := Entries(file)
	if err != nil {
		return nil, err
	}
	var edits []edit.Edit
	for i := range entries {
		if slices.Contains(known, entries[i]) {
			continue
		}
		target := map[string]any{}
		t := &entries[i].Target
		for key, value := range map[string]string{"group": t.Group, "version": t.Version, "kind": t.Kind, "name": t.Name, "namespace": t.Namespace} {
			if value != "" {
				target[key] = value
			}
		}
		edits = append(edits, edit.Edit{
			Op: edit.Append, Path: "patches", Value: map[string]any{"path": entries[i].Path, "target": target},
			Keys: []string{"path", "target", "group", "version", "kind", "name", "namespace"},
		})
	}
	return change(file, edits)
}

// Without takes the entries of the given paths out of a kustomization file.
func Without(file []byte, paths []string) ([]byte, error) {
	t, err := parse(file)
	if err != nil {
		return nil, err
	}
	var edits []edit.Edit
	n, left := 0, 0
	for i, item := range t.Root().Get("patches").Items() {
		if path := item.Get("path"); path.Kind() == tree.Scalar && slices.Contains(paths, path.Text()) {
			edits = append(edits, edit.Edit{Op: edit.Remove, Path: fmt.Sprintf("patches[%d]", i)})
		} else {
			left++
		}
		n++
	}
	slices.Reverse(edits)
	if left == 0 && n > 0 {
		edits = []edit.Edit{{Op: edit.Remove, Path: "patches"}}
	}
	return change(file, edits)
}

// Bare takes away what a kustomization does to the names of objects after they are patched: with the rest the names are those that the targets
// of its patches are compared with.
func Bare(file []byte) ([]byte, error) {
	t, err := parse(file)
	if err != nil {
		return nil, err
	}
	var edits []edit.Edit
	for key := range t.Root().Pairs() {
		for _, name := range []string{"namePrefix", "nameSuffix", "namespace"} {
			if strings.EqualFold(key.Text(), name) { // Kustomize does not care
				edits = append(edits, edit.Edit{Op: edit.Remove, Path: string(tree.AppendKey(nil, key.Text()))})
			}
		}
	}
	return change(file, edits)
}

// document returns the document of a kustomization file.
func document(file []byte) (tree.Document, error) {
	var docs []tree.Document
	for doc := range tree.Split(file) {
		docs = append(docs, doc)
	}
	if len(docs) != 1 {
		return tree.Document{}, ErrDocuments
	}
	return docs[0], nil
}

func parse(file []byte) (*tree.Tree, error) {
	doc, err := document(file)
	if err != nil {
		return nil, err
	}
	t, err := tree.NewParser().Parse(file, doc)
	if err != nil {
		return nil, fmt.Errorf("read the kustomization file: %w", err)
	}
	for key := range t.Root().Pairs() {
		if name := key.Text(); name != "patches" && strings.EqualFold(name, "patches") {
			return nil, fmt.Errorf("read the kustomization file: its %s should be patches", name)
		}
	}
	return t, nil
}

func change(file []byte, edits []edit.Edit) ([]byte, error) {
	doc, err := document(file)
	if err != nil || len(edits) == 0 {
		return file, err
	}
	text, err := edit.Apply(file[doc.Start:doc.End], edits)
	if err != nil {
		return nil, fmt.Errorf("change the kustomization file: %w", err)
	}
	return slices.Concat(file[:doc.Start], text, file[doc.End:]), nil
}
