package falco

import (
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// lists compares a field that is a list.
func lists(op string, left, right []string) Truth {
	set := make(map[string]bool, len(right))
	for _, s := range right {
		set[s] = true
	}
	for _, s := range left {
		switch {
		case op == "in" && !set[s]:
			return False
		case op == "intersects" && set[s]:
			return True
		}
	}
	return truth(op == "in")
}

// any reports whether a value is one of several, or lies below one of several paths.
func (v *Evaluator) any(op string, left operand, right []string) Truth {
	for _, s := range right {
		if op == "pmatch" {
			if v.below(left.values[0], s) {
				return True
			}
		} else if v.compare("=", left.typ, left.values[0], s) == True {
			return True
		}
	}
	return False
}

// below reports whether a path is another one or lies below it (libs, prefix_search.h). Parts of the other one may be patterns.
func (v *Evaluator) below(path, prefix string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, want := range strings.Split(strings.Trim(prefix, "/"), "/") {
		if i >= len(parts) {
			return false
		}
		if want != parts[i] && (!strings.ContainsAny(want, "*?[") || v.matches("glob", want, parts[i]) != True) {
			return false
		}
	}
	return true
}

// compare compares two values.
func (v *Evaluator) compare(op string, typ fieldType, a, b string) Truth {
	switch op {
	case "contains":
		return truth(strings.Contains(a, b))
	case "icontains":
		return truth(strings.Contains(lower(a), lower(b)))
	case "startswith":
		return truth(strings.HasPrefix(a, b))
	case "endswith":
		return truth(strings.HasSuffix(a, b))
	case "bcontains", "bstartswith":
		decoded, err := hex.DecodeString(b)
		if err != nil {
			return False
		}
		if op == "bstartswith" {
			return truth(strings.HasPrefix(a, string(decoded)))
		}
		return truth(strings.Contains(a, string(decoded)))
	case "glob", "iglob", "regex":
		return v.matches(op, b, a)
	}
	order, ok := ordered(typ, a, b)
	if !ok {
		return Unknown
	}
	switch op {
	case "=", "==":
		return truth(order == 0)
	case "!=":
		return truth(order != 0)
	case "<":
		return truth(order < 0)
	case "<=":
		return truth(order <= 0)
	case ">":
		return truth(order > 0)
	case ">=":
		return truth(order >= 0)
	default:
		return Unknown
	}
}

// ordered compares two values of a type.
func ordered(typ fieldType, a, b string) (order int, ok bool) {
	switch typ {
	case typeString, typeBytes, typeBool:
		return strings.Compare(a, b), true
	case typeSigned, typeUnsigned, typeDouble, typePort:
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(strings.TrimSpace(b), 64)
		switch {
		case errX != nil || errY != nil:
			return 0, false
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		default:
			return 0, true
		}
	default:
		return 0, false
	}
}

// maxPatterns bounds the compiled patterns that are kept.
const maxPatterns = 10_000

// matches applies a pattern to a whole value.
func (v *Evaluator) matches(op, pattern, s string) Truth {
	key := patternKey{op, pattern}
	compiled, ok := v.patterns[key]
	if !ok {
		expression := "(?s)^(?:" + pattern + ")$"
		if op != "regex" {
			expression = globExpression(pattern, op == "iglob")
		}
		compiled, _ = regexp.Compile(expression) // nil is remembered: what is no pattern is Unknown
		if len(v.patterns) < maxPatterns {
			v.patterns[key] = compiled
		}
	}
	if compiled == nil {
		return Unknown
	}
	return truth(compiled.MatchString(s))
}

// globExpression is a pattern of fnmatch as a regular expression. An asterisk matches slashes too.
func globExpression(pattern string, fold bool) string {
	var b strings.Builder
	b.WriteString("(?s")
	if fold {
		b.WriteByte('i')
	}
	b.WriteString(")^")
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			end := strings.IndexByte(pattern[i+1:], ']')
			if end <= 0 {
				b.WriteString(`\[`)
				continue
			}
			class := pattern[i+1 : i+1+end]
			if class[0] == '!' {
				class = "^" + class[1:]
			}
			b.WriteString("[" + strings.ReplaceAll(class, `\`, `\\`) + "]")
			i += end + 1
		case '\\':
			if i+1 < len(pattern) {
				i++
			}
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	return b.String() + "$"
}
