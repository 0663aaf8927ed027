package waiver

import (
	"fmt"
	"strings"
)

// value is what an annotation or a comment says behind the control:
//
//	reason [; until: YYYY-MM-DD] [; owner: NAME] [; container: NAME[, NAME]…]
//
// The reason is all that stands before the first option and may have semicolons of its own. "=" may stand for the
// colon. A part that looks like a misspelt option is refused: "untl: 2027-01-31" read as part of the reason would
// make a waiver that was meant to end hold for ever.
type value struct {
	reason, owner string
	until         Date
	containers    []string
}

func optionOf(part string) (name, text string, ok bool) {
	part = strings.TrimSpace(part)
	i := strings.IndexAny(part, ":=")
	if i <= 0 {
		return "", "", false
	}
	name = strings.ToLower(strings.TrimSpace(part[:i]))
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-_") != "" || len(name) > 20 {
		return "", "", false
	}
	return name, strings.TrimSpace(part[i+1:]), true
}

// parseValue reads s; options are those allowed here.
func parseValue(s string, known *Known, options ...string) (v value, err error) {
	inOptions := false
	seen := map[string]bool{}
	var reason []string
	for first := true; first || s != ""; first = false {
		part, rest, _ := strings.Cut(s, ";")
		s = rest
		name, text, ok := optionOf(part)
		isOption := false
		for _, o := range options {
			isOption = isOption || ok && name == o
		}
		switch {
		case isOption:
			inOptions = true
			if seen[name] {
				return v, fmt.Errorf("%s is given twice", name)
			}
			seen[name] = true
			if err := v.set(name, text); err != nil {
				return v, err
			}
		case strings.TrimSpace(part) == "":
		case inOptions:
			return v, fmt.Errorf("%q stands behind an option but is none of %s", shorten(strings.TrimSpace(part)), strings.Join(options, ", "))
		case ok && !first && looksMisspelt(name, text, known, options):
			return v, fmt.Errorf("unknown option %q%s", name, known.DidYouMean(name, options))
		default:
			reason = append(reason, strings.TrimSpace(part))
		}
	}
	v.reason = strings.Join(reason, "; ")
	if v.reason == "" {
		return v, fmt.Errorf("a reason is required")
	}
	return v, nil
}

// looksMisspelt reports whether a part of a reason was probably meant as an option: it is near to one, or gives a date.
func looksMisspelt(name, text string, known *Known, options []string) bool {
	if name == "container" || name == "containers" || name == "until" || name == "owner" {
		return true
	}
	if _, err := ParseDate(text); err == nil {
		return true
	}
	return len(name) >= 4 && known.DidYouMean(name, options) != ""
}

func (v *value) set(name, text string) (err error) {
	if text == "" {
		return fmt.Errorf("%s is empty", name)
	}
	switch name {
	case "until":
		v.until, err = ParseDate(text)
	case "owner":
		v.owner = text
	case "container":
		for c := range strings.SplitSeq(text, ",") {
			if c = strings.TrimSpace(c); c != "" {
				v.containers = append(v.containers, c)
			}
		}
	}
	return err
}

// controlList splits "a, b,c reason" into the ids and the rest.
func controlList(s string) (ids []string, rest string) {
	rest = strings.TrimLeft(s, " \t")
	for {
		i := strings.IndexAny(rest, " \t,")
		if i < 0 {
			i = len(rest)
		}
		if i > 0 {
			ids = append(ids, rest[:i])
		}
		rest = strings.TrimLeft(rest[i:], " \t")
		if !strings.HasPrefix(rest, ",") {
			return ids, rest
		}
		rest = strings.TrimLeft(rest, ", \t")
	}
}
