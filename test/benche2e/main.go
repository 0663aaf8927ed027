// Command benche2e measures a kubeharden binary from outside, as a user meets it: wall time, processor time and peak
// memory of whole scans, the time to the first finding, and, for scale, what merely reading the same files and
// decoding them with a YAML library costs on one core.
//
//	go run ./test/benche2e -bin bin/kubeharden [-runs 5] [-small FILE] FOLDER…
//
// Each measured job is a process of its own, the comparisons too (the program runs itself): what one leaves behind
// in memory cannot flatter or harm the next.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"go.yaml.in/yaml/v3"
)

// The hidden first arguments with which the program runs itself.
const (
	countMode  = "-as-counter"
	readMode   = "-as-reader"
	decodeMode = "-as-decoder"
)

func main() {
	if len(os.Args) == 3 && strings.HasPrefix(os.Args[1], "-as-") {
		if err := compare(os.Args[1], os.Args[2], os.Stdout); err != nil {
			fail(err)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "benche2e:", err)
	os.Exit(2)
}

func run(ctx context.Context, out io.Writer) error {
	bin := flag.String("bin", "bin/kubeharden", "binary to measure")
	runs := flag.Int("runs", 5, "scans of each folder")
	decodeLimit := flag.Int64("decode-limit", 2000, "MB from which a folder is not decoded for comparison (a minute and more)")
	small := flag.String("small", "examples/insecure/web.yaml", "small file for the time to the first finding; empty to skip")
	smallRuns := flag.Int("small-runs", 30, "scans of the small file")
	flag.Parse()
	if *runs < 1 || *smallRuns < 1 {
		return errors.New("-runs and -small-runs must be at least 1")
	}
	if flag.NArg() == 0 && *small == "" {
		return errors.New("no folder given")
	}
	if _, err := os.Stat(*bin); err != nil {
		return fmt.Errorf("finding the binary (run make build first): %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if flag.NArg() > 0 {
		if err := folders(ctx, out, *bin, self, flag.Args(), *runs, *decodeLimit*1e6); err != nil {
			return err
		}
	}
	if *small == "" {
		return nil
	}
	return firstFinding(ctx, out, *bin, *small, *smallRuns)
}

func folders(ctx context.Context, out io.Writer, bin, self string, dirs []string, runs int, decodeLimit int64) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "job\tfiles\tMB\truns\twall min s\twall median s\tMB/s\tCPU min s\tCPU median s\tpeak MiB\t")
	for _, dir := range dirs {
		files, size, err := count(ctx, self, dir)
		if err != nil {
			return err
		}
		if files == 0 {
			return fmt.Errorf("no .yaml, .yml or .json file under %s", dir)
		}
		fmt.Fprintf(table, "%s\t\t\t\t\t\t\t\t\t\t\n", dir)
		line := func(name string, n int, jobs []usage) time.Duration {
			wall, cpu := pick(jobs, usage.getWall), pick(jobs, usage.getCPU)
			mb := float64(size) / 1e6
			fmt.Fprintf(table, "%s\t%d\t%.1f\t%d\t%.3f\t%.3f\t%.0f\t%.3f\t%.3f\t%.1f\t\n", name, files, mb, n,
				wall[0].Seconds(), median(wall).Seconds(), mb/median(wall).Seconds(),
				cpu[0].Seconds(), median(cpu).Seconds(), float64(peak(jobs))/(1<<20))
			return median(wall)
		}

		// The first run fills the page cache for all jobs alike and does not count.
		if _, err := measure(ctx, self, readMode, dir); err != nil {
			return err
		}
		scans, err := repeat(ctx, runs, bin, "scan", "--format", "json", "--fail-on", "none", dir)
		if err != nil {
			return err
		}
		scan := line("scan", runs, scans)

		reads, err := repeat(ctx, runs, self, readMode, dir)
		if err != nil {
			return err
		}
		read := line("read only", runs, reads)

		note := fmt.Sprintf("scan / read only = %.1f", ratio(scan, read))
		if size < decodeLimit {
			// Decoding is slow and steady: a few runs are enough, and one of a large folder.
			n := min(runs, 3)
			if size > 200e6 {
				n = 1
			}
			decodes, err := repeat(ctx, n, self, decodeMode, dir)
			if err != nil {
				return err
			}
			decode := line("yaml.v3 nodes, one core", n, decodes)
			note += fmt.Sprintf("; scan / yaml.v3 nodes = %.2f", ratio(scan, decode))
		}
		if err := table.Flush(); err != nil {
			return fmt.Errorf("writing the table: %w", err)
		}
		if _, err := fmt.Fprintln(out, note); err != nil {
			return fmt.Errorf("writing the table: %w", err)
		}
	}
	return nil
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }

// usage is what one process cost.
type usage struct {
	wall, cpu time.Duration
	peak      int64 // bytes; 0 where the system does not tell
}

func (u usage) getWall() time.Duration { return u.wall }
func (u usage) getCPU() time.Duration  { return u.cpu }

