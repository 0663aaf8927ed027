package cli

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/secretscan"
)

// concealing finds the secrets of files, whichever controls the run has: a diff shows the lines around a change too.
func concealing(version control.Minor) *engine.Scanner {
	return engine.NewScanner(&engine.Options{
		Controls: slices.DeleteFunc(controls.All(), func(c *control.Control) bool {
			return c.Layer != control.Secrets || c.Scope == control.Everything || c.Profile != ""
		}),
		Version: version, Jobs: 1, Fixes: true,
	})
}

// secretsOf are the values in a file that must not be shown.
func (r *fixRun) secretsOf(ctx context.Context, path string, src []byte) (values []string, err error) {
	_, err = r.concealing.Scan(ctx, slices.Values([]engine.Input{fileInput(path, src)}), func(file *report.File) error {
		values = append(values, file.Secrets...)
		return nil
	})
	return values, err
}

const (
	hiddenInDiff = "********"
	// leastSecret is the shortest text that is covered; a shorter one would cover half of the diff.
	leastSecret = 3
)

// covered replaces secrets in the lines of a diff, and what looks like one by its format. Long ones come first, as one may hold another.
func covered(diff []byte, secrets []string) ([]byte, bool) {
	var values []string
	for _, s := range secrets {
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); len(line) >= leastSecret {
				values = append(values, line)
			}
		}
	}
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	values = slices.Compact(values)
	var out bytes.Buffer
	for line := range strings.Lines(string(diff)) {
		for _, v := range values {
			line = strings.ReplaceAll(line, v, hiddenInDiff)
		}
		var found []string
		for m := range secretscan.Text(line) {
			if m.End-m.Start >= leastSecret {
				found = append(found, line[m.Start:m.End])
			}
		}
		for _, v := range found {
			line = strings.ReplaceAll(line, v, hiddenInDiff)
		}
		out.WriteString(line)
	}
	return out.Bytes(), !bytes.Equal(out.Bytes(), diff)
}
