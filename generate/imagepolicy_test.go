package generate

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/image"
)

// policyDocument is what the tests read of the policies.
type policyDocument struct {
	Kind string
	Spec struct {
		FailurePolicy     string
		ValidationActions []string
		MatchConstraints  struct {
			ResourceRules []struct{ Resources, Operations []string }
		}
		MatchConditions []struct{ Name, Expression string }
		Variables       []struct{ Name, Expression string }
		Validations     []struct{ Expression, Message, MessageExpression string }
		Rules           []struct {
			Validate struct {
				FailureAction string
				Pattern       struct{ Spec map[string][]map[string]any }
			}
		}
	}
}

func policyOf(t *testing.T, kind string, registries ...string) []policyDocument {
	t.Helper()
	p := ImagePolicy{Kind: kind, Name: "images", Exclude: []string{"kube-system"}}
	for _, text := range registries {
		r, err := ParseRegistry(text)
		if err != nil {
			t.Fatal(err)
		}
		p.Registries = append(p.Registries, r)
	}
	var out strings.Builder
	if err := p.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	var all []policyDocument
	for text := range strings.SplitSeq(out.String(), "\n---\n") {
		var d policyDocument
		if err := yaml.UnmarshalStrict([]byte(text), &map[string]any{}); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if err := yaml.Unmarshal([]byte(text), &d); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		all = append(all, d)
	}
	return all
}

// admission is a policy in CEL that is ready to be asked.
type admission struct {
	programs map[string]cel.Program
	document policyDocument
}

// newAdmission compiles every expression in an environment like that of a ValidatingAdmissionPolicy, as far as the policy uses it.
func newAdmission(t *testing.T, d policyDocument) *admission {
	t.Helper()
	env, err := cel.NewEnv(cel.OptionalTypes(), cel.HomogeneousAggregateLiterals(), ext.Strings(ext.StringsVersion(0)),
		cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType), cel.Variable("variables", cel.MapType(cel.StringType, cel.DynType)))
	if err != nil {
		t.Fatal(err)
	}
	a := &admission{map[string]cel.Program{}, d}
	compile := func(expression string, types ...*cel.Type) {
		ast, issues := env.Compile(expression)
		if issues.Err() != nil {
			t.Fatalf("%v\n%s", issues.Err(), expression)
		}
		if len(types) > 0 && !slices.ContainsFunc(types, ast.OutputType().IsExactType) {
			t.Fatalf("is a %s: %s", ast.OutputType(), expression)
		}
		if a.programs[expression], err = env.Program(ast); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range d.Spec.MatchConditions {
		compile(c.Expression, cel.BoolType)
	}
	for _, v := range d.Spec.Variables {
		compile(v.Expression)
	}
	for _, v := range d.Spec.Validations {
		compile(v.Expression, cel.BoolType)
		compile(v.MessageExpression, cel.StringType, cel.DynType)
	}
	return a
}

// refuses asks the policy, and returns the message if it refuses.
func (a *admission) refuses(t *testing.T, object, old any) string {
	t.Helper()
	variables := map[string]any{}
	eval := func(expression string) any {
		out, _, err := a.programs[expression].Eval(map[string]any{"object": object, "oldObject": old, "variables": variables})
		if err != nil {
			t.Fatalf("%v\n%s", err, expression)
		}
		return out
	}
	for _, c := range a.document.Spec.MatchConditions {
		if fmt.Sprint(eval(c.Expression).(interface{ Value() any }).Value()) != "true" {
			return ""
		}
	}
	for _, v := range a.document.Spec.Variables {
		variables[v.Name] = eval(v.Expression)
	}
	for _, v := range a.document.Spec.Validations {
		if fmt.Sprint(eval(v.Expression).(interface{ Value() any }).Value()) != "true" {
			return fmt.Sprint(eval(v.MessageExpression).(interface{ Value() any }).Value())
		}
	}
	return ""
}

