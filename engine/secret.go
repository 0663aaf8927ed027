package engine

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
)

// secret is a range of the file whose bytes must not be shown, and the value that they stand for.
type secret struct {
	start, end int
	value      string
}

// hide keeps a range of the file out of everything that is told of it.
func (j *judge) hide(start, end int, value string) {
	if start < end {
		j.secrets = append(j.secrets, secret{start, end, value})
	}
}

// protect hides what a Secret object holds, whatever finding the line may be shown for.
func (j *judge) protect(o *object.Object) {
	if o.Kind != "Secret" {
		return
	}
	for _, field := range [...]string{"data", "stringData"} {
		for _, v := range o.Root.Get(field).Pairs() {
			start, end := v.Span()
			j.hide(start, end, v.Text())
		}
	}
}

// hidden stands for what is not shown.
const hidden = "********"

// redact covers secrets in the findings and problems of the file. A line may be shown because of something else on it,
// above all in JSON without line breaks, and a message may repeat a value that only another control knows to be secret.
func (j *judge) redact() {
	if len(j.secrets) == 0 {
		return
	}
	slices.SortFunc(j.secrets, func(a, b secret) int { return a.start - b.start })
	j.secrets = slices.CompactFunc(j.secrets, func(a, b secret) bool { return a.start == b.start && a.end == b.end })
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
			if _, own := slices.BinarySearch(j.discreet, i); !own && s.value != "" {
				f.Message = strings.ReplaceAll(f.Message, s.value, hidden)
				f.Reason = strings.ReplaceAll(f.Reason, s.value, hidden)
			}
			f.Value, f.Secret = "", true
		}
	}
	for i := range j.out.Problems {
		p := &j.out.Problems[i]
		p.Snippet = cover(p.Place.Line, p.Snippet, p.Place.Rendered)
	}
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
			if raw := strings.TrimSpace(view(j.src[s.start:s.end])); len(raw) > 2 {
				text = strings.ReplaceAll(text, raw, hidden)
			}
		}
		return text
	}
	start := j.lines.Start(line)
	// From the end, so that a character of several bytes moves nothing that is still to come.
	for _, s := range slices.Backward(j.within(start, start+len(text))) {
		from, to := max(s.start-start, 0), min(s.end-start, len(text))
		if from < to {
			text = text[:from] + strings.Map(func(rune) rune { return '*' }, text[from:to]) + text[to:]
		}
	}
	return text
}
