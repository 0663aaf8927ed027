package baseline

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// StablePath writes the path of a finding with the items of lists named instead of counted, so that it survives another
// order: spec.containers[app].ports[http].hostPort. root is the object's; it may be the zero Node, and then only
// containers and values have names. An item is named by, in this order,
//
//   - its name, in quotes if there is anything unusual in it
//   - the fields by which Kubernetes tells such items apart: mountPath, containerPort, key, ip, …
//   - its value, if that is the value of the finding: capabilities.add[SYS_ADMIN]
//   - # and a short hash of what is in it
//   - nothing, if a secret may be in it: such items are not told apart, only counted
func StablePath(root tree.Node, f *control.Finding) string {
	s := stable{finding: f, at: root, out: make([]byte, 0, len(f.Path)+32)}
	rest := f.Path
	for rest != "" {
		switch {
		case rest[0] == '.':
			s.out = append(s.out, '.')
			rest = rest[1:]
		case rest[0] != '[':
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			s.out = append(s.out, rest[:end]...)
			s.key(rest[:end])
			rest = rest[end:]
		default:
			n := s.bracket(rest)
			if n == 0 {
				return string(append(s.out, rest...)) // no path of ours
			}
			rest = rest[n:]
		}
	}
	return string(s.out)
}

type stable struct {
	finding *control.Finding
	at      tree.Node
	list    string // the key of the list in hand
	out     []byte
}

func (s *stable) key(key string) {
	s.at, s.list = s.at.Get(key), key
}

// bracket reads what begins with a bracket and returns its length, 0 if it is no part of a path.
func (s *stable) bracket(rest string) int {
	if len(rest) > 1 && rest[1] == '"' {
		quoted, err := strconv.QuotedPrefix(rest[1:])
		if err != nil || !strings.HasPrefix(rest[1+len(quoted):], "]") {
			return 0
		}
		key, err := strconv.Unquote(quoted)
		if err != nil {
			return 0
		}
		s.out = append(s.out, rest[:len(quoted)+2]...)
		s.key(key)
		return len(quoted) + 2
	}
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		return 0
	}
	index, err := strconv.Atoi(rest[1:end])
	if err != nil {
		return 0
	}
	s.at = s.at.At(index)
	s.out = append(s.out, '[')
	s.out = append(s.out, s.item(end+1 == len(rest))...)
	s.out = append(s.out, ']')
	s.list = ""
	return end + 1
}

// identifying are the fields by which Kubernetes tells the items of lists apart that have no name of their own, or not
// only theirs. Source: the listMapKeys and patchMergeKeys of k8s.io/api.
var identifying = []struct {
	list string // "" for any
	keys []string
}{
	{"volumeMounts", []string{"mountPath"}},
	{"volumeDevices", []string{"devicePath"}},
	{"", []string{"name"}},
	{"ports", []string{"containerPort", "protocol"}},
	{"ports", []string{"port", "protocol"}},
	{"hostAliases", []string{"ip"}},
	{"tolerations", []string{"key", "operator", "effect"}},
	{"topologySpreadConstraints", []string{"topologyKey", "whenUnsatisfiable"}},
	{"items", []string{"key"}},
	{"rules", []string{"host"}},
	{"tls", []string{"secretName"}},
	{"ownerReferences", []string{"uid"}},
	// Of the facts of nodes.
	{"files", []string{"path"}},
	{"certificates", []string{"path", "in"}},
	{"processes", []string{"component"}},
	{"problems", []string{"path"}},
}

// item names the list item in hand; last says that the path ends with it.
func (s *stable) item(last bool) string {
	if !s.at.Exists() {
		switch {
		case s.finding.Ref.Container != "" && (s.list == "containers" || s.list == "initContainers" || s.list == "ephemeralContainers"):
			return plain(s.finding.Ref.Container)
		case last && s.finding.Value != "":
			return plain(s.finding.Value)
		}
		return ""
	}
	for _, id := range identifying {
		if id.list != "" && id.list != s.list {
			continue
		}
		if n := s.at.Get(id.keys[0]); n.Kind() != tree.Scalar || n.IsNull() {
			continue
		}
		var parts []string
		for _, key := range id.keys {
			parts = append(parts, plain(s.at.Get(key).Text()))
		}
		return strings.TrimRight(strings.Join(parts, "/"), "/")
	}
	switch {
	case last && s.at.Kind() == tree.Scalar && s.finding.Value != "":
		return plain(s.finding.Value)
	case s.finding.Secret || s.finding.Control.Layer == control.Secrets || s.at.Kind() == tree.Scalar:
		return "" // a command line may hold a password
	}
	return hash(s.at)
}

// longest is how much of a name or value is written out.
const longest = 128

// plain writes a name so that it cannot be taken for another part of the path.
func plain(s string) string {
	if len(s) > longest {
		h := fnv.New32a()
		h.Write([]byte(s))
		return fmt.Sprintf("#%08x", h.Sum32())
	}
	for _, r := range s {
		if r < ' ' || r == '[' || r == ']' || r == '"' || r == '#' || r == '\u007f' || r == '\ufffd' {
			return strconv.Quote(s)
		}
	}
	return s
}

// hash is short on purpose: it tells the items of one list apart and gives away little of what is in them.
func hash(n tree.Node) string {
	text, err := n.AppendJSON(nil)
	if err != nil {
		return ""
	}
	h := fnv.New32a()
	h.Write(text)
	return fmt.Sprintf("#%08x", h.Sum32())
}
