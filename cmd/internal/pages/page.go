package main

import (
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// generated is at the head of every page.
const generated = "<!-- Generated from the control's declaration by make generate. Change it there. -->\n"

// page writes the page of one control.
func page(c *control.Control, ex example) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# %s\n\n**%s.**\n\n%s\n\n", generated, c.ID, c.Title, sentences(c.Why))
	b.WriteString("| | |\n| --- | --- |\n")
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, strings.ReplaceAll(value, "|", `\|`))
		}
	}
	row("Severity", c.Severity.String())
	row("Layer", c.Layer.String()+", "+c.Section)
	row("Profile", c.Profile)
	row("Judges", c.JudgesText())
	row("Requires", c.Require.Describe())
	if c.RequirePod != nil {
		row("On the pod", c.RequirePod.Describe())
	}
	if text := c.UnlessText(); text != "" {
		row("Does not apply", "where "+text)
	}
	if c.From > 0 {
		row("From", "Kubernetes "+c.From.String())
	}
	row("Since", "kubeharden "+c.Since)
	if len(c.Suppresses) > 0 {
		row("Implies", links(c.Suppresses))
	}

	fmt.Fprintf(&b, "\n## How to fix it\n\n%s\n\n", sentence(c.RemedyText()))
	if c.NoFix != "" {
		fmt.Fprintf(&b, "There is no automatic fix: %s\n\n", sentence(c.NoFix))
	}
	fmt.Fprintf(&b, "What could stop working: %s\n\n", sentence(c.Risk))
	b.WriteString("## Example\n\n")
	for _, p := range c.Params {
		if p.Default == nil || len(p.Example) > 0 {
			fmt.Fprintf(&b, "With `--param %s.%s=%s`:\n\n", c.ID, p.Name, strings.Join(p.Example, ","))
		}
	}
	fmt.Fprintf(&b, "This fails:\n\n```yaml\n%s```\n\n", ex.before)
	if ex.after != "" {
		fmt.Fprintf(&b, "This passes:\n\n```yaml\n%s```\n", ex.after)
	} else {
		b.WriteString("Nothing that is changed in it makes such an object pass: remove it.\n")
	}

	if len(c.Params) > 0 {
		b.WriteString("\n## Parameters\n\n| name | meaning | default | example |\n| --- | --- | --- | --- |\n")
		for _, p := range c.Params {
			def := "must be given"
			if p.Default != nil {
				def = code(p.Default)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.Name, p.Doc, def, code(p.Example))
		}
	}
	b.WriteString("\n## References\n\n")
	references(&b, c)
	if peers := c.Peers.All(); len(peers) > 0 {
		b.WriteString("\n## The same check elsewhere\n\n")
		for _, p := range peers {
			fmt.Fprintf(&b, "- %s: %s\n", p.Tool, code(p.IDs))
		}
	}
	return []byte(b.String())
}

func references(b *strings.Builder, c *control.Control) {
	if c.Refs.PSS != "" {
		fmt.Fprintf(b, "- Pod Security Standards: %s\n", c.Refs.PSS)
	}
	for _, ref := range []struct {
		name string
		ids  []string
	}{{"CIS Kubernetes Benchmark", c.Refs.CIS}, {"NSA/CISA Kubernetes Hardening Guide", c.Refs.NSA}, {"MITRE ATT&CK", c.Refs.MITRE}} {
		if len(ref.ids) > 0 {
			fmt.Fprintf(b, "- %s: %s\n", ref.name, strings.Join(ref.ids, "; "))
		}
	}
	for _, source := range c.Refs.Source {
		fmt.Fprintf(b, "- <%s>\n", source)
	}
}

// index writes the list of all pages.
func index(all []*control.Control) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s# Controls\n\n%d controls. `kubeharden controls show ID` prints the same at the terminal.\n", generated, len(all))
	section := func(title string, take func(*control.Control) bool) {
		head := false
		for _, c := range all {
			if !take(c) {
				continue
			}
			if !head {
				fmt.Fprintf(&b, "\n## %s\n\n| control | severity | what to do |\n| --- | --- | --- |\n", title)
				head = true
			}
			fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", c.ID, c.ID, c.Severity, strings.ReplaceAll(c.Title, "|", `\|`))
		}
	}
	for _, layer := range control.Layers() {
		section("Layer "+layer.String(), func(c *control.Control) bool { return c.Layer == layer && c.Profile == "" })
	}
	for _, profile := range control.Profiles() {
		section("Profile "+profile+" (off unless asked for)", func(c *control.Control) bool { return c.Profile == profile })
	}
	return []byte(b.String())
}

func links(ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = "[" + id + "](" + id + ".md)"
	}
	return strings.Join(out, ", ")
}

func code(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = "`" + v + "`"
	}
	return strings.Join(out, ", ")
}

// sentences folds the line breaks of a literal.
func sentences(s string) string { return strings.Join(strings.Fields(s), " ") }

// sentence makes a phrase end like one.
func sentence(s string) string {
	s = sentences(s)
	if s == "" {
		return s
	}
	// The name of a field keeps its small letter.
	if first, _, _ := strings.Cut(s, " "); strings.ToLower(first) == first && !strings.Contains(first, ".") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}
