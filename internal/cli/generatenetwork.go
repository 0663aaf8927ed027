package cli

import (
	"bufio"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/workload"
)

// declarations are what a user declares of traffic beyond the manifests.
type declarations struct {
	namespaces, calls, needs, controllers []string
	dnsNamespace, dnsLabels               string
}

func newGenerateNetworkPolicies(p *Process) *cobra.Command {
	var f gathering
	var d declarations
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "network-policies [PATH…]",
		Short: "Write default deny and just the declared paths, proven",
		Long: `Writes NetworkPolicies that deny by default in both directions and allow what is declared: what services, ingresses and gateway routes
lead to, the calls and needs given as flags, and always the cluster's DNS. They are analysed before they are written: unless all
that is declared works, and nothing else does, nothing is written.

Without --call a service is reached by all pods of its namespace. What pods need outside, the API server for one, has to be said with --need.`,
		Example: `  kubeharden generate network-policies deploy/ > policies.yaml
  kubeharden generate network-policies --call shop/web=shop/api --call shop/api=shop/db deploy/
  kubeharden generate network-policies --need shop/api=203.0.113.7/32:443 --controller Ingress=ingress-nginx deploy/`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			v, whole, err := f.inventory(cmd.Context(), p, paths)
			if err != nil {
				return err
			}
			if !whole {
				p.say("error: not everything could be read, so nothing can be proven")
				return errIncomplete
			}
			o, err := d.options(v)
			if err != nil {
				return err
			}
			policies, report, err := network.GeneratePolicies(&v.Network, &v.Workloads, o)
			if err != nil {
				return err
			}
			for _, note := range report.Notes {
				p.say("note: %s", note)
			}
			if len(policies) == 0 {
				return &hintError{fmt.Errorf("no workload to write a policy for"), "give the files with the workloads, services and routes"}
			}
			p.say("proven: %d policies allow the %d declared paths and nothing else, as %d pairs of workloads and addresses show", len(policies), len(report.Paths), report.Proved)
			return writeDocument(p, out, 0o644, force, func(w *bufio.Writer) error {
				for i, policy := range policies {
					if i > 0 {
						w.WriteString("---\n")
					}
					w.WriteString(strings.TrimPrefix(policy.Text, "---\n"))
				}
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVarP(&d.namespaces, "in-namespace", "n", nil, "only for this `namespace`; may be repeated (default: all with workloads)")
	flags.StringSliceVar(&d.calls, "call", nil, "a workload calls a service: `FROM=SERVICE`, each NAMESPACE/NAME; may be repeated")
	flags.StringSliceVar(&d.needs, "need", nil, "a workload needs something outside: `FROM=CIDR[:[PROTOCOL/]PORT]`; may be repeated")
	flags.StringSliceVar(&d.controllers, "controller", nil, "the traffic of routes comes from this namespace: `KIND=NAMESPACE`, as Ingress=ingress-nginx")
	flags.StringVar(&d.dnsNamespace, "dns-namespace", "", "`namespace` of the cluster's DNS (default kube-system)")
	flags.StringVar(&d.dnsLabels, "dns-labels", "", "`labels` of the cluster's DNS (default k8s-app=kube-dns)")
	flags.StringVarP(&out, "out", "o", "", "write to this `file` instead of standard output")
	flags.BoolVar(&force, "force", false, "replace the file if it is there")
	f.register(flags)
	return cmd
}

func (d *declarations) options(v *inventory.Inventory) (network.GenerateOptions, error) {
	o := network.GenerateOptions{Namespaces: d.namespaces, DNSNamespace: d.dnsNamespace}
	for _, text := range d.calls {
		from, to, ok := strings.Cut(text, "=")
		namespace, name, named := strings.Cut(to, "/")
		if !ok || !named {
			return o, &hintError{fmt.Errorf("--call %q is not FROM=SERVICE", text), "for example --call shop/web=shop/api"}
		}
		froms, err := workloadsOf(v, "--call", from)
		if err != nil {
			return o, err
		}
		for _, i := range froms {
			o.Calls = append(o.Calls, network.Call{From: i, To: workload.Name{Namespace: namespace, Name: name}})
		}
	}
	for _, text := range d.needs {
		needs, err := parseNeed(v, text)
		if err != nil {
			return o, err
		}
		o.Needs = append(o.Needs, needs...)
	}
	for _, text := range d.controllers {
		kind, namespace, ok := strings.Cut(text, "=")
		if !ok || kind == "" || namespace == "" {
			return o, &hintError{fmt.Errorf("--controller %q is not KIND=NAMESPACE", text), "for example --controller Ingress=ingress-nginx"}
		}
		if o.Controllers == nil {
			o.Controllers = map[string][]string{}
		}
		o.Controllers[kind] = append(o.Controllers[kind], namespace)
	}
	if d.dnsLabels != "" {
		labels := map[string]string{}
		for pair := range strings.SplitSeq(d.dnsLabels, ",") {
			key, value, ok := strings.Cut(pair, "=")
			if !ok {
				return o, &hintError{fmt.Errorf("--dns-labels: %q is not KEY=VALUE", pair), "for example --dns-labels k8s-app=kube-dns"}
			}
			labels[key] = value
		}
		o.DNSLabels = label.New(labels)
	}
	return o, nil
}

func workloadsOf(v *inventory.Inventory, flag, text string) ([]int, error) {
	end, err := parseEnd(flag, text)
	if err != nil {
		return nil, err
	}
	members, err := end.members(flag, v)
	if err != nil {
		return nil, err
	}
	var all []int
	for _, m := range members {
		if m.workload < 0 {
			return nil, &hintError{fmt.Errorf("%s: %q is no workload", flag, text), "for example shop/web"}
		}
		all = append(all, m.workload)
	}
	return all, nil
}

// parseNeed reads FROM=CIDR[:[PROTOCOL/]PORT]. The colons of an IPv6 address need brackets before a port: [2001:db8::/32]:443.
func parseNeed(v *inventory.Inventory, text string) ([]network.Need, error) {
	bad := &hintError{fmt.Errorf("--need %q is not FROM=CIDR[:[PROTOCOL/]PORT]", text), "for example --need shop/api=203.0.113.7/32:443"}
	from, to, ok := strings.Cut(text, "=")
	if !ok {
		return nil, bad
	}
	var need network.Need
	address, port := to, ""
	if rest, ok := strings.CutPrefix(to, "["); ok {
		address, port, _ = strings.Cut(rest, "]")
		port = strings.TrimPrefix(port, ":")
	} else if strings.Count(to, ":") == 1 {
		address, port, _ = strings.Cut(to, ":")
	}
	prefix, err := network.ParseCIDR(address)
	if err != nil {
		single, err := netip.ParseAddr(address)
		if err != nil {
			return nil, bad
		}
		prefix = netip.PrefixFrom(single, single.BitLen())
	}
	need.Network = prefix
	if port != "" {
		if protocol, rest, ok := strings.Cut(port, "/"); ok {
			if need.Protocol, ok = network.ParseProtocol(strings.ToUpper(protocol)); !ok {
				return nil, bad
			}
			port = rest
		}
		if need.Port, err = strconv.Atoi(port); err != nil || need.Port < 1 || need.Port > network.MaxPort {
			return nil, bad
		}
	}
	froms, err := workloadsOf(v, "--need", from)
	if err != nil {
		return nil, err
	}
	var all []network.Need
	for _, i := range froms {
		need.From = i
		all = append(all, need)
	}
	return all, nil
}
