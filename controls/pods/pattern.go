package pods

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first asked, because most runs never ask most of them.
type pattern struct {
	text     string
	compiled func() *regexp.Regexp
}

func newPattern(text string) *pattern {
	return &pattern{text, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })}
}

func (p *pattern) matches(s string) bool { return p.compiled().MatchString(s) }

// or returns a pattern that matches what the other text matches, too.
func (p *pattern) or(text string) *pattern { return newPattern(p.text + "|" + text) }
