package practice

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// The characters of names, as k8s.io/apimachinery/pkg/util/validation has them.
const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	digits = "0123456789"
	letter = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// consists reports whether text has characters of set only.
func consists(text, set string) bool { return strings.Trim(text, set) == "" }

// bounded reports whether text begins and ends with a character of set.
func bounded(text, set string) bool {
	return strings.IndexByte(set, text[0]) >= 0 && strings.IndexByte(set, text[len(text)-1]) >= 0
}

// portNameProblem says why a name is none for a port, "" if it is one.
func portNameProblem(name string) string {
	switch {
	case len(name) > 15:
		return "is " + name + ", longer than 15 characters"
	case !consists(name, lower+digits+"-"):
		return "is " + name + ", which has other characters than a-z, 0-9 and -"
	case !strings.ContainsAny(name, lower):
		return "is " + name + ", which has no letter"
	case strings.Contains(name, "--"), !bounded(name, lower+digits):
		return "is " + name + ", which has a hyphen at an end or next to another"
	}
	return ""
}

// portNames checks the names of a container's ports and says whether to go on.
func portNames(container tree.Node, fail control.FailFunc) bool {
	seen := map[string]bool{}
	for _, port := range container.Get("ports").Items() {
		name, ok := port.Get("name").Str()
		if !ok || name == "" {
			continue
		}
		problem := portNameProblem(name)
		if problem == "" && seen[name] {
			problem = "is " + name + ", as that of another port of the container"
		}
		if seen[name] = true; problem != "" && !fail(control.Violation{At: port.Get("name"), Problem: problem}) {
			return false
		}
	}
	return true
}

// labelValueProblem says why a text is no value of a label, "" if it is one.
func labelValueProblem(text string) string {
	switch {
	case text == "":
		return ""
	case len(text) > 63:
		return "is longer than 63 characters"
	case !isLabelText(text):
		return "has other characters than letters, digits, -, _ and ., or does not begin and end with a letter or digit"
	}
	return ""
}

func isLabelText(text string) bool {
	return consists(text, letter+digits+"-_.") && bounded(text, letter+digits)
}

// labelKeyProblem says why a text is no key of a label, "" if it is one.
func labelKeyProblem(key string) string {
	prefix, name, found := strings.Cut(key, "/")
	if !found {
		prefix, name = "", key
	}
	switch {
	case found && !isSubdomain(prefix):
		return "has no DNS name before the slash"
	case name == "" || len(name) > 63 || !isLabelText(name):
		return "is no name of 1 to 63 letters, digits, -, _ and ."
	}
	return ""
}

// isSubdomain reports whether text is a DNS subdomain in lower case.
func isSubdomain(text string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if part == "" || !consists(part, lower+digits+"-") || !bounded(part, lower+digits) {
			return false
		}
	}
	return len(text) <= 253
}