func podWith(t *testing.T, spec string) any {
	t.Helper()
	var pod map[string]any
	if err := yaml.Unmarshal([]byte("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: "+spec+"}"), &pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func TestImagePolicyInCEL(t *testing.T) {
	const good, bad = "registry.example.com/app:1", "registry.example.com.evil.org/app:1"
	for _, kind := range []string{NativePolicy, KyvernoCELPolicy} {
		documents := policyOf(t, kind, "registry.example.com", "ghcr.io/org")
		a := newAdmission(t, documents[0])
		for _, c := range []struct{ name, old, spec, refused string }{
			{"good", "", "{containers: [{image: " + good + "}]}", ""},
			{"every list, good", "", "{containers: [{image: " + good + "}], initContainers: [{image: ghcr.io/org/a}], ephemeralContainers: [{image: " + good + "}]}", ""},
			{"container", "", "{containers: [{image: " + good + "}, {image: " + bad + "}]}", bad},
			{"init container", "", "{containers: [{image: " + good + "}], initContainers: [{image: " + bad + "}]}", bad},
			{"sidecar", "", "{containers: [{image: " + good + "}], initContainers: [{image: " + bad + ", restartPolicy: Always}]}", bad},
			{"volume", "", "{containers: [{image: " + good + "}], volumes: [{name: a, emptyDir: {}}, {name: v, image: {reference: " + bad + "}}]}", bad},
			{"no image", "", "{containers: [{name: a}]}", "allowed: "},
			{"no lists at all", "", "{}", ""},
			{"docker debug", "{containers: [{image: " + good + "}]}", "{containers: [{image: " + good + "}], ephemeralContainers: [{image: busybox}]}", "busybox"},
			{"good debug", "{containers: [{image: " + good + "}]}", "{containers: [{image: " + good + "}], ephemeralContainers: [{image: ghcr.io/org/debug}]}", ""},
			{"image set later", "{containers: [{image: " + good + "}]}", "{containers: [{image: " + bad + "}]}", bad},
			{"an old pod is left in peace", "{containers: [{image: " + bad + "}]}", "{containers: [{image: " + bad + "}]}", ""},
			{"an old pod that is debugged", "{containers: [{image: " + bad + "}]}", "{containers: [{image: " + bad + "}], ephemeralContainers: [{image: " + good + "}]}", ""},
			{"an old pod gets another", "{containers: [{image: " + bad + "}]}", "{containers: [{image: " + bad + "}], ephemeralContainers: [{image: evil.org/x}]}", "allowed: evil.org/x"},
		} {
			var old any
			if c.old != "" {
				old = podWith(t, c.old)
			}
			got := a.refuses(t, podWith(t, c.spec), old)
			if (got != "") != (c.refused != "") || !strings.Contains(got, c.refused) {
				t.Errorf("%s, %s: refused with %q, want %q", kind, c.name, got, c.refused)
			}
		}
		spec := documents[0].Spec
		rule := spec.MatchConstraints.ResourceRules[0]
		if spec.FailurePolicy != "Fail" || !slices.Equal(rule.Resources, []string{"pods", "pods/ephemeralcontainers"}) || !slices.Equal(rule.Operations, []string{"CREATE", "UPDATE"}) {
			t.Errorf("%s: %+v", kind, spec)
		}
		last := documents[len(documents)-1]
		if !slices.Equal(last.Spec.ValidationActions, []string{"Deny"}) {
			t.Errorf("%s: actions %q", kind, last.Spec.ValidationActions)
		}
	}
}

var (
	trickyRegistries = []string{
		"registry.example.com", "registry.example.com:5000", "ghcr.io/org", "ghcr.io/org/app", "docker.io", "docker.io/library", "library/nginx", "docker.io/org", "org/app",
		"localhost", "localhost:5000", "10.0.0.1:5000/team", "[2001:db8::1]:5000", "docker.io/library/org/app", "gcr.io",
	}
	trickyImages = []string{
		"", "nginx", "nginx:1", "nginx@sha256:" + strings.Repeat("a", 64), "library/nginx", "docker.io/nginx", "docker.io/library/nginx:1", "index.docker.io/nginx", "index.docker.io/org/app:1",
		"org", "org/app", "org/app:1", "org/apple", "org/app/x", "organisation/app", "orgx/app", "docker.io/org/app", "docker.io/org", "docker.io/organisation/app", "library/org/app", "library/nginxx",
		"registry.example.com/app", "registry.example.com/a/b/c:1", "registry.example.com:5000/app", "registry.example.com:50000/app", "registry.example.com.evil.org/app", "registry-example.com/app",
		"registryXexample.com/app", "evil.org/registry.example.com/app", "evil.org/registry.example.com", "registry.example.com", "registry.example.com:1", "registry.example.com@sha256:" + strings.Repeat("b", 64),
		"evilregistry.example.com/app", "x.registry.example.com/app", "Registry.example.com/app", "registry.example.com/App",
		"ghcr.io/org", "ghcr.io/org:1", "ghcr.io/org/app", "ghcr.io/org/app:1", "ghcr.io/org/app2", "ghcr.io/org/app/sub", "ghcr.io/organisation/app", "ghcr.io/org.evil/app", "ghcr.io/org-x/app", "ghcr.io.evil.org/org/app",
		"localhost/app", "localhost", "localhost:5000/app", "localhost:5000", "localhost.evil.org/app", "10.0.0.1:5000/team/app", "10.0.0.1:5000/teams/app", "10.0.0.11:5000/team/app", "[2001:db8::1]:5000/app", "[2001:db8::1]:50001/app",
		"gcr.io/project/app", "eu.gcr.io/project/app", "gcr.io:443/project/app", "docker.io.evil.org/app", "evil.org/docker.io/nginx", "MyRegistry/app", "xdocker.io/app",
	}
)

// TestImagePolicySaysWhatRuntimesDo compares the expressions with how references are read, on names that are made to be mistaken.
func TestImagePolicySaysWhatRuntimesDo(t *testing.T) {
	n := 0
	for _, text := range trickyRegistries {
		r, err := ParseRegistry(text)
		if err != nil {
			t.Fatal(err)
		}
		a := newAdmission(t, policyOf(t, NativePolicy, text)[0])
		pattern := policyOf(t, KyvernoPolicy, text)[0].Spec.Rules[0].Validate
		if pattern.FailureAction != "Enforce" || len(pattern.Pattern.Spec) != 4 {
			t.Errorf("%s: %+v", text, pattern)
		}
		for _, img := range trickyImages {
			ref, err := image.Parse(img)
			want := err == nil && r.Has(&ref)
			got := a.refuses(t, map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"image": img}}}}, nil) == ""
			// What is no reference, no runtime pulls.
			if n++; got != want && err == nil {
				t.Errorf("%s allows %s: %v, want %v", text, img, got, want)
			}
			for list, items := range pattern.Pattern.Spec {
				globs := fmt.Sprint(items[0]["image"])
				if list == "=(volumes)" {
					globs = fmt.Sprint(items[0]["=(image)"].(map[string]any)["reference"])
				}
				first, _, _ := strings.Cut(img, "/")
				named := strings.Contains(img, "/") && (first == "localhost" || strings.ContainsAny(first, ".:"))
				short := strings.Count(img, "/") == 1 && strings.Contains(first, "docker.io") // needs library written out
				if got := wild(globs, img); err == nil && got && !want || err == nil && want && named && !short && !got {
					t.Errorf("Kyverno, %s: %s allows %s: %v, want %v", list, text, img, got, want)
				}
			}
		}
	}
	t.Logf("%d verdicts", n)
}

