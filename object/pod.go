package object

import (
	"iter"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Pod is a pod or the template of one.
type Pod struct {
	Object *Object
	Meta   tree.Node // metadata of the pod; may be missing
	Spec   tree.Node // a mapping
}

// Sort is the sort of a container.
type Sort uint8

// The sorts of container.
const (
	Init      Sort = iota // runs to its end before the pod's containers start
	Sidecar               // an init container with restartPolicy: Always (Kubernetes 1.29, alpha in 1.28)
	Regular               // an entry of containers
	Ephemeral             // added to a running pod for debugging
)

func (s Sort) String() string {
	return [...]string{"init container", "sidecar container", "container", "ephemeral container"}[s]
}

// Container is one container of a pod.
type Container struct {
	Pod  *Pod
	Node tree.Node // a mapping
	Name string
	Sort Sort
}

// workloads are the kinds that create pods, and where they keep the template.
var workloads = map[string][]string{
	"Pod":                   nil,
	"Deployment":            {"spec", "template"},
	"StatefulSet":           {"spec", "template"},
	"DaemonSet":             {"spec", "template"},
	"ReplicaSet":            {"spec", "template"},
	"Job":                   {"spec", "template"},
	"CronJob":               {"spec", "jobTemplate", "spec", "template"},
	"ReplicationController": {"spec", "template"},
	"PodTemplate":           {"template"},
	"DeploymentConfig":      {"spec", "template"},
}

// template returns the place of the pod template in a workload of a known kind. The group is not asked for the exact one: a
// Deployment with apiVersion v1 is a mistake that the API server refuses, and its pods deserve judging all the same;
// "extensions" served some of the kinds until 1.15.
func template(group, kind string) (path []string, ok bool) {
	switch group {
	case "", "apps", "batch", "extensions", "apps.openshift.io":
		path, ok = workloads[kind]
	}
	return path, ok
}

// podlessGroups are API groups whose objects never run the pods that are written in them: the built-in ones without workloads,
// and policy engines, whose objects hold patterns that look like pods.
var podlessGroups = map[string]bool{
	"":                              true,
	"admissionregistration.k8s.io":  true,
	"apiextensions.k8s.io":          true,
	"apiregistration.k8s.io":        true,
	"apps":                          true,
	"authentication.k8s.io":         true,
	"authorization.k8s.io":          true,
	"autoscaling":                   true,
	"batch":                         true,
	"certificates.k8s.io":           true,
	"coordination.k8s.io":           true,
	"discovery.k8s.io":              true,
	"events.k8s.io":                 true,
	"extensions":                    true,
	"apps.openshift.io":             true,
	"flowcontrol.apiserver.k8s.io":  true,
	"gateway.networking.k8s.io":     true,
	"networking.k8s.io":             true,
	"node.k8s.io":                   true,
	"policy":                        true,
	"rbac.authorization.k8s.io":     true,
	"resource.k8s.io":               true,
	"scheduling.k8s.io":             true,
	"storage.k8s.io":                true,
	"kyverno.io":                    true,
	"policies.kyverno.io":           true,
	"cli.kyverno.io":                true,
	"constraints.gatekeeper.sh":     true,
	"expansion.gatekeeper.sh":       true,
	"mutations.gatekeeper.sh":       true,
	"templates.gatekeeper.sh":       true,
	"wgpolicyk8s.io":                true,
	"openreports.io":                true,
	"kustomize.config.k8s.io":       true,
	"policy.networking.k8s.io":      true,
	"networking.istio.io":           true,
	"security.istio.io":             true,
	"cert-manager.io":               true,
	"external-secrets.io":           true,
	"audit.k8s.io":                  true,
	"apiserver.config.k8s.io":       true,
	"kubelet.config.k8s.io":         true,
	"kubeadm.k8s.io":                true,
	"kubescheduler.config.k8s.io":   true,
	"kubeproxy.config.k8s.io":       true,
	"metrics.k8s.io":                true,
	"internal.apiserver.k8s.io":     true,
	"storagemigration.k8s.io":       true,
	"controlplane.cluster.x-k8s.io": true,
}

// MayHavePods reports whether an object of this apiVersion and kind can have a pod in it, so that one that
// cannot needs no parsing for its pods' sake.
func MayHavePods(group, kind string) bool {
	if _, ok := template(group, kind); ok {
		return true
	}
	return !podlessGroups[group] || misspelt(group, kind) != ""
}

// Pods yields the pods that the object is or creates. For built-in kinds the place is fixed; in custom resources a pod
// template is found by its shape: a mapping, not the object itself, whose spec has a list of containers.
func (o *Object) Pods() iter.Seq[*Pod] {
	return func(yield func(*Pod) bool) {
		group := o.Group()
		if path, ok := template(group, o.Kind); ok {
			n := o.Root
			for _, key := range path {
				n = n.Get(key)
			}
			if spec := n.Get("spec"); spec.Kind() == tree.Mapping {
				yield(&Pod{Object: o, Meta: n.Get("metadata"), Spec: spec})
			}
			return
		}
		if !podlessGroups[group] {
			o.templates(o.Root, 0, yield)
		}
	}
}

// maxTemplateDepth bounds the search for pod templates in custom resources.
const maxTemplateDepth = 40

func (o *Object) templates(n tree.Node, depth int, yield func(*Pod) bool) bool {
	if depth > maxTemplateDepth {
		return true
	}
	switch n.Kind() {
	case tree.Mapping:
		if depth > 0 {
			if spec := n.Get("spec"); isPodSpec(n, spec) {
				return yield(&Pod{Object: o, Meta: n.Get("metadata"), Spec: spec})
			}
		}
		for _, v := range n.Pairs() {
			if v.Kind() != tree.Scalar && !o.templates(v, depth+1, yield) {
				return false
			}
		}
	case tree.Sequence:
		for _, v := range n.Items() {
			if v.Kind() != tree.Scalar && !o.templates(v, depth+1, yield) {
				return false
			}
		}
	case tree.Missing, tree.Scalar:
	}
	return true
}

// isPodSpec reports whether spec, the spec of holder, looks like that of a pod: its list of containers names an image. In
// something that is called a template, containers without an image, as in patches, will do.
func isPodSpec(holder, spec tree.Node) bool {
	named := strings.HasSuffix(strings.ToLower(holder.Key().Text()), "template")
	for _, c := range spec.Get("containers").Items() {
		for _, key := range [...]string{"image", "name"} {
			if n := c.Get(key); n.Kind() == tree.Scalar && !n.IsNull() && (key == "image" || named) {
				return true
			}
		}
	}
	return false
}

// containerLists are the lists of containers in a pod spec, in the order in which they start.
var containerLists = [...]struct {
	key  string
	sort Sort
}{{"initContainers", Init}, {"containers", Regular}, {"ephemeralContainers", Ephemeral}}

// Containers yields every container of the pod: init containers and sidecars, containers, ephemeral containers.
// It is the one place where containers are walked.
func (p *Pod) Containers() iter.Seq[*Container] {
	return func(yield func(*Container) bool) {
		for _, list := range containerLists {
			for _, n := range p.Spec.Get(list.key).Items() {
				if n.Kind() != tree.Mapping {
					continue
				}
				c := Container{Pod: p, Node: n, Name: text(n.Get("name")), Sort: list.sort}
				if list.sort == Init && n.Get("restartPolicy").StrIs("Always") {
					c.Sort = Sidecar
				}
				if !yield(&c) {
					return
				}
			}
		}
	}
}

// misspelt returns the workload that a kind differs from only in upper and lower case, "" if there is none.
func misspelt(group, kind string) string {
	for known := range workloads {
		if len(known) == len(kind) && known != kind && strings.EqualFold(known, kind) {
			if _, ok := template(group, known); ok {
				return known
			}
		}
	}
	return ""
}

// Malformed yields the nodes of a built-in workload whose shape keeps its pods from being judged, and what is wrong
// with them. The API server refuses such objects; a scan must not pass over them in silence.
func (o *Object) Malformed() iter.Seq2[tree.Node, string] {
	return func(yield func(tree.Node, string) bool) {
		if items := o.Root.Get("items"); strings.HasSuffix(o.Kind, "List") && items.Kind() == tree.Mapping {
			yield(items, "is a mapping, not a list")
			return
		}
		path, ok := template(o.Group(), o.Kind)
		if !ok {
			if kind := misspelt(o.Group(), o.Kind); kind != "" {
				yield(o.Root.Get("kind"), "is "+o.Kind+"; the kind is called "+kind)
			}
			return
		}
		n := o.Root
		for _, key := range append(slices.Clip(path), "spec") {
			n = n.Get(key)
			if n.Exists() && !n.IsNull() && n.Kind() != tree.Mapping {
				yield(n, "is a "+n.Kind().String()+", not a mapping")
				return
			}
		}
		malformedContainers(n, yield)
	}
}

// shapes are fields of pods and containers without whose shape nothing can be said of what is in them.
var shapes = [...]struct {
	key  string
	kind tree.Kind
}{{"securityContext", tree.Mapping}, {"resources", tree.Mapping}, {"volumes", tree.Sequence}, {"ports", tree.Sequence}, {"env", tree.Sequence}}

func misshapen(n tree.Node, yield func(tree.Node, string) bool) bool {
	for _, s := range shapes {
		if v := n.Get(s.key); v.Exists() && !v.IsNull() && v.Kind() != s.kind && !yield(v, "is a "+v.Kind().String()+", not a "+s.kind.String()) {
			return false
		}
	}
	return true
}

func malformedContainers(spec tree.Node, yield func(tree.Node, string) bool) {
	if !misshapen(spec, yield) {
		return
	}
	for _, list := range containerLists {
		n := spec.Get(list.key)
		if !n.Exists() || n.IsNull() {
			continue
		}
		if n.Kind() != tree.Sequence {
			if !yield(n, "is a "+n.Kind().String()+", not a list") {
				return
			}
		}
		for _, c := range n.Items() {
			if c.Kind() != tree.Mapping {
				if !yield(c, "is a "+c.Kind().String()+", not a container") {
					return
				}
			} else if !misshapen(c, yield) {
				return
			}
		}
	}
}
