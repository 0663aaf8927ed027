package audit

import (
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// text reads a string. Null is "", as it is for encoding/json; a number or a boolean is refused.
func (r *reader) text(at tree.Node, path string) (string, bool) {
	if at.IsNull() {
		return "", true
	}
	s, ok := at.Str()
	if !ok {
		r.flaw(path, Refused, "must be a string%s", quotes(at))
	}
	return s, ok
}

// quotes says how a number or boolean becomes a string.
func quotes(at tree.Node) string {
	if at.Kind() == tree.Scalar {
		return ": put it in quotes"
	}
	return ""
}

func (r *reader) texts(at tree.Node, path string) []string {
	var all []string
	for i, item := range r.items(at, path) {
		s, ok := item.Str()
		if !ok {
			s, _ = r.text(item, fmt.Sprintf("%s[%d]", path, i))
		}
		all = append(all, s)
	}
	return all
}

// bool reads a boolean; set is false for null.
func (r *reader) bool(at tree.Node, path string) (value, set bool) {
	if at.IsNull() {
		return false, false
	}
	value, ok := at.Bool()
	if !ok {
		r.flaw(path, Refused, "must be true or false")
	}
	return value, ok
}

func (r *reader) stages(at tree.Node, path string) Stages {
	var all Stages
	for i, name := range r.texts(at, path) {
		stage, ok := ParseStage(name)
		if !ok {
			r.flaw(fmt.Sprintf("%s[%d]", path, i), Refused, "must be %s", strings.Join(stageNames[:], ", "))
		}
		all |= stage
	}
	return all
}

// metadata looks at the types of what people write into the metadata of a file; nobody reads it.
func (r *reader) metadata(at tree.Node, path string) {
	for key, value := range r.fields(at, path) {
		p := child(path, key)
		switch key {
		case "name", "namespace", "generateName":
			r.text(value, p)
		case "labels", "annotations":
			for name, v := range r.fields(value, p) {
				r.text(v, child(p, name))
			}
		}
	}
}

// maxSubdomain is the longest name of an API group.
const maxSubdomain = 253

// isSubdomain reports whether s is a DNS subdomain as k8s.io/apimachinery/pkg/util/validation.IsDNS1123Subdomain has it.
func isSubdomain(s string) bool {
	if len(s) > maxSubdomain {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}
