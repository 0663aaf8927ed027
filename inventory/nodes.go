package inventory

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/provider"
	"github.com/kubeharden/kubeharden/tree"
)

// Node is a Node as the API knows it.
type Node struct {
	Object     int
	Name       string
	Labels     label.Set
	ProviderID string
	// KubeletVersion and the others are those of status.nodeInfo; "" if the status was not read.
	KubeletVersion, ContainerRuntime, OSImage, KernelVersion, OperatingSystem, Architecture string
	Addresses                                                                               []Address
	Taints                                                                                  []Taint
	// Conditions are the statuses of the conditions, by type: Ready is True.
	Conditions    map[string]string
	Unschedulable bool
}

// Address is one of a node's addresses.
type Address struct {
	// Type is InternalIP, ExternalIP, Hostname, InternalDNS or ExternalDNS.
	Type, Address string
}

// Taint is what keeps pods from a node.
type Taint struct{ Key, Value, Effect string }

// Cluster is what a ClusterFacts document says.
type Cluster struct {
	Object int
	Name   string
	clusterfacts.Spec
}

// Rollout is the state of a DaemonSet whose status was read.
type Rollout struct {
	Object          int
	Namespace, Name string
	// Wanted, Ready and Available count nodes; Known says that the status tells.
	Wanted, Ready, Available int
	Known                    bool
}

// Setting is a setting of the cluster's network, or of its sensors, that is kept in an object.
type Setting struct {
	Object int
	// Path leads to the value, Name is the key, Value what it is set to. Name is "" if the object says nothing of what is asked for.
	Path, Name, Value string
	// Of is which program reads it: cilium, calico, antrea, flannel, falco.
	Of string
}

// BootstrapToken is a Secret with a token that nodes join with. The token itself is not kept.
type BootstrapToken struct {
	Object int
	Name   string
	// Made is when the API server was given it; zero in a manifest.
	Made time.Time
	// Data says that the data was read; Expiration leads to when it ends, "" if nothing says that, and End is that time, zero if it is none.
	Data       bool
	Expiration string
	End        time.Time
}

// live is what is kept for questions that only a running cluster answers.
type live struct {
	nodes    []Node
	clusters []Cluster
	rollouts []Rollout
	settings []Setting
	tokens   []BootstrapToken
	open     []Open
}

// Bounds on what is kept of one object.
const maxAddresses, maxTaints, maxConditions = 50, 100, 50

func (l *live) add(o *object.Object, number int) {
	l.addOpen(o, number)
	switch o.Group() + "/" + o.Kind {
	case "/Node":
		l.nodes = append(l.nodes, readNode(o, number))
	case clusterfacts.Group + "/" + clusterfacts.Kind:
		if name, spec, ok := clusterfacts.Read(o); ok {
			l.clusters = append(l.clusters, Cluster{Object: number, Name: name, Spec: spec})
		}
	case "apps/DaemonSet":
		if r := readRollout(o, number); r.Known {
			l.rollouts = append(l.rollouts, r)
		}
	case "/Secret":
		if isBootstrapToken(o) {
			l.tokens = append(l.tokens, readBootstrapToken(o, number))
		}
	case "/ConfigMap", "crd.projectcalico.org/FelixConfiguration", "projectcalico.org/FelixConfiguration":
		l.settings = append(l.settings, readSettings(o, number)...)
	}
}

func (l *live) merge(other *live, base int) {
	l.nodes = object.Merge(l.nodes, other.nodes, base, func(x *Node) *int { return &x.Object })
	l.clusters = object.Merge(l.clusters, other.clusters, base, func(x *Cluster) *int { return &x.Object })
	l.rollouts = object.Merge(l.rollouts, other.rollouts, base, func(x *Rollout) *int { return &x.Object })
	l.tokens = object.Merge(l.tokens, other.tokens, base, func(x *BootstrapToken) *int { return &x.Object })
	l.open = object.Merge(l.open, other.open, base, func(x *Open) *int { return &x.Object })
	l.settings = object.Merge(l.settings, other.settings, base, func(x *Setting) *int { return &x.Object })
}

func (l *live) len() int {
	return len(l.nodes) + len(l.clusters) + len(l.rollouts) + len(l.settings) + len(l.tokens) + len(l.open)
}

// bootstrapName is the name of the Secret of a bootstrap token; it holds the half of the token that is no secret.
var bootstrapName = regexp.MustCompile(`^bootstrap-token-[a-z0-9]{6}$`)

