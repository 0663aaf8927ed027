package helm

// Conditions, tags, aliases and imported values of subcharts, after helm.sh/helm/v4 v4.3.1
// pkg/chart/v2/util/dependencies.go (Apache License 2.0, Copyright The Helm Authors).

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

func (m *merger) processDependencies(c *chart, vals map[string]any) error {
	if err := m.enableDependencies(c, vals, ""); err != nil {
		return err
	}
	return m.importDependencies(c)
}

func (m *merger) conditions(reqs []*dependency, vals Values, prefix string) {
	for _, r := range reqs {
		for cond := range strings.SplitSeq(strings.TrimSpace(r.Condition), ",") {
			if cond == "" {
				continue
			}
			value, err := vals.PathValue(prefix + cond)
			if err != nil {
				if !errors.Is(err, errNoValue) {
					m.printf("condition %s of chart %s: %v", cond, r.Name, err)
				}
				continue
			}
			if enabled, ok := value.(bool); ok {
				r.Enabled = enabled
				break
			}
			m.printf("condition %s of chart %s is not a boolean", cond, r.Name)
		}
	}
}

func (m *merger) tags(reqs []*dependency, vals Values) {
	tags, err := vals.Table("tags")
	if err != nil {
		return
	}
	for _, r := range reqs {
		var hasTrue, hasFalse bool
		for _, tag := range r.Tags {
			value, ok := tags[tag]
			if !ok {
				continue
			}
			if enabled, ok := value.(bool); !ok {
				m.printf("tag %s of chart %s is not a boolean", tag, r.Name)
			} else if enabled {
				hasTrue = true
			} else {
				hasFalse = true
			}
		}
		r.Enabled = hasTrue || !hasFalse
	}
}

// aliased returns a copy of the chart that a dependency asks for, under its alias.
func aliased(charts []*chart, dep *dependency) *chart {
	for _, c := range charts {
		if c.name() != dep.Name || !compatible(dep.Version, c.Metadata.Version) {
			continue
		}
		out := *c
		md := *c.Metadata
		md.Dependencies = slices.Clone(md.Dependencies)
		for i, d := range md.Dependencies {
			d := *d
			md.Dependencies[i] = &d
		}
		out.Metadata = &md
		out.dependencies = nil
		for _, d := range c.dependencies {
			d := *d
			out.addDependency(&d)
		}
		if dep.Alias != "" {
			out.Metadata.Name = dep.Alias
		}
		return &out
	}
	return nil
}

func (m *merger) enableDependencies(c *chart, vals map[string]any, prefix string) error {
	reqs := c.Metadata.Dependencies
	if reqs == nil {
		return nil
	}
	var deps []*chart
	// What lies in charts/ without being declared is always enabled.
	for _, existing := range c.dependencies {
		if !slices.ContainsFunc(reqs, func(r *dependency) bool {
			return existing.name() == r.Name && compatible(r.Version, existing.Metadata.Version)
		}) {
			deps = append(deps, existing)
		}
	}
	for _, r := range reqs {
		if dep := aliased(c.dependencies, r); dep != nil {
			deps = append(deps, dep)
		}
		if r.Alias != "" {
			r.Name = r.Alias
		}
	}
	c.setDependencies(deps...)
	for _, r := range reqs {
		r.Enabled = true
	}
	merged, err := m.coalesceValues(c, vals)
	if err != nil {
		return err
	}
	m.tags(reqs, merged)
	m.conditions(reqs, merged, prefix)
	disabled := map[string]bool{}
	for _, r := range reqs {
		if !r.Enabled {
			disabled[r.Name] = true
		}
	}
	deps = slices.DeleteFunc(slices.Clone(c.dependencies), func(d *chart) bool { return disabled[d.name()] })
	for _, d := range deps {
		if err := m.enableDependencies(d, merged, prefix+d.name()+"."); err != nil {
			return err
		}
	}
	c.Metadata.Dependencies = slices.DeleteFunc(slices.Clone(reqs), func(r *dependency) bool { return disabled[r.Name] })
	if len(c.Metadata.Dependencies) == 0 {
		c.Metadata.Dependencies = nil
	}
	c.setDependencies(deps...)
	return nil
}

func (m *merger) importDependencies(c *chart) error {
	for _, d := range c.dependencies {
		if err := m.importDependencies(d); err != nil {
			return err
		}
	}
	return m.importValues(c)
}

// importValues merges what dependencies export into the chart's own values, below them.
func (m *merger) importValues(c *chart) error {
	if c.Metadata.Dependencies == nil {
		return nil
	}
	vals, err := m.mergeValues(c, nil)
	if err != nil {
		return err
	}
	imported := map[string]any{}
	for _, r := range c.Metadata.Dependencies {
		var told []any
		for _, item := range r.ImportValues {
			child, parent := "", "."
			switch item := item.(type) {
			case map[string]any:
				child, parent = fmt.Sprintf("%v", item["child"]), fmt.Sprintf("%v", item["parent"])
			case string:
				child = "exports." + item
			default:
				continue
			}
			told = append(told, map[string]string{"child": child, "parent": parent})
			table, err := vals.Table(r.Name + "." + child)
			if err != nil {
				m.printf("import-values: chart %s has no table %s: %v", r.Name, child, err)
				continue
			}
			imported = m.coalesceTables(imported, nestAt(parent, table.AsMap()), "", true)
		}
		r.ImportValues = told
	}
	c.Values = m.coalesceTables(copyMap(vals), imported, "", true)
	return nil
}

func nestAt(path string, table map[string]any) map[string]any {
	if path == "." {
		return table
	}
	for _, key := range slices.Backward(strings.Split(path, ".")) {
		table = map[string]any{key: table}
	}
	return table
}
