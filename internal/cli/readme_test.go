package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/internal/cli"
)

// TestDocumentedOutput runs every command that the documentation shows with its output, and compares.
func TestDocumentedOutput(t *testing.T) {
	t.Chdir("../..")
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "```")[1:] {
			_, block, _ = strings.Cut(block, "\n")
			command, want, ok := strings.Cut(block, "\n")
			args, isCommand := strings.CutPrefix(command, "$ kubeharden ")
			if !ok || !isCommand || strings.Contains(args, "|") {
				continue
			}
			ran++
			var stdout, stderr bytes.Buffer
			cli.Main(t.Context(), cli.Process{
				Args:   append([]string{"kubeharden"}, strings.Fields(args)...),
				Stdin:  strings.NewReader(""),
				Stdout: &stdout,
				Stderr: &stderr,
				Getenv: func(string) string { return "" },
				Now:    time.Now,
			})
			if got := stdout.String() + stderr.String(); got != want {
				t.Errorf("%s: kubeharden %s prints\n%s\nthe page shows\n%s", page, args, got, want)
			}
		}
	}
	if ran == 0 {
		t.Error("no documented command was found")
	}
}

// TestDocumentedConfiguration reads the example as a user would copy it.
func TestDocumentedConfiguration(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	dir := t.TempDir()
	for name, content := range map[string]string{
		".kubeharden.yaml": example, ".kubeharden-baseline.json": "", "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	run := func(args ...string) int {
		stdout.Reset()
		stderr.Reset()
		return cli.Main(t.Context(), cli.Process{
			Args: append([]string{"kubeharden"}, args...), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
			Getenv: func(string) string { return "" }, Now: time.Now,
		})
	}
	if code := run("baseline", "write", dir); code != cli.ExitOK {
		t.Fatalf("baseline write: exit %d\n%s", code, &stderr)
	}
	if code := run("scan", dir, "--format", "json"); code != cli.ExitOK || !strings.Contains(stdout.String(), `"status":"waived"`) {
		t.Errorf("scan: exit %d\n%s\n%s", code, &stdout, &stderr)
	}
}
