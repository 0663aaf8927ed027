package helm

import (
	"context"
	"path"
	"path/filepath"
	"slices"
)

// Inspection is what a chart is made of, as far as its values go.
type Inspection struct {
	// Values are those that the chart would be rendered with; keys that are declared as null are in it, which templates do not see.
	Values map[string]any
	// Parts are the chart and its enabled subcharts, parents first.
	Parts []Part
	// Disabled are the names, or aliases, of the chart's dependencies that these values turn off.
	Disabled []string
}

// Part is a chart or subchart.
type Part struct {
	// Prefix are the keys below which the values of the part stand; none for the chart itself.
	Prefix []string
	// ValuesFile is the part's values.yaml, as shown to people; "" if it has none. ValuesSource is its text.
	ValuesFile   string
	ValuesSource []byte
	Templates    []Template
	// Name and Version are those of Chart.yaml; Name is the alias if there is one.
	Name, Version string
}

// Template is a file of a chart's templates.
type Template struct {
	Path   string // as shown to people
	Source []byte
}

// Inspect reads a chart as [Render] does and tells its values and parts. An error is an [*Error] or that of ctx.
func Inspect(ctx context.Context, chartPath string, opts Options) (*Inspection, error) {
	shown := path.Clean(filepath.ToSlash(chartPath))
	in, err := inspect(chartPath, shown, &opts)
	if err != nil {
		return nil, told(ctx, shown, err)
	}
	return in, nil
}

func inspect(chartPath, shown string, opts *Options) (*Inspection, error) {
	c, err := load(chartPath, shown, opts.Root)
	if err != nil {
		return nil, err
	}
	var declared []string
	for _, d := range c.Metadata.Dependencies {
		declared = append(declared, orDefault(d.Alias, d.Name))
	}
	var m merger
	vals, err := m.userValues(opts)
	if err != nil {
		return nil, err
	}
	if err := m.processDependencies(c, vals); err != nil {
		return nil, err
	}
	merged, err := m.mergeValues(c, vals)
	if err != nil {
		return nil, err
	}
	in := &Inspection{Values: merged}
	for _, name := range declared {
		if !c.hasDependency(name) {
			in.Disabled = append(in.Disabled, name)
		}
	}
	in.add(c, nil)
	return in, nil
}

func (in *Inspection) add(c *chart, prefix []string) {
	part := Part{Prefix: prefix, Name: c.name(), Version: c.Metadata.Version}
	if c.valuesFile != nil {
		part.ValuesFile, part.ValuesSource = c.valuesFile.Path, c.valuesFile.Data
	}
	for _, t := range c.Templates {
		part.Templates = append(part.Templates, Template{t.Path, t.Data})
	}
	in.Parts = append(in.Parts, part)
	for _, d := range c.dependencies {
		in.add(d, append(slices.Clip(prefix), d.name()))
	}
}
