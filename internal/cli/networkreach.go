package cli

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/diagram"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/network"
)

// flowOut is one flow as it is told in JSON.
type flowOut struct {
	From     string  `json:"from"`
	To       string  `json:"to"`
	Protocol string  `json:"protocol"`
	Port     int     `json:"port"`
	Verdict  string  `json:"verdict"`
	Egress   sideOut `json:"egress"`
	Ingress  sideOut `json:"ingress"`
}

// sideOut is one direction of a flow, and the policy that decides it.
type sideOut struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
	Policy  string `json:"policy,omitempty"`
	Path    string `json:"path,omitempty"`
	Place   string `json:"place,omitempty"`
}

func sideOf(v *inventory.Inventory, s *network.Side) sideOut {
	out := sideOut{Verdict: s.Verdict.String(), Reason: s.Text, Path: s.Path, Place: place(v, s.Policy)}
	if s.Policy >= 0 && s.Policy < len(v.Objects) {
		out.Policy = v.Objects[s.Policy].String()
	}
	return out
}

// explain judges single flows.
func (q *flowQuestion) explain(w *bufio.Writer, p *Process, v *inventory.Inventory, format string, from, to []member) error {
	from, to = orEverybody(v, from), orEverybody(v, to)
	flows := []flowOut{}
	for _, src := range from {
		for _, dst := range to {
			if src.workload < 0 && dst.workload < 0 || src.workload >= 0 && src.workload == dst.workload && len(from)*len(to) > 1 {
				continue
			}
			d := v.Connectivity().Flow(src.endpoint, dst.endpoint, q.protocol, q.port)
			flows = append(flows, flowOut{
				From: src.name, To: dst.name, Protocol: q.protocol.String(), Port: q.port, Verdict: d.Verdict.String(),
				Egress: sideOf(v, &d.Egress), Ingress: sideOf(v, &d.Ingress),
			})
		}
	}
	if format == "json" {
		return writeJSON(w, flows)
	}
	if len(flows) == 0 {
		fmt.Fprintln(w, "no flow: both ends are outside of the cluster, or there is no workload")
		return nil
	}
	if len(flows) == 1 {
		return writeFlow(w, &flows[0])
	}
	var rows [][]string
	for i := range flows {
		o := &flows[i]
		rows = append(rows, []string{o.From, o.To, o.Verdict, told(&o.Egress), told(&o.Ingress)})
	}
	return p.table(w, []string{"FROM", "TO", "VERDICT", "EGRESS", "INGRESS"}, rows)
}

// told says which policy decides, and where it stands.
func told(s *sideOut) string {
	text := s.Reason
	if s.Place != "" {
		text += " (" + s.Place + ")"
	}
	return text
}

func writeFlow(w *bufio.Writer, o *flowOut) error {
	fmt.Fprintf(w, "%s: %s to %s on %s %d\n", o.Verdict, o.From, o.To, o.Protocol, o.Port)
	fmt.Fprintf(w, "  egress   %-8s %s\n", o.Egress.Verdict, told(&o.Egress))
	fmt.Fprintf(w, "  ingress  %-8s %s\n", o.Ingress.Verdict, told(&o.Ingress))
	return nil
}

// orEverybody replaces an end that was not given by all workloads; those that a controller made are left out, as it is there for them.
func orEverybody(v *inventory.Inventory, members []member) []member {
	if members != nil {
		return members
	}
	a := v.Connectivity()
	for i := range v.Workloads.Workloads {
		if w := &v.Workloads.Workloads[i]; !w.Controlled {
			members = append(members, member{network.OfWorkload(i), w.String(), i, a.ClassOf(i)})
		}
	}
	return members
}

// reachOut is one line of who reaches whom.
type reachOut struct {
	From    []string `json:"from"`
	To      []string `json:"to"`
	Ports   string   `json:"ports"`
	Unknown string   `json:"unknown,omitempty"`
}

// list tells who reaches whom, workloads that are alike in it as one.
func (q *flowQuestion) list(w *bufio.Writer, p *Process, v *inventory.Inventory, format string, from, to []member) error {
	out := []reachOut{}
	a := v.Connectivity()
	if q.outside() {
		for _, src := range orEverybody(v, from) {
			for _, dst := range orEverybody(v, to) {
				if src.workload < 0 && dst.workload < 0 {
					continue
				}
				if c := q.limited(a.Connections(src.endpoint, dst.endpoint)); !c.Empty() {
					out = append(out, reachOut{[]string{src.name}, []string{dst.name}, c.Allowed.String(), unknownPorts(c)})
				}
			}
		}
	} else {
		o := network.MatrixOptions{From: classes(from), To: classes(to), NoOutside: from != nil && to != nil}
		if q.port > 0 {
			o.Ports = network.PortsOf(q.protocol, q.port, q.port)
		}
		for r := range a.Matrix(o) {
			out = append(out, reachOut{groupNames(v, a, &r.From, from), groupNames(v, a, &r.To, to), r.Allowed.String(), unknownPorts(r.Connections)})
		}
	}
	if format == "json" {
		return writeJSON(w, out)
	}
	out = bothFamilies(out)
	if len(out) == 0 {
		fmt.Fprintln(w, "nobody reaches anybody, as far as the manifests say")
		return nil
	}
	var rows [][]string
	for _, r := range out {
		ports := r.Ports
		switch none := (network.Ports{}).String(); {
		case r.Unknown != "" && ports == none:
			ports = "unknown: " + r.Unknown
		case r.Unknown != "":
			ports += " (unknown: " + r.Unknown + ")"
		}
		rows = append(rows, []string{few(r.From), few(r.To), ports})
	}
	return p.table(w, []string{"FROM", "TO", "PORTS"}, rows)
}