// wild is how Kyverno compares with alternatives of wildcards.
func wild(alternatives, text string) bool {
	for glob := range strings.SplitSeq(alternatives, " | ") {
		if regexp.MustCompile("^(?s:" + strings.ReplaceAll(regexp.QuoteMeta(glob), `\*`, ".*") + ")$").MatchString(text) {
			return true
		}
	}
	return false
}

func TestParseRegistryRefuses(t *testing.T) {
	for _, text := range []string{
		"", "/", "*", "registry.example.com/*", "*.example.com", "registry.example.com//a", "https://registry.example.com", "registry.example.com/a:1", "registry.example.com/a@sha256:0", "Registry.example.com",
		"registry.example.com/A", "a b", "'", "registry.example.com'", "registry.example.com/a') || true || i.matches(r'", "-a.example.com", "registry.example.com:port", "a\n.b", "${REGISTRY}", ".", "..", "a..b", "/a",
		strings.Repeat("a", 300),
	} {
		if r, err := ParseRegistry(text); err == nil {
			t.Errorf("%q is read as %s", text, r)
		}
	}
	for text, want := range map[string]Registry{
		"docker.io": {"docker.io", ""}, "index.docker.io/": {"docker.io", ""}, "org": {"docker.io", "org"}, "registry.example.com/a/b/": {"registry.example.com", "a/b"}, "localhost": {"localhost", ""},
	} {
		if r, err := ParseRegistry(text); err != nil || r != want {
			t.Errorf("%q: %v, %v", text, r, err)
		}
	}
}

func TestImagePolicyRefuses(t *testing.T) {
	r := []Registry{{"registry.example.com", ""}}
	for _, c := range []struct {
		policy ImagePolicy
		want   error
	}{
		{ImagePolicy{Kind: "opa", Name: "a", Registries: r}, ErrPolicyKind},
		{ImagePolicy{Kind: NativePolicy, Name: "A b", Registries: r}, ErrPolicyName},
		{ImagePolicy{Kind: NativePolicy, Name: "a"}, ErrNoRegistry},
		{ImagePolicy{Kind: NativePolicy, Name: "a", Registries: r, Exclude: []string{"kube-*"}}, ErrNotNamespace},
	} {
		var out strings.Builder
		if err := c.policy.WriteYAML(&out); !errors.Is(err, c.want) || out.Len() > 0 {
			t.Errorf("%+v: %v", c.policy, err)
		}
	}
}

func TestFindRegistries(t *testing.T) {
	found, unknown := FindRegistries([]string{"nginx:1", "registry.example.com/a/b:1", "ghcr.io/org/a", "registry.example.com/a/b:1", "${IMAGE}", "registry.example.com/c", "localhost:5000/x"})
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s %d", f.Registry, len(f.Images)))
	}
	if want := []string{"docker.io/library 1", "ghcr.io/org 1", "localhost:5000 1", "registry.example.com 2"}; !slices.Equal(got, want) || !slices.Equal(unknown, []string{"${IMAGE}"}) {
		t.Errorf("%q, unknown %q", got, unknown)
	}
}