// isBootstrapToken knows the Secrets that the API server takes for bootstrap tokens. What is read of Secrets of a cluster may be their metadata
// alone; the name then tells.
// https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#bootstrap-token-secret-format
func isBootstrapToken(o *object.Object) bool {
	kind := o.Root.Get("type")
	return kind.StrIs("bootstrap.kubernetes.io/token") || !kind.Exists() && o.Root.Get("metadata").Get("uid").Exists() && o.Namespace == "kube-system" && bootstrapName.MatchString(o.Name)
}

func readBootstrapToken(o *object.Object, number int) BootstrapToken {
	t := BootstrapToken{Object: number, Name: strings.Clone(o.Name)}
	if at, err := time.Parse(time.RFC3339, o.Root.Get("metadata").Get("creationTimestamp").Text()); err == nil {
		t.Made = at
	}
	data, plain := o.Root.Get("data"), o.Root.Get("stringData")
	t.Data = data.Len()+plain.Len() > 0
	text := ""
	if n := plain.Get("expiration"); n.Exists() {
		t.Expiration, text = "stringData.expiration", n.Text()
	} else if n := data.Get("expiration"); n.Exists() {
		t.Expiration = "data.expiration"
		if decoded, err := base64.StdEncoding.DecodeString(n.Text()); err == nil {
			text = string(decoded)
		}
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		t.End = at
	}
	return t
}

func readNode(o *object.Object, number int) Node {
	meta, spec, status := o.Root.Get("metadata"), o.Root.Get("spec"), o.Root.Get("status")
	info := status.Get("nodeInfo")
	n := Node{
		Object: number, Name: object.Keep(meta.Get("name")), Labels: label.Read(meta.Get("labels")), ProviderID: object.Keep(spec.Get("providerID")),
		KubeletVersion: object.Keep(info.Get("kubeletVersion")), ContainerRuntime: object.Keep(info.Get("containerRuntimeVersion")),
		OSImage: object.Keep(info.Get("osImage")), KernelVersion: object.Keep(info.Get("kernelVersion")),
		OperatingSystem: object.Keep(info.Get("operatingSystem")), Architecture: object.Keep(info.Get("architecture")),
	}
	n.Unschedulable, _ = spec.Get("unschedulable").Bool()
	for i, a := range status.Get("addresses").Items() {
		if i < maxAddresses {
			n.Addresses = append(n.Addresses, Address{Type: object.Keep(a.Get("type")), Address: object.Keep(a.Get("address"))})
		}
	}
	for i, t := range spec.Get("taints").Items() {
		if i < maxTaints {
			n.Taints = append(n.Taints, Taint{Key: object.Keep(t.Get("key")), Value: object.Keep(t.Get("value")), Effect: object.Keep(t.Get("effect"))})
		}
	}
	for i, c := range status.Get("conditions").Items() {
		if i < maxConditions {
			if n.Conditions == nil {
				n.Conditions = map[string]string{}
			}
			n.Conditions[object.Keep(c.Get("type"))] = object.Keep(c.Get("status"))
		}
	}
	return n
}

