package mesh

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// GenerateOptions say what to generate.
type GenerateOptions struct {
	// Namespaces get a setting each; without any the mesh gets one, in its root namespace.
	Namespaces []string
	// DefaultDeny adds an AuthorizationPolicy that lets nothing in but what others allow.
	DefaultDeny bool
}

// Generated is what was generated, and what has to be looked at before it is applied.
type Generated struct {
	// YAML are the objects, with comments that say what may break.
	YAML []byte
	// Replaces are the numbers of the objects that the generated ones take the place of, as they have the same names.
	Replaces []int
	// Outside are the workloads that are in no mesh, or of which that is not known, sorted: "Deployment/shop/web". Their calls in
	// plain text break, as nothing says whom they call.
	Outside []string
	// Clients are DestinationRules that have clients call without the mesh's TLS.
	Clients []Finding
	// Remaining are the ports of workloads in the mesh that take plain text all the same, and who decides it.
	Remaining []Line
}

// Finding is a place in an object.
type Finding struct {
	Object        int
	Path, Message string
}

// ErrNotStrict says that what was generated would not make everything strict, because narrower settings say otherwise.
var ErrNotStrict = errors.New("not strict everywhere")

// GeneratePeerAuthentication returns PeerAuthentications that make mutual TLS strict. The result is proven: with it every port of
// every workload that is in Istio's mesh takes mutual TLS only. If some would not, the error wraps ErrNotStrict and the result
// says which and why. Probes of the kubelet go on working, as the injector leads them to the proxy's own port:
// https://istio.io/latest/docs/ops/configuration/mesh/app-health-check/
func (a *Analysis) GeneratePeerAuthentication(options GenerateOptions) (Generated, error) {
	scope := slices.Clone(options.Namespaces)
	slices.Sort(scope)
	scope = slices.Compact(scope)
	targets := scope
	if len(scope) == 0 {
		targets = []string{a.root}
	}
	var out Generated
	a.lookAround(&out)
	var text strings.Builder
	a.heading(&text, &out, scope)
	for _, namespace := range targets {
		if err := a.generate(&text, &out, namespace, options.DefaultDeny); err != nil {
			return Generated{}, err
		}
	}
	out.YAML = []byte(text.String())
	slices.Sort(out.Replaces)
	err := a.prove(&out, scope, options.DefaultDeny)
	return out, err
}

// generate writes the objects of one namespace.
func (a *Analysis) generate(text *strings.Builder, out *Generated, namespace string, deny bool) error {
	if !isName(namespace) {
		return fmt.Errorf("generating a PeerAuthentication: %q is no name of a namespace", namespace)
	}
	name := ""
	for i := range a.set.Peers {
		p := &a.set.Peers[i]
		if p.Namespace != namespace || len(p.Selector) > 0 {
			continue
		}
		if !isName(p.Name) || name != "" && p.Name != name {
			return fmt.Errorf("generating a PeerAuthentication for namespace %s: it has several, and only the oldest counts: %s and %s; remove all but one", namespace, name, p.Name)
		}
		name = p.Name
		out.Replaces = append(out.Replaces, p.Object)
	}
	if name == "" {
		name = "default"
	}
	fmt.Fprintf(text, "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: %s\n  namespace: %s\nspec:\n  mtls:\n    mode: STRICT\n", quoted(name), quoted(namespace))
	if deny && !a.DefaultDeny(namespace).Holds {
		fmt.Fprintf(text, "---\n# Lets nothing in but what other ALLOW policies allow. Have those first.\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: allow-nothing\n  namespace: %s\nspec: {}\n", quoted(namespace))
	}
	return nil
}

// isName reports whether a text is a name that Kubernetes takes, so that it cannot break the YAML.
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-' || c == '.':
		default:
			return false
		}
	}
	return s != "" && len(s) <= 253
}

// quoted quotes a name that YAML would not read as a text: "1234", "true", "no".
func quoted(name string) string {
	src := []byte("name: " + name + "\n")
	if t, err := tree.NewParser().Parse(src, tree.Document{End: len(src)}); err == nil && t.Root().Get("name").Type() == tree.String {
		return name
	}
	return strconv.Quote(name)
}

