package node

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/secretscan"
	"github.com/kubeharden/kubeharden/tree"
)

// covered stands in the place of a secret.
const covered = "REDACTED"

// coveredData is the same in base64, for what has to be that.
const coveredData = "UkVEQUNURUQ="

// cut is a part of a text and what comes in its place.
type cut struct {
	start, end int
	text       string
}

// splice makes the cuts. What overlaps is covered by the first.
func splice(src []byte, cuts []cut) []byte {
	slices.SortStableFunc(cuts, func(a, b cut) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	var out []byte
	at := 0
	for _, c := range cuts {
		if c.start < at {
			if c.end > at {
				at = c.end
			}
			continue
		}
		out = append(append(out, src[at:c.start]...), c.text...)
		at = c.end
	}
	return append(out, src[at:]...)
}

// errUnsafe is said of a file of which nobody can tell where its secrets are.
var errUnsafe = errors.New("is not carried: its secrets cannot be told from the rest")

// redactYAML takes the secrets out of YAML or JSON. The result has the same lines, so that places in it are those in the file.
func redactYAML(src []byte) ([]byte, error) {
	cuts, err := secretsOf(src)
	if err != nil {
		return nil, err
	}
	out := splice(src, cuts)
	if left, err := secretsOf(out); err != nil || len(left) > 0 && !harmless(out, left) {
		return nil, errUnsafe
	}
	return out, nil
}

// harmless reports whether what would be cut out is what was put in.
func harmless(src []byte, cuts []cut) bool {
	for _, c := range cuts {
		if !bytes.Equal(src[c.start:c.end], []byte(c.text)) {
			return false
		}
	}
	return true
}

// secretsOf finds the secrets of every document.
func secretsOf(src []byte) ([]cut, error) {
	var cuts []cut
	parser := tree.NewParser()
	for doc := range tree.Split(src) {
		t, err := parser.Parse(src, doc)
		if err != nil {
			return nil, errUnsafe
		}
		root := t.Root()
		if o, ok := object.Parse(root); ok && o.Group() == encryption.Group && o.Kind == encryption.Kind || ok && o.Kind == encryption.LegacyKind {
			cuts = append(cuts, keysOf(src, root)...)
			continue
		}
		c := coverer{src: src}
		c.walk(root, "", 0)
		if c.deep {
			return nil, errUnsafe
		}
		for _, m := range matches(src[doc.Start:doc.End]) {
			m.start, m.end = m.start+doc.Start, m.end+doc.Start
			if !slices.ContainsFunc(c.cuts, func(other cut) bool { return m.start < other.end && other.start < m.end }) {
				c.cuts = append(c.cuts, m)
			}
		}
		cuts = append(cuts, c.cuts...)
	}
	return cuts, nil
}

// keysOf covers the keys of an EncryptionConfiguration by ones that are right and wrong in the same way: as long, and weak if they are.
func keysOf(src []byte, root tree.Node) []cut {
	instead := map[tree.Node]string{}
	config, _ := encryption.Read(root)
	for _, e := range config.Entries {
		for _, p := range e.Providers {
			for _, k := range p.Keys {
				at := k.At.Get("secret")
				switch {
				case k.Elsewhere, k.Placeholder:
					instead[at] = at.Text()
				case k.Size > 0 && k.Size < 1024:
					instead[at] = stand(k.Size, k.Weak != "")
				}
			}
		}
	}
	var cuts []cut
	for at := range encryption.Secrets(root) {
		if text, ok := instead[at]; !ok && at.Text() != "" {
			cuts = append(cuts, cutOf(src, at, "NOT/BASE64"))
		} else if ok && text != at.Text() {
			cuts = append(cuts, cutOf(src, at, text))
		}
	}
	return cuts
}

// stand is a key that stands for one of the same size. It has nothing of that; everybody can know it.
func stand(size int, weak bool) string {
	key := make([]byte, size)
	state := uint32(1)
	for i := range key {
		state = state*1664525 + 1013904223
		if key[i] = byte(state >> 24); weak {
			key[i] = 0
		}
	}
	if !weak {
		key[0] = 0xff // is in no text
	}
	return base64.StdEncoding.EncodeToString(key)
}

// cutOf puts a text in the place of a scalar, in quotes where it had some or needs them, with as many line ends as it had.
func cutOf(src []byte, at tree.Node, text string) cut {
	start, end := at.Span()
	lines := bytes.Count(src[start:end], []byte{'\n'})
	if raw := src[start:end]; len(raw) > 0 && (raw[0] == '"' || raw[0] == '\'') {
		text = string(raw[0]) + text + string(raw[0])
	}
	// The lines that it had are blank behind it.
	text += strings.Repeat("\n", lines)
	return cut{start, end, text}
}

// coverer finds the values that are secrets by their names.
type coverer struct {
	src  []byte
	cuts []cut
	deep bool
}

// maxDepth bounds how deep a document is looked into.
const maxDepth = 200

func (c *coverer) walk(n tree.Node, name string, depth int) {
	if depth > maxDepth {
		c.deep = true
		return
	}
	switch n.Kind() {
	case tree.Mapping:
		// env: [{name: PASSWORD, value: …}]
		if named := n.Get("name").Text(); named != "" && isSecretName(named) && n.Get("value").Kind() == tree.Scalar {
			c.cover(n.Get("value"), named)
		}
		for key, value := range n.Pairs() {
			c.walk(value, key.Text(), depth+1)
		}
	case tree.Sequence:
		for _, item := range n.Items() {
			c.walk(item, name, depth+1)
		}
	case tree.Scalar:
		c.scalar(n, name)
	case tree.Missing:
	}
}

func (c *coverer) scalar(n tree.Node, name string) {
	text := n.Text()
	switch {
	case n.Aliased():
		// The anchor is where it is written.
	case text == "" || n.Type() != tree.String && !isSecretName(name):
	case isSecretName(name):
		c.cover(n, name)
	default:
		if out := redactArgument(text); out != text {
			c.cuts = append(c.cuts, c.partly(n, text, out))
		}
	}
}

// partly covers a part of a scalar if that is written as it is read, else all of it.
func (c *coverer) partly(n tree.Node, text, out string) cut {
	start, end := n.Span()
	if i := bytes.Index(c.src[start:end], []byte(text)); i >= 0 && !strings.ContainsAny(out, "\"'\\\n") {
		return cut{start + i, start + i + len(text), out}
	}
	return cutOf(c.src, n, covered)
}

func (c *coverer) cover(n tree.Node, name string) {
	text := n.Text()
	if isPublic(name, text) {
		return
	}
	marker := covered
	if strings.HasSuffix(strings.ToLower(name), "data") {
		marker = coveredData
	}
	c.cuts = append(c.cuts, cutOf(c.src, n, marker))
}

// secretWords are what names of secrets end with.
var secretWords = []string{
	"token", "tokens", "password", "passwd", "passphrase", "secret", "secrets", "secretkey", "accesskey", "privatekey", "apikey", "credential",
	"credentials", "keydata", "identitytoken", "registrytoken", "auth",
}

// isSecretName reports whether what has a name may be a secret: client-key-data, K3S_TOKEN, etcd-s3-secret-key.
func isSecretName(name string) bool {
	plain := strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(name))
	for _, w := range secretWords {
		if strings.HasSuffix(plain, w) {
			return true
		}
	}
	return false
}

