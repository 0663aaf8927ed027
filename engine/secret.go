package engine

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/secretscan"
)

// secret is a range of the file whose bytes must not be shown, and the values that they stand for: a password, and the argument that it
// is a part of.
type secret struct {
	start, end int
	values     []string
}

// hide keeps a range of the file out of everything that is told of it.
func (j *judge) hide(start, end int, value string) {
	if start < end {
		j.secrets = append(j.secrets, secret{start, end, []string{value}})
	}
}

// protect hides what an object holds that is secret, whatever finding the line may be shown for.
func (j *judge) protect(o *object.Object) {
	for v := range secretFields(o) {
		start, end := v.Span()
		j.hide(start, end, v.Text())
	}
}

// search looks for credentials in the lines that are about to be shown. The controls for secrets may be off, and a line is shown for
// another reason.
func (j *judge) search() {
	seen := map[int]bool{}
	for i := range j.out.Findings {
		f := &j.out.Findings[i]
		if seen[f.Place.Line] || f.Place.Rendered || f.Snippet == "" {
			continue
		}
		seen[f.Place.Line] = true
		start := j.lines.Start(f.Place.Line)
		for m := range secretscan.Text(f.Snippet) {
			j.hide(start+m.Start, start+m.End, f.Snippet[m.Start:m.End])
		}
	}
}

// tellSecrets gives the caller what it must not show, as it stands in the file and as it is read.
func (j *judge) tellSecrets() {
	for _, s := range j.secrets {
		j.out.Secrets = append(j.out.Secrets, string(j.src[s.start:s.end]))
		for _, v := range s.values {
			j.out.Secrets = append(j.out.Secrets, strings.Clone(v))
		}
	}
}

// keepSecrets copies what is known of secrets, so that nothing holds on to the bytes of the file.
func keepSecrets(list []secret) []secret {
	out := make([]secret, 0, len(list))
	for _, s := range list {
		values := make([]string, len(s.values))
		for i, v := range s.values {
			values[i] = strings.Clone(v)
		}
		out = append(out, secret{s.start, s.end, values})
	}
	return out
}

// hidden stands for what is not shown.
const hidden = "********"

// redact covers secrets in the findings and problems of the file. A line may be shown because of something else on it,
// above all in JSON without line breaks, and a message may repeat a value that only another control knows to be secret.
func (j *judge) redact() {
	if len(j.secrets) == 0 {
		return
	}
	j.merge()
	// A file may be a single line of any length; it is covered once.
	lines := map[int]string{}
	cover := func(line int, text string, rendered bool) string {
		if rendered {
			return j.covered(line, text, true)
		}
		covered, ok := lines[line]
		if !ok {
			covered = j.covered(line, text, false)
			lines[line] = covered
		}
		return covered
	}
	for i := range j.out.Findings {
		f := &j.out.Findings[i]
		f.Snippet = cover(f.Place.Line, f.Snippet, f.Place.Rendered)
		if f.Place.Rendered {
			continue
		}
		for _, s := range j.within(f.Place.Offset, f.Place.Offset+f.Place.Length) {
			if _, own := slices.BinarySearch(j.discreet, i); !own {
				for _, value := range s.values {
					f.Message = strings.ReplaceAll(f.Message, value, hidden)
					f.Reason = strings.ReplaceAll(f.Reason, value, hidden)
				}
			}
			f.Value, f.Secret = "", true
		}
	}
	for i := range j.out.Problems {
		p := &j.out.Problems[i]
		p.Snippet = cover(p.Place.Line, p.Snippet, p.Place.Rendered)
	}
}

func without(text, value string) string {
	if value = strings.TrimSpace(value); len(value) > 2 {
		return strings.ReplaceAll(text, value, hidden)
	}
	return text
}

// merge sorts the secrets and makes one of those that overlap.
func (j *judge) merge() {
	slices.SortStableFunc(j.secrets, func(a, b secret) int { return cmp.Or(a.start-b.start, b.end-a.end) })
	merged := j.secrets[:1]
	for _, s := range j.secrets[1:] {
		last := &merged[len(merged)-1]
		if s.start >= last.end {
			merged = append(merged, s)
			continue
		}
		last.end = max(last.end, s.end)
		for _, value := range s.values {
			if !slices.Contains(last.values, value) {
				last.values = append(last.values, value)
			}
		}
	}
	for i := range merged {
		merged[i].values = slices.DeleteFunc(merged[i].values, func(v string) bool { return v == "" })
	}
	j.secrets = merged
}

// within returns the secrets that overlap a range.
func (j *judge) within(start, end int) []secret {
	lo, _ := slices.BinarySearchFunc(j.secrets, start, func(s secret, at int) int { return s.end - at })
	hi := lo
	for hi < len(j.secrets) && j.secrets[hi].start < end {
		hi++
	}
	return j.secrets[lo:hi]
}

// covered replaces the secrets in a line, character for character, so that what is beside them keeps its column. In
// a line of a template only the text of a secret can be found.
func (j *judge) covered(line int, text string, rendered bool) string {
	if text == "" {
		return text
	}
	if rendered {
		for _, s := range j.secrets {
			for _, value := range append(s.values, view(j.src[s.start:s.end])) {
				text = without(text, value)
				// What a generator encoded stands in its source as it is.
				if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value)); err == nil {
					text = without(text, string(plain))
				}
			}
		}
		return text
	}
	start := j.lines.Start(line)
	secrets := j.within(start, start+len(text))
	if len(secrets) == 0 {
		return text
	}
	// One pass: a line may be the whole file and hold any number of secrets.
	out := make([]byte, 0, len(text))
	done := 0
	for i := range secrets {
		from, to := max(secrets[i].start-start, done), min(secrets[i].end-start, len(text))
		if from >= to {
			continue
		}
		out = append(out, text[done:from]...)
		for range text[from:to] {
			out = append(out, '*')
		}
		done = to
	}
	return string(append(out, text[done:]...))
}
