// Command pages writes docs/controls: a page for every control, made from its declaration, and their index.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubeharden/kubeharden/controls"
)

func main() {
	if err := write(context.Background(), "controls"); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

// write makes dir hold exactly the pages.
func write(ctx context.Context, dir string) error {
	pages, err := render(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, ok := pages[e.Name()]; !ok && strings.HasSuffix(e.Name(), ".md") {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	for name, page := range pages {
		path := filepath.Join(dir, name)
		old, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if bytes.Equal(old, page) {
			continue
		}
		if err := os.WriteFile(path, page, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// render returns the pages by file name.
func render(ctx context.Context) (map[string][]byte, error) {
	all := controls.All()
	pages := map[string][]byte{"README.md": index(all)}
	for _, c := range all {
		example, err := exampleOf(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("control %s: %w", c.ID, err)
		}
		pages[c.ID+".md"] = page(c, example)
	}
	return pages, nil
}
