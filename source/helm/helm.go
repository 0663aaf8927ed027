// Package helm renders Helm charts, folders or archives, without a cluster and without a network, and tells for each
// rendered line which line of which template it comes from.
//
// The result is that of "helm template" of Helm v4, and a test over all charts in testdata compares it with Helm's own
// packages, byte for byte. Of Helm's packages the program itself links only strvals (--set), ignore (.helmignore) and
// chart/loader/archive: all others import client-go with every API type, which adds 15 ms and 33 MB to each start of the
// program, also when there is no chart at all (measured; Helm v4.3.1). What is needed of them, values, dependencies
// and the engine, is here in files that say where they come from. This also lets us do what Helm can't:
//
//   - Origins are exact. The engine knows which node of which template wrote each byte; nothing is guessed from the text.
//     A line that comes out of an included helper points into the helper, because that is where it can be edited,
//     unless the line begins in the including template ("name: {{ include … }}"). What comes out of values
//     (toYaml .Values.securityContext) points to the line of the action that writes it.
//   - Nothing outside of the chart is read. Helm follows symbolic links to anywhere; here they must stay below
//     [Options.Root]. JSON schemas with references to other files or hosts are not followed.
//   - Rendering ends. The context is asked and the output is counted at each write and in each turn of a loop. What can
//     not be interrupted is a single call of a function; the ones that build text or lists of any length are limited.
//     Milliseconds are usual; callers should set a deadline.
//   - The same chart renders to the same bytes: random strings, keys and certificates are placeholders.
package helm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/kubeharden/kubeharden/source/render"
)

// Options say how to render. The zero value renders as "helm template CHART" does.
type Options struct {
	ValuesFiles []string // --values, in order
	Overlay     []byte   // the text of one more values file, behind ValuesFiles
	SetJSON     []string // --set-json
	Set         []string // --set
	SetString   []string // --set-string
	SetFile     []string // --set-file; the files may lie anywhere, the user named them
	SetLiteral  []string // --set-literal

	ReleaseName string   // default "release-name"
	Namespace   string   // default "default"
	KubeVersion string   // default DefaultKubeVersion
	APIVersions []string // in addition to those of Kubernetes
	IsUpgrade   bool
	IncludeCRDs bool
	SkipTests   bool // leave out manifests with the annotation helm.sh/hook: test
	SkipSchema  bool // don't check values against values.schema.json

	// Root is the folder that symbolic links in a chart may not lead out of; default is the chart's own.
	Root string
	// MaxOutput bounds the rendered text of a chart in bytes; default 64 MiB.
	MaxOutput int64
	// Warn is told what Helm prints as a warning. nil drops it.
	Warn func(message string)
}

// DefaultKubeVersion is the version charts are rendered for unless told otherwise, as in Helm v4.3.
const DefaultKubeVersion = "v1.37.0"

const defaultMaxOutput = 64 << 20

// Error is why a chart does not render.
type Error struct {
	Chart string // as given to Render
	// File is the template, values or chart file that Helm blames, as shown to people; "" if it tells none.
	File         string
	Line, Column int // 0 if not known
	Message      string
	Err          error // the cause, if there is one
}

func (e *Error) Error() string {
	where := ""
	if e.File != "" {
		where = e.File + ": "
		if e.Line > 0 {
			where = fmt.Sprintf("%s:%d: ", e.File, e.Line)
		}
	}
	return "render chart " + e.Chart + ": " + where + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsChart reports whether the folder is a chart: whether it has a file Chart.yaml.
func IsChart(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "Chart.yaml"))
	return err == nil && info.Mode().IsRegular()
}

// Render renders the chart, a folder or a .tgz file. The manifests are in the order of their paths; templates that give
// nothing but blanks are left out, and so are NOTES.txt and library charts. An error is an [*Error] or that of ctx.
func Render(ctx context.Context, chartPath string, opts Options) ([]render.Manifest, error) {
	shown := path.Clean(filepath.ToSlash(chartPath))
	manifests, err := renderChart(ctx, chartPath, shown, &opts)
	if err == nil {
		return manifests, nil
	}
	return nil, told(ctx, shown, err)
}

