package apiserverconfig

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	authorizationcel "k8s.io/apiserver/pkg/authorization/cel"
	podsecurityload "k8s.io/pod-security-admission/admission/api/load"
	podsecurityvalidation "k8s.io/pod-security-admission/admission/api/validation"

	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/tree"
)

// fields writes some of the fields, most of them.
func (r random) fields(all ...string) string {
	var some []string
	for _, f := range all {
		if f != "" && r.IntN(15) > 0 {
			some = append(some, f)
		}
	}
	return "{" + strings.Join(some, ", ") + "}"
}

// rarely picks nothing nine times out of ten.
func (r random) rarely(words ...string) string {
	if r.IntN(10) > 0 {
		return ""
	}
	return r.pick(words...)
}

func (r random) mapping() string {
	if r.IntN(3) == 0 {
		return r.fields("expression: "+r.often("claims.sub", "claims.name", "''", "null"), r.rarely("prefix: a", "claim: sub"))
	}
	return r.fields("claim: "+r.often("sub", "email", "''", "7"), "prefix: "+r.often("''", "'a:'", "null", "1"), r.rarely("expression: claims.sub", "Prefix: a"))
}

func (r random) jwt() string {
	issuer := r.fields(
		"url: "+r.often("https://a.example", "http://a.example", "https://b.example", "'https://u:p@a.example'", "'https://a.example?q'", "'https://a.example#f'", "''", "'%'", "3"),
		"audiences: "+r.often("[a]", "[a, b]", "[a, a]", "['']", "[]", "a"), r.rarely("audienceMatchPolicy: "+r.pick("MatchAny", "MatchAll", "''")),
		r.rarely("discoveryURL: "+r.pick("'https://a.example/'", "'https://d.example/x'", "'http://d.example'", "''", "null")),
		r.rarely("egressSelectorType: "+r.pick("controlplane", "cluster", "etcd", "''")), r.rarely("certificateAuthority: "+r.pick("''", "x", "null")),
		r.rarely("audience: a"),
	)
	rule := func() string {
		return r.pick("{claim: hd, requiredValue: a}", "{claim: hd}", "{expression: 'claims.a == 1'}", "{}", "{claim: x, expression: 'true'}", "{claim: y, message: m}",
			"{expression: 'claims.b == 1', requiredValue: v}", "{expression: 'claims.c == 1', message: m}", "null")
	}
	extra := func() string {
		return "{key: " + r.often("a.example/b", "A.example/b", "k8s.io/a", "x.kubernetes.io/a", "b", "a.example/", "'a_b/c'", "''", "'a.example/b c'") + ", valueExpression: " + r.often("claims.a", "claims.b", "''") + "}"
	}
	return r.fields("issuer: "+issuer, r.rarely("claimValidationRules: "+r.list(3, rule)),
		"claimMappings: "+r.fields("username: "+r.mapping(), r.rarely("groups: "+r.mapping()), r.rarely("uid: "+r.pick("{claim: sub}", "{expression: claims.sub}", "{claim: a, expression: claims.b}", "{}")),
			r.rarely("extra: "+r.list(2, extra)), r.rarely("extras: []")),
		r.rarely("userValidationRules: "+r.list(2, func() string { return r.pick("{expression: \"user.username != 'a'\"}", "{expression: ''}", "{}") })))
}

func (r random) authentication() string {
	text := fmt.Sprintf("apiVersion: apiserver.config.k8s.io/%s\nkind: AuthenticationConfiguration\n", r.often(r.pick("v1", "v1beta1", "v1alpha1"), "v2"))
	if r.IntN(2) == 0 {
		text += "jwt: " + r.list(2, r.jwt) + "\n"
	}
	if r.IntN(2) == 0 {
		text += "anonymous: " + r.fields("enabled: "+r.pick("true", "true", "false", "null", "'true'"), r.rarely("conditions: "+r.pick("[{path: /livez}]", "[]", "[/livez]", "[{paths: a}]"))) + "\n"
	}
	return text
}

func (r random) authorizer() string {
	sort := r.pick("Node", "RBAC", "Webhook", "Webhook", r.pick("AlwaysAllow", "AlwaysDeny", "ABAC", "webhook", "''"))
	name := r.often(strings.ToLower(sort), "a", "rbac", "'a_b'", "''", "b.c")
	if sort == "Webhook" {
		name = r.pick("a", "b", "c.example", "d-e", "f")
	}
	webhook := ""
	if sort == "Webhook" || r.IntN(30) == 0 {
		webhook = "webhook: " + r.fields(
			"timeout: "+r.often("3s", "30s", "31s", "0s", "-1s", "null", "3"), r.rarely("authorizedTTL: "+r.pick("5m", "0s", "-1s", "null")), r.rarely("unauthorizedTTL: "+r.pick("5m", "-1s", "x")),
			"subjectAccessReviewVersion: "+r.often("v1", "v1beta1", "v2", "''"), "matchConditionSubjectAccessReviewVersion: "+r.often("v1", "v1beta1", "''"),
			"failurePolicy: "+r.often("Deny", "NoOpinion", "Allow", "''"),
			"connectionInfo: "+r.often("{type: InClusterConfig}", "{type: KubeConfigFile}", "{type: KubeConfigFile, kubeConfigFile: a}", "{type: InClusterConfig, kubeConfigFile: /a}", "{type: X}", "{}", "{type: InClusterConfig, kubeConfigFile: null}"),
			r.rarely("matchConditions: "+r.list(2, func() string {
				return r.pick("{expression: 'true'}", "{expression: ' '}", "{expression: 'has(request.resourceAttributes)'}", "{}")
			})),
			r.rarely("cacheAuthorizedRequests: "+r.pick("true", "null", "1")))
	}
	return r.fields("type: "+sort, "name: "+name, webhook)
}