func readRollout(o *object.Object, number int) Rollout {
	status := o.Root.Get("status")
	r := Rollout{Object: number, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name"))}
	r.Wanted, r.Known = count(status.Get("desiredNumberScheduled"))
	r.Ready, _ = count(status.Get("numberReady"))
	r.Available, _ = count(status.Get("numberAvailable"))
	return r
}

func count(n tree.Node) (int, bool) {
	v, ok := n.Int()
	if !ok || v < 0 || v > 1<<20 {
		return 0, false
	}
	return int(v), true
}

// networkMaps are the ConfigMaps of network plugins, with those of their keys that say whether traffic between nodes is encrypted.
//
//	https://docs.cilium.io/en/stable/security/network/encryption/
//	https://github.com/flannel-io/flannel/blob/master/Documentation/backends.md
//	https://antrea.io/docs/main/docs/traffic-encryption/
var networkMaps = map[string]struct {
	of   string
	keys []string
}{
	"cilium-config":    {"cilium", []string{"enable-wireguard", "enable-ipsec", "enable-ztunnel", "encrypt-node"}},
	"kube-flannel-cfg": {"flannel", []string{"net-conf.json"}},
	"antrea-config":    {"antrea", []string{"antrea-agent.conf"}},
}

// maxSetting is how long a value may be; the configuration of an agent is one text.
const maxSetting = 64 << 10

func readSettings(o *object.Object, number int) (all []Setting) {
	add := func(of, name string, n tree.Node, value string) {
		all = append(all, Setting{Object: number, Path: o.Root.Path(n), Name: name, Value: strings.Clone(value), Of: of})
	}
	if o.Kind == "FelixConfiguration" {
		for _, key := range []string{"wireguardEnabled", "wireguardEnabledV6"} {
			if n := o.Root.Get("spec").Get(key); n.Exists() {
				add("calico", key, n, n.Text())
			}
		}
		if len(all) == 0 {
			add("calico", "", o.Root.Get("spec"), "")
		}
		return all
	}
	if text := o.Root.Get("data").Get("falco.yaml").Text(); text != "" && len(text) <= maxSetting {
		return append(all, readFalco(o, number, text)...)
	}
	m, ok := networkMaps[o.Name]
	if !ok {
		return nil
	}
	for _, key := range m.keys {
		n := o.Root.Get("data").Get(key)
		text := n.Text()
		if !n.Exists() || len(text) > maxSetting {
			continue
		}
		switch key {
		case "net-conf.json":
			add(m.of, "Backend.Type", n, inText(text).Get("Backend").Get("Type").Text())
		case "antrea-agent.conf":
			add(m.of, "trafficEncryptionMode", n, inText(text).Get("trafficEncryptionMode").Text())
		default:
			add(m.of, key, n, text)
		}
	}
	if len(all) == 0 {
		add(m.of, "", o.Root.Get("data"), "")
	}
	return all
}

// falcoOutputs are the outputs of Falco that leave the node, or may.
// https://falco.org/docs/concepts/outputs/channels/
var falcoOutputs = []string{"http_output", "program_output", "syslog_output", "file_output", "grpc_output"}

// readFalco reads where Falco sends its alerts, and which plugins it loads, from the text of its configuration.
func readFalco(o *object.Object, number int, text string) (all []Setting) {
	path := o.Root.Path(o.Root.Get("data").Get("falco.yaml"))
	root := inText(text)
	if root.Kind() != tree.Mapping {
		return nil
	}
	add := func(name, value string) {
		all = append(all, Setting{Object: number, Path: path, Name: name, Value: strings.Clone(value), Of: "falco"})
	}
	for _, output := range falcoOutputs {
		if on, _ := root.Get(output).Get("enabled").Bool(); on {
			add(output, "true")
		}
	}
	for i, plugin := range root.Get("load_plugins").Items() {
		if i < maxPlugins {
			add("plugin", plugin.Text())
		}
	}
	if len(all) == 0 {
		add("", "")
	}
	return all
}

// maxPlugins is how many plugins of Falco are kept.
const maxPlugins = 50

// inText reads a text that is a document itself; what cannot be read says nothing.
func inText(text string) tree.Node {
	t, err := tree.NewParser().Parse([]byte(text), tree.Document{End: len(text)})
	if err != nil {
		return tree.Node{}
	}
	return t.Root()
}

// Nodes are the Nodes, in the order of the input.
func (v *Inventory) Nodes() []Node { return v.live.nodes }

// Rollouts are the DaemonSets with their status.
func (v *Inventory) Rollouts() []Rollout { return v.live.rollouts }

// BootstrapTokens are the tokens that nodes join with.
func (v *Inventory) BootstrapTokens() []BootstrapToken { return v.live.tokens }

// Settings are the settings of network plugins and sensors.
func (v *Inventory) Settings() []Setting { return v.live.settings }

// Cluster returns the running cluster that everything was read from; nil if the input is of files, or of several clusters, so that what is not
// there may be elsewhere.
func (v *Inventory) Cluster() *Cluster {
	if len(v.live.clusters) != 1 {
		return nil
	}
	return &v.live.clusters[0]
}

// Managed returns who runs the control plane of the cluster, with what says so. Provider is nil if nobody is known to, or if there is no one
// cluster.
func (v *Inventory) Managed() provider.Evidence { return v.managed() }

func (v *Inventory) findManaged() provider.Evidence {
	var f provider.Facts
	if c := v.Cluster(); c != nil {
		f.Version = c.ServerVersion.GitVersion
		if c.Endpoint != nil {
			f.Host = c.Endpoint.Host
		}
	} else {
		return provider.Evidence{}
	}
	for i := range v.live.nodes {
		n := &v.live.nodes[i]
		f.Nodes = append(f.Nodes, provider.Node{
			Name: n.Name, ProviderID: n.ProviderID, KubeletVersion: n.KubeletVersion, OSImage: n.OSImage, Labels: n.Labels,
		})
	}
	slices.SortFunc(f.Nodes, func(a, b provider.Node) int { return strings.Compare(a.Name, b.Name) })
	return provider.Detect(&f)
}
