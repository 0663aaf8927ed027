// Package inventory holds everything that is known at one moment, whatever source it came from: of each object only what
// analysers ask for, so that an inventory of any size stays small. Objects are numbered in the order of the input.
package inventory

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unique"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/mesh"
	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/provider"
	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/workload"
)

// Object is one object of which something was kept.
type Object struct {
	APIVersion, Kind, Namespace, Name string
	object.Origin
}

// String returns Kind/namespace/name, with an empty namespace left out.
func (o *Object) String() string {
	if o.Namespace == "" {
		return o.Kind + "/" + o.Name
	}
	return o.Kind + "/" + o.Namespace + "/" + o.Name
}

// Inventory is everything known at one moment. It is filled by Merge; after that any number of goroutines may use it.
type Inventory struct {
	Objects   []Object
	Workloads workload.Set
	RBAC      rbac.Set
	Network   network.Set
	Mesh      mesh.Set
	// Components is how the components of Kubernetes are configured.
	Components component.Set
	// Rules are the files and texts with rules of Falco, in the order of the input.
	Rules []Rules
	// Version is the Kubernetes release of components that name none, v1.31; "" if that is not known.
	Version string

	live         live
	profiles     profiles
	mentioned    mentions
	index        func() *workload.Index
	access       func() *rbac.Access
	connectivity func() *network.Analysis
	escalation   func() *rbac.Graph
	protection   func() *mesh.Analysis
	instances    func() []*component.Instance
	waysIn       func() map[int][]network.Exposure
	stores       func() map[kindAt][]int
	populated    func() map[string]bool
	loaded       func() *LoadedRules
	managed      func() provider.Evidence
}

// New returns an empty inventory.
func New() *Inventory {
	v := &Inventory{}
	v.index = sync.OnceValue(func() *workload.Index { return workload.NewIndex(&v.Workloads) })
	v.access = sync.OnceValue(func() *rbac.Access { return rbac.New(&v.RBAC, &v.Workloads) })
	v.connectivity = sync.OnceValue(func() *network.Analysis { return network.New(&v.Network, &v.Workloads) })
	v.escalation = sync.OnceValue(func() *rbac.Graph { return rbac.NewGraph(v.access()) })
	v.protection = sync.OnceValue(func() *mesh.Analysis { return mesh.New(&v.Mesh, &v.Workloads, mesh.Options{}) })
	v.instances = sync.OnceValue(func() []*component.Instance {
		return component.New(&v.Components, component.Options{Version: v.Version})
	})
	v.waysIn = sync.OnceValue(v.findWaysIn)
	v.populated = sync.OnceValue(v.placesOfWorkloads)
	v.stores = sync.OnceValue(v.storesByPlace)
	v.loaded = sync.OnceValue(v.loadRules)
	v.managed = sync.OnceValue(v.findManaged)
	return v
}

// Merge adds the objects of a part behind those that are there. The part may not be used any more.
func (v *Inventory) Merge(p *Part) {
	base := len(v.Objects)
	v.Objects = append(v.Objects, p.objects...)
	v.Workloads.Merge(&p.workloads, base)
	v.RBAC.Merge(&p.rbac, base)
	v.Network.Merge(&p.network, base)
	v.Mesh.Merge(&p.mesh, base)
	v.Components.Merge(&p.components, base)
	v.live.merge(&p.live, base)
	v.profiles.merge(&p.profiles, base)
	v.mentioned = v.mentioned.merge(p.mentioned)
	for _, r := range p.rules {
		r.Object += base
		v.Rules = append(v.Rules, r)
	}
}

// Index finds workloads, namespaces, services and accounts by name.
func (v *Inventory) Index() *workload.Index { return v.index() }

// Access answers who may do what.
func (v *Inventory) Access() *rbac.Access { return v.access() }

// Connectivity answers who can reach whom.
func (v *Inventory) Connectivity() *network.Analysis { return v.connectivity() }

// Escalation is how rights lead to more rights.
func (v *Inventory) Escalation() *rbac.Graph { return v.escalation() }

// Protection answers what meshes do to the traffic of workloads.
func (v *Inventory) Protection() *mesh.Analysis { return v.protection() }

// Instances are the components of Kubernetes with their effective configuration.
func (v *Inventory) Instances() []*component.Instance { return v.instances() }

