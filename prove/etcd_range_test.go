package prove

import (
	"bytes"
	"testing"
)

func TestReadRange(t *testing.T) {
	value, found, err := readRange(rangeAnswer([]byte("/a"), []byte("stored")))
	if string(value) != "stored" || !found || err != nil {
		t.Errorf("%q %v %v", value, found, err)
	}
	if value, found, err := readRange(rangeAnswer([]byte("/a"), nil)); value != nil || found || err != nil {
		t.Errorf("%q %v %v", value, found, err)
	}
	whole := rangeAnswer([]byte("/a"), []byte("stored"))
	for n := range whole {
		if value, found, err := readRange(whole[:n]); err == nil || found {
			t.Errorf("%d bytes: %q", n, value)
		}
	}
}

// FuzzReadRange holds that no answer is read beyond its end or for ever, and that a value is a part of the answer.
func FuzzReadRange(f *testing.F) {
	f.Add(rangeAnswer([]byte("/registry/secrets/a/b"), []byte("k8s:enc:")))
	f.Add([]byte{0, 0, 0, 0, 2, 0x12, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		value, found, err := readRange(b)
		if err != nil && value != nil || !found && value != nil || !bytes.Contains(b, value) {
			t.Errorf("%q %v %v", value, found, err)
		}
	})
}

// FuzzProviderOf holds that what is told of a stored value is one short line, and nothing behind the names of the provider.
func FuzzProviderOf(f *testing.F) {
	f.Add([]byte("k8s:enc:secretbox:v1:key1:secret"), "secret")
	f.Fuzz(func(t *testing.T, stored []byte, secret string) {
		text := storedAs(stored, secret)
		if len(text) > maxReason+200 || bytes.ContainsAny([]byte(text), "\n\x1b\x00") {
			t.Errorf("%q", text)
		}
	})
}
