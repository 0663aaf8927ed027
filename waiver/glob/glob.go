// Package glob matches names and paths with the patterns that people write in configuration files.
//
//   - any run of characters; in a path any run within one segment
//     ?      one character; in a path not a slash
//     **     as a whole segment of a path: any number of segments, none included
//     {a,b}  a or b; groups do not nest
//     \      takes the character behind it as it is
//
// Character ranges ([a-z]) are refused rather than read as plain text. Upper and lower case differ. A match takes
// time proportional to pattern × text at most, whatever the pattern.
package glob

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// limits of a pattern
const (
	maxLength       = 4096
	maxAlternatives = 64
)

// Glob is a compiled pattern. The zero Glob matches nothing.
type Glob struct {
	text string
	alts [][]segment
	path bool
}

// segment is what stands between two slashes of a path, or a whole name.
type segment struct {
	literal string
	tokens  []token // nil: literal
	double  bool    // **
}

type token struct {
	char rune // what to match
	kind kind
}

type kind uint8

const (
	exact kind = iota
	one
	run
)

// Name compiles a pattern for names, in which a slash is a character like any other.
func Name(pattern string) (Glob, error) { return compile(pattern, false) }

// Path compiles a pattern for paths with forward slashes.
func Path(pattern string) (Glob, error) { return compile(pattern, true) }

// Literal returns the text that the pattern stands for if it stands for no other.
func (g Glob) Literal() (string, bool) {
	if len(g.alts) != 1 || len(g.alts[0]) != 1 || g.alts[0][0].tokens != nil || g.alts[0][0].double {
		return "", false
	}
	return g.alts[0][0].literal, true
}

func (g Glob) String() string { return g.text }

func compile(pattern string, path bool) (Glob, error) {
	if len(pattern) > maxLength {
		return Glob{}, fmt.Errorf("pattern is longer than %d bytes", maxLength)
	}
	if !utf8.ValidString(pattern) {
		return Glob{}, errors.New("pattern is not valid UTF-8")
	}
	alternatives, err := expand(pattern)
	if err != nil {
		return Glob{}, err
	}
	g := Glob{text: pattern, path: path}
	for _, alt := range alternatives {
		if path {
			alt = strings.TrimPrefix(alt, "./")
			if strings.HasPrefix(alt, "../") || alt == ".." {
				return Glob{}, errors.New("pattern goes above its folder")
			}
			alt = strings.TrimSuffix(alt, "/")
		}
		segments, err := segmentsOf(alt, path)
		if err != nil {
			return Glob{}, err
		}
		g.alts = append(g.alts, segments)
	}
	return g, nil
}

// expand writes out the groups in braces.
func expand(pattern string) ([]string, error) {
	done := []string{""}
	rest := pattern
	for {
		i := indexUnescaped(rest, "{}")
		if i < 0 {
			for k := range done {
				done[k] += rest
			}
			return done, nil
		}
		if rest[i] == '}' {
			return nil, errors.New("pattern closes a group } that is not open")
		}
		end := indexUnescaped(rest[i+1:], "{}")
		if end < 0 || rest[i+1+end] == '{' {
			return nil, errors.New("pattern has a group { that is not closed")
		}
		group := splitUnescaped(rest[i+1 : i+1+end])
		if len(done)*len(group) > maxAlternatives {
			return nil, fmt.Errorf("pattern stands for more than %d alternatives", maxAlternatives)
		}
		var next []string
		for _, head := range done {
			for _, choice := range group {
				next = append(next, head+rest[:i]+choice)
			}
		}
		done, rest = next, rest[i+1+end+1:]
	}
}

func indexUnescaped(s, chars string) int {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case strings.IndexByte(chars, s[i]) >= 0:
			return i
		}
	}
	return -1
}

func splitUnescaped(s string) []string {
	var parts []string
	for {
		i := indexUnescaped(s, ",")
		if i < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:i])
		s = s[i+1:]
	}
}