// isPublic reports whether a value is none though it has such a name: a switch, a number, a path, the name of a mode.
func isPublic(name, value string) bool {
	switch strings.ToLower(value) {
	case "", "true", "false", "yes", "no", "on", "off", "null", "none", "simple", covered, strings.ToLower(coveredData), "redacted":
		return true
	}
	if strings.Trim(value, "0123456789") == "" && len(value) < 6 {
		return true
	}
	lower := strings.ToLower(name)
	return path.IsAbs(value) && (strings.Contains(lower, "file") || strings.Contains(lower, "path") || path.Ext(value) != "" || strings.Count(value, "/") > 2)
}

// redactText takes the secrets out of a file of lines NAME=value, name: value or name = "value", as units, files of variables and TOML have.
func redactText(src []byte) []byte {
	var cuts []cut
	offset := 0
	for line := range strings.Lines(string(src)) {
		at := offset
		offset += len(line)
		cuts = append(cuts, secretsOfLine(strings.TrimRight(line, "\r\n"), at)...)
	}
	return coverMatches(splice(src, cuts))
}

// secretsOfLine finds the secrets of one line, which stands at an offset.
func secretsOfLine(line string, at int) []cut {
	var cuts []cut
	sep := strings.IndexAny(line, "=:")
	if sep > 0 {
		name := strings.Trim(strings.TrimSpace(line[:sep]), `"'-[] `)
		name = strings.TrimPrefix(name, "export ")
		value := strings.TrimSpace(line[sep+1:])
		if isSecretName(name) && !isPublic(name, strings.Trim(value, `"'`)) {
			start := at + sep + 1 + strings.Index(line[sep+1:], value)
			text := covered
			if len(value) > 1 && (value[0] == '"' || value[0] == '\'') {
				text = string(value[0]) + covered + string(value[0])
			}
			return []cut{{start, start + len(value), text}}
		}
	}
	// Words of command lines: --token=x, --token x, and variables that a unit sets.
	hide := false
	for start := 0; start < len(line); {
		if line[start] == ' ' || line[start] == '\t' {
			start++
			continue
		}
		end := start
		for end < len(line) && line[end] != ' ' && line[end] != '\t' {
			end++
		}
		word := line[start:end]
		trimmed := strings.Trim(word, `"'`)
		lead := strings.Index(word, trimmed)
		switch out := redactWord(trimmed); {
		case hide && !strings.HasPrefix(trimmed, "-") && !isPublic("", trimmed):
			cuts = append(cuts, cut{at + start + lead, at + start + lead + len(trimmed), covered})
		case out != trimmed:
			cuts = append(cuts, cut{at + start + lead, at + start + lead + len(trimmed), out})
		}
		hide = strings.HasPrefix(trimmed, "-") && !strings.Contains(trimmed, "=") && isSecretName(trimmed)
		start = end
	}
	return cuts
}