// WaysIn returns how each workload, by its index, is reached from outside of the cluster: by a public load balancer, a node port or a route.
// What network policies block is no way in; host ports and the host network are not counted.
func (v *Inventory) WaysIn() map[int][]network.Exposure { return v.waysIn() }

func (v *Inventory) findWaysIn() map[int][]network.Exposure {
	internal := map[int]bool{}
	for i := range v.Workloads.Services {
		if s := &v.Workloads.Services[i]; s.Internal() {
			internal[s.Object] = true
		}
	}
	ways := map[int][]network.Exposure{}
	for _, e := range v.Connectivity().Exposed() {
		inside := e.How == "LoadBalancer" && slices.ContainsFunc(e.Chain, func(o int) bool { return internal[o] })
		if !inside && e.How != "hostPort" && e.How != "hostNetwork" && e.Verdict() != network.Denied {
			ways[e.Workload] = append(ways[e.Workload], e)
		}
	}
	return ways
}

// Part is what is known of the objects of one input. The zero Part is empty.
type Part struct {
	// Mentions says that Add keeps which names the texts of an object mention.
	Mentions bool

	objects   []Object
	workloads workload.Set
	rbac      rbac.Set
	network   network.Set
	mesh      mesh.Set

	components component.Set
	rules      []Rules
	live       live
	profiles   profiles
	mentioned  mentions
}

// Len returns the number of objects of which something was kept, 0 for no part at all.
func (p *Part) Len() int {
	if p == nil {
		return 0
	}
	return len(p.objects)
}

// Add keeps what analysers ask of an object, and reports whether there was anything to keep.
func (p *Part) Add(o *object.Object, origin object.Origin) bool {
	if p.Mentions {
		if p.mentioned == nil {
			p.mentioned = mentions{}
		}
		p.mentioned.add(o)
	}
	before := p.size()
	number := len(p.objects)
	p.workloads.Add(o, number)
	p.rbac.Add(o, number)
	p.network.Add(o, number)
	p.mesh.Add(o, number)
	p.components.Add(o, number, origin.File)
	p.addRulesOf(o, number, origin.File)
	p.live.add(o, number)
	p.profiles.add(o, number)
	if p.size() == before {
		return false
	}
	p.objects = append(p.objects, Object{
		APIVersion: keep(o.APIVersion), Kind: keep(o.Kind), Namespace: keep(o.Namespace), Name: keep(o.DisplayName()), Origin: origin,
	})
	return true
}

// FileKind is the kind that files have which are no Kubernetes object.
const FileKind = "File"

// ProcessKind is the kind of files that are the command line of a process.
const ProcessKind = "Process"

// WantsFile reports whether a file that has not the name of a manifest is worth reading, by its path alone: one of which AddFile may keep
// something, or a kubeconfig.
func WantsFile(file string) bool {
	return component.WantsFile(file) || isKubeconfig(path.Base(filepath.ToSlash(file)))
}

// isKubeconfig knows the names that kubeadm and kubectl give kubeconfig files.
func isKubeconfig(name string) bool {
	switch name {
	case "admin.conf", "super-admin.conf", "kubelet.conf", "bootstrap-kubelet.conf", "controller-manager.conf", "scheduler.conf", "kubeconfig":
		return true
	}
	return strings.HasSuffix(name, ".kubeconfig")
}

// IsManifest reports whether a file is one of manifests by its name, or by having none, as standard input.
func IsManifest(file string) bool {
	switch ext := strings.ToLower(path.Ext(filepath.ToSlash(file))); ext {
	case ".yaml", ".yml", ".json":
		return true
	}
	return strings.HasPrefix(file, "<")
}

// AddFile keeps what analysers ask of a file that is no Kubernetes object, such as a systemd unit, and reports whether there was
// anything to keep. Its origin has Start -1.
func (p *Part) AddFile(src []byte, origin object.Origin) bool {
	if !p.components.AddFile(origin.File, src, len(p.objects)) {
		return false
	}
	origin.Start = -1
	o := Object{Kind: FileKind, Name: path.Base(filepath.ToSlash(origin.File)), Origin: origin}
	if name, ok := component.Process(filepath.ToSlash(origin.File), src); ok {
		o.Kind, o.Name = ProcessKind, name
	}
	o.Name = keep(o.Name)
	p.objects = append(p.objects, o)
	return true
}

