// Package workload knows what runs in a cluster and what belongs to it: workloads, the namespaces that they are in, the services
// in front of them and the accounts that they run as. It keeps of each object the little that analysers ask for, so that an
// inventory of any size stays small. Objects are known by the number that they were read under.
package workload

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Set is what is known of workloads and what belongs to them, in the order in which it was read. One object may be there more
// than once, as when two overlays have it.
type Set struct {
	Namespaces []Namespace
	Workloads  []Workload
	Services   []Service
	Accounts   []Account
	Webhooks   []Webhook
	Flaws      []object.Flaw
	Governance Governance
}

// Namespace is a declared namespace.
type Namespace struct {
	Object int
	Name   string
	// Labels have kubernetes.io/metadata.name, which the API server sets.
	Labels, Annotations label.Set
}

// NameLabel is the label of its name that the API server gives to every namespace (since 1.21).
const NameLabel = "kubernetes.io/metadata.name"

// ImplicitLabels are the labels of a namespace of which only the name is known.
func ImplicitLabels(namespace string) label.Set { return label.Set{{Key: NameLabel, Value: namespace}} }

// Workload is something that runs pods: a pod, a controller of pods, or a custom resource with a pod template.
type Workload struct {
	Object          int
	Group, Kind     string
	Namespace, Name string
	// PodPath leads from the object's root to the pod template: "spec.template"; "" for a pod.
	PodPath string
	// Labels and Annotations are those of its pods. Of annotations the long ones are left out.
	Labels, Annotations label.Set
	// ServiceAccount is the account that the pods run as, "default" if they name none.
	ServiceAccount string
	// AccountField is the field that names the account: serviceAccountName, or serviceAccount, its old name.
	AccountField string
	// AutomountToken is the pod's automountServiceAccountToken, nil if it says nothing.
	AutomountToken *bool
	// OwnToken says that the pod mounts a projected token for the API server.
	OwnToken bool
	// TokenHidden says that every container mounts something else where the token would be.
	TokenHidden bool
	HostNetwork bool
	// NodeAccess says why root in the pod is root on its node: "container app is privileged"; "" if nothing says so.
	NodeAccess string
	// Controlled says that the object has an owner that controls it, such as a pod of a ReplicaSet.
	Controlled bool
	// Replicas is spec.replicas, nil if the object says nothing.
	Replicas *int
	// ServiceName is a StatefulSet's spec.serviceName.
	ServiceName string
	// Live says that the object was read from a cluster, which fills in what its manifest leaves out.
	Live       bool
	Containers []Container
}

// Container is one container of a workload.
type Container struct {
	Name, Image string
	Sort        object.Sort
	Ports       []Port
}

// Port is a port that a container declares. Pods may listen on others too.
type Port struct {
	Name     string
	Number   int
	Protocol string // TCP, UDP or SCTP
	HostPort int    // 0 without one
}

// String returns Kind/namespace/name.
func (w *Workload) String() string { return w.Kind + "/" + w.Namespace + "/" + w.Name }

// SpecPath leads from the object's root to the spec of its pods: "spec.template.spec".
func (w *Workload) SpecPath() string {
	if w.PodPath == "" {
		return "spec"
	}
	return w.PodPath + ".spec"
}

// Account is a declared service account.
type Account struct {
	Object          int
	Namespace, Name string
	// AutomountToken is its automountServiceAccountToken, nil if it says nothing.
	AutomountToken *bool
	Annotations    label.Set
}

// Service is a Service.
type Service struct {
	Object          int
	Namespace, Name string
	// Type is ClusterIP, NodePort, LoadBalancer or ExternalName.
	Type     string
	Headless bool
	// Selector selects pods of the namespace; empty selects none, as endpoints are then made by hand.
	Selector     label.Set
	Ports        []ServicePort
	ExternalName string
	ExternalIPs  []string
	SourceRanges []string // loadBalancerSourceRanges
	Annotations  label.Set
	Labels       label.Set
}

// Webhook is an admission webhook that is a service of the cluster.
type Webhook struct {
	Object int
	// Path leads to its clientConfig.service: "webhooks[0].clientConfig.service".
	Path, Name         string
	Namespace, Service string
	Port               int
	// Mutating says that it may change what it is shown.
	Mutating bool
}

