package workload

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Governance is what stands around workloads: who scales them and who keeps them up, what bounds a namespace, and what pods are given
// to read.
type Governance struct {
	Autoscalers []Autoscaler
	Budgets     []Budget
	Bounds      []Bound
	Stores      []Store
	References  []Reference
	Guards      []Guard
	Made        []Made
	Monitors    []Monitor
	Admission   Admission
	External    External
}

// Autoscaler is a HorizontalPodAutoscaler.
type Autoscaler struct {
	Object          int
	Namespace, Name string
	// TargetGroup, TargetKind and TargetName are those of spec.scaleTargetRef.
	TargetGroup, TargetKind, TargetName string
	// MinReplicas is 1 if the object says nothing; MaxReplicas is 0 then.
	MinReplicas, MaxReplicas int
}

// Budget is a PodDisruptionBudget.
type Budget struct {
	Object          int
	Namespace, Name string
	// Selector selects the pods. One without a selector selects none, and an empty one all of the namespace (policy/v1).
	Selector label.Selector
	Selects  bool
	// MinAvailable and MaxUnavailable are as written, nil if they are not there.
	MinAvailable, MaxUnavailable *Amount
}

// Amount is a number of pods, or a percentage of them.
type Amount struct {
	Value   int
	Percent bool
}

// Of returns the number of pods that an amount is of so many, rounded up, as the disruption controller does it.
// https://kubernetes.io/docs/tasks/run-application/configure-pdb/#rounding-logic-when-specifying-percentages
func (a *Amount) Of(pods int) int {
	if !a.Percent {
		return a.Value
	}
	return (a.Value*pods + 99) / 100
}

// String writes an amount as manifests do.
func (a *Amount) String() string {
	if a.Percent {
		return strconv.Itoa(a.Value) + "%"
	}
	return strconv.Itoa(a.Value)
}

// Bound is a LimitRange or a ResourceQuota.
type Bound struct {
	Object          int
	Kind, Namespace string
}

// Store is something that pods read values from by its name: a ConfigMap, or a Secret, or what makes a Secret.
type Store struct {
	Object int
	// Kind is that of what pods read, ConfigMap or Secret; Maker is the kind of the object, if that is another one.
	Kind, Maker     string
	Namespace, Name string
	// Type is the type of a Secret, "Opaque" if it says nothing; "" if it is not known.
	Type string
	// Keys are the keys that it has, sorted; KeysKnown says that these are all.
	Keys      []string
	KeysKnown bool
	// Sought says that whoever reads a Secret may find it by something else than its name.
	Sought bool
}

// Has reports whether a store has a key, or may have it.
func (s *Store) Has(key string) bool {
	_, found := slices.BinarySearch(s.Keys, key)
	return found || !s.KeysKnown
}

// Reference is a place where a pod, or an account, names a Store.
type Reference struct {
	Object int
	// Path leads to the name from the object's root; KeyPath to the key, if the reference names one.
	Path, KeyPath   string
	Kind            string // ConfigMap or Secret
	Namespace, Name string
	Key             string
	Optional        bool
	// Pull says that it is one of imagePullSecrets.
	Pull bool
}

// maxKeys bounds how many keys of a store are kept, and maxReferences how many references of an object.
const maxKeys, maxReferences = 1000, 1000

// addGovernance reads what is no workload itself, and reports whether the object was of such a kind.
func (s *Set) addGovernance(o *object.Object, number int) bool {
	g := &s.Governance
	name := object.Keep(o.Root.Get("metadata").Get("name"))
	spec := o.Root.Get("spec")
	store := Store{Object: number, Kind: "Secret", Maker: strings.Clone(o.Kind), Namespace: o.EffectiveNamespace(), Name: name}
	switch o.Group() + "/" + o.Kind {
	case "autoscaling/HorizontalPodAutoscaler":
		g.Autoscalers = append(g.Autoscalers, readAutoscaler(o, number))
	case "monitoring.coreos.com/ServiceMonitor", "monitoring.coreos.com/PodMonitor":
		g.Monitors = append(g.Monitors, readMonitor(o, number))
	case "policy/PodDisruptionBudget":
		g.Budgets = append(g.Budgets, readBudget(o, number))
	case "/LimitRange", "/ResourceQuota":
		g.Bounds = append(g.Bounds, Bound{Object: number, Kind: strings.Clone(o.Kind), Namespace: o.EffectiveNamespace()})
	case "/ConfigMap", "/Secret":
		store.Kind, store.Maker = strings.Clone(o.Kind), ""
		store.readKeys(o.Root.Get("data"), o.Root.Get("stringData"), o.Root.Get("binaryData"))
		if o.Kind == "Secret" {
			if store.Type = object.Keep(o.Root.Get("type")); store.Type == "" {
				store.Type = "Opaque"
			}
			store.Sought = isSought(o, store.Type)
		}
		g.Stores = append(g.Stores, store)
		g.Admission.addNodeFilter(o, number)
	case "bitnami.com/SealedSecret":
		g.add(store, spec.Get("template").Get("metadata").Get("name"))
	case "external-secrets.io/ExternalSecret":
		g.add(store, spec.Get("target").Get("name"))
	case "cert-manager.io/Certificate":
		g.add(store, spec.Get("secretName"))
	default:
		return g.addMade(o, number)
	}
	return true
}

// add adds a store that another object makes, under the name that it gives, if it gives one.
func (g *Governance) add(s Store, name tree.Node) {
	if given := object.Keep(name); given != "" {
		s.Name = given
	}
	g.Stores = append(g.Stores, s)
}

