package kustomize

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// place is a line of a source.
type place struct {
	src  *source
	line int
}

// tracer finds where the lines of built objects come from. It reads the sources once more, when asked first.
type tracer struct {
	fsys    *fileSystem
	root    string
	mu      sync.Mutex
	sources map[string]*source
	patches []patch
	loaded  bool
}

// patch is one document of a patch, or one operation of a JSON patch.
type patch struct {
	src    *source
	node   *yaml.Node // the value; of a JSON patch that of its operation
	offset int        // added to the node's lines: of an inline patch, that of its text
	fixed  int        // > 0: the line of all nodes
	kind   string
	name   *regexp.Regexp // nil is any
	path   string         // of a JSON patch's operation
	at     int            // line of that
}

// layer is a node of a base or patch that stands at the same path as the one being traced.
type layer struct {
	src  *source
	node *yaml.Node
	key  int // line of the key
	p    *patch
}

func (l *layer) line(n *yaml.Node) int {
	if l.p == nil {
		return n.Line
	}
	return l.p.line(n)
}

func (p *patch) line(n *yaml.Node) int {
	if p.fixed > 0 {
		return p.fixed
	}
	return n.Line + p.offset
}

func (tr *tracer) source(name string) *source {
	if src := tr.sources[name]; src != nil {
		return src
	}
	if tr.sources == nil {
		tr.sources = map[string]*source{}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	src := newSource(tr.fsys.show(name), data)
	tr.sources[name] = src
	return src
}

// trace returns the place of each line of a built object.
func (tr *tracer) trace(built []byte, kind, name, file string, generated bool) []place {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.load()
	docs := parse(built)
	w := &walk{tr: tr, lines: make([]place, strings.Count(string(built), "\n")+1), kind: kind}
	if len(docs) == 0 {
		return w.lines
	}
	out := content(docs[0])
	start := place{}
	if file != "" {
		if src := tr.source(file); src != nil {
			start = place{src, 1}
			if generated {
				start = generatorPlace(src, name)
				w.generator = src
			} else if base := findObject(src, out, kind, name); base != nil {
				start.line = base.Line
				w.base = &layer{src: src, node: base, key: base.Line}
			}
		}
	}
	var layers []layer
	original := name
	if w.base != nil {
		original = get(w.base.node, "metadata", "name")
		w.image = map[string]bool{}
	}
	for i := len(tr.patches) - 1; i >= 0; i-- { // the last one wins
		p := &tr.patches[i]
		if p.kind != "" && p.kind != kind || p.name != nil && !p.name.MatchString(name) && !p.name.MatchString(original) {
			continue
		}
		if p.path != "" {
			w.ops = append(w.ops, p)
		} else {
			layers = append(layers, layer{src: p.src, node: p.node, key: p.line(p.node), p: p})
		}
	}
	w.node(out, w.base, layers, start, "")
	last := start
	for i := range w.lines {
		if w.lines[i].src == nil {
			w.lines[i] = last
		}
		last = w.lines[i]
	}
	return w.lines
}

// walk goes over one object.
type walk struct {
	tr        *tracer
	kind      string
	lines     []place
	base      *layer
	generator *source
	ops       []*patch
	image     map[string]bool
}

func (w *walk) set(line int, at place) {
	if line >= 1 && line <= len(w.lines) && w.lines[line-1].src == nil {
		w.lines[line-1] = at
	}
}

// node traces a value of the result that has the given counterparts; around is the place of what holds it.
func (w *walk) node(out *yaml.Node, base *layer, patches []layer, around place, pointer string) {
	switch out.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(out.Content); i += 2 {
			key, value := out.Content[i], out.Content[i+1]
			w.entry(key.Line, value, child(base, key.Value), children(patches, key.Value), around, pointer+"/"+escape(key.Value))
		}
	case yaml.SequenceNode:
		for i, item := range out.Content {
			w.entry(item.Line, item, element(base, item, i), elements(patches, item, i), around, pointer+"/"+strconv.Itoa(i))
		}
	default:
	}
}

// entry traces one entry of a mapping or list.
func (w *walk) entry(line int, value *yaml.Node, base *layer, patches []layer, around place, pointer string) {
	for _, op := range w.ops {
		if op.path == pointer || strings.HasSuffix(op.path, "/-") && parent(op.path) == parent(pointer) && same(value, op.node) {
			patches = append([]layer{{src: op.src, node: op.node, key: op.at, p: op}}, patches...)
		}
	}
	at := around
	switch {
	case value.Kind != yaml.ScalarNode:
		if base != nil {
			at = place{base.src, base.key}
		} else if len(patches) > 0 {
			at = place{patches[0].src, patches[0].key}
		}
	case base != nil && base.node.Kind == yaml.ScalarNode && base.node.Value == value.Value:
		at = place{base.src, base.key}
	default:
		if p := equal(patches, value); p != nil {
			at = place{p.src, p.key}
		} else if made, ok := w.madeUp(value, base, pointer); ok {
			at = made
		} else if base != nil {
			at = place{base.src, base.key}
		}
	}
	if line != value.Line || value.Kind == yaml.ScalarNode {
		w.set(line, at)
	}
	w.block(value, base, patches, at)
	w.node(value, base, patches, at, pointer)
	w.set(line, at) // a value inside that is on the same line comes first
}