// ServicePort is a port of a Service.
type ServicePort struct {
	Name     string
	Port     int
	Protocol string
	// Target is the port of the pods: its number, or TargetName, the name of a container's port, if that is not "".
	Target      int
	TargetName  string
	NodePort    int
	AppProtocol string
}

// String returns namespace/name.
func (s *Service) String() string { return s.Namespace + "/" + s.Name }

// Add reads what the object is to the set; number is what it will be known by. Most kinds are nothing to it.
func (s *Set) Add(o *object.Object, number int) {
	s.Governance.addGuard(o, number)
	s.Governance.Admission.add(o, number)
	s.Governance.External.add(o, number)
	switch {
	case o.Group() == "" && o.Kind == "Namespace":
		name := object.Keep(o.Root.Get("metadata").Get("name"))
		meta := o.Root.Get("metadata")
		s.Namespaces = append(s.Namespaces, Namespace{
			Object: number, Name: name,
			Labels: label.Read(meta.Get("labels")).With(NameLabel, name), Annotations: annotations(meta),
		})
	case o.Group() == "" && o.Kind == "Service":
		s.Services = append(s.Services, readService(o, number))
	case o.Group() == "" && o.Kind == "ServiceAccount":
		s.Accounts = append(s.Accounts, Account{
			Object: number, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name")),
			AutomountToken: readBool(o.Root.Get("automountServiceAccountToken")), Annotations: annotations(o.Root.Get("metadata")),
		})
		r := references{governance: &s.Governance, object: o, number: number, most: len(s.Governance.References) + maxReferences}
		r.pull(o.Root.Get("imagePullSecrets"))
	case o.Group() == "admissionregistration.k8s.io":
		s.addWebhooks(o, number)
	case s.addGovernance(o, number):
	default:
		for pod := range o.Pods() {
			s.Workloads = append(s.Workloads, readWorkload(pod, number))
			s.Governance.addReferences(pod, number)
		}
	}
}

// Merge adds what another set has; its objects are known by base more than before.
func (s *Set) Merge(other *Set, base int) {
	s.Namespaces = object.Merge(s.Namespaces, other.Namespaces, base, func(x *Namespace) *int { return &x.Object })
	s.Workloads = object.Merge(s.Workloads, other.Workloads, base, func(x *Workload) *int { return &x.Object })
	s.Services = object.Merge(s.Services, other.Services, base, func(x *Service) *int { return &x.Object })
	s.Accounts = object.Merge(s.Accounts, other.Accounts, base, func(x *Account) *int { return &x.Object })
	s.Webhooks = object.Merge(s.Webhooks, other.Webhooks, base, func(x *Webhook) *int { return &x.Object })
	s.Flaws = object.Merge(s.Flaws, other.Flaws, base, func(x *object.Flaw) *int { return &x.Object })
	s.Governance.merge(&other.Governance, base)
}

// longAnnotation is the length of an annotation's value from which on it is not kept: settings are shorter, what
// kubectl remembers of an object is longer.
const longAnnotation = 512

func annotations(meta tree.Node) label.Set {
	return label.ReadIf(meta.Get("annotations"), func(_, value string) bool { return len(value) < longAnnotation })
}

func readBool(n tree.Node) *bool {
	v, ok := n.Bool()
	if !ok {
		return nil
	}
	return &v
}

