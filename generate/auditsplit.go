package generate

import (
	"bytes"
)

// splitter finds the objects in a stream that is not one object per line: indented documents, lists, lines too long to be held.
// It counts brackets and quotes and keeps no more than one object of at most limit bytes. Whether what it finds is JSON is for
// the decoder to say.
type splitter struct {
	limit int
	found func(object []byte, line int, inList bool) bool // false ends the work
	wrong func(line int, reason string)

	state  splitState
	line   int // of the byte that is looked at
	depth  int // open brackets
	list   int // how many brackets are open between the items of a list; 0 outside of lists
	str    bool
	escape bool

	buf      []byte
	start    int // the line that the object begins on
	keeping  bool
	overlong bool
}

type splitState uint8

const (
	between splitState = iota // before a value
	junk                      // in a line that is no value
	inside                    // in a value
)

// busy reports whether something is open, so that the next line cannot be looked at alone.
func (s *splitter) busy() bool { return s.state != between }

// feed takes the next bytes: a line, or a piece of one that is too long. It returns false if found did.
func (s *splitter) feed(chunk []byte) bool {
	for i := 0; i < len(chunk); {
		switch s.state {
		case junk:
			k := bytes.IndexByte(chunk[i:], '\n')
			if k < 0 {
				return true
			}
			i += k + 1
			s.line++
			s.state = between
		case between:
			i = s.open(chunk, i)
		case inside:
			var ok bool
			if i, ok = s.inside(chunk, i); !ok {
				return false
			}
		}
	}
	return true
}

// open looks for the beginning of a value from i on.
func (s *splitter) open(chunk []byte, i int) int {
	switch chunk[i] {
	case '\n':
		s.line++
	case ' ', '\t', '\r':
	case '{', '[':
		s.state, s.depth, s.list = inside, 1, 0
		s.str, s.escape = false, false
		if chunk[i] == '[' {
			s.list, s.keeping = 1, false
		} else {
			s.keep()
			s.buf = append(s.buf, '{')
		}
	default:
		s.wrong(s.line, "not a JSON object")
		s.state = junk
	}
	return i + 1
}

// keep begins an object.
func (s *splitter) keep() {
	s.buf, s.start, s.keeping, s.overlong = s.buf[:0], s.line, true, false
}

// inside goes on in a value from i on and returns where it stopped.
func (s *splitter) inside(chunk []byte, i int) (next int, ok bool) {
	from := i // what is not in buf yet
	for ; i < len(chunk); i++ {
		ch := chunk[i]
		if s.str {
			switch {
			case s.escape:
				s.escape = false
			case ch == '\\':
				s.escape = true
			case ch == '"':
				s.str = false
			}
			if ch == '\n' {
				s.line++
				s.broken("a text is cut off at the end of the line")
				return i + 1, true
			}
			continue
		}
		switch ch {
		case '\n':
			s.line++
		case '"':
			s.str = true
		case '{', '[':
			s.depth++
			switch {
			case s.depth == s.list+1 && s.list > 0 && ch == '{':
				s.keep()
				from = i
			case s.depth == 2 && ch == '[' && s.list == 0 && s.keeping:
				s.append(chunk[from:i])
				from = i
				if s.atItems() {
					s.list, s.keeping = 2, false
				}
			}
		case '}', ']':
			s.depth--
			if s.keeping && s.depth == s.list {
				s.append(chunk[from : i+1])
				if !s.emit() {
					return i + 1, false
				}
			}
			if s.depth < s.list {
				s.list = 0
			}
			if s.depth <= 0 {
				s.state = between
				return i + 1, true
			}
		}
	}
	s.append(chunk[from:i])
	return i, true
}

// atItems reports whether the object so far ends in "items":, so that a list follows. (The list of an audit webhook; its other
// keys stand before the items, and nobody needs them.)
func (s *splitter) atItems() bool {
	b := bytes.TrimRight(s.buf, " \t\r\n")
	b, ok := bytes.CutSuffix(b, []byte(":"))
	return ok && bytes.HasSuffix(bytes.TrimRight(b, " \t\r\n"), []byte(`"items"`))
}

func (s *splitter) append(b []byte) {
	switch {
	case !s.keeping || s.overlong:
	case len(s.buf)+len(b) > s.limit:
		s.overlong = true
		s.buf = s.buf[:0]
		s.wrong(s.start, tooLong)
	default:
		s.buf = append(s.buf, b...)
	}
}

func (s *splitter) emit() bool {
	s.keeping = false
	return s.overlong || s.found(s.buf, s.start, s.list > 0)
}

// resync is called when a line begins with a brace. No writer continues an object that way, so one that is open has lost its end.
func (s *splitter) resync() {
	if s.state == inside && (s.keeping || s.list == 0) {
		s.broken("cut off: the next line begins another object")
	}
}

// broken gives up the object that is open. In a list, the next item is looked for.
func (s *splitter) broken(reason string) {
	if s.keeping && !s.overlong {
		s.wrong(s.start, reason)
	}
	s.str, s.escape, s.keeping = false, false, false
	s.buf = s.buf[:0]
	if s.depth = s.list; s.list == 0 {
		s.state = between
	}
}

// finish is called at the end of the input.
func (s *splitter) finish() {
	if s.state == inside {
		if !s.keeping {
			s.start = s.line
			s.overlong = false
			s.keeping = true
		}
		s.broken("cut off: the input ends inside")
		s.state = between
	}
}
