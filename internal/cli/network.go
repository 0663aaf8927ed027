package cli

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/network"
)

func newNetwork(p *Process) *cobra.Command {
	return group("network", "Ask who can reach whom, and what a change opens or closes", newReach(p), newNetworkDiff(p))
}

func newReach(p *Process) *cobra.Command {
	var f gathering
	var from, to, port string
	cmd := &cobra.Command{
		Use:   "reach [PATH…]",
		Short: "Show who can reach whom on which port, and which policy decides",
		Long: `Shows who can reach whom, as the network policies in the manifests have it. Without --from and --to it is everybody; workloads that no
policy can tell apart are one line. With --port each flow is explained: which policy, or which lack of one, decides in each direction.

An end is NAMESPACE/NAME or KIND/NAMESPACE/NAME for a workload, NAMESPACE/* for all of a namespace, an address or CIDR outside of the
cluster, or internet for all addresses. A port is a number, or PROTOCOL/NUMBER.`,
		Example: `  kubeharden network reach deploy/
  kubeharden network reach --from shop/web --to shop/db --port 5432 deploy/
  kubeharden network reach --from internet --port 443
  kubeharden network reach --format svg deploy/ > reach.svg`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := f.checkFormat("table", "matrix", "json", "svg"); err != nil {
				return err
			}
			q, err := parseFlow(from, to, port)
			if err != nil {
				return err
			}
			return q.run(cmd.Context(), p, &f, paths)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "only what comes from this `end`")
	cmd.Flags().StringVar(&to, "to", "", "only what goes to this `end`")
	cmd.Flags().StringVarP(&port, "port", "p", "", "explain flows to this `port`: 5432, UDP/53")
	f.register(cmd.Flags(), "table", "matrix", "json", "svg")
	return cmd
}

// flowQuestion is what reach is asked.
type flowQuestion struct {
	from, to flowEnd
	protocol network.Protocol
	port     int // 0 for all
}

// flowEnd is one end as it is asked for: addresses, or workloads.
type flowEnd struct {
	text      string
	addresses network.Addresses
}

func (e *flowEnd) any() bool { return e.text == "" }

func parseFlow(from, to, port string) (*flowQuestion, error) {
	q := &flowQuestion{}
	var err error
	if q.from, err = parseEnd("--from", from); err != nil {
		return nil, err
	}
	if q.to, err = parseEnd("--to", to); err != nil {
		return nil, err
	}
	if port == "" {
		return q, nil
	}
	number := port
	if protocol, rest, ok := strings.Cut(port, "/"); ok {
		if q.protocol, ok = network.ParseProtocol(strings.ToUpper(protocol)); !ok {
			return nil, &hintError{fmt.Errorf("--port: unknown protocol %q", protocol), "protocols are TCP, UDP and SCTP, as in UDP/53"}
		}
		number = rest
	}
	if q.port, err = strconv.Atoi(number); err != nil || q.port < 1 || q.port > network.MaxPort {
		return nil, &hintError{fmt.Errorf("--port: %q is no port", port), "for example 5432 or UDP/53"}
	}
	return q, nil
}

func parseEnd(flag, text string) (flowEnd, error) {
	e := flowEnd{text: text}
	if text == "internet" {
		e.addresses = network.InternetV4()
		return e, nil
	}
	if address, err := netip.ParseAddr(text); err == nil {
		e.addresses = network.Addresses{First: address, Last: address}
		return e, nil
	}
	if prefix, err := network.ParseCIDR(text); err == nil {
		e.addresses = network.AddressesOf(prefix)
		return e, nil
	}
	if parts := strings.Split(text, "/"); text != "" && (len(parts) < 2 || len(parts) > 3) {
		return e, &hintError{fmt.Errorf("%s: %q is no workload and no address", flag, text), "for example shop/web, Deployment/shop/web, shop/*, 10.0.0.0/8, internet"}
	}
	return e, nil
}

// member is one end of flows: a workload by its index, or addresses.
type member struct {
	endpoint network.Endpoint
	name     string
	workload int // -1 for addresses
	class    int
}

// members returns the workloads, or the addresses, that an end stands for.
func (e *flowEnd) members(flag string, v *inventory.Inventory) ([]member, error) {
	if e.addresses.Valid() {
		return []member{{network.Outside(e.addresses), e.text, -1, -1}}, nil
	}
	a := v.Connectivity()
	var all []member
	var names []string
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		short := w.Namespace + "/" + w.Name
		names = append(names, short)
		if e.text == w.String() || e.text == short || e.text == w.Namespace+"/*" {
			all = append(all, member{network.OfWorkload(i), w.String(), i, a.ClassOf(i)})
		}
	}
	if len(all) == 0 {
		return nil, unknown(fmt.Sprintf("workload %q of %s", e.text, flag), e.text, names, "ends are workloads such as shop/web, namespaces such as shop/*, addresses, and internet")
	}
	return all, nil
}

func (q *flowQuestion) run(ctx context.Context, p *Process, f *gathering, paths []string) error {
	v, whole, err := f.inventory(ctx, p, paths)
	if err != nil {
		return err
	}
	from, to, err := q.ends(v)
	if err != nil {
		return err
	}
	return answer(p, whole, func(w *bufio.Writer) error {
		switch {
		case f.format == "svg" || f.format == "matrix":
			m := q.matrix(v, from, to)
			if f.format == "svg" {
				return m.SVG(w)
			}
			return m.Text(w, p.columns(), p.textOptions())
		case q.port > 0 && (!q.from.any() || !q.to.any()):
			return q.explain(w, p, v, f.format, from, to)
		default:
			return q.list(w, p, v, f.format, from, to)
		}
	})
}

// ends finds what --from and --to mean; nil stands for everybody.
func (q *flowQuestion) ends(v *inventory.Inventory) (from, to []member, err error) {
	if !q.from.any() {
		if from, err = q.from.members("--from", v); err != nil {
			return nil, nil, err
		}
	}
	if !q.to.any() {
		if to, err = q.to.members("--to", v); err != nil {
			return nil, nil, err
		}
	}
	return from, to, nil
}
