// Package docs has no code, only pages and the test that keeps them true to the repository.
package docs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const root = ".."

var (
	link     = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	command  = regexp.MustCompile("(?m)`make ([a-z0-9-]+)|^make ([a-z0-9-]+)")
	target   = regexp.MustCompile(`(?m)^([a-z0-9-]+):.*## `)
	fence    = regexp.MustCompile("(?ms)^```.*?^```[ \t]*$")
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.+?)[ #]*$`)
	external = regexp.MustCompile(`^[a-z]+:`)
)

// pages reads every Markdown page of the repository by its path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case "testdata", "bin", "dist", ".git":
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return fmt.Errorf("reading a page: %w", err)
		}
		texts[path] = string(text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// anchors are the names that headings get on a rendered page.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		names[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, h[1])] = true
	}
	return names
}

func TestLinksLeadSomewhere(t *testing.T) {
	texts := pages(t)
	for page, text := range texts {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if external.MatchString(m[1]) {
				continue
			}
			path, anchor, hasAnchor := strings.Cut(m[1], "#")
			to := page
			if path != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(page), path))
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: link to %s: no such file", page, m[1])
				continue
			}
			if hasAnchor && filepath.Ext(to) == ".md" && !anchors(texts[to])[anchor] {
				t.Errorf("%s: link to %s: no such heading", page, m[1])
			}
		}
	}
}

func TestMakeTargetsExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range target.FindAllStringSubmatch(string(makefile), -1) {
		known[m[1]] = true
	}
	for page, text := range pages(t) {
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			if name := m[1] + m[2]; !known[name] {
				t.Errorf("%s: make %s: the Makefile has no such target", page, name)
			}
		}
	}
}