// lookAround finds what strict mutual TLS may break.
func (a *Analysis) lookAround(out *Generated) {
	for i := range a.cluster.Workloads {
		w := &a.cluster.Workloads[i]
		if w.Controlled {
			continue
		}
		if m := a.Membership(w); m.Proxy == NoProxy || m.Proxy == ProxyIsUnknown || m.Proxy == LinkerdProxy {
			out.Outside = append(out.Outside, w.String())
		}
	}
	slices.Sort(out.Outside)
	out.Outside = slices.Compact(out.Outside)
	for i := range a.set.Destinations {
		d := &a.set.Destinations[i]
		host := a.full(d.Host, d.Namespace)
		if !strings.HasSuffix(host, ".svc."+a.domain()) && !strings.HasSuffix("svc."+a.domain(), strings.TrimLeft(host, "*.")) {
			continue
		}
		policies := []Traffic{d.Traffic}
		for k := range d.Subsets {
			policies = append(policies, d.Subsets[k].Traffic)
		}
		for _, t := range policies {
			out.without(d, t)
			for _, port := range sortedPorts(t.Ports) {
				out.without(d, t.Ports[port])
			}
		}
	}
}

func sortedPorts(ports map[int]Traffic) []int {
	out := make([]int, 0, len(ports))
	for port := range ports {
		out = append(out, port)
	}
	slices.Sort(out)
	return out
}

func (g *Generated) without(d *DestinationRule, t Traffic) {
	if t.TLS != TLSDisable && t.TLS != TLSSimple && t.TLS != TLSMutual {
		return
	}
	f := Finding{Object: d.Object, Path: t.Path, Message: fmt.Sprintf("DestinationRule %s has clients call %s with TLS mode %s", d.String(), d.Host, t.TLS)}
	if !slices.Contains(g.Clients, f) {
		g.Clients = append(g.Clients, f)
	}
}

// maxListed is how many workloads a comment names.
const maxListed = 50

func (a *Analysis) heading(text *strings.Builder, out *Generated, scope []string) {
	what := "the whole mesh, as " + a.root + " is its root namespace"
	if len(scope) > 0 {
		what = "namespace " + strings.Join(scope, ", ")
	}
	fmt.Fprintf(text, "# Mutual TLS only, for %s.\n# Probes of the kubelet go on working: the injector leads them to the proxy.\n", comment(what))
	if len(out.Outside) > 0 {
		text.WriteString("#\n# Not in the mesh, as far as was read. If they call workloads of the mesh, those calls break:\n")
		for i, name := range out.Outside {
			if i == maxListed {
				fmt.Fprintf(text, "# - and %d more\n", len(out.Outside)-maxListed)
				break
			}
			text.WriteString("# - " + comment(name) + "\n")
		}
	}
	if len(out.Clients) > 0 {
		text.WriteString("#\n# Clients that would be refused; have them use ISTIO_MUTUAL, or no tls at all:\n")
		for i, c := range out.Clients {
			if i == maxListed {
				fmt.Fprintf(text, "# - and %d more\n", len(out.Clients)-maxListed)
				break
			}
			text.WriteString("# - " + comment(c.Message) + "\n")
		}
	}
}

// comment keeps a text on its line.
func comment(s string) string {
	q := strconv.Quote(s)
	if q[1:len(q)-1] != s {
		return q
	}
	return s
}

// prove reads what was generated and resolves everything anew.
func (a *Analysis) prove(out *Generated, scope []string, deny bool) error {
	after := *a.set
	after.Peers = slices.DeleteFunc(slices.Clone(a.set.Peers), func(p PeerAuthentication) bool {
		_, replaced := slices.BinarySearch(out.Replaces, p.Object)
		return replaced
	})
	after.Peers, after.Authorizations = slices.Clip(after.Peers), slices.Clip(a.set.Authorizations)
	after.Flaws = nil
	parser := tree.NewParser()
	for doc := range tree.Split(out.YAML) {
		t, err := parser.Parse(out.YAML, doc)
		if err != nil {
			return fmt.Errorf("reading the generated objects: %w", err)
		}
		for o := range object.Each(t.Root()) {
			after.Add(o, Nobody)
		}
	}
	b := New(&after, a.cluster, a.options)
	for _, line := range b.Summary() {
		if m := line.Membership.Proxy; m != SidecarProxy && m != AmbientProxy || len(scope) > 0 && !slices.Contains(scope, line.Workload.Namespace) {
			continue
		}
		// The proxy's own ports, for health and metrics, are not the workload's.
		if own := line.MTLS.Level == LevelOutside && line.MTLS.Decider == Nobody; line.MTLS.Mode != Strict && !own {
			out.Remaining = append(out.Remaining, line)
		}
	}
	if n := len(out.Remaining); n > 0 {
		l := out.Remaining[0]
		err := fmt.Errorf("%w: %s port %d is %s", ErrNotStrict, l.Workload.String(), l.Port, l.MTLS.Mode)
		if n > 1 {
			err = fmt.Errorf("%w, and %d more are not", err, n-1)
		}
		return err
	}
	for _, namespace := range scope {
		if d := b.DefaultDeny(namespace); deny && !d.Holds {
			return fmt.Errorf("namespace %s does not deny by default: %s", namespace, d.Why)
		}
	}
	return nil
}
