package encryption

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// ErrNoLocalKey says that a file has no key that could be rotated.
var ErrNoLocalKey = errors.New("no provider that writes has its keys in the file")

// Rotation is the first step of the rotation of keys: the file with a new key behind the one that writes.
type Rotation struct {
	// YAML is the file. Only the new keys have been put in, byte for byte, unless Rewritten is true: then the file was written anew, without
	// its comments, because there was no place in it that could be told for certain.
	YAML      []byte
	Rewritten bool
	// Added are the new keys by their paths, and their names.
	Added []AddedKey
	// Notes are the advice on the file as it was.
	Notes []Note
	// resources are what the rotated entries are for.
	resources []string
}

// AddedKey is a new key.
type AddedKey struct{ Path, Provider, Name string }

// Rotate adds a new key behind the first one of every provider that writes and has its keys in the file. The API server must take the file as
// it is. With ErrNoLocalKey there is nothing to rotate: a KMS has its own rotation, which needs no change of the file.
func Rotate(src []byte, random io.Reader) (*Rotation, error) {
	root, config, flaws, err := parse(src)
	if err != nil {
		return nil, fmt.Errorf("rotate key: %w", err)
	}
	for _, f := range flaws {
		if !f.ReloadOnly {
			return nil, fmt.Errorf("rotate key: the API server refuses the file: %s", f)
		}
	}
	want, err := decode(root)
	if err != nil {
		return nil, fmt.Errorf("rotate key: %w", err)
	}
	r := &Rotation{Notes: config.Advice()}
	var cuts []cut
	for i := range config.Entries {
		e := &config.Entries[i]
		p := &e.Providers[0]
		if !p.Sort.Local() {
			continue
		}
		secret, err := newKey(random)
		if err != nil {
			return nil, fmt.Errorf("rotate key: %w", err)
		}
		name := nextName(p.Keys)
		r.Added = append(r.Added, AddedKey{Path: p.Path + "." + p.Field + ".keys[1]", Provider: p.Field, Name: name})
		for _, res := range e.Resources {
			r.resources = append(r.resources, res.String())
		}
		cuts = append(cuts, insertion(src, p, name, secret))
		insert(want, i, p.Field, name, secret)
	}
	if len(r.Added) == 0 {
		return nil, fmt.Errorf("rotate key: %w", ErrNoLocalKey)
	}
	if r.YAML = splice(src, cuts); !same(r.YAML, want) {
		r.YAML, r.Rewritten = render(want), true
		if !same(r.YAML, want) {
			return nil, errors.New("rotate key: the file cannot be written so that it has the same meaning")
		}
	}
	return r, nil
}

// nextName returns a name that no key of the provider has: key1, key2, …
func nextName(keys []Key) string {
	highest := len(keys)
	for _, k := range keys {
		if n, err := strconv.Atoi(strings.TrimPrefix(k.Name, "key")); err == nil && n > highest && n < 1<<30 {
			highest = n
		}
	}
	return "key" + strconv.Itoa(highest+1)
}

// cut is a text that is put in at a place.
type cut struct {
	at   int
	text string
}

// insertion puts a key behind the first one of a provider, in the style of the list. Whether it worked is found out by reading the result.
func insertion(src []byte, p *Provider, name, secret string) cut {
	list, first := p.Body.Get("keys"), p.Keys[0].At
	_, end := first.Span()
	if list.Style() == tree.Flow {
		// In quotes, so that JSON stays JSON.
		return cut{end, `, {"name": "` + name + `", "secret": "` + secret + `"}`}
	}
	start, _ := list.Span()
	indent := string(src[bytes.LastIndexByte(src[:start], '\n')+1 : start])
	newline := "\n"
	if n := bytes.IndexByte(src[end:], '\n'); n >= 0 {
		if end += n; end > 0 && src[end-1] == '\r' {
			end--
			newline = "\r\n"
		}
	} else {
		end = len(src)
	}
	return cut{end, newline + indent + "- name: " + name + newline + indent + "  secret: " + secret}
}

func splice(src []byte, cuts []cut) []byte {
	slices.SortStableFunc(cuts, func(a, b cut) int { return a.at - b.at })
	var out []byte
	done := 0
	for _, c := range cuts {
		out = append(append(out, src[done:c.at]...), c.text...)
		done = c.at
	}
	return append(out, src[done:]...)
}

// decode returns the value of a document.
func decode(root tree.Node) (map[string]any, error) {
	text, err := root.AppendJSON(nil)
	if err != nil {
		return nil, err
	}
	var value map[string]any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	return value, nil
}

// insert puts a key behind the first one of an entry's first provider.
func insert(config map[string]any, entry int, provider, name, secret string) {
	entries, _ := config["resources"].([]any)
	e, _ := entries[entry].(map[string]any)
	providers, _ := e["providers"].([]any)
	first, _ := providers[0].(map[string]any)
	body, _ := first[provider].(map[string]any)
	keys, _ := body["keys"].([]any)
	// A list of its own: an anchored one must not change in other places.
	body["keys"] = slices.Insert(slices.Clone(keys), 1, any(map[string]any{"name": name, "secret": secret}))
}

// same reports whether a file has the value, and the API server takes it.
func same(src []byte, want map[string]any) bool {
	root, _, flaws, err := parse(src)
	if err != nil || slices.ContainsFunc(flaws, func(f Flaw) bool { return !f.ReloadOnly }) {
		return false
	}
	got, err := decode(root)
	return err == nil && reflect.DeepEqual(got, want)
}

// render writes a configuration that the API server takes.
func render(config map[string]any) []byte {
	var b bytes.Buffer
	for _, key := range [...]string{"apiVersion", "kind"} {
		text, _ := config[key].(string)
		b.WriteString(key + ": " + strconv.Quote(text) + "\n")
	}
	b.WriteString("resources:\n")
	entries, _ := config["resources"].([]any)
	for _, item := range entries {
		e, _ := item.(map[string]any)
		b.WriteString("  - resources:\n")
		resources, _ := e["resources"].([]any)
		for _, r := range resources {
			b.WriteString("      - " + inline(r) + "\n")
		}
		b.WriteString("    providers:\n")
		providers, _ := e["providers"].([]any)
		for _, p := range providers {
			b.WriteString("      - " + inline(p) + "\n")
		}
	}
	return b.Bytes()
}

// inline writes a value as JSON, which YAML reads as it is.
func inline(v any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "null"
	}
	return strings.TrimSpace(b.String())
}

// Steps says what to do with the file, in order. Source:
// https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#rotating-a-decryption-key.
func (r *Rotation) Steps(file string) []string {
	return []string{
		"Keep a copy of the new key where you keep no backup of etcd.",
		"Copy " + file + " to every control plane node, owner root, mode 0600, and restart the API servers one by one. The new key is the second, so that all can read with it before one of them writes with it.",
		"Move the new key in front of the old one and restart all API servers again. From now on the new key writes.",
		"Write everything again, so that nothing needs the old key: " + rewrite(r.resources),
		"Remove the old key and restart all API servers. Backups of etcd from before still need it: keep it with them, not in the file.",
	}
}
