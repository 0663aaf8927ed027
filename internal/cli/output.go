package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/kubeharden/kubeharden/report"
)

// outputs are the reports of a run: one on standard output, others in files.
type outputs struct {
	writer report.Writer
	stdout *bufio.Writer
	files  []*outputFile
}

// outputFile is written beside its destination and moved there when the run has ended, so that a reader never sees half
// a report and an interrupted run leaves the old one.
type outputFile struct {
	path string
	temp *os.File
	mode os.FileMode
	// direct output goes to a device or pipe, which nothing can take the place of.
	direct bool
	buf    *bufio.Writer
}

const outputBuffer = 64 << 10

func openOutputs(p *Process, f *scanFlags) (*outputs, error) {
	o := &outputs{stdout: bufio.NewWriterSize(p.Stdout, outputBuffer)}
	opts, err := reportOptions(p, f)
	if err != nil {
		return nil, err
	}
	main, err := newWriter(f.format, o.stdout, opts)
	if err != nil {
		return nil, err
	}
	writers := []report.Writer{main}
	if isTerminal(p.Stdout) {
		writers = append(writers, flusher{o.stdout})
	}
	taken := map[string]bool{}
	for _, spec := range f.outputs {
		_, path, _ := strings.Cut(spec, "=")
		if taken[path] {
			err := fmt.Errorf("--output writes %s twice", path)
			return nil, errors.Join(err, o.close(err))
		}
		taken[path] = true
		file, w, err := openOutput(spec)
		if err != nil {
			return nil, errors.Join(err, o.close(err))
		}
		o.files = append(o.files, file)
		writers = append(writers, w)
	}
	o.writer = report.Multi(writers...)
	return o, nil
}

func openOutput(spec string) (*outputFile, report.Writer, error) {
	format, path, ok := strings.Cut(spec, "=")
	if !ok || path == "" {
		return nil, nil, &hintError{fmt.Errorf("--output %q is not of the form FORMAT=FILE", spec), "for example --output sarif=kubeharden.sarif"}
	}
	if _, err := newWriter(format, io.Discard, report.Options{}); err != nil {
		return nil, nil, err
	}
	file, err := createOutput(path)
	if err != nil {
		return nil, nil, err
	}
	w, err := newWriter(format, file.buf, report.Options{})
	return file, w, err
}

func createOutput(path string) (*outputFile, error) {
	mode := os.FileMode(0o644)
	target := path
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("write %s: is a folder", path)
	case err == nil && !info.Mode().IsRegular():
		// A device or a pipe cannot be replaced, only written to.
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", path, err)
		}
		return &outputFile{path: path, temp: file, direct: true, buf: bufio.NewWriterSize(file, outputBuffer)}, nil
	case err == nil:
		mode = info.Mode().Perm()
		if target, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fmt.Errorf("write %s: %w", path, err)
		}
	}
	if info, err := os.Stat(filepath.Dir(target)); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("write %s: there is no folder %s", path, filepath.Dir(target))
	}
	temp, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return &outputFile{path: target, temp: temp, mode: mode, buf: bufio.NewWriterSize(temp, outputBuffer)}, nil
}

func newWriter(format string, w io.Writer, opts report.Options) (report.Writer, error) {
	writer, err := report.New(format, w, opts)
	if err != nil {
		return nil, unknown(fmt.Sprintf("format %q", format), format, report.Formats(), "formats are "+strings.Join(report.Formats(), ", "))
	}
	return writer, nil
}

// close flushes standard output and moves the files to their places, or removes them if the run ended in an error.
func (o *outputs) close(runErr error) error {
	var exit exitError
	done := runErr == nil || errors.As(runErr, &exit)
	var errs []error
	if err := o.stdout.Flush(); err != nil && done {
		errs = append(errs, fmt.Errorf("write report: %w", err))
	}
	for _, f := range o.files {
		if !done {
			errs = append(errs, f.discard())
			continue
		}
		errs = append(errs, f.commit())
	}
	return errors.Join(errs...)
}

func (f *outputFile) discard() error {
	if f.direct {
		return f.temp.Close()
	}
	return errors.Join(f.temp.Close(), os.Remove(f.temp.Name()))
}

func (f *outputFile) commit() error {
	err := f.buf.Flush()
	if f.direct {
		if err = errors.Join(err, f.temp.Close()); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
		return nil
	}
	if err == nil {
		err = f.temp.Chmod(f.mode)
	}
	if err == nil {
		err = f.temp.Sync()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.path, errors.Join(err, f.discard()))
	}
	if err := f.temp.Close(); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	if err := os.Rename(f.temp.Name(), f.path); err != nil {
		return fmt.Errorf("write %s: %w", f.path, errors.Join(err, os.Remove(f.temp.Name())))
	}
	return nil
}

// flusher lets a person at a terminal see each file's findings as soon as they are known.
type flusher struct{ w *bufio.Writer }

func (f flusher) Begin(*report.Run) error   { return nil }
func (f flusher) File(*report.File) error   { return f.w.Flush() }
func (f flusher) End(*report.Summary) error { return nil }

// maxWidth keeps lines readable on wide terminals.
const maxWidth = 120

func reportOptions(p *Process, f *scanFlags) (report.Options, error) {
	opts := report.Options{Quiet: f.quiet}
	file, terminal := p.Stdout.(*os.File)
	terminal = terminal && isTerminal(p.Stdout)
	if terminal {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			opts.Width = min(width, maxWidth)
		}
		opts.Unicode = isUTF8(p.Getenv)
	}
	switch f.color {
	case "auto":
		// https://no-color.org: any value that is not empty switches colour off.
		opts.Color = terminal && p.Getenv("NO_COLOR") == "" && p.Getenv("TERM") != "dumb"
	case "always":
		opts.Color = true
	case "never":
	default:
		return opts, unknown(fmt.Sprintf("colour mode %q", f.color), f.color, []string{"auto", "always", "never"}, "modes are auto, always, never")
	}
	return opts, nil
}

// isUTF8 reports whether the locale shows characters beyond ASCII; the first variable that is set decides, as in POSIX.
func isUTF8(getenv func(string) string) bool {
	for _, name := range [...]string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
