// Package mistake collects what is wrong with a file that people write, such as a configuration, at its places and in its order.
package mistake

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Most bounds how many mistakes of one file are told.
const Most = 100

// Error is a mistake. Line and Column count from 1, columns in code points.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// List is the mistakes of one file.
type List struct {
	file  string
	lines *tree.Lines
	errs  []*Error
}

// NewList makes a list without mistakes for the file of that name and content.
func NewList(file string, src []byte) *List { return &List{file: file, lines: tree.NewLines(src)} }

// Line returns the line of a node.
func (l *List) Line(n tree.Node) int {
	start, _ := n.Span()
	line, _ := l.lines.Position(start)
	return line
}

// Add adds a mistake at a node.
func (l *List) Add(n tree.Node, format string, args ...any) {
	start, _ := n.Span()
	l.AddAt(start, format, args...)
}

// AddAt adds a mistake at a byte of the file.
func (l *List) AddAt(offset int, format string, args ...any) {
	if len(l.errs) > Most {
		return
	}
	line, column := l.lines.Position(offset)
	l.errs = append(l.errs, &Error{l.file, line, column, fmt.Sprintf(format, args...)})
}

// AddBroken adds why a document could not be parsed.
func (l *List) AddBroken(doc tree.Document, err error) {
	if parse, ok := errors.AsType[*tree.Error](err); ok {
		l.AddAt(parse.Offset, "%s", parse.Message)
		return
	}
	l.AddAt(doc.Start, "%v", err)
}

// Len is the number of mistakes, no more than one above Most.
func (l *List) Len() int { return len(l.errs) }

// Join returns all mistakes as one error, each an [*Error], in the order of the file; nil if there are none.
func (l *List) Join() error {
	slices.SortStableFunc(l.errs, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	var all []error
	for i, e := range l.errs {
		if i == Most {
			all = append(all, fmt.Errorf("%s: too many mistakes, the others are not told", l.file))
			break
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}

// Shorten keeps what a message quotes to a line.
func Shorten(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
