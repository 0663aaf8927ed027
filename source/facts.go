package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	facts "github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// withFacts yields manifests, and behind each that holds facts of nodes the files that these carry: configuration as NODE/etc/kubernetes/…,
// and command lines of processes as NODE/proc/PID/cmdline with an argument in each line. So what configures a node is judged as if its files
// had been copied. Facts are looked for in .json files and on standard input, where `kubeharden node` puts them.
func withFacts(ctx context.Context, manifests iter.Seq[Manifest]) iter.Seq[Manifest] {
	return func(yield func(Manifest) bool) {
		var held latest
		for m := range manifests {
			if m.Err != nil || m.Origin != nil || !m.Once && path.Ext(filepath.ToSlash(m.Path)) != ".json" {
				if !yield(m) {
					return
				}
				continue
			}
			if m.Once {
				// It is read by whoever judges it, so that waiting for a pipe can be interrupted; what it carries comes when that is done.
				once := &remembered{read: m.Read, done: make(chan struct{})}
				m.Read, m.Once = once.get, false
				if !yield(m) {
					return
				}
				select {
				case <-once.done:
				case <-ctx.Done():
					return
				}
			} else if !yield(m) {
				return
			}
			if !carried(m, &held, yield) {
				return
			}
		}
	}
}

// remembered is what can be read only once.
type remembered struct {
	read func() ([]byte, error)
	once sync.Once
	done chan struct{}
	src  []byte
	err  error
}

func (r *remembered) get() ([]byte, error) {
	r.once.Do(func() {
		r.src, r.err = r.read()
		close(r.done)
	})
	return r.src, r.err
}

// MayBeFacts reports whether a file may hold facts of a node, without parsing it.
func MayBeFacts(src []byte) bool {
	return bytes.Contains(src, []byte(facts.Kind)) && bytes.Contains(src, []byte(facts.Group+"/"))
}

// headSize is how much of a file is looked at before it is read: the kind stands in front, also where the keys were sorted.
const headSize = 4096

// mayBeFacts looks at the head of a file, so that large ones of another kind are not read twice.
func mayBeFacts(m *Manifest) bool {
	file, err := os.Open(m.Path)
	if err != nil {
		return true // it is not read from the disk
	}
	defer file.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(file, head)
	return err == nil && MayBeFacts(head) || errors.Is(err, io.ErrUnexpectedEOF) && MayBeFacts(head[:n])
}

// carried yields what the facts in a manifest carry.
func carried(of Manifest, held *latest, yield func(Manifest) bool) bool {
	if !mayBeFacts(&of) {
		return true
	}
	src, err := of.Read()
	if err != nil || !MayBeFacts(src) {
		return true // whoever judges the manifest tells what is wrong with it
	}
	nodes, err := parseFacts(src)
	if err != nil {
		return true
	}
	c := &carrier{read: of.Read}
	held.hold(c, nodes)
	for n, node := range nodes {
		if !facts.ValidName(node.Metadata.Name) {
			err := fmt.Errorf("the facts are of no node: metadata.name is %q", short(node.Metadata.Name))
			if !yield(Manifest{Path: of.Path, Argument: of.Argument, Err: err}) {
				return false
			}
			continue
		}
		for _, p := range parts(node) {
			file := p.path // and not p, which would hold all of the node
			if !yield(Manifest{Path: file, Argument: of.Argument, Read: func() ([]byte, error) { return held.part(c, n, file) }}) {
				return false
			}
		}
	}
	return true
}

func short(s string) string { return s[:min(len(s), 100)] }

// part is one file that facts carry.
type part struct {
	path string
	src  func() []byte
}

// parts lists what the facts of a node carry. A later file of the same path, which a collector does not write, is left out.
func parts(node *facts.Facts) []part {
	var out []part
	seen := map[string]bool{}
	add := func(file string, src func() []byte) {
		file = path.Join(node.Metadata.Name, path.Clean("/"+file))
		if !seen[file] {
			seen[file] = true
			out = append(out, part{file, src})
		}
	}
	for i := range node.Spec.Processes {
		p := &node.Spec.Processes[i]
		add("/proc/"+strconv.Itoa(p.PID)+"/cmdline", func() []byte {
			var b bytes.Buffer
			for _, a := range p.Arguments {
				b.WriteString(strings.NewReplacer("\n", `\n`, "\x00", "").Replace(a))
				b.WriteByte('\n')
			}
			return b.Bytes()
		})
	}
	for i := range node.Spec.Files {
		f := &node.Spec.Files[i]
		if f.Content != nil && facts.Carried(f.Roles) && path.IsAbs(f.Path) {
			add(f.Path, func() []byte { return []byte(*f.Content) })
		}
	}
	return out
}

// parseFacts reads the facts among the documents of a file.
func parseFacts(src []byte) ([]*facts.Facts, error) {
	var out []*facts.Facts
	for doc := range tree.Split(src) {
		raw := src[doc.Start:doc.End]
		if !MayBeFacts(raw) {
			continue
		}
		var f facts.Facts
		if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&f); err != nil {
			return nil, err
		}
		if facts.Is(f.APIVersion, f.Kind) {
			out = append(out, &f)
		}
	}
	return out, nil
}

// carrier is a file of facts.
type carrier struct {
	read  func() ([]byte, error)
	nodes []*facts.Facts // nil if they are not held
}

// latest holds the facts of the files that were asked for last, so that thousands of nodes need no more memory than a few: a part is asked for
// soon after its file, and once more, when everything has been read, if something is found in it.
type latest struct {
	mu   sync.Mutex
	held []*carrier
}

// maxHeld is how many files are held.
const maxHeld = 8

func (l *latest) hold(c *carrier, nodes []*facts.Facts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(c, nodes)
}

func (l *latest) put(c *carrier, nodes []*facts.Facts) {
	c.nodes = nodes
	if l.held = append(l.held, c); len(l.held) > maxHeld {
		l.held[0].nodes = nil
		l.held = slices.Delete(l.held, 0, 1)
	}
}

// part returns one file that the facts of a node carry.
func (l *latest) part(c *carrier, n int, file string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.nodes == nil {
		src, err := c.read()
		if err != nil {
			return nil, err
		}
		nodes, err := parseFacts(src)
		if err != nil {
			return nil, fmt.Errorf("read facts: %w", err)
		}
		l.put(c, nodes)
	}
	if n < len(c.nodes) {
		for _, p := range parts(c.nodes[n]) {
			if p.path == file {
				return p.src(), nil
			}
		}
	}
	return nil, errors.New("is not in the facts any more")
}
