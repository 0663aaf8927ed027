package tree

import (
	"bytes"
	"iter"
)

// Document is the byte range of one document of a file. It includes the document's own start marker (---) and the
// directives before it, but not the marker that ends it.
type Document struct{ Start, End int }

// Split cuts a file into documents.
//
// A YAML stream is cut at markers (---, ...) at the start of a line, wherever they stand: YAML allows them in no
// scalar, so a broken document cannot hide the next one. Documents that hold nothing but blank lines and comments
// are left out. A file that starts with { or [ is read as a stream of JSON values for as long as it is one; from the
// first thing that is not JSON on it is cut at markers. A byte order mark at the start belongs to no document.
func Split(src []byte) iter.Seq[Document] {
	return func(yield func(Document) bool) {
		i := 0
		if bytes.HasPrefix(src, []byte(bom)) {
			i = len(bom)
		}
		for {
			start := skipJSONSpace(src, i)
			if start == len(src) || src[start] != '{' && src[start] != '[' {
				break
			}
			end := jsonEnd(src, start)
			if end < 0 {
				break
			}
			if !yield(Document{start, end}) {
				return
			}
			i = end
		}
		splitYAML(src, i, yield)
	}
}

// splitYAML yields the documents of src from i on. It looks for both markers by substring search and remembers
// where the next one of each kind is, so no byte is searched twice.
func splitYAML(src []byte, i int, yield func(Document) bool) {
	start := i               // of the document
	dashes, dots := i-1, i-1 // the next marker of each kind; before from: not looked for yet
	first := i == 0 || i == len(bom)
	for from := i; ; {
		if dashes < from {
			dashes = nextMarker(src, from, "\n---", first && from == i)
		}
		if dots < from {
			dots = nextMarker(src, from, "\n...", first && from == i)
		}
		at := min(dashes, dots)
		content, directives := lookAhead(src[start:at])
		if content && !yield(Document{start, at}) {
			return
		}
		if at == len(src) {
			return
		}
		switch {
		case at == dots:
			start = at + 3
		case content || !directives:
			start = at // else this marker belongs to the document that the directives began
		}
		from = at + 3
	}
}

// nextMarker returns the offset of the next line at or behind from that starts with the marker, len(src) if none.
func nextMarker(src []byte, from int, needle string, lineStart bool) int {
	if lineStart && isMarker(src, from) && src[from] == needle[1] {
		return from
	}
	for {
		k := bytes.Index(src[from:], []byte(needle))
		if k < 0 {
			return len(src)
		}
		from += k + 1
		if isMarker(src, from) {
			return from
		}
	}
}

// isMarker reports whether --- or ... and then a blank or the end stand at i, which is the start of a line.
func isMarker(src []byte, i int) bool {
	if i+3 > len(src) {
		return false
	}
	c := src[i]
	if c != '-' && c != '.' || src[i+1] != c || src[i+2] != c {
		return false
	}
	if i+3 == len(src) {
		return true
	}
	switch src[i+3] {
	case ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

// lookAhead reports whether a piece of a stream has content; if not, whether it has directives that wait for a
// start marker.
func lookAhead(doc []byte) (content, directives bool) {
	started := isMarker(doc, 0) && doc[0] == '-'
	if started {
		doc = doc[3:]
	}
	for len(doc) > 0 {
		line, rest := doc, []byte(nil)
		if k := bytes.IndexByte(doc, '\n'); k >= 0 {
			line, rest = doc[:k], doc[k+1:]
		}
		text := bytes.TrimRight(bytes.TrimLeft(line, " \t"), "\r")
		switch {
		case len(text) == 0:
		case text[0] == '#':
			// YAML 1.1 knows more line breaks than \n; content could hide behind one of them.
			if hasOddBreak(text) {
				return true, false
			}
		case line[0] == '%' && !started:
			directives = true
		case directives && !started && isMarker(line, 0):
			started = true
			doc = doc[3:]
			continue
		default:
			return true, false
		}
		doc = rest
	}
	return false, directives && !started
}

// hasOddBreak reports whether text has a line break other than \n: CR, NEL, LS or PS.
func hasOddBreak(text []byte) bool {
	for i, c := range text {
		switch c {
		case '\r':
			return true
		case 0xC2:
			if i+1 < len(text) && text[i+1] == 0x85 {
				return true
			}
		case 0xE2:
			if i+2 < len(text) && text[i+1] == 0x80 && (text[i+2] == 0xA8 || text[i+2] == 0xA9) {
				return true
			}
		}
	}
	return false
}
