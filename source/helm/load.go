package helm

// Reading of charts, after helm.sh/helm/v4 v4.3.1 pkg/chart/v2/loader (Apache License 2.0, Copyright The Helm Authors).

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	"helm.sh/helm/v4/pkg/ignore"
)

// Bounds of what one chart may be. Helm's own is the first, for one folder or archive; archives in archives multiply it.
const (
	maxChartSize  = 100 << 20 // bytes of a folder, as in Helm
	maxTotalSize  = 256 << 20 // bytes unpacked, with all archives in archives
	maxChartFiles = 50_000
	maxFolders    = 64 // folders in folders; links to parents would have no end
	maxNesting    = 16 // charts in charts
)

var utf8bom = []byte{0xEF, 0xBB, 0xBF}

// IsArchive reports whether the file is a packed chart: a gzipped tar (.tgz or .tar.gz) with a Chart.yaml in its folder. It reads
// no further than to that file, which Helm packs first.
func IsArchive(name string) bool {
	if !strings.HasSuffix(name, ".tgz") && !strings.HasSuffix(name, ".tar.gz") {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	return hasChartFile(f)
}

// loader reads one chart with its subcharts and counts what it holds.
type loader struct{ total int64 }

// load reads the chart in a folder or archive.
func load(name, shown, root string) (*chart, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, bare(err)
	}
	var (
		l     loader
		files []*file
	)
	if info.IsDir() {
		files, err = readDir(name, shown, root)
	} else {
		files, err = l.readArchiveFile(name, shown)
	}
	if err != nil {
		return nil, err
	}
	return l.build(files, shown, 0)
}

