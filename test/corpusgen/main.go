// Command corpusgen makes an N× copy of folders of manifests, so that a benchmark can ask whether ten times the
// input costs ten times the time. The copies are real bytes, not links: reading them must cost what reading costs.
//
//	go run ./test/corpusgen -n 10 -o DIR [SRC…]
//
// SRC defaults to ../shared/corpus where that exists, else to examples. A file SRC/a/b.yaml becomes
// DIR/copy-000/a/b.yaml, DIR/copy-001/a/b.yaml and so on; of several SRC, each has its own folder in the copy.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

const usage = `usage: corpusgen -n COPIES -o DIR [SRC...]
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "corpusgen:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context) error {
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage); flag.PrintDefaults() }
	copies := flag.Int("n", 10, "number of copies")
	out := flag.String("o", "", "folder to write; must be new or empty")
	flag.Parse()
	if *out == "" || *copies < 1 {
		flag.Usage()
		return errors.New("-o and a positive -n are needed")
	}
	roots := flag.Args()
	if len(roots) == 0 {
		roots = []string{defaultSource()}
	}
	files, err := list(roots, *out)
	if err != nil {
		return err
	}
	if err := emptyFolder(*out); err != nil {
		return err
	}
	written, err := copyAll(ctx, files, *out, *copies)
	if err != nil {
		return err
	}
	fmt.Printf("%d files, %d bytes: %d copies of %s in %s\n",
		len(files)**copies, written, *copies, strings.Join(roots, ", "), *out)
	return nil
}

func defaultSource() string {
	const shared = "../shared/corpus"
	if _, err := os.Stat(shared); err == nil {
		return shared
	}
	return "examples"
}

// file is one manifest: where it lies and where it goes inside each copy.
type file struct{ from, rel string }

// list finds the manifests under roots. It refuses a destination inside a source, which would copy copies.
func list(roots []string, out string) ([]file, error) {
	dest, err := filepath.Abs(out)
	if err != nil {
		return nil, fmt.Errorf("resolving %s: %w", out, err)
	}
	var files []file
	taken := map[string]string{}
	for _, root := range roots {
		abs, err := filepath.Abs(root)
		if err != nil {
			return nil, fmt.Errorf("resolving %s: %w", root, err)
		}
		if dest == abs || strings.HasPrefix(dest, abs+string(filepath.Separator)) {
			return nil, fmt.Errorf("destination %s lies inside source %s", out, root)
		}
		err = filepath.WalkDir(abs, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || !manifest(path) {
				return err
			}
			rel, err := filepath.Rel(abs, path)
			if err != nil {
				return err
			}
			if len(roots) > 1 {
				rel = filepath.Join(filepath.Base(abs), rel)
			}
			if other, ok := taken[rel]; ok {
				return fmt.Errorf("%s and %s would both become %s", other, path, rel)
			}
			taken[rel] = path
			files = append(files, file{from: path, rel: rel})
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", root, err)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no .yaml, .yml or .json file under %s", strings.Join(roots, ", "))
	}
	return files, nil
}

func manifest(path string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(path)))
}

func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the destination: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading the destination: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("destination %s is not empty", dir)
	}
	return nil
}

// copyAll reads each file once and writes it copies times. It stops at the first error and returns the bytes written.
func copyAll(ctx context.Context, files []file, out string, copies int) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan file)
	go func() {
		defer close(next)
		for _, f := range files {
			select {
			case next <- f:
			case <-ctx.Done():
				return
			}
		}
	}()
	totals := make([]int64, runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	for w := range totals {
		workers.Go(func() {
			for f := range next {
				n, err := copyOne(ctx, f, out, copies)
				totals[w] += n
				if err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	workers.Wait()
	var sum int64
	for _, n := range totals {
		sum += n
	}
	return sum, context.Cause(ctx)
}

func copyOne(ctx context.Context, f file, out string, copies int) (int64, error) {
	data, err := os.ReadFile(f.from)
	if err != nil {
		return 0, fmt.Errorf("reading a source: %w", err)
	}
	var written int64
	for i := range copies {
		if ctx.Err() != nil {
			return written, context.Cause(ctx)
		}
		to := filepath.Join(out, fmt.Sprintf("copy-%03d", i), f.rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return written, fmt.Errorf("making a folder: %w", err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return written, fmt.Errorf("writing a copy: %w", err)
		}
		written += int64(len(data))
	}
	return written, nil
}
