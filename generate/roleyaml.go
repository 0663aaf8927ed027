package generate

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// flowItems is how many items of a list stand on one line.
const flowItems = 8

// WriteYAML writes the roles and bindings as YAML documents that kubectl applies, with what they were made from as comments.
// The same result gives the same bytes.
func (r *RoleResult) WriteYAML(w io.Writer) error {
	out := yamlWriter{bufio.NewWriter(w)}
	r.writeHead(out)
	first := true
	document := func() {
		if !first {
			out.line("---")
		}
		first = false
	}
	for _, role := range r.Roles {
		document()
		out.object(role.Kind, role.Namespace, role.Name)
		out.line("rules:")
		for _, rule := range role.Rules {
			out.rule(rule)
		}
		for _, binding := range role.Bindings {
			document()
			out.object(binding.Kind, binding.Namespace, role.Name)
			out.line("roleRef:")
			out.line("  apiGroup: rbac.authorization.k8s.io")
			out.line("  kind: " + role.Kind)
			out.line("  name: " + yamlText(role.Name))
			out.line("subjects:")
			out.line("  - kind: " + r.Subject.Kind)
			out.line("    name: " + yamlText(r.Subject.Name))
			if r.Subject.Kind == kindServiceAccount {
				out.line("    namespace: " + yamlText(r.Subject.Namespace))
			} else {
				out.line("    apiGroup: rbac.authorization.k8s.io")
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing roles: %w", err)
	}
	return nil
}

func (r *RoleResult) writeHead(out yamlWriter) {
	name := r.Subject.Name
	if r.Subject.Kind == kindServiceAccount {
		name = r.Subject.Namespace + "/" + name
	}
	out.comment("The least rights of " + r.Subject.Kind + " " + name + ", made by kubeharden from the audit log:")
	span := ""
	if r.First != nil && r.Last != nil {
		span = ", " + r.First.Format(time.RFC3339) + " to " + r.Last.Format(time.RFC3339)
	}
	out.comment(fmt.Sprintf("%d requests in %d events%s.", r.Requests, r.Events, span))
	for _, option := range r.Options {
		out.comment("Option: " + option + ".")
	}
	for _, note := range r.Notes {
		out.comment("Note: " + note + ".")
	}
	for _, s := range r.Suggestions {
		out.comment("Suggestion: " + s.String() + ".")
	}
}

// String says the suggestion in one sentence.
func (s Suggestion) String() string {
	where := "in the cluster"
	if s.Namespace != "" {
		where = "in namespace " + s.Namespace
	}
	return fmt.Sprintf("%d of %d names of %s %s look generated and will not come again; allow any name of it (AnyNameOf: %s)",
		s.Generated, s.Names, s.Resource, where, s.Resource)
}

// yamlWriter writes the few forms of YAML that roles need. Its errors come out of Flush.
type yamlWriter struct{ *bufio.Writer }

func (w yamlWriter) line(text string) {
	w.WriteString(text)
	w.WriteByte('\n')
}

// comment writes text that may come from anybody: nothing in it ends the comment.
func (w yamlWriter) comment(text string) {
	w.line("# " + strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text))
}

func (w yamlWriter) object(kind, namespace, name string) {
	w.line("apiVersion: rbac.authorization.k8s.io/v1")
	w.line("kind: " + kind)
	w.line("metadata:")
	w.line("  name: " + yamlText(name))
	if namespace != "" {
		w.line("  namespace: " + yamlText(namespace))
	}
}

func (w yamlWriter) rule(rule RoleRule) {
	w.line("  " + usedText(rule.Used))
	dash := "  - "
	for _, part := range []struct {
		key    string
		values []string
	}{
		{"apiGroups", rule.APIGroups},
		{"resources", rule.Resources},
		{"resourceNames", rule.ResourceNames},
		{"nonResourceURLs", rule.NonResourceURLs},
		{"verbs", rule.Verbs},
	} {
		if len(part.values) == 0 {
			continue
		}
		w.list(dash+part.key+":", part.values)
		dash = "    "
	}
}

func usedText(n int) string {
	switch n {
	case 0:
		return "# never used"
	case 1:
		return "# used once"
	default:
		return fmt.Sprintf("# used %d times", n)
	}
}

func (w yamlWriter) list(key string, values []string) {
	if len(values) > flowItems {
		w.line(key)
		for _, v := range values {
			w.line("      - " + yamlText(v))
		}
		return
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = yamlText(v)
	}
	w.line(key + " [" + strings.Join(texts, ", ") + "]")
}

// yamlText writes a text so that every reader of YAML reads that text: plain if it cannot be anything else, else in double
// quotes with everything escaped that is not printable ASCII.
func yamlText(s string) string {
	if isPlain(s) {
		return s
	}
	var out strings.Builder
	out.WriteByte('"')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r >= ' ' && r < 0x7f:
			out.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&out, "\\U%08X", r)
		default:
			fmt.Fprintf(&out, "\\u%04X", r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// isPlain reports whether s is a word that no version of YAML reads as anything but a text.
func isPlain(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s != "" && s[0] == '/' && plainBytes(s)
	}
	switch s {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	default:
		return plainBytes(s)
	}
}

func plainBytes(s string) bool {
	for i := range len(s) {
		if ch := s[i]; (ch < 'a' || ch > 'z') && (ch < '0' || ch > '9') && ch != '-' && ch != '.' && ch != '/' {
			return false
		}
	}
	return true
}
