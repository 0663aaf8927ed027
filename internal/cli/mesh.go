package cli

import (
	"bufio"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/mesh"
)

// protectionOut is what a mesh does to one port of a workload.
type protectionOut struct {
	Workload string `json:"workload"`
	Place    string `json:"place,omitempty"`
	// Proxy is sidecar, ambient, gateway, linkerd, none or unknown.
	Proxy      string `json:"proxy"`
	ProxyBy    string `json:"proxyBy"`
	ProxyPlace string `json:"proxyPlace,omitempty"`
	// Port is 0 for all ports that nothing declares.
	Port int `json:"port"`
	// Mode is STRICT, PERMISSIVE, DISABLE or UNKNOWN.
	Mode    string `json:"mode"`
	Level   string `json:"level"`
	Decider string `json:"decider,omitempty"`
	Path    string `json:"path,omitempty"`
	By      string `json:"byPlace,omitempty"`
	Why     string `json:"why,omitempty"`
}

func newMesh(p *Process) *cobra.Command {
	var f gathering
	mtls := &cobra.Command{
		Use:   "mtls [PATH…]",
		Short: "Show which ports of which workloads take mutual TLS only, and what decides it",
		Long: `Shows for every workload and port whether it is in a service mesh, whether it takes mutual TLS only (STRICT), plain text too (PERMISSIVE)
or nothing else (DISABLE), and which object decides that. Istio, with sidecars and ambient, and Linkerd are resolved.`,
		Example: "  kubeharden mesh mtls deploy/\n  kubeharden mesh mtls --format json deploy/",
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := f.checkFormat("table", "json"); err != nil {
				return err
			}
			v, whole, err := f.inventory(cmd.Context(), p, paths)
			if err != nil {
				return err
			}
			return answer(p, whole, func(w *bufio.Writer) error { return writeProtection(w, p, v, f.format) })
		},
	}
	f.register(mtls.Flags(), "table", "json")
	return group("mesh", "Ask what a service mesh protects", mtls)
}

func writeProtection(w *bufio.Writer, p *Process, v *inventory.Inventory, format string) error {
	rows := []protectionOut{}
	var table [][]string
	for _, l := range v.Protection().Summary() {
		o := protectionOut{
			Workload: l.Workload.String(), Place: place(v, l.Workload.Object), Proxy: string(l.Membership.Proxy), ProxyBy: l.Membership.Why,
			ProxyPlace: place(v, l.Membership.Object), Port: l.Port, Mode: string(l.MTLS.Mode), Level: string(l.MTLS.Level), Path: l.MTLS.Path,
			By: place(v, l.MTLS.Decider), Why: l.MTLS.Why,
		}
		if l.MTLS.Decider != mesh.Nobody {
			o.Decider = v.Objects[l.MTLS.Decider].String()
		}
		rows = append(rows, o)
		port := "others"
		switch {
		case !l.Membership.In() && l.Port != 0:
			continue // the line of all its ports is there
		case !l.Membership.In():
			port = "all"
		case l.Port != 0:
			port = fmt.Sprint(l.Port)
		}
		table = append(table, []string{o.Workload, o.Proxy, port, o.Mode, o.Level + decidedAt(v, &l.MTLS)})
	}
	if format == "json" {
		return writeJSON(w, rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(w, "no workload in the manifests")
		return nil
	}
	return p.table(w, []string{"WORKLOAD", "PROXY", "PORT", "MTLS", "BY"}, table)
}

// decidedAt names the object that decides, with its place; what does not show in that is said in words.
func decidedAt(v *inventory.Inventory, m *mesh.MTLS) string {
	text := ""
	if m.Decider != mesh.Nobody {
		text = ": " + v.Objects[m.Decider].String() + at(v, m.Decider)
	}
	if m.Why != "" {
		text += ": " + m.Why
	}
	return text
}
