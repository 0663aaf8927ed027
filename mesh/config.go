package mesh

import (
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Config is a configuration of a whole Istio mesh: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/
// What is "" or nil is not said there.
type Config struct {
	Meta
	// Path leads to where the settings are: "data.mesh" (a YAML text), "spec.meshConfig".
	Path string
	// Injector says that these are the settings of the injector only.
	Injector       bool
	RootNamespace  string
	OutboundPolicy string // ALLOW_ANY (Istio's default) or REGISTRY_ONLY
	MinTLS         string // meshMTLS.minProtocolVersion: TLS_AUTO, TLSV1_2, TLSV1_3
	AccessLogFile  string
	TrustDomain    string
	AutoMTLS       *bool
	// InjectAll and DisabledPolicy are as in Options.
	InjectAll, DisabledPolicy bool
	// Never and Always are the injector's selectors of pods that say nothing of injection.
	Never, Always []label.Selector
}

// Revision is a revision of Istio, or a tag of one, whose injection webhook was read.
type Revision struct {
	Object    int
	Name      string
	InjectAll bool
}

// Encryption is the encryption of pod traffic by Cilium.
type Encryption struct {
	Meta
	// Mode is WireGuard, IPsec or mutual (authentication only, in a policy); "" says that it is switched off.
	Mode string
	Path string
}

// configMap reads the mesh's configuration, the injector's and Cilium's.
func (r *reader) configMap() {
	data := r.object.Root.Get("data")
	switch name := r.meta.Name; {
	case name == "istio" || strings.HasPrefix(name, "istio-") && data.Get("mesh").Exists():
		if mesh := data.Get("mesh"); mesh.Kind() == tree.Scalar {
			r.meshConfig(r.embedded(mesh), "data.mesh", Config{})
		}
	case strings.HasPrefix(name, "istio-sidecar-injector"):
		if config := r.embedded(data.Get("config")); config.Kind() == tree.Mapping {
			c := Config{Meta: r.meta, Path: "data.config", Injector: true, DisabledPolicy: config.Get("policy").Text() == "disabled"}
			c.Never, c.Always = r.selectors(config.Get("neverInjectSelector")), r.selectors(config.Get("alwaysInjectSelector"))
			r.set.Configs = append(r.set.Configs, c)
		}
	case name == "cilium-config":
		r.ciliumConfig(data)
	}
}

// embedded parses the YAML text of a scalar.
func (r *reader) embedded(n tree.Node) tree.Node {
	text := n.Text()
	if text == "" {
		return tree.Node{}
	}
	src := []byte(text)
	t, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
	if err != nil {
		r.flaw(n, "is no YAML")
		return tree.Node{}
	}
	return t.Root()
}

func (r *reader) selectors(n tree.Node) []label.Selector {
	var out []label.Selector
	for _, s := range n.Items() {
		if selector := label.ReadSelector(s, func(tree.Node, string) {}); len(selector) > 0 { // an empty one is left out
			out = append(out, selector)
		}
	}
	return out
}

func (r *reader) meshConfig(n tree.Node, path string, c Config) {
	c.Meta, c.Path = r.meta, path
	keep := func(to *string, at tree.Node) {
		if s := object.Keep(at); s != "" {
			*to = s
		}
	}
	keep(&c.RootNamespace, n.Get("rootNamespace"))
	keep(&c.OutboundPolicy, n.Get("outboundTrafficPolicy").Get("mode"))
	keep(&c.MinTLS, n.Get("meshMTLS").Get("minProtocolVersion"))
	keep(&c.AccessLogFile, n.Get("accessLogFile"))
	keep(&c.TrustDomain, n.Get("trustDomain"))
	if auto, ok := n.Get("enableAutoMtls").Bool(); ok {
		c.AutoMTLS = &auto
	}
	r.set.Configs = append(r.set.Configs, c)
}

// installation reads IstioOperator (install.istio.io) and Istio (sailoperator.io).
func (r *reader) installation() {
	if r.object.Kind != "IstioOperator" && r.object.Kind != "Istio" {
		return
	}
	spec := r.spec()
	values := spec.Get("values")
	c := Config{RootNamespace: object.Keep(values.Get("global").Get("istioNamespace"))}
	c.InjectAll, _ = values.Get("sidecarInjectorWebhook").Get("enableNamespacesByDefault").Bool()
	c.DisabledPolicy = values.Get("global").Get("proxy").Get("autoInject").Text() == "disabled"
	path, n := "spec.meshConfig", spec.Get("meshConfig")
	if !n.Exists() {
		path, n = "spec.values.meshConfig", values.Get("meshConfig")
	}
	r.meshConfig(n, path, c)
}

// webhooks reads which revisions and tags of Istio inject, from the labels of their MutatingWebhookConfigurations.
// https://istio.io/latest/docs/setup/upgrade/canary/#stable-revision-labels
func (r *reader) webhooks() {
	labels := label.Read(r.object.Root.Get("metadata").Get("labels"))
	revision, ok := labels.Get("istio.io/rev")
	if r.object.Kind != "MutatingWebhookConfiguration" || !ok {
		return
	}
	v := Revision{Object: r.number, Name: revision}
	if tag, ok := labels.Get("istio.io/tag"); ok && tag != "" {
		v.Name = tag
	}
	injects := false
	for _, hook := range r.object.Root.Get("webhooks").Items() {
		name := hook.Get("name").Text()
		injects = injects || strings.HasSuffix(name, "sidecar-injector.istio.io")
		v.InjectAll = v.InjectAll || strings.HasPrefix(name, "auto.")
	}
	if injects {
		r.set.Revisions = append(r.set.Revisions, v)
	}
}

// ciliumConfig reads https://docs.cilium.io/en/stable/security/network/encryption/
func (r *reader) ciliumConfig(data tree.Node) {
	found := false
	for _, e := range [...]struct{ key, mode string }{{"enable-wireguard", "WireGuard"}, {"enable-ipsec", "IPsec"}} {
		if n := data.Get(e.key); n.Text() == "true" {
			r.set.Encryptions = append(r.set.Encryptions, Encryption{Meta: r.meta, Mode: e.mode, Path: r.path(n)})
			found = true
		}
	}
	if !found {
		r.set.Encryptions = append(r.set.Encryptions, Encryption{Meta: r.meta, Path: "data"})
	}
}

// cilium reads whether a policy asks for mutual authentication, which encrypts nothing by itself:
// https://docs.cilium.io/en/stable/network/servicemesh/mutual-authentication/mutual-authentication/
func (r *reader) cilium() {
	if r.object.Kind != "CiliumNetworkPolicy" && r.object.Kind != "CiliumClusterwideNetworkPolicy" {
		return
	}
	for _, spec := range append([]tree.Node{r.spec()}, items(r.object.Root.Get("specs"))...) {
		for _, direction := range [...]string{"ingress", "egress"} {
			for _, rule := range spec.Get(direction).Items() {
				if mode := rule.Get("authentication").Get("mode"); mode.Text() == "required" {
					r.set.Encryptions = append(r.set.Encryptions, Encryption{Meta: r.meta, Mode: "mutual", Path: r.path(mode)})
				}
			}
		}
	}
}

// consul recognises Consul's settings: https://developer.hashicorp.com/consul/docs/connect/config-entries
func (r *reader) consul() {
	other := Other{Meta: r.meta, Kind: object.Keep(r.object.Root.Get("kind"))}
	switch other.Kind {
	case "Mesh":
		if v := object.Keep(r.spec().Get("tls").Get("incoming").Get("tlsMinVersion")); v != "" {
			other.Fact = "incoming connections have at least " + v
		}
		if permissive, _ := r.spec().Get("allowEnablingPermissiveMutualTLS").Bool(); permissive {
			other.Fact = "services may take plain text"
		}
	case "ProxyDefaults", "ServiceDefaults":
		if mode := object.Keep(r.spec().Get("mutualTLSMode")); mode != "" {
			other.Fact = "mutual TLS is " + mode
		}
	case "ServiceIntentions":
		for _, s := range r.spec().Get("sources").Items() {
			if s.Get("name").Text() == "*" && s.Get("action").Text() == "allow" {
				other.Fact = "every service is let in"
			}
		}
	default:
		return
	}
	r.set.Others = append(r.set.Others, other)
}
