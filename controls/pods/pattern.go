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
