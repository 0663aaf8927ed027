package control

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/tree"
)

// OnComponents is a requirement on the configuration that is in effect for components of Kubernetes, whichever flag, file, drop-in or default
// it comes from. All of its settings have to be right; those that a release does not have are not asked for. It stands where Together stands.
type OnComponents struct {
	Of       []component.Kind
	Settings []Setting
	// Unless makes a component exempt, with the reason; nil exempts none.
	Unless func(i *component.Instance) bool
	// Covered makes a component exempt because of what the others are told; nil exempts none.
	Covered func(i *component.Instance, all []*component.Instance) bool
	// Given are arguments that all of its examples have besides.
	Given []string
}

// Setting is a requirement on one setting of a component.
type Setting struct {
	// Name is the setting as people write it: "--anonymous-auth", "admission plugin NodeRestriction".
	Name string
	// Wanted says what it has to be, to be read behind the name: "must be false".
	Wanted string
	// Flag is the flag that it is, without dashes; "" if it is none.
	Flag string
	// Value reads the setting.
	Value func(i *component.Instance) component.Value
	// Problem says what is wrong with a known value, to be read behind the name: "is true"; "" if nothing is.
	Problem func(v *component.Value, i *component.Instance) string
	// Edits are the changes that make it right; nil if only a person can decide.
	Edits func(i *component.Instance) []component.Edit
	// Severity replaces the control's for a problem; nil, or what returns nil, leaves it.
	Severity func(v *component.Value, i *component.Instance) *Severity
	// Bad and Good are command lines with which the setting is wrong and right, for examples: each is a list of arguments, and an empty
	// one says nothing of the setting.
	Bad, Good [][]string
}

// Holds implements Rule: a single object breaks nothing.
func (c *OnComponents) Holds(*Subject, tree.Node) bool { return true }

// Explain implements Rule.
func (c *OnComponents) Explain(_ *Subject, _ tree.Node, out []Violation) []Violation { return out }

// Edits implements Rule: those of a component come with its breaches.
func (c *OnComponents) Edits(_ *Subject, _ tree.Node, out []Edit) []Edit { return out }

// CEL implements Rule: no admission policy sees what a component is told.
func (c *OnComponents) CEL(CEL) string { return "" }

// Describe implements Rule.
func (c *OnComponents) Describe() string {
	var all []string
	for i := range c.Settings {
		all = append(all, c.Settings[i].Name+" "+c.Settings[i].Wanted)
	}
	return strings.Join(all, ", and ")
}

// Breaks implements Rule: examples say what breaks it.
func (c *OnComponents) Breaks(out []Change) []Change { return out }

// Judge implements Joint.
func (c *OnComponents) Judge(v *Verdicts) {
	all := v.Instances()
	for _, i := range all {
		if !slices.Contains(c.Of, i.Kind) {
			continue
		}
		if c.Unless != nil && c.Unless(i) || c.Covered != nil && c.Covered(i, all) {
			v.NotApplicable(1)
			continue
		}
		c.instance(v, i)
	}
	c.absent(v, all)
}

// absent tells of the components of a running cluster of which nothing was seen: who runs them, or that they could not be looked at. kube-proxy
// may not be there at all.
func (c *OnComponents) absent(v *Verdicts, all []*component.Instance) {
	cluster := v.Cluster()
	if cluster == nil {
		return
	}
	managed := v.Managed().Provider
	for _, kind := range c.Of {
		seen := slices.ContainsFunc(all, func(i *component.Instance) bool { return i.Kind == kind && OfCluster(i) })
		switch {
		case kind == component.Proxy || kind != component.Kubelet && seen:
		case kind == component.Kubelet:
			kubelets(v, cluster, all, seen)
		case managed != nil:
			v.Exempt(1, kind.String()+" is run by "+managed.Name)
		default:
			v.Fail(NotSeen(cluster.Object, kind))
		}
	}
}

