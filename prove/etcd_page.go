package prove

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds on a page of stored values. etcd has no way to ask for the first bytes of values alone: they come whole, and are thrown away while they
// are read.
const (
	storedPage = 100
	maxPage    = 256 << 20
	// maxKey bounds a key: namespace and name have 63 and 253 characters at most. maxHead is how much of a value is looked at.
	maxKey  = 4 << 10
	maxHead = 300
)

// page calls do for the keys behind one that begin with a prefix, with the first bytes of what is stored, and says whether there are more.
func (r *etcdReader) page(ctx context.Context, prefix, behind string, do func(key string, head []byte) error) (last string, more bool, err error) {
	start := prefix
	if behind != "" {
		start = behind + "\x00"
	}
	last = behind
	// RangeRequest: key = 1, range_end = 2 (not included), limit = 3. The answer is sorted by key.
	// https://etcd.io/docs/v3.6/learning/api/#range
	message := appendNumber(appendBytes(appendBytes(nil, 1, start), 2, prefixEnd(prefix)), 3, storedPage)
	err = r.ask(ctx, message, func(body io.Reader) error {
		pairs := 0
		more, err = readPage(io.LimitReader(body, maxPage), func(key string, head []byte) error {
			if pairs++; pairs > storedPage || key <= last || !strings.HasPrefix(key, prefix) {
				return errNotRange
			}
			last = key
			return do(key, head)
		})
		if err == nil && more && pairs == 0 {
			return errNotRange // this would never end
		}
		return err
	})
	return last, more && err == nil, err
}

// prefixEnd is the first key behind all those that begin with a prefix, which ends with no byte 0xff.
func prefixEnd(prefix string) string {
	return prefix[:len(prefix)-1] + string([]byte{prefix[len(prefix)-1] + 1})
}

// readPage reads a gRPC message with a RangeResponse as it comes: kvs = 2, more = 3.
func readPage(body io.Reader, do func(key string, head []byte) error) (more bool, err error) {
	var header [5]byte
	if _, err := io.ReadFull(body, header[:]); err != nil {
		return false, broken(err)
	}
	if header[0] != 0 {
		return false, errNotRange
	}
	m := message{r: bufio.NewReader(body), left: uint64(binary.BigEndian.Uint32(header[1:]))}
	for m.left > 0 {
		number, size, value, err := m.next()
		switch {
		case err != nil:
		case number == 2:
			err = readPair(&m, size, do)
		default:
			more = more || number == 3 && value != 0
			err = m.skip(size)
		}
		if err != nil {
			return false, err
		}
	}
	// The trailers come behind the end.
	if n, err := io.Copy(io.Discard, io.LimitReader(m.r, 1)); err != nil || n > 0 {
		return false, broken(err)
	}
	return more, nil
}

// readPair reads a KeyValue: key = 1, value = 5.
func readPair(outer *message, size uint64, do func(key string, head []byte) error) error {
	if size > outer.left {
		return errNotRange
	}
	outer.left -= size
	m := message{r: outer.r, left: size}
	var key, head []byte
	for m.left > 0 {
		number, size, _, err := m.next()
		switch {
		case err != nil:
		case number == 1 && size > maxKey:
			err = errNotRange
		case number == 1:
			key, err = m.first(size, maxKey)
		case number == 5:
			head, err = m.first(size, maxHead)
		default:
			err = m.skip(size)
		}
		if err != nil {
			return err
		}
	}
	return do(string(key), head)
}

// message is what is left of a protobuf message that is read as it comes.
type message struct {
	r    *bufio.Reader
	left uint64
}

// broken tells an answer that ends too early from a connection that does.
func broken(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errNotRange
	}
	return err
}

// ReadByte takes a byte of the message.
func (m *message) ReadByte() (byte, error) {
	if m.left == 0 {
		return 0, errNotRange
	}
	b, err := m.r.ReadByte()
	if err != nil {
		return 0, broken(err)
	}
	m.left--
	return b, nil
}

// next reads the start of a field: its number, and how many bytes follow or the value that it is.
// https://protobuf.dev/programming-guides/encoding/
func (m *message) next() (number, size, value uint64, err error) {
	tag, err := binary.ReadUvarint(m)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("read a field: %w", err)
	}
	switch tag & 7 {
	case 0:
		value, err = binary.ReadUvarint(m)
	case 1:
		size = 8
	case 2:
		size, err = binary.ReadUvarint(m)
	case 5:
		size = 4
	default:
		err = errNotRange
	}
	if err == nil && size > m.left {
		err = errNotRange
	}
	return tag >> 3, size, value, err
}

// skip passes over bytes, first keeps the first of them.
func (m *message) skip(size uint64) error {
	_, err := m.first(size, 0)
	return err
}

func (m *message) first(size, keep uint64) ([]byte, error) {
	m.left -= size
	kept := make([]byte, min(size, keep))
	if _, err := io.ReadFull(m.r, kept); err != nil {
		return nil, broken(err)
	}
	if _, err := io.CopyN(io.Discard, m.r, int64(size-uint64(len(kept)))); err != nil {
		return nil, broken(err)
	}
	return kept, nil
}