// told makes an error one of a chart.
func told(ctx context.Context, shown string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("render chart %s: %w", shown, cause)
	}
	var located *Error
	if !errors.As(err, &located) {
		located = &Error{Message: strings.TrimSpace(err.Error()), Err: err}
	}
	located.Chart = shown
	return located
}

func renderChart(ctx context.Context, chartPath, shown string, opts *Options) ([]render.Manifest, error) {
	c, err := load(chartPath, shown, opts.Root)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(c.Metadata.Type, "library") {
		return nil, nil // Helm: "library charts are not installable"; nothing is ever applied from it
	}
	if err := c.checkDependencies(); err != nil {
		return nil, &Error{File: shown + "/Chart.yaml", Message: err.Error(), Err: err}
	}
	m := merger{warn: opts.Warn}
	vals, err := m.userValues(opts)
	if err != nil {
		return nil, err
	}
	if err := m.processDependencies(c, vals); err != nil {
		return nil, err
	}
	caps, err := capabilities(opts)
	if err != nil {
		return nil, err
	}
	coalesced, err := m.coalesceValues(c, vals)
	if err != nil {
		return nil, err
	}
	if !opts.SkipSchema {
		if err := m.validate(c, coalesced); err != nil {
			return nil, err
		}
	}
	if err := checkKubeVersion(c, caps); err != nil {
		return nil, err
	}
	eng := newEngine(ctx, opts)
	outputs, err := eng.render(c, map[string]any{
		"Chart":        c.metadataMap(),
		"Capabilities": caps,
		"Release": map[string]any{
			"Name":      orDefault(opts.ReleaseName, "release-name"),
			"Namespace": orDefault(opts.Namespace, "default"),
			"IsUpgrade": opts.IsUpgrade,
			"IsInstall": !opts.IsUpgrade,
			"Revision":  1,
			"Service":   "Helm",
		},
		"Values": coalesced,
	})
	if err != nil {
		return nil, err
	}
	var manifests []render.Manifest
	if opts.IncludeCRDs {
		manifests = c.crds(manifests)
	}
	for _, out := range outputs {
		if strings.HasSuffix(out.name, "NOTES.txt") || len(bytes.TrimSpace(out.text)) == 0 {
			continue
		}
		manifests = append(manifests, out.manifest(opts.SkipTests))
	}
	slices.SortStableFunc(manifests, func(a, b render.Manifest) int { return strings.Compare(a.Path, b.Path) })
	return manifests, nil
}

func orDefault(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// crds gives the raw manifests in crds/, which Helm applies as they are.
func (c *chart) crds(to []render.Manifest) []render.Manifest {
	for _, f := range c.Files {
		if strings.HasPrefix(f.Name, "crds/") && hasManifestExtension(f.Name) {
			text := newText(f.Path, f.Data)
			to = append(to, render.Manifest{Path: f.Path, Source: f.Data, Origin: func(line int) (string, int, string, bool) {
				return text.at(line)
			}})
		}
	}
	for _, dep := range c.dependencies {
		to = dep.crds(to)
	}
	return to
}

func hasManifestExtension(name string) bool {
	ext := path.Ext(name)
	return strings.EqualFold(ext, ".yaml") || strings.EqualFold(ext, ".yml") || strings.EqualFold(ext, ".json")
}

func checkKubeVersion(c *chart, caps *Capabilities) error {
	if c.Metadata.KubeVersion == "" || compatible(c.Metadata.KubeVersion, caps.KubeVersion.String()) {
		return nil
	}
	return &Error{
		File: c.path + "/Chart.yaml",
		Line: lineOf(c.chartFile, "kubeVersion:"),
		Message: fmt.Sprintf("chart requires kubeVersion: %s which is incompatible with Kubernetes %s",
			c.Metadata.KubeVersion, caps.KubeVersion.Version),
	}
}

func compatible(constraint, version string) bool {
	v, err := semver.NewVersion(version)
	if err != nil {
		return false
	}
	c, err := semver.NewConstraint(constraint)
	return err == nil && c.Check(v)
}

// lineOf returns the line of the first line of src that begins with prefix, or 0.
func lineOf(src []byte, prefix string) int {
	n := 0
	for line := range bytes.Lines(src) {
		if n++; bytes.HasPrefix(line, []byte(prefix)) {
			return n
		}
	}
	return 0
}
