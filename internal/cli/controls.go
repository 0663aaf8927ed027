package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
)

func newControls(p *Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "controls",
		Short: "List and explain the controls",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newControlsList(p), newControlsShow(p))
	return cmd
}

func newControlsList(p *Process) *cobra.Command {
	var chosen selection
	var format, severity string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the controls",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := chosen.controls()
			if err != nil {
				return err
			}
			minimum, err := parseSeverity("severity", severity)
			if err != nil {
				return err
			}
			kept := list[:0]
			for _, c := range list {
				if c.Severity >= minimum {
					kept = append(kept, c)
				}
			}
			return printControls(p.Stdout, format, chosen.framework, kept)
		},
	}
	cmd.Flags().SortFlags = false
	chosen.register(cmd.Flags())
	cmd.Flags().StringVar(&severity, "severity", "info", "only controls from this `severity` on")
	cmd.Flags().StringVarP(&format, "format", "f", "table", "table, json")
	return cmd
}

func printControls(w io.Writer, format, framework string, list []*control.Control) error {
	switch format {
	case "json":
		out := make([]controlJSON, len(list))
		for i, c := range list {
			out[i] = describe(c)
		}
		return writeJSON(w, out)
	case "table":
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		column := ""
		if framework != "" {
			column = strings.ToUpper(framework) + "\t"
		}
		fmt.Fprintf(tw, "ID\tLAYER\tSEVERITY\t%sTITLE\n", column)
		for _, c := range list {
			if framework != "" {
				column = strings.Join(c.In(framework), ", ") + "\t"
			}
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s%s\n", c.ID, c.Layer, c.Severity, column, c.Title)
		}
		return tw.Flush()
	default:
		return unknown(fmt.Sprintf("format %q", format), format, []string{"table", "json"}, "formats are table, json")
	}
}