// bare strips the os package's path, which the caller tells.
func bare(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

func (l *loader) readArchiveFile(name, shown string) ([]*file, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	return l.readArchive(f, shown)
}

func (l *loader) readArchive(r io.Reader, shown string) ([]*file, error) {
	packed, err := archive.LoadArchiveFiles(r)
	if errors.Is(err, gzip.ErrHeader) {
		return nil, fmt.Errorf("file does not appear to be a valid chart file (details: %w)", err)
	}
	if err != nil {
		return nil, err
	}
	files := make([]*file, len(packed))
	for i, f := range packed {
		// Helm's slices share one buffer that it reuses only for the next file's growth; they are ours.
		files[i] = &file{Name: f.Name, Path: shown + "/" + f.Name, Data: f.Data}
		l.total += int64(len(f.Data))
	}
	if l.total > maxTotalSize {
		return nil, fmt.Errorf("chart is larger than %d bytes with the charts in it", maxTotalSize)
	}
	return files, nil
}

// dirReader reads a chart's folder. Helm follows symbolic links to anywhere; os.Root keeps us below root.
type dirReader struct {
	root  *os.Root
	base  string // of the chart, relative to root
	shown string
	rules *ignore.Rules
	files []*file
	left  int64
}

func readDir(dir, shown, rootDir string) ([]*file, error) {
	base := "."
	if rootDir == "" {
		rootDir = dir
	} else if rel, err := relative(rootDir, dir); err == nil {
		base = rel
	} else {
		rootDir = dir
	}
	root, err := os.OpenRoot(rootDir)
	if err != nil {
		return nil, bare(err)
	}
	defer root.Close()
	r := &dirReader{root: root, base: base, shown: shown, rules: ignore.Empty(), left: maxChartSize}
	if f, err := root.Open(path.Join(base, ignore.HelmIgnore)); err == nil {
		r.rules, err = ignore.Parse(io.LimitReader(f, 1<<20))
		_ = f.Close() // it was only read
		if err != nil {
			return nil, &Error{File: shown + "/" + ignore.HelmIgnore, Message: err.Error(), Err: err}
		}
	}
	r.rules.AddDefaults()
	if err := r.walk("", 0); err != nil {
		return nil, err
	}
	return r.files, nil
}

// relative returns dir relative to root if it is below it.
func relative(root, dir string) (string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil || !filepath.IsLocal(rel) {
		return "", errors.New("not below")
	}
	return filepath.ToSlash(rel), nil
}

func (r *dirReader) walk(dir string, depth int) error {
	if depth > maxFolders {
		return fmt.Errorf("folders are nested deeper than %d: %s", maxFolders, dir)
	}
	f, err := r.root.Open(path.Join(r.base, dir))
	if err != nil {
		return r.fault(dir, err)
	}
	names, err := f.Readdirnames(-1)
	_ = f.Close() // it was only read
	if err != nil {
		return r.fault(dir, err)
	}
	slices.Sort(names)
	for _, name := range names {
		name = path.Join(dir, name)
		info, err := r.root.Lstat(path.Join(r.base, name))
		if err != nil {
			return r.fault(name, err)
		}
		if r.rules.Ignore(name, info) {
			continue
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			if info, err = r.root.Stat(path.Join(r.base, name)); err != nil {
				return r.fault(name, err)
			}
			if r.rules.Ignore(name, info) {
				continue
			}
		}
		switch {
		case info.IsDir():
			err = r.walk(name, depth+1)
		case !info.Mode().IsRegular():
			err = r.fault(name, errors.New("not a regular file"))
		default:
			err = r.read(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *dirReader) read(name string) error {
	f, err := r.root.Open(path.Join(r.base, name))
	if err != nil {
		return r.fault(name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, r.left+1))
	if err != nil {
		return r.fault(name, err)
	}
	if r.left -= int64(len(data)); r.left < 0 || len(r.files) == maxChartFiles {
		return fmt.Errorf("chart exceeds maximum decompressed size of %d bytes or %d files", maxChartSize, maxChartFiles)
	}
	r.files = append(r.files, &file{Name: name, Path: r.shown + "/" + name, Data: bytes.TrimPrefix(data, utf8bom)})
	return nil
}

func (r *dirReader) fault(name string, err error) error {
	err = bare(err)
	return &Error{File: path.Join(r.shown, name), Message: "cannot be read: " + err.Error(), Err: err}
}

// build sorts the files of a chart into what they are for.
func (l *loader) build(files []*file, shown string, nesting int) (*chart, error) {
	if nesting > maxNesting {
		return nil, fmt.Errorf("charts are nested deeper than %d", maxNesting)
	}
	c := &chart{path: shown}
	for _, f := range files {
		if f.Name != "Chart.yaml" {
			continue
		}
		c.Metadata, c.chartFile = &metadata{}, f.Data
		if err := yaml.Unmarshal(f.Data, c.Metadata); err != nil {
			return nil, yamlError(f.Path, "cannot load Chart.yaml", err)
		}
		if c.Metadata.APIVersion == "" {
			c.Metadata.APIVersion = "v1" // Helm 2's charts had none
		}
	}
	if c.Metadata == nil {
		return nil, errors.New("Chart.yaml file is missing") //nolint:staticcheck // Helm's words
	}
	var names []string
	subcharts := map[string][]*file{}
	for _, f := range files {
		switch {
		case f.Name == "Chart.yaml" || f.Name == "Chart.lock" || f.Name == "requirements.lock":
		case f.Name == "values.yaml":
			values, err := loadValues(f.Data)
			if err != nil {
				return nil, yamlError(f.Path, "cannot load values.yaml", err)
			}
			c.Values, c.valuesFile = values, f
		case f.Name == "values.schema.json":
			c.Schema = f.Data
		case f.Name == "requirements.yaml":
			if err := yaml.Unmarshal(f.Data, c.Metadata); err != nil {
				return nil, yamlError(f.Path, "cannot load requirements.yaml", err)
			}
			if c.Metadata.APIVersion == "v1" {
				c.Files = append(c.Files, f)
			}
		case strings.HasPrefix(f.Name, "templates/"):
			c.Templates = append(c.Templates, f)
		case strings.HasPrefix(f.Name, "charts/") && path.Ext(f.Name) != ".prov":
			name, _, _ := strings.Cut(strings.TrimPrefix(f.Name, "charts/"), "/")
			if subcharts[name] == nil {
				names = append(names, name)
			}
			subcharts[name] = append(subcharts[name], f)
		default:
			c.Files = append(c.Files, f)
		}
	}
	if err := c.Metadata.validate(); err != nil {
		return nil, &Error{File: shown + "/Chart.yaml", Message: err.Error(), Err: err}
	}
	for _, name := range names {
		if strings.IndexAny(name, "_.") == 0 {
			continue
		}
		sub, err := l.subchart(name, subcharts[name], shown+"/charts/"+name, nesting)
		if err != nil {
			if located, ok := errors.AsType[*Error](err); ok {
				return nil, located
			}
			return nil, fmt.Errorf("error unpacking subchart %s in %s: %w", name, c.name(), err)
		}
		c.addDependency(sub)
	}
	return c, nil
}

func (l *loader) subchart(name string, files []*file, shown string, nesting int) (*chart, error) {
	if path.Ext(name) == ".tgz" {
		if files[0].Name != "charts/"+name {
			return nil, fmt.Errorf("error unpacking subchart tar: expected %s, got %s", name, files[0].Name)
		}
		unpacked, err := l.readArchive(bytes.NewReader(files[0].Data), shown)
		if err != nil {
			return nil, err
		}
		return l.build(unpacked, shown, nesting+1)
	}
	inside := make([]*file, 0, len(files))
	for _, f := range files {
		if rest, ok := strings.CutPrefix(f.Name, "charts/"+name+"/"); ok {
			f.Name = rest
			inside = append(inside, f)
		}
	}
	return l.build(inside, shown, nesting+1)
}

// loadValues merges the documents of a values file.
func loadValues(data []byte) (map[string]any, error) {
	values := map[string]any{}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		data = append(slices.Clip(data), '\n') // else the reader may drop a last line of 4096 bytes, helm/helm#32506
	}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		raw, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, fmt.Errorf("error reading yaml document: %w", err)
		}
		current := map[string]any{}
		if err := yaml.Unmarshal(raw, &current); err != nil {
			return nil, fmt.Errorf("cannot unmarshal yaml document: %w", err)
		}
		values = mergeMaps(values, current)
	}
}

func hasChartFile(r io.Reader) bool {
	const most = 4 << 20 // Chart.yaml comes early; an archive without one is not read on and on
	return scanTar(io.LimitReader(r, most), func(name string) bool {
		dir, base, found := strings.Cut(strings.ReplaceAll(name, `\`, "/"), "/")
		return found && dir != "" && base == "Chart.yaml"
	})
}
