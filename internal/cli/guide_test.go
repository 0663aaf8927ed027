package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// step is a command of a guide with what it shows.
type step struct {
	line    int
	command string
	shows   []string
}

// steps returns the commands in the console blocks of a page, in their order, and the commands that its workflows run.
func steps(page string) (all []step, runs []string) {
	kind := ""
	for i, line := range strings.Split(page, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		command, isCommand := strings.CutPrefix(line, "$ ")
		run, isRun := strings.CutPrefix(strings.TrimSpace(line), "- run: ")
		switch {
		case isFence:
			kind = fence
		case kind == "console" && isCommand:
			all = append(all, step{line: i + 1, command: command})
		case kind == "console" && len(all) > 0:
			all[len(all)-1].shows = append(all[len(all)-1].shows, line)
		case kind == "yaml" && isRun && strings.HasPrefix(run, "kubeharden "):
			runs = append(runs, run)
		}
	}
	return all, runs
}

// shown is the output that a page stands for: an ellipsis is anything in a line, and any lines if it is alone in one.
func shown(lines []string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`\A`)
	for _, line := range lines {
		if line == "…" {
			b.WriteString(`(?s:.*)`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", `[^\n]*`) + `\n`)
	}
	return regexp.MustCompile(b.String() + `\z`)
}

// TestGuides runs every command of the guides, in their order, in one shell, as a reader would, and compares what they show. A command has to
// succeed, unless it shows findings or is followed by the question for its exit code.
func TestGuides(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell:", err)
	}
	pages, err := filepath.Glob("../../docs/guides/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal("there are no guides:", err)
	}
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) { runGuide(t, page) })
	}
}

func runGuide(t *testing.T, page string) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	all, runs := steps(string(text))
	for _, run := range runs {
		found := false
		for _, s := range all {
			command, _, _ := strings.Cut(s.command, " >")
			found = found || command == run
		}
		if !found {
			t.Errorf("%s: the workflow runs %q, which the page does not", page, run)
		}
	}
	const marker = "@@@"
	var script strings.Builder
	for _, s := range all {
		fmt.Fprintf(&script, "(exit ${status:-0}); { %s\n} 2>&1\nstatus=$?; printf '%s%%s\\n' $status\n", s.command, marker)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script.String())
	cmd.Dir, cmd.Env = guideFolder(t)
	cmd.Stdin = strings.NewReader("y\n") // to the interactive one
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // each command is judged by itself
	parts := strings.Split(out.String(), marker)
	if len(parts) != len(all)+1 {
		t.Fatalf("%d of %d commands have run\n%s", len(parts)-1, len(all), &errs)
	}
	for i, s := range all {
		got := parts[i]
		if i > 0 {
			_, got, _ = strings.Cut(got, "\n") // behind the status of the one before
		}
		status, _, _ := strings.Cut(parts[i+1], "\n")
		asked := i+1 < len(all) && all[i+1].command == "echo $?"
		// A scan that shows what it finds need not say that it fails.
		if status != "0" && !asked && (len(s.shows) == 0 || status != "1") {
			t.Errorf("%s:%d: %s: exit code %s\n%s", page, s.line, s.command, status, got)
		}
		if len(s.shows) > 0 && !shown(s.shows).MatchString(got) {
			t.Errorf("%s:%d: %s prints\n%s\nthe page shows\n%s", page, s.line, s.command, got, strings.Join(s.shows, "\n"))
		}
	}
}

// guideFolder is a folder that looks like a clone to a reader, and an environment with the program in it.
func guideFolder(t *testing.T) (dir string, env []string) {
	t.Helper()
	dir, bin := t.TempDir(), t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(bin, "kubeharden")); err != nil {
		t.Skip("the program cannot be linked:", err)
	}
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	return dir, append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+dir, "LC_ALL=C.UTF-8", "SOURCE_DATE_EPOCH=1767225600")
}
