package files

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var gitRounds = flag.Int("git-rounds", 1, "random repositories to compare with git")

// git runs git in dir, away from the configuration of whoever runs the test, with input on its standard input.
func git(t *testing.T, dir, input string, args ...string) []string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("file names of the test cannot be")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	cmd := exec.Command("git", append([]string{"-c", "core.ignorecase=false"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "HOME="+dir,
		"XDG_CONFIG_HOME="+dir, "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { // set where a git hook runs the tests
		return strings.HasPrefix(v, "GIT_DIR=") || strings.HasPrefix(v, "GIT_WORK_TREE=") || strings.HasPrefix(v, "GIT_INDEX_FILE=")
	})
	cmd.Stdin = strings.NewReader(input)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && (args[0] != "check-ignore" || cmd.ProcessState.ExitCode() != 1) { // 1: nothing is ignored
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	paths := strings.Split(string(out), "\x00")
	paths = slices.DeleteFunc(paths, func(p string) bool { return p == "" })
	slices.Sort(paths)
	return paths
}

// The place where git before 2.53 is not of one mind with its manual: see the package comment.
var oldGit = regexp.MustCompile(`(?m)^!?/?[^*?\[\\\n]*[^*?\[\\/\n]\*\*.*$`)

func randomIgnore(r *rand.Rand) string {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	atom := func() string {
		return pick("a", "a", "b", "b", "ab", ".yaml", ".yaml", "*", "*", "?", "**", "**", "[ab]", "[!a]", "[^b]", "[a-b.]", "[]a]",
			"[[:alpha:]]", "[![:punct:]]", "[", "\\", "\\*", "\\a", "-", " ", "\\ ", "[a", "[a/b]", "#", "!", "é", "[\\]a]", "[a-", "\\/", "***")
	}
	var lines strings.Builder
	for range 1 + r.IntN(4) {
		line := pick("", "", "", "", "!", "!", "\\!", "#") + pick("", "", "", "/", "**/", "/**/")
		for i := range 1 + r.IntN(3) {
			if i > 0 {
				line += pick("/", "/", "/", "/**/", "//")
			}
			for range 1 + r.IntN(1+r.IntN(3)) {
				line += atom()
			}
		}
		line += pick("", "", "", "", "", "", "/", "/", "/**", "/*", " ", "  ", "\r", "\t", "\\ ")
		lines.WriteString(oldGit.ReplaceAllString(line, "a") + pick("\n", "\n", "\r\n"))
	}
	return lines.String()
}

func randomName(r *rand.Rand) string {
	from := []string{"a", "b", "ab", "aab", "a-", "*", "[", "#a", "!b", " a", "a b", "é", "\\", ".a", "]", "A"}
	return from[r.IntN(len(from))]
}

// fill makes a random tree with ignore files everywhere.
func fill(t *testing.T, r *rand.Rand, dir string, depth int) {
	if r.IntN(3) > 0 {
		write(t, dir, gitIgnore, randomIgnore(r))
	}
	for range r.IntN(5) {
		write(t, dir, randomName(r)+[]string{".yaml", ".yaml ", ".json", ".yml"}[r.IntN(4)], "")
	}
	for range r.IntN(4) * min(depth, 1) {
		sub := filepath.Join(dir, randomName(r)+[]string{"", "", ".yaml"}[r.IntN(3)])
		if os.Mkdir(sub, 0o755) == nil {
			fill(t, r, sub, depth-1)
		}
	}
}

// The walk of a random repository, whole and from each of its folders, is what git would add.
func TestWalkAgainstGit(t *testing.T) {
	for seed := range *gitRounds {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		root := t.TempDir()
		git(t, root, "", "init", "-q")
		write(t, root, ".git/info/exclude", randomIgnore(r))
		for i := range 40 { // few enough files in each for patterns to leave some
			dir := filepath.Join(root, fmt.Sprint("d", i))
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			fill(t, r, dir, 3)
		}
		t.Chdir(root)
		want := git(t, root, "", "ls-files", "-z", "--others", "--exclude-standard")
		want = slices.DeleteFunc(want, func(p string) bool { return !isManifest(p) })
		got := collect(t, Options{}, ".")
		slices.Sort(got)
		compare(t, seed, root, got, want)
		t.Logf("seed %d: %d files kept of %d", seed, len(got), len(collect(t, Options{NoIgnore: true}, ".")))

		for _, path := range want { // in folders that git does not ignore
			dir := filepath.ToSlash(filepath.Dir(path))
			if r.IntN(10) > 0 {
				continue
			}
			var below []string
			for _, p := range want {
				if strings.HasPrefix(p, dir+"/") {
					below = append(below, p)
				}
			}
			got := collect(t, Options{}, dir)
			slices.Sort(got)
			compare(t, seed, root, got, below)
		}
	}
}

func compare(t *testing.T, seed int, root string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for _, p := range append(slices.Clone(got), want...) {
		if slices.Contains(got, p) != slices.Contains(want, p) {
			t.Errorf("seed %d: %q: we have it %v, git %v", seed, p, slices.Contains(got, p), slices.Contains(want, p))
			for dir := p; dir != "."; {
				dir = filepath.Dir(dir)
				if data, err := os.ReadFile(filepath.Join(root, dir, gitIgnore)); err == nil {
					t.Logf("  %s: %q", dir, data)
				}
			}
		}
	}
}

// Every pattern set on every path: the same files under many random ignore files.
func TestIgnoreAgainstGit(t *testing.T) {
	for seed := range *gitRounds {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		root := t.TempDir()
		git(t, root, "", "init", "-q")
		paths := []string{"a", "b", "ab", "a.yaml", "-", "*", "[", "#", " ", "é", "d/a", "d/b/ab", "d/d/a/a", "d/a.d/b/.yaml", "d/ab/ab/b"}
		var all, ours []string
		for i := range 60 {
			dir := fmt.Sprint(i)
			text := randomIgnore(r)
			write(t, root, dir+"/.gitignore", text)
			patterns := parseIgnore([]byte(text))
			for _, p := range paths {
				write(t, root, dir+"/"+p, "")
				all = append(all, dir+"/"+p)
				if ignores(patterns, p, false) {
					ours = append(ours, dir+"/"+p)
				}
			}
		}
		slices.Sort(ours)
		compare(t, seed, root, ours, git(t, root, strings.Join(all, "\x00"), "check-ignore", "-z", "--stdin", "--no-index"))
		t.Logf("seed %d: %d of %d ignored", seed, len(ours), len(all))
	}
}

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// collect walks and expects no error.
func collect(t testing.TB, opts Options, paths ...string) []string {
	t.Helper()
	var got []string
	for f, err := range Walk(t.Context(), paths, opts) {
		if err != nil {
			t.Errorf("walk: %v", err)
			continue
		}
		got = append(got, f.Path)
	}
	return got
}
