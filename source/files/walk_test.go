package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// plant makes a tree in a new folder and goes there. An entry ends in "/" for a folder, has " -> " for a link and
// " = " before the text of a file.
func plant(t testing.TB, entries ...string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, text, _ := strings.Cut(e, " = ")
		if at, target, ok := strings.Cut(e, " -> "); ok {
			path := filepath.Join(root, at)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(target, path); err != nil {
				t.Skipf("no symbolic links here: %v", err)
			}
		} else if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
				t.Fatal(err)
			}
		} else {
			write(t, root, name, text)
		}
	}
	t.Chdir(root)
	return root
}

// walk gives each item as one string, an error as its message.
func walk(t *testing.T, opts Options, paths ...string) []string {
	t.Helper()
	var got []string
	for f, err := range Walk(t.Context(), paths, opts) {
		switch {
		case err != nil:
			got = append(got, err.Error())
		case f.Explicit:
			got = append(got, f.Path+" !")
		default:
			got = append(got, f.Path)
		}
	}
	return got
}

const outside = ": link leads outside of the folders to scan, not followed"

func TestWalk(t *testing.T) {
	for _, test := range []struct {
		name, tree, args, want string // tree and want by ", ", args by blanks
		opts                   Options
	}{
		{
			name: "order", tree: "b.yaml, a/z.yml, a/b/c.json, a.yaml, B.YAML, a-.yaml, é.yaml, n.txt, yaml, x.yaml.tpl, e/",
			want: "B.YAML, a/b/c.json, a/z.yml, a-.yaml, a.yaml, b.yaml, é.yaml",
		},
		{name: "names", tree: "d/a.yaml, d/b/c.yaml", args: "./d//b/../b d/a.yaml", want: "d/b/c.yaml, d/a.yaml !"},
		{name: "parent", tree: "x/, a.yaml", args: "x/..", want: "a.yaml"},
		{name: "explicit", tree: "a.txt, .gitignore = *, b.yaml", args: "b.yaml a.txt -", want: "b.yaml !, a.txt !, <stdin> !"},
		{name: "stdin once", tree: "-, a.yaml", args: "- a.yaml - ./-", want: "<stdin> !, a.yaml !, - !"},
		{
			name: "missing", tree: "a.yaml", args: "x a.yaml y/z",
			want: "read x: no such file or directory, a.yaml !, read y/z: no such file or directory",
		},
		{
			name: "hidden", tree: ".github/a.yaml, .b.yaml, ..c/d.yaml, .git/e.yaml, f/.git/g.yaml, h/.git = x, h/i.yaml",
			want: "..c/d.yaml, .b.yaml, .github/a.yaml, h/i.yaml",
		},
		{name: "git folder asked for", tree: ".git/e.yaml", args: ".git", want: ".git/e.yaml"},

		{name: "overlap", tree: "a/x.yaml, a/b/y.yaml, a/b/c/z.yaml", args: "a a/b a ./a/b/", want: "a/x.yaml, a/b/c/z.yaml, a/b/y.yaml"},
		{name: "overlap, inner first", tree: "a/x.yaml, a/b/y.yaml", args: "a/b a", want: "a/b/y.yaml, a/x.yaml"},
		{name: "overlap with a file", tree: "a/x.yaml, a/y.yaml", args: "a a/y.yaml a/y.yaml", want: "a/x.yaml, a/y.yaml !"},
		{name: "overlap by links", tree: "a/x.yaml, l -> a, m.yaml -> a/x.yaml", args: "m.yaml l a", want: "m.yaml !"},

		{
			name: "gitignore", tree: ".git/, .gitignore = /a\n*.json, a/x.yaml, b/a/x.yaml, b/y.json, b/.gitignore = !y.json",
			want: "b/a/x.yaml, b/y.json",
		},
		{
			name: "gitignore from above", tree: ".git/, .gitignore = d/e/*.yaml, d/.gitignore = !b.yaml, d/e/a.yaml, d/e/b.yaml, d/e/f/a.yaml",
			args: "d/e", want: "d/e/b.yaml, d/e/f/a.yaml",
		},
		{name: "exclude file", tree: ".git/info/exclude = a.yaml\nb.yaml, .gitignore = !b.yaml, a.yaml, b.yaml", want: "b.yaml"},
		{name: "worktree", tree: "r/.git/info/exclude = a.yaml, r/.git/worktrees/w/commondir = ../..\n, " +
			"w/.git = gitdir: ../r/.git/worktrees/w\n, w/a.yaml, w/b.yaml", args: "w", want: "w/b.yaml"},
		{
			name: "nested repository", tree: ".git/, .gitignore = *.json, .kubehardenignore = b.yaml, s/.git = gitdir: nowhere, s/a.json, s/b.yaml",
			want: "s/a.json",
		},
		{name: "ignored repository", tree: ".git/, .gitignore = s/, s/.git/, s/a.yaml"},
		{name: "no repository", tree: ".gitignore = a.yaml, .kubehardenignore = b.yaml, d/a.yaml, d/b.yaml, d/c.yaml", want: "d/c.yaml"},
		{
			name: "no repository, above", tree: ".gitignore = a.yaml, .kubehardenignore = b.yaml, d/a.yaml, d/b.yaml", args: "d",
			want: "d/a.yaml, d/b.yaml",
		},
		{name: "own file above", tree: ".git/, .kubehardenignore = b.yaml, d/a.yaml, d/b.yaml", args: "d", want: "d/a.yaml"},
		{
			name: "own file has the last word", tree: ".git/, .gitignore = out/\n, .kubehardenignore = !out/\nx.yaml, out/a.yaml, out/x.yaml",
			want: "out/a.yaml",
		},
		{
			name: "ignored folder asked for", tree: ".git/, .gitignore = out/\n*.json, .kubehardenignore = x.yaml, out/d/a.json, out/d/a.yaml, out/d/x.yaml",
			args: "out/d", want: "out/d/a.json, out/d/a.yaml",
		},
		{
			name: "folder asked for that the own file ignores", tree: ".git/, .kubehardenignore = out/\n*.json, out/a.json", args: "out",
			want: "out/a.json",
		},
		{name: "folder asked for that the own file brings back", tree: ".git/, .gitignore = out/\n*.json, .kubehardenignore = !out/, " +
			"out/a.json, out/b.yaml", args: "out", want: "out/b.yaml"},
		{name: "ignored folder in another", tree: ".gitignore = out/, a.yaml, out/b.yaml", args: ". out", want: "a.yaml, out/b.yaml"},
		{
			name: "switched off", tree: ".git/, .gitignore = *, .kubehardenignore = *, a/.gitignore = *, a/b.yaml", opts: Options{NoIgnore: true},
			want: "a/b.yaml",
		},
		{name: "switched off above", tree: ".git/, .gitignore = *.json, d/a.json", args: "d", opts: Options{NoIgnore: true}, want: "d/a.json"},
		{name: "rules of two folders at once", tree: ".git/info/exclude = 1, .gitignore = 2, p/.gitignore = 3, p/r/x/.gitignore = no.yaml, " +
			"p/r/x/a.yaml -> ../y/gone/z.yaml, p/r/x/no.yaml, p/r/y/.gitignore = gone, p/r/y/gone/z.yaml", args: "p/r", want: "p/r/x/a.yaml"},
		{
			name: "ignore file is a link", tree: "x = *, .gitignore -> x, a.yaml",
			want: "read .gitignore: ignore file is a symbolic link, not used, a.yaml",
		},
		{name: "told once", tree: ".git/, x = *, .gitignore -> x, a/b.yaml, c/d.yaml", args: "a c", want: "read ROOT/.gitignore: " +
			"ignore file is a symbolic link, not used, a/b.yaml, c/d.yaml"},
		{name: "ignore file is a folder", tree: ".gitignore/a.yaml, .kubehardenignore/, b.yaml", want: ".gitignore/a.yaml, b.yaml"},
		{
			name: "ignore file too large", tree: ".gitignore = " + strings.Repeat("*", maxIgnoreSize+1) + ", a.yaml",
			want: "read .gitignore: file is too large, a.yaml",
		},

		{
			name: "loops", tree: "a/b/up -> .., a/b/self -> ., a/b/x.yaml, a/all -> .., l -> l, l.yaml -> l.yaml",
			want: "a/b/x.yaml, follow l.yaml: too many levels of symbolic links",
		},
		{name: "link to what is walked", tree: "a.yaml -> z/x.yaml, b -> z, z/x.yaml, z/y.yaml -> x.yaml", want: "z/x.yaml"},
		{name: "link to another name", tree: "a.yaml -> x.v1, b.yaml -> x.v1, c -> x.v1, x.v1", want: "a.yaml"},
		{name: "link to the ignored", tree: ".gitignore = gen/, a.yaml -> gen/a.yaml, b -> gen/d, c -> gen, d.yaml -> gen/d/x.yaml, " +
			"gen/a.yaml, gen/d/x.yaml, gen/d/back -> .., gen/z.yaml", want: "a.yaml, b/back/z.yaml, b/x.yaml"},
		{name: "link into .git", tree: ".git/m/x.yaml, a -> .git/m", want: "a/x.yaml"},
		{name: "ignored link", tree: ".gitignore = a.yaml\nl, a.yaml -> x.v1, x.v1, l -> gen, gen/b.txt"},
		{
			name: "link outside", tree: "r/a -> ../out, r/b.yaml -> ../out/x.yaml, r/c.txt -> ../out/x.yaml, r/d.yaml -> nowhere, " +
				"r/e -> nowhere, r/f.yaml, out/x.yaml", args: "r",
			want: "follow r/a" + outside + ", follow r/b.yaml" + outside + ", follow r/d.yaml: no such file or directory, r/f.yaml",
		},
		{name: "link to a neighbour by prefix", tree: "r/a -> ../rr, rr/x.yaml", args: "r", want: "follow r/a" + outside},
		{
			name: "link to another argument", tree: "r/a -> ../out, r/b.yaml -> ../f.yaml, out/x.yaml, f.yaml", args: "r out f.yaml",
			want: "out/x.yaml, f.yaml !",
		},
		{
			name: "argument is a link", tree: "l -> d, d/x.yaml, d/y.yaml -> ../z.yaml, z.yaml, m.txt -> z.yaml", args: "l m.txt",
			want: "l/x.yaml, m.txt !",
		},
		{name: "volume", tree: "v/..2024_01/app.yaml, v/..2024_01/sub/x.yaml, v/..data -> ..2024_01, v/app.yaml -> ..data/app.yaml, " +
			"v/sub -> ..data/sub, v/..2023/old.yaml", want: "v/app.yaml, v/sub/x.yaml"},
		{name: "volume as argument", tree: "..2024/app.yaml, ..data -> ..2024, app.yaml -> ..data/app.yaml", want: "app.yaml"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(test.want, ": ") {
				t.Skip("other words for the same errors")
			}
			root := filepath.ToSlash(plant(t, strings.Split(test.tree, ", ")...))
			args := strings.Fields(test.args)
			if test.args == "" {
				args = []string{"."}
			}
			got := strings.ReplaceAll(strings.Join(walk(t, test.opts, args...), ", "), root, "ROOT")
			if got != test.want {
				t.Errorf("walk %v\n got  %s\n want %s", args, got, test.want)
			}
			if again := strings.ReplaceAll(strings.Join(walk(t, test.opts, args...), ", "), root, "ROOT"); again != got {
				t.Errorf("another walk gives %s", again)
			}
		})
	}
}