func newControlsShow(p *Process) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "show ID",
		Short:   "Explain a control; the id that another tool gives the same check finds it too",
		Example: "  kubeharden controls show privileged-container\n  kubeharden controls show CKV_K8S_20",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &hintError{fmt.Errorf("no control named"), "'kubeharden controls list' shows all"}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, ids []string) error {
			found, err := findAll(ids)
			if err != nil {
				return err
			}
			switch format {
			case "text":
				for i, c := range found {
					if err := explain(p.Stdout, c, i > 0); err != nil {
						return err
					}
				}
				return nil
			case "json":
				out := make([]controlJSON, len(found))
				for i, c := range found {
					out[i] = describe(c)
				}
				return writeJSON(p.Stdout, out)
			default:
				return unknown(fmt.Sprintf("format %q", format), format, []string{"text", "json"}, "formats are text, json")
			}
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, c := range controls.All() {
				ids = append(ids, c.ID+"\t"+c.Title)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text, json")
	return cmd
}

// explain prints a control as a page for people, with an empty line before it if it is not the first.
func explain(w io.Writer, c *control.Control, more bool) error {
	var b strings.Builder
	if more {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s\n%s\n\n", c.ID, c.Title)
	row := func(name, value string) {
		if value != "" {
			b.WriteString(wrap(fmt.Sprintf("%-12s", name), value))
		}
	}
	row("severity", c.Severity.String())
	row("layer", c.Layer.String()+", "+c.Section)
	row("judges", c.JudgesText())
	row("requires", c.Require.Describe())
	if c.RequirePod != nil {
		row("on the pod", c.RequirePod.Describe())
	}
	row("unless", c.UnlessText())
	if c.From > 0 {
		row("from", "Kubernetes "+c.From.String())
	}
	row("why", c.Why)
	row("how to fix", c.RemedyText())
	fix := c.Fix.String()
	if c.NoFix != "" {
		fix += ": " + c.NoFix
	}
	row("fix", fix)
	row("risk", c.Risk)
	for _, p := range c.Params {
		value := "must be given"
		if p.Default != nil {
			value = "default " + strings.Join(p.Default, ",")
		}
		row("parameter", p.Name+" ("+value+"): "+p.Doc+"; for example --param "+c.ID+"."+p.Name+"="+strings.Join(append(p.Example, p.Default...)[:max(1, len(p.Example))], ","))
	}
	row("implies", strings.Join(c.Suppresses, ", "))
	row("references", references(c))
	for _, peer := range c.Peers.All() {
		row(peer.Tool, strings.Join(peer.IDs, ", "))
	}
	for _, source := range c.Refs.Source {
		row("source", source)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func references(c *control.Control) string {
	var refs []string
	if c.Refs.PSS != "" {
		refs = append(refs, "Pod Security Standards "+c.Refs.PSS)
	}
	if len(c.Refs.CIS) > 0 {
		refs = append(refs, "CIS "+strings.Join(c.Refs.CIS, ", "))
	}
	if len(c.Refs.MITRE) > 0 {
		refs = append(refs, "MITRE ATT&CK "+strings.Join(c.Refs.MITRE, ", "))
	}
	if len(c.Refs.NSA) > 0 {
		refs = append(refs, "NSA/CISA "+strings.Join(c.Refs.NSA, ", "))
	}
	return strings.Join(refs, "; ")
}

// pageWidth is the width of pages that nobody's terminal decides.
const pageWidth = 80

// wrap writes text behind a label in lines of pageWidth, indented to the label's width.
func wrap(label, text string) string {
	var b strings.Builder
	b.WriteString(label)
	column := len(label)
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > pageWidth:
			b.WriteString("\n" + strings.Repeat(" ", len(label)))
			column = len(label)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
	return b.String()
}

// controlJSON is a control as "controls list --format json" shows it.
type controlJSON struct {
	ID         string              `json:"id"`
	Title      string              `json:"title"`
	Layer      string              `json:"layer"`
	Section    string              `json:"section"`
	Severity   string              `json:"severity"`
	Scope      string              `json:"scope"`
	Since      string              `json:"since"`
	From       string              `json:"kubernetesFrom,omitempty"`
	Requires   string              `json:"requires"`
	Why        string              `json:"why"`
	Remedy     string              `json:"remedy"`
	Fix        string              `json:"fix"`
	NoFix      string              `json:"noFix,omitempty"`
	Risk       string              `json:"risk"`
	Parameters []paramJSON         `json:"parameters,omitempty"`
	Suppresses []string            `json:"suppresses,omitempty"`
	Refs       refsJSON            `json:"references"`
	Peers      map[string][]string `json:"peers,omitempty"`
	Page       string              `json:"documentation"`
}

type paramJSON struct {
	Name    string   `json:"name"`
	Doc     string   `json:"description"`
	Default []string `json:"default,omitempty"`
	Example []string `json:"example,omitempty"`
}

type refsJSON struct {
	PSS    string   `json:"pss,omitempty"`
	OWASP  []string `json:"owasp,omitempty"`
	CIS    []string `json:"cis,omitempty"`
	NSA    []string `json:"nsa,omitempty"`
	MITRE  []string `json:"mitre,omitempty"`
	Source []string `json:"source,omitempty"`
}

func describe(c *control.Control) controlJSON {
	out := controlJSON{
		ID: c.ID, Title: c.Title, Layer: c.Layer.String(), Section: c.Section, Severity: c.Severity.String(),
		Scope: c.Scope.String(), Since: c.Since, Requires: c.Require.Describe(),
		Why: strings.Join(strings.Fields(c.Why), " "), Remedy: c.RemedyText(), Fix: c.Fix.String(), NoFix: c.NoFix,
		Risk: c.Risk, Suppresses: c.Suppresses, Page: c.DocumentationURL(),
		Refs: refsJSON{c.Refs.PSS, c.In("owasp"), c.Refs.CIS, c.Refs.NSA, c.Refs.MITRE, c.Refs.Source},
	}
	if c.From > 0 {
		out.From = c.From.String()
	}
	for _, p := range c.Params {
		out.Parameters = append(out.Parameters, paramJSON{p.Name, p.Doc, p.Default, p.Example})
	}
	for _, peer := range c.Peers.All() {
		if out.Peers == nil {
			out.Peers = map[string][]string{}
		}
		out.Peers[peer.Tool] = peer.IDs
	}
	return out
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
