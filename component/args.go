package component

import "strings"

// word is one word of a command line.
type word struct {
	text  string
	place Place
	// opaque says why the text is not known in full: a variable that the files do not resolve. "" if it is.
	opaque string
}

// statement is one flag that was given: --name=text.
type statement struct {
	name   string // with dashes
	text   string
	bare   bool // no value was given
	place  Place
	value  Place // the word of the value where that is one of its own, else place
	source Source
	opaque string
	// sum is set if the text is more than what stands at the place: it cannot be changed there.
	sum bool
}

// commandLine is a parsed command line.
type commandLine struct {
	flags []statement
	// stray are words that are neither flags nor values.
	stray []word
}

// normal returns the name of a flag as k8s.io/component-base/cli/flag.WordSepNormalizeFunc makes it.
func normal(name string) string { return strings.ReplaceAll(name, "_", "-") }

// parseArgs reads flags as github.com/spf13/pflag does, etcd's as the standard library's package flag: one dash is as good as two.
// bare says which flags take no value from the next word. Words without a meaning are stray; behind -- all are.
func parseArgs(words []word, k Kind, bare func(name string) bool) commandLine {
	var line commandLine
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w.text == "--" {
			line.stray = append(line.stray, words[i+1:]...)
			break
		}
		name, isFlag := flagName(w.text, k)
		if !isFlag {
			line.stray = append(line.stray, w)
			continue
		}
		s := statement{place: w.place, value: w.place, source: FromFlag, opaque: w.opaque}
		name, text, hasValue := strings.Cut(name, "=")
		s.name, s.text = normal(name), text
		if hasValue {
			line.flags = append(line.flags, s)
			continue
		}
		s.bare = true
		if !bare(s.name) && i+1 < len(words) && (known(k, s.name) || !strings.HasPrefix(words[i+1].text, "-")) {
			i++
			s.text, s.bare, s.value = words[i].text, false, words[i].place
			if s.opaque == "" {
				s.opaque = words[i].opaque
			}
		}
		line.flags = append(line.flags, s)
	}
	return line
}

// flagName takes the dashes from a word; ok is false if it is no flag. Of the flags with one letter there is -v alone (and -h).
func flagName(text string, k Kind) (name string, ok bool) {
	switch {
	case strings.HasPrefix(text, "--") && len(text) > 2 && text[2] != '=' && text[2] != '-':
		return text[2:], true
	case k == Etcd && len(text) > 1 && text[0] == '-' && text[1] != '-':
		return text[1:], true
	case strings.HasPrefix(text, "-v") && k != Etcd:
		rest := strings.TrimPrefix(text[2:], "=")
		if rest == "" {
			return "v", true
		}
		return "v=" + rest, strings.Trim(rest, "0123456789") == ""
	case text == "-h":
		return "help=true", true
	default:
		return "", false
	}
}

// known reports whether any release has a flag.
func known(k Kind, name string) bool {
	_, ok, _ := FlagSpec(k, Version{}, name)
	return ok
}