func TestWalkAbsolute(t *testing.T) {
	root := filepath.ToSlash(plant(t, "d/a.yaml", "b.yaml", "d/l.yaml -> /etc/hostname", ".gitignore = d"))
	got := walk(t, Options{}, root+"/d", filepath.Join(root, "b.yaml"), "")
	want := []string{root + "/d/a.yaml", "follow " + root + "/d/l.yaml" + outside, root + "/b.yaml !", `read "": file does not exist`}
	if _, err := os.Stat("/etc/hostname"); err != nil {
		t.Skip("no /etc/hostname")
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestWalkErrors(t *testing.T) {
	plant(t, "r/l.yaml -> ../x.yaml", "x.yaml")
	var seen []error
	for f, err := range Walk(t.Context(), []string{"gone", "r"}, Options{}) {
		var e *Error
		if !errors.As(err, &e) || e.Path != f.Path {
			t.Errorf("%v: %v is no *Error of that path", f, err)
		}
		seen = append(seen, err)
	}
	if len(seen) != 2 || !errors.Is(seen[0], fs.ErrNotExist) || !errors.Is(seen[1], ErrOutside) {
		t.Errorf("got %v", seen)
	}
}

func TestWalkStops(t *testing.T) {
	plant(t, "a/b.yaml", "a/c.yaml", "d/e.yaml", "f -> /")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []string
	for f, err := range Walk(ctx, []string{".", "gone"}, Options{}) {
		got = append(got, fmt.Sprint(f.Path, err))
		cancel()
	}
	if want := []string{"a/b.yaml<nil>", "context canceled"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for range Walk(t.Context(), []string{"."}, Options{}) {
		break // must not be asked to yield again: the runtime panics if so
	}
	for range Walk(t.Context(), nil, Options{}) {
		t.Error("no paths, no files")
	}
}

// What is not asked for yet has not been read: a folder filled during the walk shows it.
func TestWalkIsLazy(t *testing.T) {
	root := plant(t, "a/x.yaml", "b/", "c/y.yaml")
	var got []string
	for f, err := range Walk(t.Context(), []string{"."}, Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, f.Path)
		if f.Path == "a/x.yaml" {
			write(t, root, "b/new.yaml", "")
		}
	}
	if want := []string{"a/x.yaml", "b/new.yaml", "c/y.yaml"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// Many folders and one huge one: all files come, in order, and memory does not grow with the tree.
func TestWalkMemory(t *testing.T) {
	const folders, each = 50, 20
	big(t, folders, each)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most := heap(), uint64(0)
	last, n := "", 0
	for f, err := range Walk(t.Context(), []string{"."}, Options{}) {
		if err != nil || f.Path <= last {
			t.Fatal(last, f.Path, err)
		}
		last = f.Path
		if n++; n%200 == 0 {
			most = max(most, heap())
		}
	}
	if n != folders*each {
		t.Errorf("%d files", n)
	}
	// One listing is 20 names; all would be 1000 names and as many paths, over 80 kB.
	if most > before+40_000 {
		t.Errorf("the walk holds %d bytes", most-before)
	}
}

func big(tb testing.TB, folders, each int) {
	root := tb.TempDir()
	for i := range folders {
		dir := filepath.Join(root, fmt.Sprintf("team-%d/app-%04d", i%7, i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			tb.Fatal(err)
		}
		for j := range each {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("deployment-%04d.yaml", j)), nil, 0o644); err != nil {
				tb.Fatal(err)
			}
		}
	}
	tb.Chdir(root)
}

func BenchmarkWalk(b *testing.B) {
	big(b, 400, 50)
	for _, ignore := range []string{"", strings.Repeat("*.log\n/build/\nnode_modules/\n**/tmp/*.yaml\nvendor/**\n", 4)} {
		if err := os.WriteFile(gitIgnore, []byte(ignore), 0o644); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("20000 files, %d patterns", strings.Count(ignore, "\n")), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := len(collect(b, Options{}, ".")); n != 20_000 {
					b.Fatal(n)
				}
			}
		})
	}
	b.Run("filepath.WalkDir", func(b *testing.B) { // the floor
		b.ReportAllocs()
		for b.Loop() {
			_ = filepath.WalkDir(".", func(string, fs.DirEntry, error) error { return nil })
		}
	})
}