func readWorkload(pod *object.Pod, number int) Workload {
	o, spec := pod.Object, pod.Spec
	w := Workload{
		Object: number, Group: strings.Clone(o.Group()), Kind: strings.Clone(o.Kind),
		Namespace: o.EffectiveNamespace(), Name: strings.Clone(o.DisplayName()),
		PodPath: strings.TrimSuffix(strings.TrimSuffix(o.Root.Path(spec), "spec"), "."),
		Labels:  label.Read(pod.Meta.Get("labels")), Annotations: annotations(pod.Meta),
		AutomountToken: readBool(spec.Get("automountServiceAccountToken")),
		NodeAccess:     nodeAccess(pod),
	}
	w.ServiceAccount, w.AccountField = account(spec)
	w.HostNetwork, _ = spec.Get("hostNetwork").Bool()
	for _, owner := range o.Root.Get("metadata").Get("ownerReferences").Items() {
		if controls, _ := owner.Get("controller").Bool(); controls {
			w.Controlled = true
		}
	}
	if v, ok := small(o.Root.Get("spec").Get("replicas")); ok && w.PodPath == "spec.template" {
		w.Replicas = &v
	}
	w.ServiceName = object.Keep(o.Root.Get("spec").Get("serviceName"))
	w.Live = o.Root.Get("metadata").Get("uid").Exists()
	w.OwnToken = ownToken(spec)
	hidden := 0
	for c := range pod.Containers() {
		w.Containers = append(w.Containers, Container{Name: object.Keep(c.Node.Get("name")), Image: object.Keep(c.Node.Get("image")), Sort: c.Sort, Ports: ports(c.Node)})
		for _, m := range c.Node.Get("volumeMounts").Items() {
			if m.Get("mountPath").StrIs(tokenPath) {
				hidden++
				break
			}
		}
	}
	w.TokenHidden = len(w.Containers) > 0 && hidden == len(w.Containers)
	return w
}

// tokenPath is where the API server mounts the token: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount" //nolint:gosec // a path, no credential

// account returns the pod's account; serviceAccount is the field's old name, which counts if the new one is empty.
func account(spec tree.Node) (name, field string) {
	for _, key := range [...]string{"serviceAccountName", "serviceAccount"} {
		if name := object.Keep(spec.Get(key)); name != "" {
			return name, key
		}
	}
	return "default", "serviceAccountName"
}

// ownToken reports whether a projected volume has a token for the API server: one without an audience, or with the server's own.
func ownToken(spec tree.Node) bool {
	for _, v := range spec.Get("volumes").Items() {
		for _, source := range v.Get("projected").Get("sources").Items() {
			token := source.Get("serviceAccountToken")
			if token.Kind() != tree.Mapping {
				continue
			}
			audience := object.Keep(token.Get("audience"))
			if audience == "" || strings.HasPrefix(audience, "https://kubernetes.default.svc") || audience == "api" {
				return true
			}
		}
	}
	return false
}

// nodeAccess finds what makes root in a pod root on the node.
func nodeAccess(pod *object.Pod) string {
	for c := range pod.Containers() {
		security := c.Node.Get("securityContext")
		if privileged, _ := security.Get("privileged").Bool(); privileged {
			return strings.Clone(c.Sort.String() + " " + c.Name + " is privileged")
		}
		for _, add := range security.Get("capabilities").Get("add").Items() {
			if name := strings.TrimPrefix(strings.ToUpper(add.Text()), "CAP_"); name == "SYS_ADMIN" || name == "ALL" || name == "SYS_MODULE" {
				return strings.Clone(c.Sort.String() + " " + c.Name + " has the capability " + name)
			}
		}
	}
	for _, v := range pod.Spec.Get("volumes").Items() {
		host := v.Get("hostPath").Get("path")
		switch path := strings.TrimRight(host.Text(), "/"); {
		case !host.Exists():
		case path == "", path == "/etc", path == "/root", path == "/var", path == "/var/lib", path == "/var/lib/kubelet",
			path == "/etc/kubernetes", path == "/etc/kubernetes/manifests", strings.HasSuffix(path, ".sock"):
			return strings.Clone("it mounts " + host.Text() + " of the node")
		}
	}
	if pid, _ := pod.Spec.Get("hostPID").Bool(); pid {
		for c := range pod.Containers() {
			for _, add := range c.Node.Get("securityContext").Get("capabilities").Get("add").Items() {
				if strings.TrimPrefix(strings.ToUpper(add.Text()), "CAP_") == "SYS_PTRACE" {
					return strings.Clone(c.Sort.String() + " " + c.Name + " can trace the node's processes")
				}
			}
		}
	}
	return ""
}

func ports(c tree.Node) []Port {
	var out []Port
	for _, p := range c.Get("ports").Items() {
		number, _ := p.Get("containerPort").Int()
		host, _ := p.Get("hostPort").Int()
		out = append(out, Port{Name: object.Keep(p.Get("name")), Number: int(number), Protocol: protocol(p.Get("protocol")), HostPort: int(host)})
	}
	return out
}

