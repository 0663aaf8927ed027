package inventory

import (
	"maps"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// mentions are the words of texts that may be names of objects. Only sums of them are kept (FNV-1a, 64 bits), since nobody asks for more than whether
// a name is among them; two words with one sum would be a mention too many.
type mentions map[uint64]struct{}

// Mentioned reports whether a text somewhere has a name as a word: an argument, a value of a variable, an annotation, a ConfigMap, a field of a
// custom resource. What typed fields of pods name is known by Workloads.Governance.References, and is not counted.
func (v *Inventory) Mentioned(name string) bool {
	_, ok := v.mentioned[sum(name)]
	return ok
}

// MayMention reports whether objects of a kind are read for what they mention. Definitions of kinds are long and mention nothing.
func MayMention(group, _ string) bool { return group != "apiextensions.k8s.io" }

func (m mentions) merge(other mentions) mentions {
	if m == nil {
		return other
	}
	maps.Copy(m, other)
	return m
}

// lastApplied is where kubectl keeps the object itself, with its own name.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// maxNesting bounds how deep texts are looked for.
const maxNesting = 100

// add reads the words of an object. Of the kinds of Kubernetes only those fields count that can name a Secret, so that a service of the same name is no
// mention; of custom resources all, and their names, since operators derive names from them.
func (m mentions) add(o *object.Object) {
	m.annotations(o.Root.Get("metadata"))
	spec := o.Root.Get("spec")
	switch o.Group() {
	case "", "apps", "batch", "extensions", "apps.openshift.io", "networking.k8s.io":
		switch o.Kind {
		case "ConfigMap":
			m.below(o.Root.Get("data"), 0)
		case "Secret":
			m.below(o.Root.Get("stringData"), 0)
		case "ServiceAccount":
			m.below(o.Root.Get("secrets"), 0)
		case "PersistentVolume", "IngressClass":
			m.below(spec, 0)
		case "Ingress":
			for _, t := range spec.Get("tls").Items() {
				m.text(t.Get("secretName").Text())
			}
		}
		for pod := range o.Pods() {
			m.pod(pod)
		}
	case "rbac.authorization.k8s.io":
		for _, rule := range o.Root.Get("rules").Items() {
			m.below(rule.Get("resourceNames"), 0)
		}
	case "autoscaling", "policy":
	default:
		m.text(o.Name)
		for key, value := range o.Root.Pairs() {
			if k := key.Text(); k != "apiVersion" && k != "kind" && k != "metadata" {
				m.below(value, 0)
			}
		}
	}
}

func (m mentions) annotations(meta tree.Node) {
	for key, value := range meta.Get("annotations").Pairs() {
		if key.Text() != lastApplied {
			m.text(value.Text())
		}
	}
}

// pod reads what programs are told, and the volumes of drivers, whose fields differ.
func (m mentions) pod(pod *object.Pod) {
	m.annotations(pod.Meta)
	for c := range pod.Containers() {
		for _, key := range [...]string{"command", "args", "lifecycle", "livenessProbe", "readinessProbe", "startupProbe"} {
			m.below(c.Node.Get(key), 0)
		}
		for _, env := range c.Node.Get("env").Items() {
			m.text(env.Get("value").Text())
		}
	}
	for _, v := range pod.Spec.Get("volumes").Items() {
		for key, source := range v.Pairs() {
			switch key.Text() {
			case "name", "secret", "configMap", "projected", "emptyDir", "hostPath", "persistentVolumeClaim", "downwardAPI":
			default:
				m.below(source, 0)
			}
		}
	}
}

// below reads all texts below a node, but no keys.
func (m mentions) below(n tree.Node, depth int) {
	if depth > maxNesting {
		return
	}
	switch n.Kind() {
	case tree.Scalar:
		m.text(n.Text())
	case tree.Sequence:
		for _, item := range n.Items() {
			m.below(item, depth+1)
		}
	case tree.Mapping:
		for _, value := range n.Pairs() {
			m.below(value, depth+1)
		}
	case tree.Missing:
	}
}

// longestName is that of a DNS subdomain, which the names of Secrets are.
const longestName = 253

// text reads the words of a text: what consists of the characters of a name, without hyphens and dots at its ends, so that --secret=shop/db. has db.
func (m mentions) text(s string) {
	for i := 0; i < len(s); {
		if !isAlphanumeric(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && (isAlphanumeric(s[i]) || s[i] == '-' || s[i] == '.') {
			i++
		}
		end := i
		for !isAlphanumeric(s[end-1]) {
			end--
		}
		if end-start <= longestName {
			m[sum(s[start:end])] = struct{}{}
		}
	}
}

func isAlphanumeric(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// sum is FNV-1a, whose sums are the same in every part: http://www.isthe.com/chongo/tech/comp/fnv/
func sum(s string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * prime
	}
	return h
}