// redactArguments takes the secrets out of a command line.
func redactArguments(args []string) []string {
	out := make([]string, len(args))
	hide := false
	for i, a := range args {
		out[i] = redactArgument(a)
		if hide && !strings.HasPrefix(a, "-") && !isPublic("", a) {
			out[i] = covered
		}
		hide = strings.HasPrefix(a, "-") && !strings.Contains(a, "=") && isSecretName(a)
	}
	return out
}

// redactArgument covers what is secret in one argument: the value of --token=x, the password of a URL, credentials of known formats.
func redactArgument(a string) string {
	out := redactWord(a)
	return string(coverMatches([]byte(out)))
}

func redactWord(a string) string {
	// A variable may hold a flag: KUBELET_EXTRA_ARGS=--token=x.
	from := 0
	for i := 0; i < len(a); i++ {
		if a[i] != '=' {
			continue
		}
		name := a[from:i]
		from = i + 1
		if isSecretName(name) && !strings.ContainsAny(name, "/:") && !isPublic(name, a[from:]) {
			return a[:from] + covered
		}
	}
	if strings.Contains(a, "@") {
		return coverUserInfo(a)
	}
	return a
}

// coverUserInfo covers the passwords of URLs, and those of data sources as drivers of databases write them: user:password@tcp(host)/name.
func coverUserInfo(a string) string {
	var b strings.Builder
	for rest := a; ; {
		i := strings.Index(rest, "@")
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		before := rest[:i]
		start := max(strings.LastIndex(before, "://")+3, strings.LastIndexAny(before, "=, \"'")+1)
		if !strings.Contains(before, "://") {
			start = strings.LastIndexAny(before, "=, \"'") + 1
		}
		if user, password, ok := strings.Cut(before[start:], ":"); ok && password != "" && !strings.ContainsAny(user, "/") {
			if _, err := url.PathUnescape(password); err != nil || password != covered {
				before = before[:start] + user + ":" + covered
			}
		}
		b.WriteString(before + "@")
		rest = rest[i+1:]
	}
}

// coverMatches covers credentials of known formats, wherever they are.
func coverMatches(src []byte) []byte {
	if cuts := matches(src); cuts != nil {
		return splice(src, cuts)
	}
	return src
}

// matches are the cuts that cover credentials of known formats.
func matches(src []byte) []cut {
	text := string(src)
	var cuts []cut
	for m := range secretscan.Text(text) {
		part := text[m.Start:m.End]
		if strings.Contains(part, covered) || strings.Contains(part, coveredData) {
			continue
		}
		cuts = append(cuts, cut{m.Start, m.End, covered + strings.Repeat("\n", strings.Count(part, "\n"))})
	}
	return cuts
}