// kubelets tells of the nodes whose kubelets were not seen. What is seen of one node, or in a ConfigMap that kubelets are made from, says nothing
// of the others.
func kubelets(v *Verdicts, cluster *inventory.Cluster, all []*component.Instance, seen bool) {
	nodes := v.Nodes()
	if len(nodes) == 0 {
		switch {
		case seen:
		case cluster.Missed("", "nodes") != "":
			v.Fail(NotSeen(cluster.Object, component.Kubelet))
		default:
			v.Exempt(1, "the cluster has no nodes")
		}
		return
	}
	places := map[string]bool{}
	for _, i := range all {
		if i.Kind == component.Kubelet {
			for part := range strings.SplitSeq(i.File+"/"+i.Node, "/") {
				places[strings.TrimSuffix(strings.TrimSuffix(part, ".yaml"), ".json")] = true
			}
		}
	}
	var unseen []string
	for i := range nodes {
		if !places[nodes[i].Name] {
			unseen = append(unseen, nodes[i].Name)
		}
	}
	switch {
	case len(unseen) == 0:
	case len(unseen) == len(nodes) && !seen:
		v.Fail(NotSeen(cluster.Object, component.Kubelet))
	default:
		b := NotSeen(cluster.Object, component.Kubelet)
		slices.Sort(unseen)
		names := strings.Join(unseen[:min(len(unseen), maxUnseen)], ", ")
		if len(unseen) > maxUnseen {
			names += " and more"
		}
		b.Message = "the kubelets of " + strconv.Itoa(len(unseen)) + " of " + strconv.Itoa(len(nodes)) + " nodes (" + names + ") were not seen: " + kubeletsUnseen
		b.Obstacle = b.Message
		v.Fail(b)
	}
}

// maxUnseen is how many nodes are named whose kubelets were not seen.
const maxUnseen = 3

// OfCluster reports whether an instance may be one of the control plane: an etcd in a namespace that is none of Kubernetes' own is of an
// application. Manifests of static pods may name no namespace.
func OfCluster(i *component.Instance) bool {
	_, owner, _ := strings.Cut(i.Name, " of ")
	parts := strings.Split(owner, "/")
	if i.Kind != component.Etcd || i.Image == "" || len(parts) != 3 {
		return true
	}
	return strings.HasPrefix(parts[1], "kube-") || strings.HasPrefix(parts[1], "openshift-") || parts[0] == "Pod" && parts[1] == "default"
}

const kubeletsUnseen = "its configuration was not read by the API, and no --node-facts were given"

// NotSeen is about a component of a running cluster of which nothing was seen; object is the number of what is known of the cluster. All controls
// on the component say it in the same words, and it is told once.
func NotSeen(object int, kind component.Kind) Breach {
	why := "mirror pods are missing and no --node-facts were given"
	if kind == component.Kubelet {
		why = kubeletsUnseen
	}
	message := "no " + kind.String() + " was seen: " + why
	return Breach{Object: object, Message: message, Unknown: true, Obstacle: message}
}

func (c *OnComponents) instance(v *Verdicts, i *component.Instance) {
	looked, unknown := false, (*Breach)(nil)
	var failed []*Breach
	for k := range c.Settings {
		s := &c.Settings[k]
		value := s.Value(i)
		switch {
		case value.Absent:
		case !value.Known:
			unknown = s.breach(i, &value, s.as(i, &value)+" is not known: "+value.Reason)
			unknown.Unknown, unknown.Obstacle = true, i.Name+" "+strconv.Itoa(i.Object)+": "+value.Reason
		default:
			looked = true
			if problem := s.Problem(&value, i); problem != "" {
				b := s.breach(i, &value, s.as(i, &value)+" "+problem+decidedBy(&value, i))
				if s.Edits != nil {
					b.Edits = s.Edits(i)
				}
				if s.Severity != nil {
					b.Severity = s.Severity(&value, i)
				}
				failed = joined(failed, b)
			}
		}
	}
	for _, b := range failed {
		v.Fail(*b)
	}
	switch {
	case len(failed) > 0:
	case unknown != nil:
		v.Fail(*unknown)
	case looked:
		v.Pass(1)
	default:
		v.NotApplicable(1)
	}
}

// joined adds a breach; what stands at the same place is told together.
func joined(all []*Breach, b *Breach) []*Breach {
	for _, a := range all {
		if a.Object == b.Object && a.Path == b.Path && a.Start == b.Start {
			a.Message += ", and " + b.Message
			a.Edits = append(a.Edits, b.Edits...)
			return all
		}
	}
	return append(all, b)
}

