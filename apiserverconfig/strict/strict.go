// Package strict checks that a document has the shape of a Go type of Kubernetes, as Kubernetes' strict decoder does: unknown fields,
// keys that are there twice and values of another type are errors. Unlike the decoder it names them all, each with its path and its
// bytes.
//
// The decoder is the one that serializer.EnableStrict selects, that is sigs.k8s.io/json behind sigs.k8s.io/yaml:
// https://github.com/kubernetes/apimachinery/blob/master/pkg/runtime/serializer/json/json.go
package strict

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/tree"
)

// MaxFlaws is how many flaws are told of one document; what has more is not a file that somebody will repair by hand.
const MaxFlaws = 1000

// Flaw is one thing that makes a component of Kubernetes refuse a file.
type Flaw struct {
	// Path leads from the root of the document to what is wrong, missing parts included: resources[0].providers[0].kms.endpoint.
	Path string
	// At is what is wrong or, if that does not exist, the deepest node on the way to it; Missing is what is missing below it.
	At      tree.Node
	Missing []string
	// Problem says what is wrong, to be read behind the path. It never repeats a value that may be a secret.
	Problem string
	// ReloadOnly says that the file is refused only if the API server reloads it when it changes
	// (--encryption-provider-config-automatic-reload).
	ReloadOnly bool
}

func (f Flaw) String() string {
	if f.Path == "" {
		return "the document " + f.Problem
	}
	return f.Path + " " + f.Problem
}

// Flaws collects flaws, MaxFlaws at most.
type Flaws struct{ list []Flaw }

// Add appends a flaw as long as there is room.
func (f *Flaws) Add(flaw Flaw) {
	if len(f.list) < MaxFlaws {
		f.list = append(f.list, flaw)
	}
}

// At appends a flaw of a node.
func (f *Flaws) At(path Path, at tree.Node, format string, args ...any) {
	f.Add(Flaw{Path: string(path), At: at, Problem: fmt.Sprintf(format, args...)})
}

// Field appends a flaw of a field of a mapping. A field that is missing or null is the mapping's.
func (f *Flaws) Field(path Path, mapping tree.Node, key, format string, args ...any) {
	flaw := Flaw{Path: string(path.Key(key)), At: mapping, Missing: []string{key}, Problem: fmt.Sprintf(format, args...)}
	if n := mapping.Get(key); n.Exists() {
		flaw.At, flaw.Missing = n, nil
	}
	f.Add(flaw)
}

// List returns the flaws in the order of their places in the file, those of one place in the order in which they were found.
func (f *Flaws) List() []Flaw {
	slices.SortStableFunc(f.list, func(a, b Flaw) int {
		x, _ := a.At.Span()
		y, _ := b.At.Span()
		return x - y
	})
	return f.list
}

// Path is the way from the root of a document to a node, as tree writes it.
type Path string

// Key goes on to the value of a key.
func (p Path) Key(key string) Path { return Path(tree.AppendKey([]byte(p), key)) }

// Index goes on to an item of a list.
func (p Path) Index(i int) Path { return p + Path("["+strconv.Itoa(i)+"]") }

// Type is the shape of a Go type.
type Type interface {
	check(c *checker, n tree.Node)
}

// Scalar is the shape of a type that is written as one word.
type Scalar uint8

// The scalars. null is the zero value to all of them but Duration.
const (
	Any              Scalar = iota // is not looked into
	String                         // string
	Bool                           // bool
	Int32                          // int32
	Int64                          // int64
	Float32                        // float32
	Bytes                          // []byte, written in base64
	Duration                       // metav1.Duration: 1m30s; null is an error
	OptionalDuration               // *metav1.Duration
)

// Struct is a struct by the JSON names of its fields. apiVersion and kind belong to it where Kubernetes embeds metav1.TypeMeta.
type Struct map[string]Type

// List is a slice.
type List struct{ Of Type }

// Dict is a map with string keys.
type Dict struct{ Of Type }

// Check reports where the document at root is not of the type.
func Check(root tree.Node, t Type, flaws *Flaws) {
	c := checker{flaws: flaws}
	t.check(&c, root)
	if root.Tree() == nil {
		return
	}
	for key := range root.Tree().Duplicates() {
		if len(flaws.list) >= MaxFlaws {
			return
		}
		if root.Contains(key) {
			flaws.Add(Flaw{Path: root.Path(key), At: key, Problem: "is there twice"})
		}
	}
}

// checker walks a document; path is where it is.
type checker struct {
	flaws *Flaws
	path  []byte
	// loose lets unknown fields pass.
	loose bool
}

func (c *checker) fail(at tree.Node, format string, args ...any) {
	c.flaws.At(Path(c.path), at, format, args...)
}

// full says that nothing more would be told.
func (c *checker) full() bool { return len(c.flaws.list) >= MaxFlaws }

// entries yields the entries of a mapping that count, with the path of each, and tells of what is no mapping.
func (c *checker) entries(n tree.Node) iter.Seq2[tree.Node, tree.Node] {
	return func(yield func(key, value tree.Node) bool) {
		if n.Kind() != tree.Mapping {
			if !n.IsNull() {
				c.fail(n, "is %s and has to be a mapping", what(n))
			}
			return
		}
		here := len(c.path)
		for key, value := range n.Pairs() {
			if c.full() {
				return
			}
			if key.Overridden() {
				continue
			}
			c.path = tree.AppendKey(c.path[:here], key.Text())
			if !yield(key, value) {
				return
			}
		}
		c.path = c.path[:here]
	}
}

