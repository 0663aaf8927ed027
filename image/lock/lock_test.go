package lock

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree/mistake"
)

var (
	one = "sha256:" + strings.Repeat("1a", 32)
	two = "sha256:" + strings.Repeat("2b", 32)
	big = "sha512:" + strings.Repeat("3c", 64)
)

func ref(t *testing.T, s string) *image.Reference {
	t.Helper()
	r, err := image.Parse(s)
	if err != nil {
		t.Fatalf("parse %q: %v", s, err)
	}
	return &r
}

func TestParse(t *testing.T) {
	src := "# Ours.\nimages:\n  registry.example.com/app:1.2: " + one + "\n  'nginx': \"" + two + "\"\n  localhost:5000/a/b:x: " + big + "\n"
	json := `{"images": {"registry.example.com/app:1.2": "` + one + `", "docker.io/library/nginx:latest": "` + two + `", "localhost:5000/a/b:x": "` + big + `"}}`
	for _, text := range []string{src, json, "\xEF\xBB\xBF" + strings.ReplaceAll(src, "\n", "\r\n")} {
		f, err := Parse("images.lock", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for in, want := range map[string]string{
			"registry.example.com/app:1.2":         one,
			"registry.example.com/app:1.2@" + two:  one,
			"registry.example.com/app:1.3":         "",
			"registry.example.com/app":             "",
			"registry.example.com:443/app:1.2":     "",
			"nginx":                                two,
			"nginx:latest":                         two,
			"docker.io/nginx":                      two,
			"index.docker.io/library/nginx:latest": two,
			"nginx:1":                              "",
			"localhost:5000/a/b:x":                 big,
		} {
			if got, ok := f.Digest(ref(t, in)); got != want || ok != (want != "") {
				t.Errorf("digest of %s is %q, %t, want %q", in, got, ok, want)
			}
		}
		again, err := Parse("again", f.Write())
		if err != nil || string(again.Write()) != string(f.Write()) || again.Len() != 3 {
			t.Errorf("written and read again: %v\n%s", err, f.Write())
		}
	}
}

func TestParseErrors(t *testing.T) {
	app := "registry.example.com/app:1.2"
	for _, c := range []struct{ name, src, want string }{
		{"empty", "", "images.lock:1:1: a lock file must be a mapping"},
		{"list", "- a\n", "images.lock:1:1: a lock file must be a mapping"},
		{"no images", "{}\n", "images.lock:1:1: a lock file must have the key images"},
		{"unknown key", "images: {}\nimage: {}\n", `images.lock:2:1: unknown key "image"`},
		{"only another key", "version: 1\n", `images.lock:1:1: unknown key "version"`},
		{"images a list", "images:\n  - a\n", "images.lock:2:3: images must be a mapping"},
		{"images a text", "images: a\n", "images.lock:1:9: images must be a mapping"},
		{"short digest", "images:\n  " + app + ": sha256:abc\n", "images.lock:2:33: the digest of"},
		{"upper-case digest", "images:\n  " + app + ": " + strings.ToUpper(one) + "\n", "images.lock:2:33: the digest of"},
		{"other algorithm", "images:\n  " + app + ": md5:" + strings.Repeat("1a", 16) + "\n", "images.lock:2:33: the digest of"},
		{"digest with more behind it", "images:\n  " + app + ": \"" + one + "\\nx\"\n", "images.lock:2:33: the digest of"},
		{"digest a number", "images:\n  " + app + ": 12\n", "images.lock:2:33: the digest of"},
		{"digest empty", "images:\n  " + app + ":\n", "images.lock:2:"},
		{"digest a mapping", "images:\n  " + app + ": {a: b}\n", "images.lock:2:33: the digest of"},
		{"bad image", "images:\n  ../etc:1: " + one + "\n", `images.lock:2:3: "../etc:1": not a valid image name`},
		{"upper-case image", "images:\n  Nginx/App/x y: " + one + "\n", "images.lock:2:3: "},
		{"template", "images:\n  app:$TAG: " + one + "\n", `images.lock:2:3: "app:$TAG": not a valid image tag`},
		{"image with digest", "images:\n  nginx@" + one + ": " + one + "\n", "images.lock:2:3: "},
		{"the same twice", "images:\n  nginx: " + one + "\n  nginx: " + one + "\n", `images.lock:2:3: key "nginx" is given more than once`},
		{"the same in other words", "images:\n  nginx: " + one + "\n  docker.io/library/nginx:latest: " + two + "\n", "images.lock:3:3: "},
		{"two documents", "images: {}\n---\nimages: {}\n", "images.lock:2:"},
		{"no YAML", "images: [\n", "images.lock:"},
		{"nested deep", "images: " + strings.Repeat("[", 100_000), "images.lock:1:"},
		{"too large", "images: {}\n" + strings.Repeat("#", MaxSize), "images.lock:1:1: lock file is larger than 8 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse("images.lock", []byte(c.src))
			if err == nil {
				t.Fatalf("no error, and %d images", f.Len())
			}
			if !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error %q, want %q", mistake.Shorten(err.Error()), c.want)
			}
		})
	}
}

// TestManyErrors says that all mistakes are told, up to a number.
func TestManyErrors(t *testing.T) {
	var src strings.Builder
	src.WriteString("images:\n")
	for i := range 1000 {
		fmt.Fprintf(&src, "  app:%d: x\n", i)
	}
	_, err := Parse("images.lock", []byte(src.String()))
	if lines := strings.Split(err.Error(), "\n"); len(lines) != mistake.Most+1 || !strings.Contains(lines[mistake.Most], "too many mistakes") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestSameTwiceIsNoMistake(t *testing.T) {
	f, err := Parse("images.lock", []byte("images:\n  nginx: "+one+"\n  docker.io/library/nginx:latest: "+one+"\n"))
	if err != nil || f.Len() != 1 {
		t.Errorf("%v, %v", f, err)
	}
}

func TestMergeAndWrite(t *testing.T) {
	var f, g File
	if got := string(f.Write()); !strings.HasSuffix(got, "images: {}\n") {
		t.Errorf("an empty file is %q", got)
	}
	f.Set(ref(t, "b.example.com/x:1"), one)
	f.Set(ref(t, "a.example.com/x:1"), one)
	g.Set(ref(t, "b.example.com/x:1"), two)
	g.Set(ref(t, "[::1]:5000/x:1"), two)
	f.Merge(&g)
	want := "images:\n  \"[::1]:5000/x:1\": " + two + "\n  a.example.com/x:1: " + one + "\n  b.example.com/x:1: " + two + "\n"
	if got := string(f.Write()); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if back, err := Parse("x", f.Write()); err != nil || back.Len() != 3 {
		t.Errorf("read again: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("images: {a: " + one + "}")
	f.Add("images:\n  ? [a]\n  : b\n")
	f.Add("images: &x {a: *x}\n")
	f.Fuzz(func(t *testing.T, src string) {
		file, err := Parse("x", []byte(src))
		if err != nil {
			return
		}
		again, err := Parse("x", file.Write())
		if err != nil || again.Len() != file.Len() {
			t.Errorf("%q is written as %q: %v", src, file.Write(), err)
		}
	})
}
