package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRead(t *testing.T) {
	plant(t, "a.yaml = hello", "empty.yaml", "long.yaml = "+strings.Repeat("x", 3000), "d/")
	small := Options{MaxFileSize: 2999}
	for _, test := range []struct {
		file File
		opts Options
		want string
		err  string
	}{
		{file: File{Path: "a.yaml"}, want: "hello"},
		{file: File{Path: "a.yaml"}, opts: Options{MaxFileSize: 5}, want: "hello"},
		{file: File{Path: "a.yaml"}, opts: Options{MaxFileSize: 4}, err: "read a.yaml: file is too large"},
		{file: File{Path: "empty.yaml"}, want: ""},
		{file: File{Path: "long.yaml"}, want: strings.Repeat("x", 3000)},
		{file: File{Path: "long.yaml"}, opts: small, err: "read long.yaml: file is too large"},
		{file: File{Path: "d", Explicit: true}, err: "read d: is a directory"},
		{file: File{Path: "gone"}, err: "read gone: no such file or directory"},
		{file: File{Path: "<stdin>"}, err: "read <stdin>: no such file or directory"}, // a file of that name
		{file: File{Path: StdinPath, stdin: true}, err: "read <stdin>: no standard input"},
		{file: File{Path: StdinPath, stdin: true}, opts: Options{Stdin: strings.NewReader("in")}, want: "in"},
		{
			file: File{Path: StdinPath, stdin: true}, opts: Options{Stdin: iotest.OneByteReader(strings.NewReader(strings.Repeat("y", 2999))), MaxFileSize: 2999},
			want: strings.Repeat("y", 2999),
		},
		{file: File{Path: StdinPath, stdin: true}, opts: Options{Stdin: endless{}, MaxFileSize: 2999}, err: "read <stdin>: file is too large"},
		{file: File{Path: StdinPath, stdin: true}, opts: Options{Stdin: iotest.ErrReader(io.ErrUnexpectedEOF)}, err: "read <stdin>: unexpected EOF"},
	} {
		got, err := Read(test.file, test.opts, nil)
		if string(got) != test.want || (err == nil) != (test.err == "") ||
			err != nil && err.Error() != test.err && runtime.GOOS != "windows" { // it has other words
			t.Errorf("%v: got %.20q, %v, want %.20q, %s", test.file, got, err, test.want, test.err)
		}
	}
	if _, err := Read(File{Path: "gone"}, Options{}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := Read(File{Path: "long.yaml"}, small, nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestReadUsesBuffer(t *testing.T) {
	plant(t, "a.yaml = hello")
	buf := make([]byte, 7, 4096)
	got, err := Read(File{Path: "a.yaml"}, Options{}, buf)
	if err != nil || string(got) != "hello" || &got[0] != &buf[0] {
		t.Errorf("%q, %v, or another buffer", got, err)
	}
}

// A file that grows between its size being asked and its end being reached stays bounded.
func TestReadGrowing(t *testing.T) {
	if _, err := readAll(endless{}, 10, 1000, nil); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	if got, err := readAll(io.LimitReader(endless{}, 1000), 10, 1000, nil); err != nil || len(got) != 1000 {
		t.Error(len(got), err)
	}
}

func TestReadNothingStalls(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("no /dev/zero")
	}
	if _, err := Read(File{Path: "/dev/zero"}, Options{}, nil); !errors.Is(err, ErrNotRegular) {
		t.Error(err)
	}
	if _, err := Read(File{Path: "/dev/zero", Explicit: true}, Options{MaxFileSize: 1 << 20}, nil); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func BenchmarkRead(b *testing.B) {
	plant(b, "a.yaml = "+strings.Repeat("x", 2000))
	buf := make([]byte, 1<<16)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(File{Path: "a.yaml"}, Options{}, buf); err != nil {
			b.Fatal(err)
		}
	}
}

func TestStdinOfWalk(t *testing.T) {
	for f, err := range Walk(t.Context(), []string{"-"}, Options{}) {
		got, readErr := Read(f, Options{Stdin: strings.NewReader("kind: Pod")}, nil)
		if err != nil || readErr != nil || string(got) != "kind: Pod" || f.Path != StdinPath || !f.Explicit {
			t.Error(f, err, readErr, string(got))
		}
	}
}