// block gives the lines of a block scalar one place each if they are the source's.
func (w *walk) block(value *yaml.Node, base *layer, patches []layer, at place) {
	if value.Kind != yaml.ScalarNode || value.Style&yaml.LiteralStyle == 0 {
		return
	}
	from := base
	if from == nil || from.node.Value != value.Value {
		if from = equal(patches, value); from == nil {
			return
		}
	}
	if from.node.Style&yaml.LiteralStyle == 0 || from.p != nil && from.p.fixed > 0 {
		return
	}
	for i := range strings.Count(strings.TrimSuffix(value.Value, "\n"), "\n") + 1 {
		w.set(value.Line+1+i, place{at.src, from.line(from.node) + 1 + i})
	}
}

// madeUp finds the place of a value that a transformer or generator writes.
func (w *walk) madeUp(value *yaml.Node, base *layer, pointer string) (place, bool) {
	if strings.HasSuffix(pointer, "/image") && base != nil {
		name, _, _ := strings.Cut(base.node.Value, "@")
		if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
			name = name[:i]
		}
		for _, src := range w.tr.fsys.order {
			for _, doc := range src.docs() {
				_, images := lookup(content(doc), "images")
				if images == nil {
					continue
				}
				for _, item := range images.Content {
					if item = content(item); get(item, "name") != name {
						continue
					}
					for _, key := range []string{"newTag", "digest", "newName"} {
						if _, v := lookup(item, key); v != nil && strings.Contains(value.Value, v.Value) {
							return place{src, v.Line}, true
						}
					}
				}
			}
		}
	}
	if w.generator != nil { // a literal: key=value
		key := pointer[strings.LastIndexByte(pointer, '/')+1:]
		for i := range w.generator.lines {
			if text := strings.TrimLeft(w.generator.lines[i], " -\"'\t"); strings.HasPrefix(text, unescape(key)+"=") {
				return place{w.generator, i + 1}, true
			}
		}
	}
	return place{}, false
}

func parent(pointer string) string { return pointer[:max(strings.LastIndexByte(pointer, '/'), 0)] }

func escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

func unescape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
}

func child(l *layer, key string) *layer {
	if l == nil {
		return nil
	}
	k, v := lookup(l.node, key)
	if v == nil {
		return nil
	}
	return &layer{src: l.src, node: v, key: l.line(k), p: l.p}
}

func children(layers []layer, key string) (list []layer) {
	for i := range layers {
		if c := child(&layers[i], key); c != nil {
			list = append(list, *c)
		}
	}
	return list
}

// element finds the counterpart of an item: by its name, else an equal one, else, in a base, the one at the same index.
func element(l *layer, item *yaml.Node, index int) *layer {
	if l == nil || l.node.Kind != yaml.SequenceNode {
		return nil
	}
	found := func(n *yaml.Node) *layer { return &layer{src: l.src, node: n, key: l.line(n), p: l.p} }
	for _, key := range []string{"name", "mountPath", "containerPort", "port", "ip", "key"} {
		value := get(item, key)
		if value == "" {
			continue
		}
		for _, n := range l.node.Content {
			if n = content(n); get(n, key) == value {
				return found(n)
			}
		}
		if key == "name" {
			return nil
		}
	}
	for _, n := range l.node.Content {
		if n = content(n); same(n, item) {
			return found(n)
		}
	}
	if l.p == nil && index < len(l.node.Content) {
		if n := content(l.node.Content[index]); n.Kind == item.Kind && n.Kind != yaml.ScalarNode {
			return found(n)
		}
	}
	return nil
}

func elements(layers []layer, item *yaml.Node, index int) (list []layer) {
	for i := range layers {
		if e := element(&layers[i], item, index); e != nil {
			list = append(list, *e)
		}
	}
	return list
}

func equal(layers []layer, value *yaml.Node) *layer {
	for i := range layers {
		if n := layers[i].node; n.Kind == yaml.ScalarNode && n.Value == value.Value {
			return &layers[i]
		}
	}
	return nil
}