func (s *Store) readKeys(maps ...tree.Node) {
	s.KeysKnown = true
	for _, m := range maps {
		for key := range m.Pairs() {
			if len(s.Keys) == maxKeys {
				s.Keys, s.KeysKnown = nil, false
				return
			}
			s.Keys = append(s.Keys, object.Keep(key))
		}
	}
	slices.Sort(s.Keys)
}

func readAutoscaler(o *object.Object, number int) Autoscaler {
	spec := o.Root.Get("spec")
	ref := spec.Get("scaleTargetRef")
	a := Autoscaler{
		Object: number, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name")),
		TargetKind: object.Keep(ref.Get("kind")), TargetName: object.Keep(ref.Get("name")), MinReplicas: 1,
	}
	if group, _, found := strings.Cut(object.Keep(ref.Get("apiVersion")), "/"); found {
		a.TargetGroup = group
	}
	if v, ok := small(spec.Get("minReplicas")); ok {
		a.MinReplicas = v
	}
	a.MaxReplicas, _ = small(spec.Get("maxReplicas"))
	return a
}

// small reads an integer as large as numbers of pods are.
func small(n tree.Node) (int, bool) {
	v, ok := n.Int()
	if !ok || v < 0 || v > 1<<20 {
		return 0, false
	}
	return int(v), true
}

func readBudget(o *object.Object, number int) Budget {
	spec := o.Root.Get("spec")
	selector := spec.Get("selector")
	return Budget{
		Object: number, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name")),
		Selector: label.ReadSelector(selector, func(tree.Node, string) {}), Selects: selector.Kind() == tree.Mapping,
		MinAvailable: readAmount(spec.Get("minAvailable")), MaxUnavailable: readAmount(spec.Get("maxUnavailable")),
	}
}

func readAmount(n tree.Node) *Amount {
	if v, ok := small(n); ok {
		return &Amount{Value: v}
	}
	text, ok := n.Str()
	number, percent := strings.CutSuffix(text, "%")
	if v, err := strconv.Atoi(number); ok && percent && err == nil && v >= 0 && v <= 100 {
		return &Amount{Value: v, Percent: true}
	}
	return nil
}

// addReferences reads what a pod names that it is given values from.
func (g *Governance) addReferences(pod *object.Pod, number int) {
	r := references{governance: g, object: pod.Object, number: number, most: len(g.References) + maxReferences}
	for c := range pod.Containers() {
		for _, env := range c.Node.Get("env").Items() {
			from := env.Get("valueFrom")
			r.keyed("ConfigMap", from.Get("configMapKeyRef"))
			r.keyed("Secret", from.Get("secretKeyRef"))
		}
		for _, from := range c.Node.Get("envFrom").Items() {
			r.whole("ConfigMap", from.Get("configMapRef"), "name")
			r.whole("Secret", from.Get("secretRef"), "name")
		}
	}
	for _, v := range pod.Spec.Get("volumes").Items() {
		r.whole("ConfigMap", v.Get("configMap"), "name")
		r.whole("Secret", v.Get("secret"), "secretName")
		for _, source := range v.Get("projected").Get("sources").Items() {
			r.whole("ConfigMap", source.Get("configMap"), "name")
			r.whole("Secret", source.Get("secret"), "name")
		}
	}
	r.pull(pod.Spec.Get("imagePullSecrets"))
}

// references reads the references of one object.
type references struct {
	governance *Governance
	object     *object.Object
	number     int
	most       int
}

func (r *references) keyed(kind string, n tree.Node) {
	if key := object.Keep(n.Get("key")); key != "" {
		r.add(Reference{Kind: kind, Key: key, KeyPath: r.object.Root.Path(n.Get("key"))}, n, "name")
	}
}

func (r *references) whole(kind string, n tree.Node, name string) {
	if n.Exists() {
		r.add(Reference{Kind: kind}, n, name)
	}
}

func (r *references) pull(list tree.Node) {
	for _, n := range list.Items() {
		r.add(Reference{Kind: "Secret", Pull: true}, n, "name")
	}
}

func (r *references) add(f Reference, n tree.Node, name string) {
	at := n.Get(name)
	f.Name = object.Keep(at)
	if f.Name == "" || len(r.governance.References) >= r.most {
		return
	}
	f.Object, f.Namespace, f.Path = r.number, r.object.EffectiveNamespace(), r.object.Root.Path(at)
	f.Optional, _ = n.Get("optional").Bool()
	r.governance.References = append(r.governance.References, f)
}

// merge adds what another one has; its objects are known by base more than before.
func (g *Governance) merge(other *Governance, base int) {
	g.Autoscalers = object.Merge(g.Autoscalers, other.Autoscalers, base, func(x *Autoscaler) *int { return &x.Object })
	g.Budgets = object.Merge(g.Budgets, other.Budgets, base, func(x *Budget) *int { return &x.Object })
	g.Bounds = object.Merge(g.Bounds, other.Bounds, base, func(x *Bound) *int { return &x.Object })
	g.Stores = object.Merge(g.Stores, other.Stores, base, func(x *Store) *int { return &x.Object })
	g.References = object.Merge(g.References, other.References, base, func(x *Reference) *int { return &x.Object })
	g.Guards = object.Merge(g.Guards, other.Guards, base, func(x *Guard) *int { return &x.Object })
	g.Made = object.Merge(g.Made, other.Made, base, func(x *Made) *int { return &x.Object })
	g.Monitors = object.Merge(g.Monitors, other.Monitors, base, func(x *Monitor) *int { return &x.Object })
	g.Admission.merge(&other.Admission, base)
	g.External.merge(&other.External, base)
}

// Len counts what is kept.
func (g *Governance) Len() int {
	return len(g.Autoscalers) + len(g.Budgets) + len(g.Bounds) + len(g.Stores) + len(g.References) + len(g.Guards) + len(g.Made) + len(g.Monitors) +
		g.Admission.len() + g.External.len()
}
