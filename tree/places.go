package tree

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// places finds the byte offsets of lines and columns as the libraries count them: NEL, LS and PS end lines for them too,
// and columns count runes.
type places struct {
	size  int
	lines []int // offset of each line
	// The rest is only for documents that are not ASCII: looking up columns must not take longer in a long line.
	runes []uint32 // offset of each rune
	first []int    // number of the first rune of each line
}

// newPlaces measures the document that begins at start and goes on to the end of src.
func newPlaces(src []byte, start int) *places {
	l := &places{size: len(src), lines: []int{start}}
	for i := start; i < len(src); i++ {
		n := 0
		switch src[i] {
		case '\n':
			n = 1
		case 0xC2:
			if bytes.HasPrefix(src[i:], []byte("\u0085")) {
				n = 2
			}
		case 0xE2:
			if bytes.HasPrefix(src[i:], []byte("\u2028")) || bytes.HasPrefix(src[i:], []byte("\u2029")) {
				n = 3
			}
		}
		if n > 0 {
			l.lines = append(l.lines, i+n)
		}
	}
	if !slices.ContainsFunc(src[start:], func(c byte) bool { return c >= utf8.RuneSelf }) {
		return l
	}
	for i := start; i < len(src); {
		if len(l.first) < len(l.lines) && l.lines[len(l.first)] == i {
			l.first = append(l.first, len(l.runes))
		}
		l.runes = append(l.runes, uint32(i))
		_, n := utf8.DecodeRune(src[i:])
		i += n
	}
	l.runes = append(l.runes, uint32(len(src)))
	if len(l.first) < len(l.lines) {
		l.first = append(l.first, len(l.runes)-1)
	}
	return l
}

// offset turns a line and a column, both counted from 1, into an offset; -1 if there is no such place.
func (l *places) offset(line, column int) int {
	if line < 1 || line > len(l.lines) || column < 1 {
		return -1
	}
	if l.runes == nil {
		if i := l.lines[line-1] + column - 1; i <= l.size {
			return i
		}
		return -1
	}
	if k := l.first[line-1] + column - 1; k < len(l.runes) {
		return int(l.runes[k])
	}
	return -1
}

// lineOf returns the number of the line that the offset is in.
func (l *places) lineOf(offset int) int {
	k, found := slices.BinarySearch(l.lines, offset)
	if found {
		k++
	}
	return k
}
