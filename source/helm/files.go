package helm

// .Files, after helm.sh/helm/v4 v4.3.1 pkg/engine/files.go (Apache License 2.0, Copyright The Helm Authors).

import (
	"encoding/base64"
	"path"
	"strings"

	"github.com/gobwas/glob"
)

// files are the files of a chart that templates can read. There are no others.
type files map[string][]byte

func newFiles(from []*file) files {
	f := make(files, len(from))
	for _, file := range from {
		f[file.Name] = file.Data
	}
	return f
}

// GetBytes returns a file, empty if there is none.
func (f files) GetBytes(name string) []byte {
	if v, ok := f[name]; ok {
		return v
	}
	return []byte{}
}

// Get is GetBytes as a string.
func (f files) Get(name string) string { return string(f.GetBytes(name)) }

// Glob returns the files that match.
func (f files) Glob(pattern string) files {
	g, err := glob.Compile(pattern, '/')
	if err != nil {
		g, _ = glob.Compile("**")
	}
	out := files{}
	for name, data := range f {
		if g.Match(name) {
			out[name] = data
		}
	}
	return out
}

// AsConfig returns the files as YAML for a ConfigMap's data.
func (f files) AsConfig() string {
	if f == nil {
		return ""
	}
	m := map[string]string{}
	for _, name := range sortedKeys(f) {
		m[path.Base(name)] = string(f[name])
	}
	return toYAML(m)
}

// AsSecrets returns the files as YAML for a Secret's data.
func (f files) AsSecrets() string {
	if f == nil {
		return ""
	}
	m := map[string]string{}
	for _, name := range sortedKeys(f) {
		m[path.Base(name)] = base64.StdEncoding.EncodeToString(f[name])
	}
	return toYAML(m)
}

// Lines returns the lines of a file.
func (f files) Lines(name string) []string {
	s := string(f[name])
	if s == "" {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}