// as is the name of the setting where it stands: in a configuration file a flag is a field.
func (s *Setting) as(i *component.Instance, v *component.Value) string {
	if s.Flag != "" && (v.Source == component.FromFile || v.Source == component.FromDropIn) {
		if spec, ok, _ := component.FlagSpec(i.Kind, i.Version, s.Flag); ok && spec.Field != "" {
			return spec.Field
		}
	}
	return s.Name
}

// breach is about the statement that decides, or where nobody says anything about the component itself.
func (s *Setting) breach(i *component.Instance, value *component.Value, message string) *Breach {
	b := &Breach{Object: i.Object, Path: i.Path, Message: message, Cause: i.Name + " " + strconv.Itoa(i.Object)}
	switch p := &value.Place; {
	case value.Set && p.Exists():
		b.Object, b.Path, b.Start, b.End = p.Object, p.Path, p.Start, p.End
	case value.Set:
	default:
		// What nobody wrote belongs into the configuration file, if there is one.
		if object, ok := i.ConfigurationFile(); ok {
			b.Object, b.Path = object, ""
		}
	}
	for _, p := range value.Beaten {
		if len(b.Related) == maxBeaten {
			break
		}
		b.Related = append(b.Related, Decider{Object: p.Object, Path: p.Path, Start: p.Start, End: p.End, Text: "says something else, which has no effect"})
	}
	return b
}

// maxBeaten is how many statements without effect a finding names.
const maxBeaten = 5

// decidedBy says which source decided, where that does not show at the place of the finding.
func decidedBy(v *component.Value, i *component.Instance) string {
	switch v.Source {
	case component.FromVersion:
		if v.Empty() {
			return ""
		}
		if i.Version.Known() {
			return ", which is the default of " + i.Kind.String() + " " + i.Version.String()
		}
		return ", which is the default"
	case component.FromDistribution:
		return ", as " + i.Distribution + " sets it"
	case component.FromFile, component.FromDropIn, component.FromEnvironment, component.FromFlag:
	}
	return ""
}

// Examples are the manifests that the settings of OnComponents give.
func (c *OnComponents) Examples() []Example {
	var out []Example
	kind := c.Of[0]
	good := make([][]string, len(c.Settings))
	for k := range c.Settings {
		if g := c.Settings[k].Good; len(g) > 0 {
			good[k] = g[0]
		}
	}
	line := func(k int, args []string) (all []string, at int) {
		all = append(append(all, kind.String()), c.Given...)
		for other := range c.Settings {
			if other == k {
				at = len(all)
				all = append(all, args...)
			} else {
				all = append(all, good[other]...)
			}
		}
		return all, at
	}
	for k := range c.Settings {
		for _, args := range c.Settings[k].Bad {
			all, at := line(k, args)
			want := "Pod/kube-system/" + kind.String() + " spec.containers[0]"
			if len(args) > 0 {
				want += ".command[" + strconv.Itoa(at) + "]"
			}
			out = append(out, Example{Name: nameOf(args), Manifests: componentPod(kind, all), Want: []string{want}})
		}
	}
	for k := range c.Settings {
		for _, args := range c.Settings[k].Good {
			all, _ := line(k, args)
			out = append(out, Example{Name: "good: " + nameOf(args), Manifests: componentPod(kind, all)})
		}
	}
	return out
}

func nameOf(args []string) string {
	if len(args) == 0 {
		return "not given"
	}
	return strings.Join(args, " ")
}

// ComponentPod is a static pod that runs a component of a release of Kubernetes, v1.31.2, for examples.
func ComponentPod(kind component.Kind, version string, args ...string) string {
	return podOf(kind, "registry.k8s.io/"+kind.String()+":"+version, append([]string{kind.String()}, args...))
}

// componentPod is a static pod that runs a component of the newest release.
func componentPod(kind component.Kind, command []string) string {
	image := "registry.k8s.io/" + kind.String() + ":v1." + strconv.Itoa(component.Newest) + ".0"
	if kind == component.Etcd {
		image = "registry.k8s.io/etcd:3.6.5-0"
	}
	return podOf(kind, image, command)
}

func podOf(kind component.Kind, image string, command []string) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Pod\nmetadata:\n  name: " + kind.String() + "\n  namespace: kube-system\nspec:\n  hostNetwork: true\n  containers:\n" +
		"  - name: " + kind.String() + "\n    image: " + image + "\n    command:\n")
	for _, arg := range command {
		b.WriteString("    - " + strconv.Quote(arg) + "\n")
	}
	return b.String()
}