// bothFamilies makes one line of two that differ in nothing but all IPv4 and all IPv6 addresses.
func bothFamilies(lines []reachOut) []reachOut {
	var out []reachOut
	at := map[string]bool{}
	for _, r := range lines {
		r.From, r.To = allAddresses(r.From), allAddresses(r.To)
		key := fmt.Sprint(r.From, r.To, r.Ports, r.Unknown)
		if !at[key] {
			at[key] = true
			out = append(out, r)
		}
	}
	return out
}

func (q *flowQuestion) outside() bool { return q.from.addresses.Valid() || q.to.addresses.Valid() }

// limited leaves of connections the port that was asked for.
func (q *flowQuestion) limited(c network.Connections) network.Connections {
	if q.port == 0 {
		return c
	}
	only := network.PortsOf(q.protocol, q.port, q.port)
	return network.Connections{Allowed: c.Allowed.Intersect(only), Unknown: c.Unknown.Intersect(only)}
}

func unknownPorts(c network.Connections) string {
	if c.Unknown.Empty() {
		return ""
	}
	return c.Unknown.String()
}

// classes chooses the classes of members, nil all of them.
func classes(members []member) func(int) bool {
	if members == nil {
		return nil
	}
	chosen := map[int]bool{}
	for _, m := range members {
		chosen[m.class] = true
	}
	return func(class int) bool { return chosen[class] }
}

// groupNames names the workloads of a group that were asked for.
func groupNames(v *inventory.Inventory, a *network.Analysis, g *network.Group, asked []member) []string {
	if g.Addresses.Valid() {
		return []string{addressName(g.Addresses)}
	}
	var names []string
	for _, c := range g.Classes {
		for _, i := range a.Classes()[c].Workloads {
			if asked == nil || slices.ContainsFunc(asked, func(m member) bool { return m.workload == i }) {
				names = append(names, v.Workloads.Workloads[i].String())
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func addressName(a network.Addresses) string {
	if a.Everything() {
		return "internet (" + a.String() + ")"
	}
	return a.String()
}

// few shortens a list of names for people.
func few(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
}

// matrix is the picture of who reaches whom: a row and a column for each class of workloads, and for the internet.
func (q *flowQuestion) matrix(v *inventory.Inventory, from, to []member) *diagram.Matrix {
	a := v.Connectivity()
	rows, columns := perClass(v, from), perClass(v, to)
	if from == nil {
		rows = append(rows, member{network.Outside(network.InternetV4()), "internet", -1, -1})
	}
	if to == nil {
		columns = append(columns, member{network.Outside(network.InternetV4()), "internet", -1, -1})
	}
	m := &diagram.Matrix{Title: "Who (row) can reach whom (column)"}
	if q.port > 0 {
		m.Title += fmt.Sprintf(" on %s %d", q.protocol, q.port)
	}
	for _, c := range columns {
		m.Columns = append(m.Columns, c.name)
	}
	for _, r := range rows {
		m.Rows = append(m.Rows, r.name)
		cells := make([]diagram.Cell, 0, len(columns))
		for _, c := range columns {
			cells = append(cells, q.cell(a, &r, &c))
		}
		m.Cells = append(m.Cells, cells)
	}
	return m
}

func (q *flowQuestion) cell(a *network.Analysis, from, to *member) diagram.Cell {
	if from.workload < 0 && to.workload < 0 {
		return diagram.Cell{Kind: "self", Title: "outside of the cluster"}
	}
	c := q.limited(a.Connections(from.endpoint, to.endpoint))
	cell := diagram.Cell{Title: from.name + " to " + to.name + ": " + c.String()}
	switch {
	case c.Allowed.All() || q.port > 0 && !c.Allowed.Empty():
		cell.Kind = "allow"
	case !c.Allowed.Empty():
		cell.Kind, cell.Text = "partial", cellText(c.Allowed)
	case !c.Unknown.Empty():
		cell.Kind = "unknown"
	default:
		cell.Kind = "deny"
	}
	return cell
}

// cellText is a set of ports in the space of a cell.
func cellText(p network.Ports) string {
	const most = 8
	if text := strings.TrimPrefix(p.String(), "TCP "); len(text) <= most {
		return text
	}
	return ""
}

// perClass keeps one of the members of each class, named for all of them.
func perClass(v *inventory.Inventory, asked []member) []member {
	asked = orEverybody(v, asked)
	var out []member
	first := map[int]int{}
	names := map[int][]string{}
	for _, m := range asked {
		if m.class < 0 {
			out = append(out, m)
			continue
		}
		if _, ok := first[m.class]; !ok {
			first[m.class] = len(out)
			out = append(out, m)
		}
		names[m.class] = append(names[m.class], strings.TrimPrefix(m.name, v.Workloads.Workloads[m.workload].Kind+"/"))
	}
	taken := map[string]int{}
	for class, i := range first {
		list := slices.Compact(slices.Sorted(slices.Values(names[class])))
		out[i].name = list[0]
		if n := len(list) - 1; n > 0 {
			out[i].name = fmt.Sprintf("%s +%d", list[0], n)
		}
		taken[out[i].name]++
	}
	// Two states of one application among the files have the same names.
	for _, i := range first {
		if taken[out[i].name] > 1 {
			out[i].name += at(v, v.Workloads.Workloads[out[i].workload].Object)
		}
	}
	return out
}
