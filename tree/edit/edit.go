// Package edit changes values in YAML and JSON documents without touching any other byte: comments, blank lines, quotes, the order of
// keys and the ends of lines stay as they are. What is added is written as its neighbours are.
//
// A document is only changed if the proof holds: read again it has to be the old one with exactly the changes that were asked for. Else it
// stays as it was, and the reason is told. Knows nothing of Kubernetes.
package edit

import (
	"errors"
	"fmt"

	"github.com/kubeharden/kubeharden/tree"
)

// Op is what an edit does.
type Op uint8

// The operations.
const (
	// Set gives the path a value, and makes the mappings on the way.
	Set Op = iota
	// Remove takes away an entry of a mapping, or an item of a list. What is not there is no error.
	Remove
	// Append adds the value to the list at the path, and makes the list and the mappings on the way. An item that is there already is
	// not added again.
	Append
)

func (o Op) String() string { return [...]string{"set", "remove", "append"}[o] }

// Edit is one change of a document.
type Edit struct {
	Op Op
	// Path leads from the document's root, as tree writes paths: spec.containers[0].image.
	Path string
	// Value is what Set and Append write: string, bool, int, int64, float64, nil, []any, []string, map[string]any. Keys of a mapping are
	// written in the order of Keys, the rest sorted.
	Value any
	// Keys is the order of the keys of Value, if it is a mapping.
	Keys []string
}

// Refused says why a change cannot be made to the text.
type Refused struct {
	Path   string
	Reason string
}

func (r *Refused) Error() string { return "change " + r.Path + ": " + r.Reason }

// ErrUnproven says that the changed document is not what it was to become. It is this package's mistake, and nothing was changed.
var ErrUnproven = errors.New("the changed document would not be what was asked for")

// Apply makes the edits, which belong together, in their order, and returns the new document. On an error nothing is changed. If
// everything is as wanted already the result is doc itself. doc is one document of a file, as tree.Split gives it.
func Apply(doc []byte, edits []Edit) ([]byte, error) {
	s, err := Open(doc)
	if err != nil {
		return nil, err
	}
	if err := s.Apply(edits); err != nil {
		return nil, err
	}
	return s.Result()
}

// Session makes several changes of one document, which are proven together.
type Session struct {
	parser *tree.Parser
	text   []byte
	wanted any
	proven bool
	// made are the mappings that were not there before, by path. Their keys are kept in order.
	made map[string]bool
	// first is the document as it was opened, changes are what has become of it.
	first   []byte
	changes []Change
}

// Open begins to change a document.
func Open(doc []byte) (*Session, error) {
	s := &Session{parser: tree.NewParser(), text: doc, first: doc, proven: true}
	var err error
	if s.wanted, err = s.decode(doc); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	return s, nil
}

// Apply makes edits that belong together. On an error none of them is made.
func (s *Session) Apply(edits []Edit) error {
	text, wanted, changes := s.text, s.wanted, s.changes
	var err error
	for i := range edits {
		e := &edits[i]
		if wanted, err = e.applyTo(wanted); err != nil {
			s.changes = changes
			return err
		}
		if text, err = s.splice(text, e); err != nil {
			s.changes = changes
			return err
		}
	}
	s.text, s.wanted, s.proven = text, wanted, s.proven && len(edits) == 0
	return nil
}

// Result returns the new document, if it is what it was to become.
func (s *Session) Result() ([]byte, error) {
	if s.proven {
		return s.text, nil
	}
	after, err := s.decode(s.text)
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be read: %w", ErrUnproven, err)
	}
	if !equal(after, s.wanted) {
		return nil, ErrUnproven
	}
	s.proven = true
	return s.text, nil
}

// splice makes one edit in the text.
func (s *Session) splice(doc []byte, e *Edit) ([]byte, error) {
	t, err := s.parser.Parse(doc, tree.Document{End: len(doc)})
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be read: %w", ErrUnproven, err)
	}
	at, missing := t.Root().Find(e.Path)
	if e.Op == Remove && len(missing) > 0 {
		return doc, nil
	}
	c := newSplicer(doc, t)
	c.made = s.made
	if err := c.allowed(e, at, missing); err != nil {
		return nil, err
	}
	switch e.Op {
	case Remove:
		err = c.remove(at)
	case Append:
		err = c.appendTo(at, missing, e)
	case Set:
		err = c.set(at, missing, e)
	}
	if err != nil {
		return nil, err
	}
	if e.Op != Remove {
		s.note(t.Root().Path(at), missing)
	}
	if c.out != nil {
		s.changes = compose(s.changes, c.done)
	}
	return c.result(), nil
}

// note remembers the mappings that an edit made on its way.
func (s *Session) note(path string, missing []string) {
	if s.made == nil {
		s.made = map[string]bool{}
	}
	at := []byte(path)
	for _, key := range missing[:max(0, len(missing)-1)] {
		at = tree.AppendKey(at, key)
		s.made[string(at)] = true
	}
}

// Len returns how many entries or items there are at a path by now; -1 if there is neither a mapping nor a list.
func (s *Session) Len(path string) int {
	at := s.wanted
	for path != "" {
		key, index, rest := tree.Step(path)
		path = rest
		if index >= 0 {
			list, _ := at.([]any)
			if index >= len(list) {
				return -1
			}
			at = list[index]
			continue
		}
		m, _ := at.(map[string]any)
		at = m[key]
	}
	switch v := at.(type) {
	case map[string]any:
		return len(v)
	case []any:
		return len(v)
	}
	return -1
}

// allowed refuses what would change other places too.
func (s *splicer) allowed(e *Edit, at tree.Node, missing []string) error {
	switch {
	case !at.Exists():
		return &Refused{e.Path, "the document is empty"}
	case at.Aliased():
		return &Refused{e.Path, "its value comes from an anchor, which other places use too"}
	case len(missing) > 0 && at.Kind() == tree.Sequence:
		return &Refused{e.Path, "the list has no such item"}
	case len(missing) > 0 && at.Kind() == tree.Scalar && !at.IsNull():
		return &Refused{e.Path, "there is a value on the way that is no mapping"}
	}
	return nil
}