func segmentsOf(pattern string, path bool) ([]segment, error) {
	var segments []segment
	for {
		i := -1
		if path {
			i = indexUnescaped(pattern, "/")
		}
		part := pattern
		if i >= 0 {
			part = pattern[:i]
		}
		s, err := parseSegment(part, path)
		if err != nil {
			return nil, err
		}
		if !s.double || len(segments) == 0 || !segments[len(segments)-1].double {
			segments = append(segments, s)
		}
		if i < 0 {
			return segments, nil
		}
		pattern = pattern[i+1:]
	}
}

func parseSegment(part string, path bool) (segment, error) {
	if path && part == "**" {
		return segment{double: true}, nil
	}
	var tokens []token
	wild := false
	escaped := false
	for _, r := range part {
		switch {
		case escaped:
			tokens = append(tokens, token{char: r})
			escaped = false
		case r == '\\':
			escaped = true
		case r == '*':
			wild = true
			if n := len(tokens); n == 0 || tokens[n-1].kind != run {
				tokens = append(tokens, token{kind: run})
			}
		case r == '?':
			wild = true
			tokens = append(tokens, token{kind: one})
		case r == '[' || r == ']':
			return segment{}, fmt.Errorf("pattern has a range in brackets, which is not supported: write \\%c for the character", r)
		default:
			tokens = append(tokens, token{char: r})
		}
	}
	if escaped {
		return segment{}, errors.New("pattern ends in a backslash")
	}
	if wild {
		return segment{tokens: tokens}, nil
	}
	var literal strings.Builder
	for _, t := range tokens {
		literal.WriteRune(t.char)
	}
	return segment{literal: literal.String()}, nil
}

// Match reports whether the pattern stands for the whole of s.
func (g Glob) Match(s string) bool {
	for _, alt := range g.alts {
		if !g.path {
			if alt[0].match(s) {
				return true
			}
			continue
		}
		if matchPath(alt, s) {
			return true
		}
	}
	return false
}

// Covers reports whether the pattern stands for the path or for a folder above it.
func (g Glob) Covers(path string) bool {
	for {
		if g.Match(path) {
			return true
		}
		i := strings.LastIndexByte(path, '/')
		if i <= 0 {
			return false
		}
		path = path[:i]
	}
}

// matchPath goes back to the last ** only, which is enough and keeps it from taking exponential time.
func matchPath(pattern []segment, path string) bool {
	k := 0
	star, resume := -1, 0 // the last ** and where in path it may take one segment more
	for i := 0; ; {
		ended := i > len(path)
		switch {
		case k < len(pattern) && pattern[k].double:
			star, resume = k, i
			k++
			if k == len(pattern) {
				return true
			}
			continue
		case k == len(pattern) && ended:
			return true
		case k < len(pattern) && !ended:
			end := segmentEnd(path, i)
			if pattern[k].match(path[i:end]) {
				k++
				i = end + 1
				continue
			}
		}
		if star < 0 || resume > len(path) {
			return false
		}
		resume = segmentEnd(path, resume) + 1
		k, i = star+1, resume
	}
}

// segmentEnd returns the index of the slash behind the segment that starts at i. Behind the last one the path ends at
// len(path), and the next segment would start at len(path)+1.
func segmentEnd(path string, i int) int {
	if k := strings.IndexByte(path[i:], '/'); k >= 0 {
		return i + k
	}
	return len(path)
}

func (s segment) match(text string) bool {
	if s.double {
		return false
	}
	if s.tokens == nil {
		return s.literal == text
	}
	k, i := 0, 0
	star, resume := -1, 0
	for {
		switch {
		case k < len(s.tokens) && s.tokens[k].kind == run:
			star, resume = k, i
			k++
			if k == len(s.tokens) {
				return true
			}
			continue
		case k == len(s.tokens) && i == len(text):
			return true
		case k < len(s.tokens) && i < len(text):
			r, size := utf8.DecodeRuneInString(text[i:])
			if s.tokens[k].kind == one || s.tokens[k].char == r && (r != utf8.RuneError || size > 1) {
				k++
				i += size
				continue
			}
		}
		if star < 0 || resume >= len(text) {
			return false
		}
		_, size := utf8.DecodeRuneInString(text[resume:])
		resume += size
		k, i = star+1, resume
	}
}
