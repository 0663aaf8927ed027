// Package lock reads and writes lock files: which digest an image had when somebody looked. With one images can be pinned without asking
// a registry.
//
//	images:
//	  registry.example.com/app:1.2: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
package lock

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/tree/mistake"
)

// MaxSize is the largest lock file that is read, in bytes.
const MaxSize = 8 << 20

// File is the images of a lock file and their digests. The zero value has none and may be added to.
type File struct {
	// digests are by image, the image with its registry, its namespace and its tag.
	digests map[string]string
}

// Error is a mistake in a lock file.
type Error = mistake.Error

// Key is the one name of an image, however it is written: the registry, the namespace of official images and the tag that runtimes fill in
// are part of it, a digest is not. nginx is docker.io/library/nginx:latest.
func Key(ref *image.Reference) string {
	tag := ref.Tag
	if tag == "" {
		tag = "latest" // as runtimes do: github.com/distribution/reference.TagNameOnly
	}
	return ref.Registry + "/" + ref.Path() + ":" + tag
}

// Digest returns the digest of an image; ok is false if it is not in the file. A digest that ref has does not matter.
func (f *File) Digest(ref *image.Reference) (digest string, ok bool) {
	digest, ok = f.digests[Key(ref)]
	return digest, ok
}

// Set gives an image a digest, in the place of the one that it had. It panics if the digest is no [ValidDigest].
func (f *File) Set(ref *image.Reference, digest string) {
	if !ValidDigest(digest) {
		panic("lock: not a digest: " + digest)
	}
	if f.digests == nil {
		f.digests = map[string]string{}
	}
	f.digests[Key(ref)] = digest
}

// Merge adds what other has, in the place of other digests of the same images.
func (f *File) Merge(other *File) {
	if f.digests == nil {
		f.digests = map[string]string{}
	}
	maps.Copy(f.digests, other.digests)
}

// Len is the number of images.
func (f *File) Len() int { return len(f.digests) }

// ValidDigest reports whether s is a digest that every runtime can check: sha256, or sha512. Others are in the specification of OCI images, and
// containerd and CRI-O know no more than these (github.com/opencontainers/go-digest, with sha384, which no registry uses).
func ValidDigest(s string) bool {
	return (strings.HasPrefix(s, "sha256:") || strings.HasPrefix(s, "sha512:")) && image.ValidDigest(s)
}

// Write returns the file as YAML, images sorted.
func (f *File) Write() []byte {
	var b bytes.Buffer
	b.WriteString("# Digests of images, for kubeharden fix --lock.\nimages:")
	if len(f.digests) == 0 {
		b.WriteString(" {}")
	}
	b.WriteByte('\n')
	for _, key := range slices.Sorted(maps.Keys(f.digests)) {
		// Nothing in a reference or in a digest needs quotes, but a colon and a bracket at the start, which only a host in IPv6 has.
		if strings.HasPrefix(key, "[") {
			fmt.Fprintf(&b, "  %q: %s\n", key, f.digests[key])
			continue
		}
		fmt.Fprintf(&b, "  %s: %s\n", key, f.digests[key])
	}
	return b.Bytes()
}

// Parse reads a lock file, YAML or JSON. path is its name in errors. The error joins all mistakes, each an [*Error], in the order of the file.
func Parse(path string, src []byte) (*File, error) {
	if len(src) > MaxSize {
		return nil, &Error{File: path, Line: 1, Column: 1, Message: fmt.Sprintf("lock file is larger than %d MiB", MaxSize>>20)}
	}
	p := &parser{List: mistake.NewList(path, src), file: &File{}, dead: map[tree.Node]bool{}}
	documents := 0
	for doc := range tree.Split(src) {
		if documents++; documents > 1 {
			p.AddAt(doc.Start, "a second document: a lock file is one document")
			break
		}
		p.document(src, doc)
	}
	if documents == 0 {
		p.AddAt(0, "a lock file must be a mapping with the key images")
	}
	if err := p.Join(); err != nil {
		return nil, err
	}
	return p.file, nil
}

type parser struct {
	*mistake.List
	file *File
	dead map[tree.Node]bool // keys that a later one overrides
}

func (p *parser) document(src []byte, doc tree.Document) {
	t, err := tree.NewParser().Parse(src, doc)
	if err != nil {
		p.AddBroken(doc, err)
		return
	}
	for key := range t.Duplicates() {
		p.dead[key] = true
		p.Add(key, "key %q is given more than once", mistake.Shorten(key.Text()))
	}
	root := t.Root()
	if root.Kind() != tree.Mapping {
		p.Add(root, "a lock file must be a mapping with the key images")
		return
	}
	found := false
	for key, value := range root.Pairs() {
		switch {
		case p.dead[key]:
		case key.Text() == "images":
			found = true
			p.images(value)
		default:
			p.Add(key, "unknown key %q: a lock file has images and nothing else", mistake.Shorten(key.Text()))
		}
	}
	if !found {
		p.Add(root, "a lock file must have the key images")
	}
}

func (p *parser) images(n tree.Node) {
	if n.IsNull() {
		return
	}
	if n.Kind() != tree.Mapping {
		p.Add(n, "images must be a mapping of images and their digests")
		return
	}
	for key, value := range n.Pairs() {
		if !p.dead[key] {
			p.image(key, value)
		}
	}
}

func (p *parser) image(key, value tree.Node) {
	name := key.Text()
	ref, err := image.Parse(name)
	switch {
	case err != nil:
		p.Add(key, "%q: %v", mistake.Shorten(name), err)
		return
	case ref.Digest != "":
		p.Add(key, "%q has a digest: it must be the image as manifests write it, without one", mistake.Shorten(name))
		return
	case value.Type() != tree.String || !ValidDigest(value.Text()):
		p.Add(value, "the digest of %q must be sha256: and 64, or sha512: and 128, lower-case hexadecimal digits", mistake.Shorten(name))
		return
	}
	digest := strings.Clone(value.Text()) // of its own: the source goes
	if other, ok := p.file.Digest(&ref); ok && other != digest {
		p.Add(key, "%q is the same image as one before it, with another digest", mistake.Shorten(name))
		return
	}
	p.file.Set(&ref, digest)
}