// protocol returns a protocol, TCP if there is none.
func protocol(n tree.Node) string {
	if p := object.Keep(n); p != "" {
		return p
	}
	return "TCP"
}

func readService(o *object.Object, number int) Service {
	meta, spec := o.Root.Get("metadata"), o.Root.Get("spec")
	s := Service{
		Object: number, Namespace: o.EffectiveNamespace(), Name: object.Keep(meta.Get("name")),
		Type: object.Keep(spec.Get("type")), Headless: spec.Get("clusterIP").StrIs("None"),
		Selector: label.Read(spec.Get("selector")), ExternalName: object.Keep(spec.Get("externalName")),
		ExternalIPs: texts(spec.Get("externalIPs")), SourceRanges: texts(spec.Get("loadBalancerSourceRanges")),
		Annotations: annotations(meta), Labels: label.Read(meta.Get("labels")),
	}
	if s.Type == "" {
		s.Type = "ClusterIP"
	}
	for _, p := range spec.Get("ports").Items() {
		port, _ := p.Get("port").Int()
		node, _ := p.Get("nodePort").Int()
		sp := ServicePort{
			Name: object.Keep(p.Get("name")), Port: int(port), Protocol: protocol(p.Get("protocol")), NodePort: int(node),
			Target: int(port), AppProtocol: object.Keep(p.Get("appProtocol")),
		}
		switch target := p.Get("targetPort"); {
		case target.Type() == tree.Int:
			if n, ok := target.Int(); ok && n != 0 {
				sp.Target = int(n)
			}
		case target.Type() == tree.String && target.Text() != "":
			sp.Target, sp.TargetName = 0, object.Keep(target)
		}
		s.Ports = append(s.Ports, sp)
	}
	return s
}

func texts(n tree.Node) []string {
	var out []string
	for _, v := range n.Items() {
		out = append(out, object.Keep(v))
	}
	return out
}

// addWebhooks reads the webhooks of a configuration that are services. The port is 443 unless it says otherwise.
func (s *Set) addWebhooks(o *object.Object, number int) {
	if o.Kind != "ValidatingWebhookConfiguration" && o.Kind != "MutatingWebhookConfiguration" {
		return
	}
	for i, hook := range o.Root.Get("webhooks").Items() {
		service := hook.Get("clientConfig").Get("service")
		if service.Kind() != tree.Mapping {
			continue
		}
		port, ok := service.Get("port").Int()
		if !ok {
			port = 443
		}
		s.Webhooks = append(s.Webhooks, Webhook{
			Object: number, Path: "webhooks[" + strconv.Itoa(i) + "].clientConfig.service", Name: object.Keep(hook.Get("name")),
			Namespace: object.Keep(service.Get("namespace")), Service: object.Keep(service.Get("name")), Port: int(port),
			Mutating: o.Kind == "MutatingWebhookConfiguration",
		})
	}
}

// Target returns the number of the workload's port that a port of a service sends to; 0 if no container has a port of its name.
func (w *Workload) Target(p *ServicePort) int {
	if p.TargetName == "" {
		return p.Target
	}
	for _, c := range w.Containers {
		for _, port := range c.Ports {
			if port.Name == p.TargetName && port.Protocol == p.Protocol {
				return port.Number
			}
		}
	}
	return 0
}

// Internal reports whether a load balancer is one inside of the cloud's network only, by the annotations of the clouds:
// https://kubernetes.io/docs/concepts/services-networking/service/#internal-load-balancer
func (s *Service) Internal() bool {
	for _, a := range s.Annotations {
		value := strings.ToLower(a.Value)
		switch {
		case strings.HasSuffix(a.Key, "load-balancer-internal") && value != "false",
			strings.HasSuffix(a.Key, "load-balancer-type") && value == "internal",
			strings.HasSuffix(a.Key, "load-balancer-scheme") && value == "internal",
			strings.HasSuffix(a.Key, "internal-load-balancer") && value != "false",
			strings.HasSuffix(a.Key, "load-balancer-address-type") && value == "intranet":
			return true
		}
	}
	return false
}
