package cli

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/network"
)

// changeOut is one difference in who reaches whom.
type changeOut struct {
	Change string   `json:"change"` // opened, closed, changed
	From   []string `json:"from"`
	To     []string `json:"to"`
	Old    string   `json:"old"`
	New    string   `json:"new"`
	// Opened and Closed are the ports that differ.
	Opened string `json:"opened,omitempty"`
	Closed string `json:"closed,omitempty"`
	// By are the directions that decide in NEW, on the first port that differs.
	By []sideOut `json:"by,omitempty"`
}

func newNetworkDiff(p *Process) *cobra.Command {
	var f gathering
	var failOn string
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show what a change opens or closes in the network",
		Long: `Compares who can reach whom in two states of the same manifests: files, folders or charts. Ports that open are told first. With
--fail-on opened the exit code is 1 if anything opens, so that a pull request can be stopped.`,
		Example: "  kubeharden network diff main/deploy/ deploy/\n  kubeharden network diff --fail-on opened old.yaml new.yaml",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.checkFormat("table", "json"); err != nil {
				return err
			}
			if modes := []string{"opened", "any", "never"}; !slices.Contains(modes, failOn) {
				return unknown(fmt.Sprintf("value %q of --fail-on", failOn), failOn, modes, "values are opened, any, never")
			}
			before, wholeBefore, err := f.inventory(cmd.Context(), p, args[:1])
			if err != nil {
				return err
			}
			after, wholeAfter, err := f.inventory(cmd.Context(), p, args[1:])
			if err != nil {
				return err
			}
			changes, opens := changesBetween(before, after)
			err = answer(p, wholeBefore && wholeAfter, func(w *bufio.Writer) error { return writeChanges(w, p, f.format, changes) })
			if err == nil && (failOn == "any" && len(changes) > 0 || failOn == "opened" && opens) {
				return exitError(ExitFindings)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&failOn, "fail-on", "never", "exit with 1 if something opened, if there is any change, or never: opened, any, never")
	f.register(cmd.Flags(), "table", "json")
	return cmd
}

// changesBetween returns the differences, those that open something first.
func changesBetween(before, after *inventory.Inventory) (changes []changeOut, opens bool) {
	changes = []changeOut{}
	for c := range network.Diff(before.Connectivity(), after.Connectivity()) {
		o := changeOut{Change: c.Kind().String(), From: endNames(&c.From), To: endNames(&c.To), Old: c.Old.String(), New: c.New.String()}
		// A port of which nobody knows whether it is open counts as open: it may be.
		was, is := c.Old.Allowed.Union(c.Old.Unknown), c.New.Allowed.Union(c.New.Unknown)
		opened, closed := is.Minus(was), was.Minus(is)
		if !opened.Empty() {
			o.Opened, opens = opened.String(), true
		}
		if !closed.Empty() {
			o.Closed = closed.String()
		}
		o.By = decidedBy(after, &c.From, &c.To, opened.Union(closed))
		changes = append(changes, o)
	}
	slices.SortStableFunc(changes, func(a, b changeOut) int { return rank(&a) - rank(&b) })
	return changes, opens
}

func rank(c *changeOut) int {
	if c.Opened != "" {
		return 0
	}
	return 1
}

func endNames(e *network.DiffEnd) []string {
	if e.Addresses.Valid() {
		return []string{addressName(e.Addresses)}
	}
	return e.Workloads
}

// decidedBy says what decides about the first of the ports between two ends; nothing if an end is gone.
func decidedBy(v *inventory.Inventory, from, to *network.DiffEnd, ports network.Ports) []sideOut {
	src, ok := endpointOf(v, from)
	dst, found := endpointOf(v, to)
	if !ok || !found || from.Addresses.Valid() && to.Addresses.Valid() {
		return nil
	}
	for _, protocol := range [...]network.Protocol{network.TCP, network.UDP, network.SCTP} {
		ranges := ports.Of(protocol)
		if len(ranges) == 0 {
			continue
		}
		d := v.Connectivity().Flow(src, dst, protocol, int(ranges[0].First))
		var sides []sideOut
		if !from.Addresses.Valid() {
			sides = append(sides, sideOf(v, &d.Egress))
		}
		if !to.Addresses.Valid() {
			sides = append(sides, sideOf(v, &d.Ingress))
		}
		return sides
	}
	return nil
}

func endpointOf(v *inventory.Inventory, e *network.DiffEnd) (network.Endpoint, bool) {
	if e.Addresses.Valid() {
		return network.Outside(e.Addresses), true
	}
	for i := range v.Workloads.Workloads {
		if len(e.Workloads) > 0 && v.Workloads.Workloads[i].String() == e.Workloads[0] {
			return network.OfWorkload(i), true
		}
	}
	return network.Endpoint{}, false
}

func writeChanges(w *bufio.Writer, p *Process, format string, changes []changeOut) error {
	if format == "json" {
		return writeJSON(w, changes)
	}
	if len(changes) == 0 {
		fmt.Fprintln(w, "no difference in who reaches whom")
		return nil
	}
	var rows [][]string
	for _, c := range condensed(changes) {
		rows = append(rows, []string{few(c.from), few(c.to), c.what, c.by})
	}
	return p.table(w, []string{"FROM", "TO", "CHANGE", "BY"}, rows)
}

// changeLine is one line for people: what became of the same ports, for the same reason.
type changeLine struct {
	from, to []string
	what, by string
}

// condensed makes one line of changes that differ in one end only, so that a new default deny is one line and not one for each pair.
func condensed(changes []changeOut) []changeLine {
	var lines []changeLine
	for i := range changes {
		c := &changes[i]
		by := becauseOf(c.By, c.Opened != "")
		if c.Opened != "" {
			lines = append(lines, changeLine{allAddresses(c.From), allAddresses(c.To), "opens " + c.Opened, by})
		}
		if c.Closed != "" {
			lines = append(lines, changeLine{allAddresses(c.From), allAddresses(c.To), "closes " + c.Closed, by})
		}
		if c.Opened == "" && c.Closed == "" {
			lines = append(lines, changeLine{allAddresses(c.From), allAddresses(c.To), c.Old + " is now " + c.New, by})
		}
	}
	join := func(key func(*changeLine) string, add func(to, from *changeLine)) {
		at := map[string]int{}
		out := lines[:0]
		for _, l := range lines {
			if i, ok := at[key(&l)]; ok {
				add(&out[i], &l)
				continue
			}
			at[key(&l)] = len(out)
			out = append(out, l)
		}
		lines = out
	}
	merge := func(a, b []string) []string { return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b)))) }
	join(func(l *changeLine) string { return fmt.Sprint(l.from, l.what, l.by) }, func(to, from *changeLine) { to.to = merge(to.to, from.to) })
	join(func(l *changeLine) string { return fmt.Sprint(l.to, l.what, l.by) }, func(to, from *changeLine) { to.from = merge(to.from, from.from) })
	return lines
}

// allAddresses names the internet the same for both families of addresses.
func allAddresses(names []string) []string {
	if len(names) == 1 && (names[0] == addressName(network.InternetV4()) || names[0] == addressName(network.InternetV6())) {
		return []string{"internet"}
	}
	return names
}

// becauseOf names what decides: for what opens both directions, for what closes the one that denies.
func becauseOf(sides []sideOut, opens bool) string {
	var all []string
	for i := range sides {
		s := &sides[i]
		if opens || s.Verdict != network.Allowed.String() {
			all = append(all, told(s))
		}
	}
	return strings.Join(slices.Compact(all), "; ")
}
