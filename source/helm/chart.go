package helm

// The model of a chart, after helm.sh/helm/v4 v4.3.1 pkg/chart/v2 (chart.go, metadata.go, dependency.go) and
// pkg/chart/common.go (Apache License 2.0, Copyright The Helm Authors).

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strings"
	"unicode"

	"github.com/Masterminds/semver/v3"
)

// file is one file of a chart.
type file struct {
	Name string // inside the chart: templates/deployment.yaml
	Path string // as shown to people
	Data []byte
}

type chart struct {
	path      string // of its folder or archive, as shown to people
	chartFile []byte
	Metadata  *metadata
	Templates []*file
	Files     []*file
	Values    map[string]any
	Schema    []byte
	// valuesFile is where Values were read from; nil if there is none.
	valuesFile *file

	parent       *chart
	dependencies []*chart
}

type maintainer struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"`
}

// metadata is Chart.yaml. Templates see its fields by these names.
type metadata struct {
	Name         string            `json:"name,omitempty"`
	Home         string            `json:"home,omitempty"`
	Sources      []string          `json:"sources,omitempty"`
	Version      string            `json:"version,omitempty"`
	Description  string            `json:"description,omitempty"`
	Keywords     []string          `json:"keywords,omitempty"`
	Maintainers  []*maintainer     `json:"maintainers,omitempty"`
	Icon         string            `json:"icon,omitempty"`
	APIVersion   string            `json:"apiVersion,omitempty"`
	Condition    string            `json:"condition,omitempty"`
	Tags         string            `json:"tags,omitempty"`
	AppVersion   string            `json:"appVersion,omitempty"`
	Deprecated   bool              `json:"deprecated,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	KubeVersion  string            `json:"kubeVersion,omitempty"`
	Dependencies []*dependency     `json:"dependencies,omitempty"`
	Type         string            `json:"type,omitempty"`
}

type dependency struct {
	Name         string   `json:"name"`
	Version      string   `json:"version,omitempty"`
	Repository   string   `json:"repository"`
	Condition    string   `json:"condition,omitempty"`
	Tags         []string `json:"tags,omitempty"`
	Enabled      bool     `json:"enabled,omitempty"`
	ImportValues []any    `json:"import-values,omitempty"`
	Alias        string   `json:"alias,omitempty"`
}

func (c *chart) name() string { return c.Metadata.Name }

// fullPath is the name of the chart among templates: parent/charts/child.
func (c *chart) fullPath() string {
	if c.parent != nil {
		return c.parent.fullPath() + "/charts/" + c.name()
	}
	return c.name()
}

func (c *chart) setDependencies(charts ...*chart) {
	c.dependencies = nil
	for _, dep := range charts {
		c.addDependency(dep)
	}
}

func (c *chart) addDependency(dep *chart) {
	dep.parent = c
	c.dependencies = append(c.dependencies, dep)
}

func (c *chart) checkDependencies() error {
	var missing []string
next:
	for _, req := range c.Metadata.Dependencies {
		for _, dep := range c.dependencies {
			if dep.name() == req.Name {
				continue next
			}
		}
		missing = append(missing, req.Name)
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("an error occurred while checking for chart dependencies. You may need to run "+
		"'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: %s",
		strings.Join(missing, ", "))
}

type validationError string

func (v validationError) Error() string { return "validation: " + string(v) }

func invalid(format string, args ...any) error {
	return validationError(fmt.Sprintf(format, args...))
}

var aliasFormat = regexp.MustCompile("^[a-zA-Z0-9_-]+$")

func (md *metadata) validate() error {
	for _, s := range []*string{&md.Name, &md.Description, &md.Home, &md.Icon, &md.Condition, &md.Tags, &md.AppVersion, &md.KubeVersion} {
		*s = sanitize(*s)
	}
	for _, list := range [][]string{md.Sources, md.Keywords} {
		for i := range list {
			list[i] = sanitize(list[i])
		}
	}
	switch {
	case md.APIVersion == "":
		return invalid("chart.metadata.apiVersion is required")
	case md.Name == "":
		return invalid("chart.metadata.name is required")
	case md.Name == "." || md.Name == "..":
		return invalid("chart.metadata.name %q is not allowed", md.Name)
	case md.Name != path.Base(md.Name):
		return invalid("chart.metadata.name %q is invalid", md.Name)
	case md.Version == "":
		return invalid("chart.metadata.version is required")
	}
	if _, err := semver.NewVersion(md.Version); err != nil {
		return invalid("chart.metadata.version %q is invalid", md.Version)
	}
	switch md.Type {
	case "", "application", "library":
	default:
		return invalid("chart.metadata.type must be application or library")
	}
	for _, m := range md.Maintainers {
		if m == nil {
			return invalid("maintainers must not contain empty or null nodes")
		}
		m.Name, m.Email, m.URL = sanitize(m.Name), sanitize(m.Email), sanitize(m.URL)
	}
	seen := map[string]bool{}
	for _, d := range md.Dependencies {
		if err := d.validate(); err != nil {
			return err
		}
		key := orDefault(d.Alias, d.Name)
		if seen[key] {
			return invalid("more than one dependency with name or alias %q", key)
		}
		seen[key] = true
	}
	return nil
}

func (d *dependency) validate() error {
	if d == nil {
		return invalid("dependencies must not contain empty or null nodes")
	}
	d.Name, d.Version = sanitize(d.Name), sanitize(d.Version)
	d.Repository, d.Condition = sanitize(d.Repository), sanitize(d.Condition)
	for i := range d.Tags {
		d.Tags[i] = sanitize(d.Tags[i])
	}
	if d.Alias != "" && !aliasFormat.MatchString(d.Alias) {
		return invalid("dependency %q has disallowed characters in the alias", d.Name)
	}
	return nil
}

// sanitize makes all white space blanks and drops what is not printable.
func sanitize(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, s)
}

// metadataMap is .Chart as templates see it: a map by field name.
func (c *chart) metadataMap() map[string]any {
	m := structToMap(reflect.ValueOf(c.Metadata))
	m["IsRoot"] = c.parent == nil
	return m
}

func structToMap(v reflect.Value) map[string]any {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	result := make(map[string]any, v.NumField())
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		if field.Kind() != reflect.Slice {
			result[name] = field.Interface()
			continue
		}
		list := make([]any, field.Len())
		for j := range list {
			if item := field.Index(j); item.Kind() == reflect.Pointer {
				list[j] = structToMap(item)
			} else {
				list[j] = item.Interface()
			}
		}
		result[name] = list
	}
	return result
}
