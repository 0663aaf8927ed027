package inventory

import (
	"path"
	"strings"

	facts "github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// The sorts of profiles that a pod names and a node has.
const (
	Seccomp  = "seccomp"
	AppArmor = "AppArmor"
)

// Profile is a profile of the node's that a pod asks for.
type Profile struct {
	Object int
	// Path leads to its name.
	Path string
	// Of is Seccomp or AppArmor, Name what the pod calls it: a path below the kubelet's folder of profiles, or the name of one that is loaded.
	Of, Name string
	// Chosen says that the pod does not run on just any node.
	Chosen bool
}

// NodeProfiles are the profiles that a node has.
type NodeProfiles struct {
	Object int
	Name   string
	// Has are the names of the profiles of a sort; nil if they are not known.
	Has map[string]map[string]bool
}

// profiles is what is kept of profiles.
type profiles struct {
	asked []Profile
	nodes []NodeProfiles
}

// maxProfiles bounds the profiles of one node.
const maxProfiles = 10_000

func (p *profiles) add(o *object.Object, number int) {
	if facts.Is(o.APIVersion, o.Kind) {
		p.nodes = append(p.nodes, readProfiles(o, number))
		return
	}
	for pod := range o.Pods() {
		spec := pod.Spec
		chosen := spec.Get("nodeName").Text() != "" || spec.Get("nodeSelector").Len() > 0 || spec.Get("affinity").Get("nodeAffinity").Exists()
		p.ask(o, number, spec.Get("securityContext"), chosen)
		for c := range pod.Containers() {
			p.ask(o, number, c.Node.Get("securityContext"), chosen)
		}
	}
}

func (p *profiles) ask(o *object.Object, number int, context tree.Node, chosen bool) {
	for _, sort := range []struct{ key, of string }{{"seccompProfile", Seccomp}, {"appArmorProfile", AppArmor}} {
		profile := context.Get(sort.key)
		if name := profile.Get("localhostProfile"); profile.Get("type").StrIs("Localhost") && name.Text() != "" {
			p.asked = append(p.asked, Profile{Object: number, Path: o.Root.Path(name), Of: sort.of, Name: object.Keep(name), Chosen: chosen})
		}
	}
}

// readProfiles reads what the facts of a node say of its profiles.
func readProfiles(o *object.Object, number int) NodeProfiles {
	n := NodeProfiles{Object: number, Name: keep(o.Name), Has: map[string]map[string]bool{}}
	spec := o.Root.Get("spec")
	if loaded := spec.Get("kernel").Get("appArmorProfiles"); loaded.Kind() == tree.Sequence || spec.Get("kernel").Get("appArmor").StrIs("disabled") {
		n.Has[AppArmor] = map[string]bool{}
		for i, name := range loaded.Items() {
			if i < maxProfiles {
				n.Has[AppArmor][object.Keep(name)] = true
			}
		}
	}
	if spec.Get("files").Kind() != tree.Sequence {
		return n
	}
	for _, problem := range spec.Get("problems").Items() {
		for _, part := range problem.Get("affects").Items() {
			if part.StrIs(facts.RoleSeccompProfile) {
				return n
			}
		}
	}
	n.Has[Seccomp] = map[string]bool{}
	for _, file := range spec.Get("files").Items() {
		for _, role := range file.Get("roles").Items() {
			if !role.StrIs(facts.RoleSeccompProfile) || len(n.Has[Seccomp]) > maxProfiles {
				continue
			}
			// The folder of profiles lies in that of the kubelet.
			if _, name, ok := strings.Cut(file.Get("path").Text(), "/seccomp/"); ok {
				n.Has[Seccomp][strings.Clone(path.Clean(name))] = true
			}
		}
	}
	return n
}

func (p *profiles) merge(other *profiles, base int) {
	p.asked = object.Merge(p.asked, other.asked, base, func(x *Profile) *int { return &x.Object })
	p.nodes = object.Merge(p.nodes, other.nodes, base, func(x *NodeProfiles) *int { return &x.Object })
}

func (p *profiles) len() int { return len(p.asked) + len(p.nodes) }

// Profiles are the profiles of nodes that pods ask for.
func (v *Inventory) Profiles() []Profile { return v.profiles.asked }

// NodeProfiles are the profiles of the nodes whose facts are known.
func (v *Inventory) NodeProfiles() []NodeProfiles { return v.profiles.nodes }
