package engine_test

import (
	"io"
	"os"
	"slices"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

// BenchmarkScan judges files that are already in memory with all controls, on one core, and writes JSON.
func BenchmarkScan(b *testing.B) {
	dir := corpus
	if _, err := os.Stat(dir); err != nil {
		dir = "../examples"
	}
	var in []engine.Input
	size := int64(0)
	for m := range manifests(b, dir) {
		src, err := m.Read()
		if err != nil {
			b.Fatal(err)
		}
		size += int64(len(src))
		m.Read = func() ([]byte, error) { return src, nil }
		in = append(in, m)
	}
	opts := &engine.Options{Controls: defaults(), Version: control.LatestMinor, Jobs: 1}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		w := report.NewJSON(io.Discard)
		if err := w.Begin(&report.Run{Controls: opts.Controls}); err != nil {
			b.Fatal(err)
		}
		seq := func(yield func(engine.Input) bool) {
			for i := range in {
				if !yield(in[i]) {
					return
				}
			}
		}
		findings := 0
		if _, err := engine.Scan(b.Context(), seq, opts, func(f *report.File) error {
			findings += len(f.Findings)
			return w.File(f)
		}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(findings), "findings/op")
	}
}

// defaults are the controls of a plain scan.
func defaults() []*control.Control {
	return slices.DeleteFunc(controls.All(), func(c *control.Control) bool { return c.Profile != "" })
}