// size counts what the sets hold.
func (p *Part) size() int {
	w, r, n, m := &p.workloads, &p.rbac, &p.network, &p.mesh
	return len(w.Namespaces) + len(w.Workloads) + len(w.Services) + len(w.Accounts) + len(w.Webhooks) + len(w.Flaws) + w.Governance.Len() +
		len(r.Roles) + len(r.Bindings) + len(r.TokenSecrets) + len(r.Flaws) +
		len(n.Policies) + len(n.Routes) + len(n.Gateways) + len(n.Flaws) + m.Len() + p.components.Len() + len(p.rules) + p.live.len() + p.profiles.len()
}

// keep returns a text that does not hold on to the bytes of the file it was read from.
func keep(s string) string { return unique.Make(s).Value() }

// kinds are those besides workloads of which something is kept, by group.
var kinds = map[string][]string{
	"":                             {"Namespace", "Node", "Service", "ServiceAccount", "Secret", "ConfigMap", "LimitRange", "ResourceQuota"},
	"autoscaling":                  {"HorizontalPodAutoscaler"},
	"policy":                       {"PodDisruptionBudget"},
	"monitoring.coreos.com":        {"ServiceMonitor", "PodMonitor"},
	"bitnami.com":                  {"SealedSecret"},
	"external-secrets.io":          {"ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore"},
	"cert-manager.io":              {"Certificate"},
	"admissionregistration.k8s.io": {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"},
	"kyverno.io":                   {"ClusterPolicy", "Policy"},
	"policies.kyverno.io":          {"ValidatingPolicy", "NamespacedValidatingPolicy", "ImageValidatingPolicy", "NamespacedImageValidatingPolicy"},
	"policy.sigstore.dev":          {"ClusterImagePolicy"},
	"templates.gatekeeper.sh":      {"ConstraintTemplate"},
	"rbac.authorization.k8s.io":    {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"},
	"networking.k8s.io":            {"NetworkPolicy", "Ingress"},
	"extensions":                   {"NetworkPolicy", "Ingress"},
	"policy.networking.k8s.io":     {"AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"},
	"cilium.io":                    {"CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"},
	"projectcalico.org":            {"NetworkPolicy", "GlobalNetworkPolicy", "NetworkSet", "GlobalNetworkSet", "FelixConfiguration"},
	"crd.projectcalico.org":        {"NetworkPolicy", "GlobalNetworkPolicy", "NetworkSet", "GlobalNetworkSet", "FelixConfiguration"},
	"gateway.networking.k8s.io":    {"Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"},
	"route.openshift.io":           {"Route"},
	"networking.istio.io":          {"Gateway", "VirtualService", "DestinationRule", "Sidecar", "ServiceEntry"},
	"security.istio.io":            {"PeerAuthentication", "RequestAuthentication", "AuthorizationPolicy"},
	"install.istio.io":             {"IstioOperator"},
	"sailoperator.io":              {"Istio"},
	"operator.istio.io":            {"Istio"},
	"policy.linkerd.io":            {"Server", "MeshTLSAuthentication", "AuthorizationPolicy", "ServerAuthorization"},
	"kubelet.config.k8s.io":        {"KubeletConfiguration"},
	"kubeproxy.config.k8s.io":      {"KubeProxyConfiguration"},
	"kubescheduler.config.k8s.io":  {"KubeSchedulerConfiguration"},
	"kubeadm.k8s.io":               {"ClusterConfiguration", "InitConfiguration", "JoinConfiguration"},
	"k0s.k0sproject.io":            {"ClusterConfig"},
	"k0sctl.k0sproject.io":         {"Cluster"},
	"audit.k8s.io":                 {"Policy"},
	"apiserver.config.k8s.io":      {"EncryptionConfiguration", "AuthenticationConfiguration", "AuthorizationConfiguration", "AdmissionConfiguration", "TracingConfiguration"},
	"apiserver.k8s.io":             {"AdmissionConfiguration", "EgressSelectorConfiguration"},
	"kubeharden.io":                {"ClusterFacts", "NodeFacts"},
	"consul.hashicorp.com":         {"Mesh", "ProxyDefaults", "ServiceDefaults", "ServiceIntentions"},
}

// Wants reports whether something may be kept of an object of a kind.
func Wants(group, kind string) bool {
	return slices.Contains(kinds[group], kind) || workload.IsOperated(group, kind) || object.MayHavePods(group, kind)
}