func pick(jobs []usage, of func(usage) time.Duration) []time.Duration {
	times := make([]time.Duration, len(jobs))
	for i, j := range jobs {
		times[i] = of(j)
	}
	slices.Sort(times)
	return times
}

func median(sorted []time.Duration) time.Duration {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func peak(jobs []usage) (most int64) {
	for _, j := range jobs {
		most = max(most, j.peak)
	}
	return most
}

func repeat(ctx context.Context, runs int, bin string, args ...string) ([]usage, error) {
	jobs := make([]usage, runs)
	for i := range jobs {
		var err error
		if jobs[i], err = measure(ctx, bin, args...); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

// measure runs one process with its output thrown away. Exit code 1 means findings and is fine; 2 means that part
// of the input could not be judged, which public manifests bring along, so it is fine if the process said something.
func measure(ctx context.Context, bin string, args ...string) (usage, error) {
	var stderr head
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Stderr = &stderr
	if strings.HasPrefix(args[0], "-as-") {
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1") // one core, the collector included
	}
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if cmd.ProcessState == nil {
		return usage{}, fmt.Errorf("starting %s: %w", bin, err)
	}
	switch code := cmd.ProcessState.ExitCode(); {
	case code == 0, code == 1, code == 2 && !stderr.panicked && !bytes.Contains(stderr.text, []byte("unknown flag")):
	default:
		return usage{}, fmt.Errorf("%s %s: exit code %d: %s", bin, strings.Join(args, " "), code, stderr.text)
	}
	return usage{
		wall: wall,
		cpu:  cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		peak: maxRSS(cmd.ProcessState),
	}, nil
}

// head keeps the first bytes that a process says on its standard error; a scan of a large corpus can say a lot. A Go
// program that panics also exits with 2, so it watches for that.
type head struct {
	text     []byte
	panicked bool
}

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), 4096-len(h.text))]...)
	h.panicked = h.panicked || bytes.Contains(p, []byte("panic: ")) || bytes.Contains(p, []byte("fatal error: "))
	return len(p), nil
}

// firstFinding measures from the start of the process to the first byte of its report.
func firstFinding(ctx context.Context, out io.Writer, bin, path string, runs int) error {
	first := make([]time.Duration, runs)
	whole := make([]time.Duration, runs)
	for i := range runs {
		cmd := exec.CommandContext(ctx, bin, "scan", "--format", "pretty", "--fail-on", "none", path)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return fmt.Errorf("opening a pipe: %w", err)
		}
		start := time.Now()
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("starting %s: %w", bin, err)
		}
		_, err = io.ReadFull(stdout, make([]byte, 1))
		first[i] = time.Since(start)
		if err != nil {
			return errors.Join(fmt.Errorf("waiting for the first byte of %s scan %s: %w", bin, path, err), cmd.Wait())
		}
		if _, err := io.Copy(io.Discard, stdout); err != nil {
			return fmt.Errorf("reading the report: %w", err)
		}
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%s scan %s: %w", bin, path, err)
		}
		whole[i] = time.Since(start)
	}
	slices.Sort(first)
	slices.Sort(whole)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	_, err := fmt.Fprintf(out, "%s: first byte of the report after %.1f ms, end after %.1f ms (median of %d; least %.1f and %.1f ms)\n",
		path, ms(median(first)), ms(median(whole)), runs, ms(first[0]), ms(whole[0]))
	return err
}

// manifests lists what a scan of dir would read.
func manifests(dir string) (paths []string, size int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if !slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(path))) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		paths, size = append(paths, path), size+info.Size()
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("listing %s: %w", dir, err)
	}
	return paths, size, nil
}

// count asks a child for the number of manifests and their bytes. A list of all paths in this process would show up
// in the peak memory of every child (see maxRSS).
func count(ctx context.Context, self, dir string) (files int, size int64, err error) {
	out, err := exec.CommandContext(ctx, self, countMode, dir).Output()
	if err == nil {
		_, err = fmt.Sscan(string(out), &files, &size)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("counting the files of %s: %w", dir, err)
	}
	return files, size, nil
}

// compare is the job of the program's own children: it reads all manifests under dir one after the other and, as a
// decoder, makes yaml.v3 nodes of each document.
func compare(mode, dir string, out io.Writer) error {
	paths, size, err := manifests(dir)
	if err != nil {
		return err
	}
	if mode == countMode {
		_, err = fmt.Fprintln(out, len(paths), size)
		return err
	}
	var documents, broken int
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("reading a manifest: %w", err)
		}
		if mode != decodeMode {
			continue
		}
		// Split first: the library gives up a whole file at its first broken document.
		for doc := range bytes.SplitSeq(data, []byte("\n---")) {
			var node yaml.Node
			documents++
			if err := yaml.Unmarshal(doc, &node); err != nil {
				broken++
			}
		}
	}
	_, err = fmt.Fprintf(out, "%d files, %d documents, %d broken\n", len(paths), documents, broken)
	return err
}