// same reports whether two nodes hold the same, for small ones.
func same(a, b *yaml.Node) bool {
	if a, b = content(a), content(b); a == nil || b == nil || a.Kind != b.Kind || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if i > 100 || !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// findObject finds the object in a file that became out: of the same kind, with the same name or one that is part of it.
func findObject(src *source, out *yaml.Node, kind, name string) *yaml.Node {
	var best *yaml.Node
	score := -1
	consider := func(n *yaml.Node) {
		if get(n, "kind") != kind {
			return
		}
		s := 0
		switch own := get(n, "metadata", "name"); {
		case own == name:
			s = 1 << 20
			if ns := get(n, "metadata", "namespace"); ns == get(out, "metadata", "namespace") {
				s++
			}
		case strings.Contains(name, own):
			s = len(own)
		}
		if s > score {
			best, score = n, s
		}
	}
	for _, doc := range src.docs() {
		n := content(doc)
		consider(n)
		if _, items := lookup(n, "items"); items != nil && strings.HasSuffix(get(n, "kind"), "List") {
			for _, item := range items.Content {
				consider(content(item))
			}
		}
	}
	return best
}

// generatorPlace finds a generator in its kustomization by the name that the object's name begins with.
func generatorPlace(src *source, name string) place {
	best, length := place{src, 1}, -1
	for _, doc := range src.docs() {
		for _, field := range []string{"configMapGenerator", "secretGenerator"} {
			_, list := lookup(content(doc), field)
			if list == nil {
				continue
			}
			for _, item := range list.Content {
				item = content(item)
				if own := get(item, "name"); strings.Contains(name, own) && len(own) > length {
					best, length = place{src, item.Line}, len(own)
				}
			}
		}
	}
	return best
}

// load reads the patches of all kustomization files that the build has read, in their order.
func (tr *tracer) load() {
	if tr.loaded {
		return
	}
	tr.loaded = true
	// The library reads the outermost kustomization first; its patches are applied last.
	for _, src := range slices.Backward(tr.fsys.order) {

		dir := filepath.Dir(filepath.Join(tr.root, relativeTo(tr.fsys.shown, src.shown)))
		for name, known := range tr.fsys.files {
			if known == src {
				dir = filepath.Dir(name)
			}
		}
		for _, doc := range src.docs() {
			tr.loadPatches(src, dir, content(doc))
		}
	}
}

func relativeTo(base, name string) string {
	rel, err := filepath.Rel(filepath.FromSlash(base), filepath.FromSlash(name))
	if err != nil {
		return name
	}
	return rel
}

func (tr *tracer) loadPatches(src *source, dir string, top *yaml.Node) {
	_, list := lookup(top, "patchesStrategicMerge")
	if list != nil {
		for _, item := range list.Content {
			tr.addPatch(src, dir, content(item), content(item), nil)
		}
	}
	for _, field := range []string{"patches", "patchesJson6902"} {
		_, list := lookup(top, field)
		if list == nil {
			continue
		}
		for _, item := range list.Content {
			item = content(item)
			_, target := lookup(item, "target")
			_, file := lookup(item, "path")
			_, inline := lookup(item, "patch")
			tr.addPatch(src, dir, file, inline, target)
		}
	}
}

// addPatch adds the documents of a patch, from a file if there is one of that name, else inline.
func (tr *tracer) addPatch(src *source, dir string, file, inline, target *yaml.Node) {
	if file != nil && file.Kind == yaml.ScalarNode && !strings.Contains(file.Value, "\n") {
		if from := tr.source(filepath.Join(dir, file.Value)); from != nil {
			for _, doc := range from.docs() {
				tr.addDoc(patch{src: from, node: content(doc)}, target)
			}
			return
		}
	}
	if inline == nil || inline.Kind != yaml.ScalarNode {
		return
	}
	p := patch{src: src, offset: inline.Line}
	if inline.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		p.fixed = inline.Line
	}
	for _, doc := range parse([]byte(inline.Value)) {
		p.node = content(doc)
		tr.addDoc(p, target)
	}
}

func (tr *tracer) addDoc(p patch, target *yaml.Node) {
	if p.node == nil {
		return
	}
	if target != nil {
		p.kind = get(target, "kind")
		if name := get(target, "name"); name != "" {
			p.name, _ = regexp.Compile("^(?:" + name + ")$")
		}
	}
	switch p.node.Kind {
	case yaml.MappingNode:
		if target == nil {
			p.kind = get(p.node, "kind")
			p.name = regexp.MustCompile("^" + regexp.QuoteMeta(get(p.node, "metadata", "name")) + "$")
		}
		tr.patches = append(tr.patches, p)
	case yaml.SequenceNode:
		for _, op := range p.node.Content {
			op = content(op)
			_, value := lookup(op, "value")
			at, pointer := lookup(op, "path")
			if value == nil || pointer == nil {
				continue
			}
			one := p
			one.node, one.path, one.at = value, pointer.Value, p.line(at)
			if value.Kind == yaml.ScalarNode {
				one.at = p.line(value)
			}
			tr.patches = append(tr.patches, one)
		}
	default:
	}
}
