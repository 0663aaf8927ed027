package workload

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Admission is what decides whether admission control takes effect.
type Admission struct {
	Bindings  []PolicyBinding
	Endpoints []Endpoint
	Verifiers []Verifier
	// NodeHooks are webhooks that see changes of nodes.
	NodeHooks []NodeHook
	// NodeFilters are the numbers of Kyverno's own ConfigMaps that keep nodes from its policies.
	NodeFilters []int
}

// PolicyBinding is a ValidatingAdmissionPolicyBinding.
type PolicyBinding struct {
	Object int
	// Policy is the name of the policy that it puts into force.
	Policy string
	// Denies says that what breaks the policy is refused, not only told.
	Denies bool
}

// Endpoint is who answers for an admission webhook.
type Endpoint struct {
	Object int
	// Path leads to its clientConfig: "webhooks[0].clientConfig".
	Path string
	// Host is the host of clientConfig.url, as it is written; "" for a service of the cluster.
	Host, Scheme       string
	Namespace, Service string
	// Filled says that a controller fills in the certificate authority, by what the annotations say.
	Filled bool
	// HasCA says that there is a caBundle, and Until is when the last of its certificates expires, zero if none could be read.
	HasCA bool
	Until time.Time
}

// Verifier is a policy that verifies the signatures of images.
type Verifier struct {
	Object int
	// Globs are the images that it is for, with * for any text; Skips are those of them that it leaves out.
	Globs, Skips []string
	// Namespace is the one that it is for, "" for all of them.
	Namespace string
}

func (a *Admission) add(o *object.Object, number int) {
	spec := o.Root.Get("spec")
	switch o.Group() + "/" + o.Kind {
	case "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding":
		b := PolicyBinding{Object: number, Policy: object.Keep(spec.Get("policyName"))}
		for _, action := range spec.Get("validationActions").Items() {
			b.Denies = b.Denies || action.StrIs("Deny")
		}
		a.Bindings = append(a.Bindings, b)
	case "admissionregistration.k8s.io/ValidatingWebhookConfiguration", "admissionregistration.k8s.io/MutatingWebhookConfiguration":
		filled := isFilled(o.Root.Get("metadata").Get("annotations"))
		a.addNodeHook(o, number)
		for i, hook := range o.Root.Get("webhooks").Items() {
			e := readEndpoint(hook.Get("clientConfig"))
			e.Object, e.Path, e.Filled = number, "webhooks["+strconv.Itoa(i)+"].clientConfig", filled
			a.Endpoints = append(a.Endpoints, e)
		}
	default:
		if v := readVerifier(o, spec); len(v.Globs) > 0 {
			v.Object = number
			a.Verifiers = append(a.Verifiers, v)
		}
	}
}

// isFilled knows the annotations by which cert-manager's injector and OpenShift's service CA fill in caBundle.
// https://cert-manager.io/docs/concepts/ca-injector/
func isFilled(annotations tree.Node) bool {
	for key := range annotations.Pairs() {
		switch key.Text() {
		case "cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret", "cert-manager.io/inject-apiserver-ca",
			"service.beta.openshift.io/inject-cabundle", "service.alpha.openshift.io/inject-cabundle":
			return true
		}
	}
	return false
}

func readEndpoint(config tree.Node) Endpoint {
	service := config.Get("service")
	e := Endpoint{Namespace: object.Keep(service.Get("namespace")), Service: object.Keep(service.Get("name"))}
	if text := config.Get("url").Text(); text != "" {
		if u, err := url.Parse(text); err == nil {
			e.Host, e.Scheme = strings.Clone(u.Hostname()), strings.Clone(u.Scheme)
		}
	}
	e.HasCA, e.Until = readBundle(config.Get("caBundle"))
	return e
}

// maxBundle is how many bytes of a bundle are read.
const maxBundle = 256 << 10

func readBundle(n tree.Node) (has bool, until time.Time) {
	text := n.Text()
	rest, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text[:min(len(text), maxBundle)]), ""))
	if err != nil || len(text) > maxBundle {
		return text != "", until
	}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && cert.NotAfter.After(until) {
			until = cert.NotAfter
		}
	}
	return strings.TrimSpace(text) != "", until
}

// readVerifier reads for which images a policy verifies signatures. What an expression decides counts as all.
func readVerifier(o *object.Object, spec tree.Node) Verifier {
	var v Verifier
	switch o.Group() + "/" + o.Kind {
	case "kyverno.io/Policy", "policies.kyverno.io/NamespacedImageValidatingPolicy":
		v.Namespace = o.EffectiveNamespace()
	}
	switch o.Group() + "/" + o.Kind {
	case "kyverno.io/ClusterPolicy", "kyverno.io/Policy":
		for _, rule := range spec.Get("rules").Items() {
			for _, verify := range rule.Get("verifyImages").Items() {
				v.Globs = keepTexts(v.Globs, verify.Get("imageReferences"), verify.Get("image"))
				v.Skips = keepTexts(v.Skips, verify.Get("skipImageReferences"))
			}
		}
	case "policies.kyverno.io/ImageValidatingPolicy", "policies.kyverno.io/NamespacedImageValidatingPolicy":
		references := spec.Get("matchImageReferences")
		if references.Len() == 0 {
			v.Globs = []string{"*"}
		}
		for _, r := range references.Items() {
			if r.Get("expression").Exists() {
				v.Globs = append(v.Globs, "*")
			}
			v.Globs = keepTexts(v.Globs, r.Get("glob"))
		}
	case "policy.sigstore.dev/ClusterImagePolicy":
		for _, item := range spec.Get("images").Items() {
			v.Globs = keepTexts(v.Globs, item.Get("glob"))
		}
	}
	return v
}

// keepTexts adds texts and the items of lists of texts.
func keepTexts(out []string, nodes ...tree.Node) []string {
	for _, n := range nodes {
		if text := object.Keep(n); text != "" {
			out = append(out, text)
		}
		for _, item := range n.Items() {
			if text := object.Keep(item); text != "" && len(out) < maxReferences {
				out = append(out, text)
			}
		}
	}
	return out
}

func (a *Admission) merge(other *Admission, base int) {
	a.Bindings = object.Merge(a.Bindings, other.Bindings, base, func(x *PolicyBinding) *int { return &x.Object })
	a.Endpoints = object.Merge(a.Endpoints, other.Endpoints, base, func(x *Endpoint) *int { return &x.Object })
	a.Verifiers = object.Merge(a.Verifiers, other.Verifiers, base, func(x *Verifier) *int { return &x.Object })
	a.NodeHooks = object.Merge(a.NodeHooks, other.NodeHooks, base, func(x *NodeHook) *int { return &x.Object })
	a.NodeFilters = object.Merge(a.NodeFilters, other.NodeFilters, base, func(x *int) *int { return x })
}

func (a *Admission) len() int {
	return len(a.Bindings) + len(a.Endpoints) + len(a.Verifiers) + len(a.NodeHooks) + len(a.NodeFilters)
}