func (r random) authorization() string {
	return fmt.Sprintf("apiVersion: apiserver.config.k8s.io/%s\nkind: AuthorizationConfiguration\nauthorizers: %s\n", r.often(r.pick("v1", "v1beta1", "v1alpha1"), "v2"), r.list(3, r.authorizer))
}

func (r random) podSecurity() string {
	level := func() string {
		return r.often(r.pick("privileged", "baseline", "restricted"), "Baseline", "''", "null")
	}
	name := func() string {
		return r.pick("a", "b", "c", "d", "kube-system", r.pick("'a.b'", "A", "''", "'a_b'", strings.Repeat("x", 64)))
	}
	return fmt.Sprintf("apiVersion: pod-security.admission.config.k8s.io/%s\nkind: PodSecurityConfiguration\n", r.often(r.pick("v1", "v1beta1", "v1alpha1"), "v2")) +
		"defaults: " + r.fields("enforce: "+level(), "warn: "+level(), "enforce-version: "+r.often("latest", "v1.30", "v1.030", "1.30", "''"), r.rarely("enforceVersion: latest")) +
		"\nexemptions: " + r.fields("usernames: "+r.list(2, name), "namespaces: "+r.list(2, name), "runtimeClasses: "+r.list(2, name)) + "\n"
}

// compare has both judge random files.
func compare(t *testing.T, write func(random) string, theirs func(text string) error, ours func(root tree.Node) []apiserverconfig.Flaw) {
	t.Helper()
	const rounds = 4000
	taken := 0
	for seed := range uint64(rounds) {
		text := write(random{rand.New(rand.NewPCG(seed, 3))})
		src := []byte(text)
		var flaws []apiserverconfig.Flaw
		for doc := range tree.Split(src) {
			parsed, err := tree.NewParser().Parse(src, doc)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			flaws = ours(parsed.Root())
			for _, f := range flaws {
				if !parsed.Root().Contains(f.At) {
					t.Fatalf("%s is nowhere in\n%s", f, text)
				}
			}
		}
		err := theirs(text)
		if (err == nil) != (len(flaws) == 0) {
			t.Fatalf("seed %d: the API server says %v, we say %v of\n%s", seed, err, flaws, text)
		}
		if err == nil {
			taken++
		}
	}
	if taken < rounds/20 || taken > rounds*19/20 {
		t.Errorf("%d of %d files are right, which compares too little", taken, rounds)
	}
	t.Logf("%d of %d files are right", taken, rounds)
}

func decoder() runtime.Decoder {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder()
}

func TestAuthentication(t *testing.T) {
	codec, compiler := decoder(), authenticationcel.NewDefaultCompiler()
	compare(t, random.authentication, func(text string) error {
		object, err := runtime.Decode(codec, []byte(text))
		if err != nil {
			return err
		}
		return validation.ValidateAuthenticationConfiguration(compiler, object.(*apiserver.AuthenticationConfiguration), nil).ToAggregate()
	}, func(root tree.Node) []apiserverconfig.Flaw {
		_, flaws := apiserverconfig.ReadAuthentication(root, 0)
		return flaws
	})
}

func TestAuthorization(t *testing.T) {
	codec, compiler := decoder(), authorizationcel.NewDefaultCompiler()
	compare(t, random.authorization, func(text string) error {
		object, err := runtime.Decode(codec, []byte(text))
		if err != nil {
			return err
		}
		config := object.(*apiserver.AuthorizationConfiguration)
		known := sets.New("Node", "RBAC", "ABAC", "AlwaysAllow", "AlwaysDeny", "Webhook")
		if errs := validation.ValidateAuthorizationConfiguration(compiler, nil, config, known, sets.New("Webhook")); len(errs) > 0 {
			return errs.ToAggregate()
		}
		// LoadAndValidateData of k8s.io/kubernetes/pkg/kubeapiserver/authorizer.
		for _, a := range config.Authorizers {
			if a.Type != apiserver.TypeWebhook && a.Name != strings.ToLower(string(a.Type)) {
				return fmt.Errorf("unexpected name %s of %s", a.Name, a.Type)
			}
		}
		return nil
	}, func(root tree.Node) []apiserverconfig.Flaw {
		_, flaws := apiserverconfig.ReadAuthorization(root, 0)
		return flaws
	})
}

func TestPodSecurity(t *testing.T) {
	compare(t, random.podSecurity, func(text string) error {
		config, err := podsecurityload.LoadFromData([]byte(text))
		if err != nil {
			return err
		}
		return podsecurityvalidation.ValidatePodSecurityConfiguration(config).ToAggregate()
	}, apiserverconfig.ReadPodSecurity)
}
