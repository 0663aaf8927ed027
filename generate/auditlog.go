package generate

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
)

// MaxEventSize is the size in bytes of an event that an AuditReader takes: 16 MiB. The API server takes request bodies of 3 MiB,
// and an event has two of them at most. What is longer is skipped and reported.
const MaxEventSize = 16 << 20

// maxProblems is how many of the skipped lines an AuditReader names.
const maxProblems = 20

var tooLong = fmt.Sprintf("longer than %d MiB", MaxEventSize>>20)

// ErrNoEvents is the error of a log in which no audit event could be read.
var ErrNoEvents = errors.New("no audit event found")

// AuditProblem is a piece of an audit log that could not be used.
type AuditProblem struct {
	// Line is where it begins, from 1.
	Line int `json:"line"`
	// Reason is why, without any of its text.
	Reason string `json:"reason"`
}

// AuditReader reads the events of an audit log, as the API server writes it to a file (one JSON object per line), as its webhook
// sends it (EventList documents), or as tools print either (indented, in an array), plain or compressed with gzip. It reads
// audit.k8s.io/v1, v1beta1 and v1alpha1. It holds one event at a time, whatever the size of the log.
//
// What is not an event is skipped, counted and reported by line: half a line at the end of a log that is still being written,
// or at the beginning of one that was cut, must not cost the rest.
type AuditReader struct {
	src io.Reader
	dec eventDecoder
	// limit is MaxEventSize; tests set less.
	limit int

	split    splitter
	yield    func(*AuditEvent) bool
	line     int
	events   int
	skipped  int
	problems []AuditProblem
	err      error
}

// NewAuditReader returns a reader of the log in src. It closes nothing.
func NewAuditReader(src io.Reader) *AuditReader {
	return &AuditReader{src: src, limit: MaxEventSize}
}

// Events yields the events of the log in their order, of all stages. An event and all in it but its strings is valid until the
// next one. The log can be read once; ask Err afterwards.
func (r *AuditReader) Events() iter.Seq[*AuditEvent] {
	return func(yield func(*AuditEvent) bool) {
		r.yield = yield
		r.line = 1
		r.split = splitter{limit: r.limit, found: r.found, wrong: r.wrong}
		done, err := r.read()
		if done {
			return
		}
		r.split.finish()
		switch {
		case err != nil && r.events == 0:
			r.err = fmt.Errorf("reading audit log: %w", err)
		case err != nil:
			r.wrong(r.line, "cannot be read further: "+err.Error())
		case r.events == 0 && len(r.problems) > 0:
			p := r.problems[0]
			r.err = fmt.Errorf("reading audit log: %w, %d places skipped, the first is line %d: %s", ErrNoEvents, r.skipped, p.Line, p.Reason)
		case r.events == 0:
			r.err = fmt.Errorf("reading audit log: %w", ErrNoEvents)
		}
	}
}

// Err returns why nothing could be read: the error of the source before the first event, or one that wraps ErrNoEvents. It is nil
// if there was an event.
func (r *AuditReader) Err() error { return r.err }

// Count returns how many events were read.
func (r *AuditReader) Count() int { return r.events }

// Skipped returns how many pieces of the log could not be used, and where the first twenty of them are.
func (r *AuditReader) Skipped() (count int, first []AuditProblem) { return r.skipped, r.problems }

func (r *AuditReader) wrong(line int, reason string) {
	r.skipped++
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, AuditProblem{Line: line, Reason: reason})
	}
}

const bufferSize = 256 << 10

// read goes through the source. done is true if the caller has had enough.
func (r *AuditReader) read() (done bool, err error) {
	in := bufio.NewReaderSize(r.src, bufferSize)
	if magic, peekErr := in.Peek(2); peekErr == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return false, err
		}
		in = bufio.NewReaderSize(z, bufferSize)
	}
	if mark, peekErr := in.Peek(3); peekErr == nil && string(mark) == "\xef\xbb\xbf" {
		if _, err := in.Discard(3); err != nil {
			return false, err
		}
	}
	var long []byte     // the beginning of a line that is longer than the buffer
	atLineStart := true // the next chunk begins a line
	for {
		chunk, err := in.ReadSlice('\n')
		more := errors.Is(err, bufio.ErrBufferFull)
		if atLineStart && len(chunk) > 0 && chunk[0] == '{' && len(long) == 0 {
			r.split.resync()
		}
		ok := true
		switch {
		case len(long) == 0 && r.split.busy():
			ok = r.split.feed(chunk)
		case more && len(long)+len(chunk) <= r.limit:
			long = append(long, chunk...)
		case more:
			r.split.line = r.line
			ok = r.split.feed(long) && r.split.feed(chunk)
			long = long[:0]
		case len(long) > 0:
			long = append(long, chunk...)
			ok = r.take(long)
			long = long[:0]
		default:
			ok = r.take(chunk)
		}
		if !ok {
			return true, nil
		}
		if atLineStart = !more; atLineStart {
			r.line++
		}
		if err != nil && !more {
			r.line--
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return false, err
		}
	}
}

// take reads a line with nothing open before it.
func (r *AuditReader) take(line []byte) bool {
	trimmed := bytes.TrimSpace(line)
	if len(trimmed) == 0 {
		return true
	}
	if trimmed[0] == '{' && len(trimmed) <= r.limit {
		switch r.dec.decode(trimmed, false) {
		case isEvent:
			return r.event()
		case isOther:
			r.wrong(r.line, notEvent)
			return true
		case isBroken, isList:
		}
	}
	r.split.line = r.line
	return r.split.feed(line)
}

const notEvent = "not an event of audit.k8s.io"

// found is called by the splitter.
func (r *AuditReader) found(object []byte, line int, inList bool) bool {
	kind := r.dec.decode(object, inList)
	if kind == isList && inList {
		// A list lost its end, so that the next one looks like an item of it.
		inner := splitter{limit: r.limit, found: r.judge, wrong: r.wrong, line: line}
		return inner.feed(object)
	}
	return r.use(kind, line)
}

// judge is called by a splitter inside of a list; a list in there again is nothing.
func (r *AuditReader) judge(object []byte, line int, inList bool) bool {
	return r.use(r.dec.decode(object, inList), line)
}

func (r *AuditReader) use(kind decoded, line int) bool {
	switch kind {
	case isEvent:
		return r.event()
	case isBroken:
		r.wrong(line, "not a JSON object, or not of the shape of an event")
	case isOther, isList:
		r.wrong(line, notEvent)
	}
	return true
}

func (r *AuditReader) event() bool {
	r.events++
	return r.yield(&r.dec.event)
}
