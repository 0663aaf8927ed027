package generate

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/image"
)

// The kinds of policy that ImagePolicy writes.
const (
	// NativePolicy is a ValidatingAdmissionPolicy with its binding (Kubernetes 1.30).
	NativePolicy = "native"
	// KyvernoPolicy is a ClusterPolicy of kyverno.io/v1 with a pattern.
	KyvernoPolicy = "kyverno"
	// KyvernoCELPolicy is a ValidatingPolicy of policies.kyverno.io/v1.
	KyvernoCELPolicy = "kyverno-cel"
)

// ImagePolicyKinds returns the kinds of policy, the default first.
func ImagePolicyKinds() []string { return []string{NativePolicy, KyvernoPolicy, KyvernoCELPolicy} }

// ImagePolicy is an admission policy that lets pods have images of some registries only: in containers, init containers, ephemeral
// containers and volumes.
type ImagePolicy struct {
	Kind string
	// Name is that of the policy and of what belongs to it.
	Name       string
	Registries []Registry
	// Exclude are namespaces that the policy is not for.
	Exclude []string
	// Found is what the registries were taken from, for the comments.
	Found []Found
}

// Errors of an ImagePolicy.
var (
	ErrNoRegistry   = errors.New("no registry is allowed: the policy would refuse every pod")
	ErrPolicyKind   = errors.New("unknown kind of policy")
	ErrPolicyName   = errors.New("not a valid name of an object")
	ErrNotNamespace = errors.New("not a valid name of a namespace")
)

// Check reports what keeps the policy from being written.
func (p *ImagePolicy) Check() error {
	switch {
	case !slices.Contains(ImagePolicyKinds(), p.Kind):
		return fmt.Errorf("kind %q: %w", p.Kind, ErrPolicyKind)
	case !isObjectName(p.Name):
		return fmt.Errorf("name %q: %w", p.Name, ErrPolicyName)
	case len(p.Registries) == 0:
		return ErrNoRegistry
	}
	for _, namespace := range p.Exclude {
		if !isObjectName(namespace) || strings.Contains(namespace, ".") {
			return fmt.Errorf("namespace %q: %w", namespace, ErrNotNamespace)
		}
	}
	return nil
}

// isObjectName reports whether a name is that of a DNS subdomain, as names of objects are.
func isObjectName(name string) bool {
	return name != "" && len(name) <= 253 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" &&
		!strings.HasPrefix(name, "-") && !strings.HasSuffix(name, "-") && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".") && !strings.Contains(name, "..")
}

// WriteYAML writes the policy as YAML documents that kubectl applies, with what it does as comments. The same policy gives the same bytes.
func (p *ImagePolicy) WriteYAML(w io.Writer) error {
	if err := p.Check(); err != nil {
		return err
	}
	out := yamlWriter{bufio.NewWriter(w)}
	p.writeHead(out)
	switch p.Kind {
	case NativePolicy:
		p.writeNative(out)
	case KyvernoCELPolicy:
		p.writeKyvernoCEL(out)
	default:
		p.writeKyverno(out)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing image policy: %w", err)
	}
	return nil
}

func (p *ImagePolicy) allowed() string {
	names := make([]string, len(p.Registries))
	for i, r := range p.Registries {
		names[i] = r.String()
	}
	return strings.Join(names, ", ")
}

func (p *ImagePolicy) writeHead(out yamlWriter) {
	out.comment("Pods may have images of these registries only, made by kubeharden: " + p.allowed() + ".")
	out.comment("Judged are containers, initContainers, ephemeralContainers (kubectl debug) and image volumes, when a pod is made and when its images change.")
	if len(p.Found) > 0 {
		out.comment("The registries are those of the manifests that were read:")
		for _, f := range p.Found {
			out.comment(fmt.Sprintf("  %s: %d image%s, such as %s", f.Registry, len(f.Images), plural(len(f.Images)), f.Images[0]))
		}
	}
	if !slices.Contains(p.Exclude, "kube-system") {
		out.comment("kube-system is not left out: allow the registry of the cluster's own images, or what the cluster needs does not start.")
	}
	for _, r := range p.Registries {
		if r.Path == "" && slices.Contains(shared, r.Host) {
			out.comment("Everybody can push images to " + r.Host + ": " + r.Host + "/NAME allows those of one owner.")
		}
		if r.Host == image.DefaultRegistry && p.Kind == KyvernoPolicy {
			out.comment("Names without a registry (nginx) are refused: write docker.io/library/nginx, or make a policy of kind " + KyvernoCELPolicy + ".")
		}
	}
	out.comment("Try it first with the action Audit in place of the one below, and see what would be refused.")
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// listsCEL is the images of a pod. Every step is optional, as none of the lists has to be there, and oldObject is null for a new pod.
func listsCEL(object string) string {
	list := func(field string) string { return object + ".?spec.?" + field + ".orValue([])" }
	return "(" + list("containers") + " + " + list("initContainers") + " + " + list("ephemeralContainers") + ").map(c, c.?image.orValue('')) + " +
		list("volumes") + ".filter(v, v.?image.hasValue()).map(v, v.?image.?reference.orValue(''))"
}

// expressions are what both policies in CEL say, in the order in which one needs the other.
func (p *ImagePolicy) expressions() (conditions, variables [][2]string, validation, message string) {
	tests := make([]string, len(p.Registries))
	for i, r := range p.Registries {
		tests[i] = r.cel()
	}
	conditions = [][2]string{{"images-can-have-changed", "oldObject == null || object.?spec != oldObject.?spec"}}
	variables = [][2]string{
		{"images", listsCEL("object")},
		// What a pod had before the policy came must not keep its labels and finalizers from being changed.
		{"before", "oldObject == null ? [] : " + listsCEL("oldObject")},
		{"refused", "variables.images.filter(i, !(i in variables.before) && !(" + strings.Join(tests, " || ") + "))"},
	}
	return conditions, variables, "variables.refused.size() == 0",
		"'images from registries that are not allowed: ' + variables.refused.join(', ')"
}