func (s Struct) check(c *checker, n tree.Node) {
	for key, value := range c.entries(n) {
		name := key.Text()
		if field, ok := s[name]; ok {
			field.check(c, value)
		} else if !c.loose {
			c.fail(key, "is no field%s", s.meant(name))
		}
	}
}

// meant names the field that was probably meant.
func (s Struct) meant(name string) string {
	plain := func(s string) string { return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(s)) }
	if len(name) > 64 {
		return ""
	}
	var near []string
	for field := range s {
		if p := plain(field); p == plain(name) || p == plain(name)+"s" || p+"s" == plain(name) {
			near = append(near, field)
		}
	}
	if len(near) == 0 {
		return ""
	}
	return "; it is called " + slices.Min(near)
}

func (l List) check(c *checker, n tree.Node) {
	if n.Kind() != tree.Sequence {
		if !n.IsNull() {
			c.fail(n, "is %s and has to be a list", what(n))
		}
		return
	}
	here := len(c.path)
	for i, item := range n.Items() {
		if c.full() {
			return
		}
		c.path = append(strconv.AppendInt(append(c.path[:here], '['), int64(i), 10), ']')
		l.Of.check(c, item)
	}
	c.path = c.path[:here]
}

func (d Dict) check(c *checker, n tree.Node) {
	for _, value := range c.entries(n) {
		d.Of.check(c, value)
	}
}

func (s Scalar) check(c *checker, n tree.Node) {
	if s == Any || n.IsNull() && s != Duration {
		return
	}
	switch s {
	case String:
		if n.Type() != tree.String {
			c.fail(n, "is %s and has to be a string%s", what(n), quoted(n))
		}
	case Bool:
		if n.Type() != tree.Bool {
			c.fail(n, "is %s and has to be true or false", what(n))
		}
	case Int32:
		c.integer(n, 32)
	case Int64:
		c.integer(n, 64)
	case Float32:
		if v, ok := n.Float(); !ok || v > maxFloat32 || v < -maxFloat32 {
			c.fail(n, "is %s and has to be a number of 32 bits", what(n))
		}
	case Bytes:
		if v, ok := n.Str(); !ok {
			c.fail(n, "is %s and has to be a string", what(n))
		} else if _, err := base64.StdEncoding.DecodeString(v); err != nil {
			c.fail(n, "is not encoded in base64")
		}
	case Duration, OptionalDuration:
		if v, ok := n.Str(); !ok {
			c.fail(n, "is %s and has to be a duration such as 30s", what(n))
		} else if _, err := time.ParseDuration(v); err != nil {
			c.fail(n, "is no duration such as 30s")
		}
	case Any:
	}
}

const maxFloat32 = 3.40282346638528859811704183484516925440e+38

// integer reads what sigs.k8s.io/yaml makes of the number: 1.0 becomes 1, which fits.
func (c *checker) integer(n tree.Node, bits int) {
	if _, ok := Int(n, bits); !ok {
		c.fail(n, "is %s and has to be a whole number of %d bits", what(n), bits)
	}
}

// Int returns the integer that the decoder reads into a field of so many bits; ok is false if it refuses.
func Int(n tree.Node, bits int) (v int64, ok bool) {
	switch n.Type() {
	case tree.Int, tree.Uint, tree.Float:
	case tree.NotScalar, tree.Null, tree.Bool, tree.String:
		return 0, false
	}
	text, err := n.AppendJSON(nil)
	if err != nil {
		return 0, false
	}
	v, err = strconv.ParseInt(string(text), 10, bits)
	return v, err == nil
}

// Seconds returns the duration at n; ok is false if it is none.
func Seconds(n tree.Node) (d time.Duration, ok bool) {
	text, ok := n.Str()
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}

// what says of which sort a value is, without showing it.
func what(n tree.Node) string {
	switch n.Kind() {
	case tree.Mapping:
		return "a mapping"
	case tree.Sequence:
		return "a list"
	case tree.Scalar, tree.Missing:
	}
	switch n.Type() {
	case tree.Null:
		return "null"
	case tree.Bool:
		return "a boolean"
	case tree.Int, tree.Uint, tree.Float:
		return "a number"
	case tree.String:
		return "a string"
	case tree.NotScalar:
	}
	return "missing"
}

func quoted(n tree.Node) string {
	if n.Kind() == tree.Scalar {
		return "; put it in quotes"
	}
	return ""
}

// CheckPart is Check for a part of a document of which the whole has been checked: keys that are there twice are not told again. The paths
// begin at the part.
func CheckPart(part tree.Node, t Type, flaws *Flaws) {
	c := checker{flaws: flaws}
	t.check(&c, part)
}

// CheckLoose reports values of another type only, as a decoder does that is not strict.
func CheckLoose(root tree.Node, t Type, flaws *Flaws) {
	c := checker{flaws: flaws, loose: true}
	t.check(&c, root)
}

// CheckJSON reports a file that begins with a brace and is no JSON. Kubernetes' decoders take a brace for the beginning of JSON and do not try
// YAML then; source: RecognizesData of
// https://github.com/kubernetes/apimachinery/blob/master/pkg/runtime/serializer/json/json.go.
func CheckJSON(root tree.Node, flaws *Flaws) {
	t := root.Tree()
	if t == nil || root.Kind() != tree.Mapping || root.Style() != tree.Flow {
		return
	}
	start, _ := root.Span()
	if len(bytes.TrimSpace(t.Source()[:start])) == 0 && !json.Valid(root.Raw()) {
		flaws.Add(Flaw{At: root, Problem: "begins with a brace and is no JSON, so it is not read as YAML either"})
	}
}
