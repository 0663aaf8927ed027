package tree

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Error says why a document was refused and where in the file.
type Error struct {
	Offset  int // byte offset in the file
	Line    int // counted from 1; lines end at \n
	Column  int // counted from 1 in Unicode code points
	Message string
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

const bom = "\xef\xbb\xbf"

// Lines turns byte offsets of one file into lines and columns. It may not be used by several goroutines at a time.
type Lines struct {
	src    []byte
	starts []int
	// ascii says that columns are bytes: a file may be one line of any length, and counting it again for each
	// position would take quadratic time.
	ascii bool
	// The last position of a file with other characters, from which the next one on the same line is counted on.
	lastStart, lastOffset, lastColumn int
}

// NewLines finds the lines of src, which must not change while the result is in use.
func NewLines(src []byte) *Lines {
	starts := make([]int, 1, 1+bytes.Count(src, []byte{'\n'}))
	for i := 0; ; {
		k := bytes.IndexByte(src[i:], '\n')
		if k < 0 {
			return &Lines{src: src, starts: starts, ascii: isASCII(src), lastStart: -1}
		}
		i += k + 1
		starts = append(starts, i)
	}
}

// Position returns the line and the column of a byte offset, both counted from 1. Columns count Unicode code
// points; a byte order mark at the start of the file is not counted. Offsets outside of the file are moved to its ends.
func (l *Lines) Position(offset int) (line, column int) {
	offset = min(max(offset, 0), len(l.src))
	k, found := slices.BinarySearch(l.starts, offset)
	if !found {
		k--
	}
	start := l.starts[k]
	if l.ascii {
		return k + 1, offset - start + 1
	}
	if l.lastStart == start && l.lastOffset <= offset && l.lastOffset > start+len(bom) {
		column = l.lastColumn + utf8.RuneCount(l.src[l.lastOffset:offset])
	} else {
		column = column1(l.src, start, offset)
	}
	l.lastStart, l.lastOffset, l.lastColumn = start, offset, column
	return k + 1, column
}

func isASCII(src []byte) bool {
	for len(src) >= 8 {
		if binary.LittleEndian.Uint64(src)&0x8080808080808080 != 0 {
			return false
		}
		src = src[8:]
	}
	for _, c := range src {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// Start returns the byte offset at which a line (counted from 1) begins, the length of the file if there is no such line.
func (l *Lines) Start(line int) int {
	if line < 1 || line > len(l.starts) {
		return len(l.src)
	}
	return l.starts[line-1]
}

// Line returns the text of a line (counted from 1) without its end, nil if there is no such line.
func (l *Lines) Line(line int) []byte {
	if line < 1 || line > len(l.starts) {
		return nil
	}
	end := len(l.src)
	if line < len(l.starts) {
		end = l.starts[line] - 1
	}
	text := l.src[l.starts[line-1]:end]
	if line < len(l.starts) && len(text) > 0 && text[len(text)-1] == '\r' {
		text = text[:len(text)-1]
	}
	return text
}

// column1 returns the column of offset in the line that starts at start.
func column1(src []byte, start, offset int) int {
	text := src[start:offset]
	if start == 0 {
		text = bytes.TrimPrefix(text, []byte(bom))
	}
	return utf8.RuneCount(text) + 1
}

// position remembers where the last error of a file was, so that the errors of many broken documents do not
// each count the lines from the top.
type position struct {
	src    []byte
	line   int // number of line breaks before offset
	offset int // always the start of a line
}

func (p *position) errorAt(src []byte, offset int, message string) *Error {
	offset = min(max(offset, 0), len(src))
	if len(src) == 0 || len(p.src) != len(src) || &p.src[0] != &src[0] || offset < p.offset {
		*p = position{src: src}
	}
	p.line += bytes.Count(src[p.offset:offset], []byte{'\n'})
	if k := bytes.LastIndexByte(src[p.offset:offset], '\n'); k >= 0 {
		p.offset += k + 1
	}
	return &Error{offset, p.line + 1, column1(src, p.offset, offset), message}
}
