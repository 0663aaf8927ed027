package apiserverconfig

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

// root parses the only document of a text.
func root(t testing.TB, text string) tree.Node {
	t.Helper()
	src := []byte(text)
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return parsed.Root()
	}
	return tree.Node{}
}

// wantFlaws compares flaws with lines.
func wantFlaws(t *testing.T, name string, flaws []Flaw, want ...string) {
	t.Helper()
	var got []string
	for _, f := range flaws {
		got = append(got, f.String())
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func wantWeak(t *testing.T, name string, found []Weakness, want ...string) {
	t.Helper()
	var flaws []Flaw
	for _, w := range found {
		if w.Unknown {
			w.Problem = "(unknown) " + w.Problem
		}
		flaws = append(flaws, w.Flaw)
	}
	wantFlaws(t, name, flaws, want...)
}

func TestAuthenticationFlaws(t *testing.T) {
	const head = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\n"
	for _, c := range []struct {
		name, text string
		minor      int
		want       []string
	}{
		{"empty", head, 0, nil},
		{"too old", head + "anonymous: {enabled: true}", 29, []string{"apiVersion is read from Kubernetes 1.30 on", "anonymous is a field from Kubernetes 1.31 on"}},
		{"another version", "apiVersion: apiserver.config.k8s.io/v2\nkind: AuthenticationConfiguration", 0, []string{
			"apiVersion of AuthenticationConfiguration has to be apiserver.config.k8s.io/v1 or apiserver.config.k8s.io/v1beta1 or apiserver.config.k8s.io/v1alpha1",
		}},
		{"braces", "{apiVersion: apiserver.config.k8s.io/v1, kind: AuthenticationConfiguration}", 0, []string{"the document begins with a brace and is no JSON, so it is not read as YAML either"}},
		{"nothing in it", head + "jwt: [{}]", 0, []string{"jwt[0].issuer is missing", "jwt[0].claimMappings is missing, and with it the username"}},
		{
			"an issuer", head + "jwt:\n- issuer: {url: 'http://u:p@a?q#f', audiences: [a, b, a, ''], discoveryURL: 'http://u:p@a?q#f', egressSelectorType: etcd, certificateAuthority: x}\n  claimMappings: {username: {claim: sub, prefix: ''}}\n",
			33,
			[]string{
				"jwt[0].issuer.audienceMatchPolicy has to be MatchAny if there are several audiences",
				"jwt[0].issuer.url has to begin with https://",
				"jwt[0].issuer.audiences[2] is in the list twice", "jwt[0].issuer.audiences[3] is empty",
				"jwt[0].issuer.discoveryURL has to be another one than url", "jwt[0].issuer.discoveryURL has to begin with https://",
				"jwt[0].issuer.egressSelectorType is a field from Kubernetes 1.34 on", "jwt[0].issuer.egressSelectorType has to be controlplane or cluster",
				"jwt[0].issuer.certificateAuthority holds no certificate in PEM",
			},
		},
		{"more than it takes", head + "jwt: [" + strings.Repeat("{},", 64) + "{}]", 0, []string{"jwt has 65 items; at most 64 are possible"}},
	} {
		_, flaws := ReadAuthentication(root(t, c.text), c.minor)
		wantFlaws(t, c.name, flaws, c.want...)
	}
}

func TestExpressionsAreNamed(t *testing.T) {
	a, flaws := ReadAuthentication(root(t, `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer: {url: 'https://a', audiences: [a]}
  claimValidationRules: [{expression: a}, {claim: b, requiredValue: c}]
  claimMappings: {username: {expression: b}, uid: {expression: c}, extra: [{key: a.example/b, valueExpression: d}]}
  userValidationRules: [{expression: e}]
`), 0)
	wantFlaws(t, "flaws", flaws)
	var got strings.Builder
	for _, n := range a.Issuers[0].Expressions {
		got.WriteString(n.Text())
	}
	if got.String() != "abcde" {
		t.Errorf("expressions %q", got.String())
	}
}

func TestGuardedExpressions(t *testing.T) {
	for expression, want := range map[string]bool{
		"'oidc:' + claims.sub": true, `"oidc:" + claims.sub`: true, "'oidc:'": true,
		"claims.sub": false, "'' + claims.sub": false, "'sys' + claims.sub": false, "'system:' + claims.sub": false, "'system:x' + claims.sub": false,
		"'a' == claims.a ? claims.b : claims.c": false, "'a' in claims.x ? claims.b : 'a'": false, "'oidc:": false, `'\x73ystem:' + claims.sub`: false,
		"'a:' + (claims.b ? 'c' : claims.d)": false,
	} {
		if guarded(expression) != want {
			t.Errorf("%s: %v", expression, !want)
		}
	}
}

func TestAdmission(t *testing.T) {
	const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"old group", "apiVersion: apiserver.k8s.io/v1alpha1\nkind: AdmissionConfiguration", nil},
		{"old group, new version", "apiVersion: apiserver.k8s.io/v1\nkind: AdmissionConfiguration", []string{"apiVersion of AdmissionConfiguration has to be apiserver.config.k8s.io/v1"}},
		{"fields", head + "- {name: a, config: {}, path: 1}", []string{"plugins[0].config is no field", "plugins[0].path is a number and has to be a string; put it in quotes"}},
		{
			"pod security", head + "- {name: PodSecurity, configuration: {apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration, defaults: {enforce: low, warn-version: '1.30'}, exemptions: {namespaces: [a, a, A], usernames: [''], runtimeClasses: [a_b]}}}",
			[]string{
				"plugins[0].configuration.defaults.enforce has to be privileged, baseline or restricted",
				"plugins[0].configuration.defaults.warn-version has to be latest or v1.x",
				"plugins[0].configuration.exemptions.namespaces[1] is in the list twice", "plugins[0].configuration.exemptions.namespaces[2] is no name of a namespace",
				"plugins[0].configuration.exemptions.usernames[0] is empty", "plugins[0].configuration.exemptions.runtimeClasses[0] is no name of a runtime class",
			},
		},
		{"only the first of a name counts", head + "- {name: PodSecurity, path: a}\n- {name: PodSecurity, configuration: {}}", nil},
		{
			"events", head + "- {name: EventRateLimit, configuration: {apiVersion: eventratelimit.admission.k8s.io/v1alpha1, kind: Configuration, more: 1, limits: [{type: Server, qps: 1, burst: 1, cacheSize: -1}, {type: All, qps: 0, burst: a, cacheSize: -1}]}}",
			[]string{
				"plugins[0].configuration.limits[1].type has to be Server, Namespace, User or SourceAndObject",
				"plugins[0].configuration.limits[1].qps has to be a whole number of more than 0",
				"plugins[0].configuration.limits[1].burst has to be a whole number of more than 0",
				"plugins[0].configuration.limits[1].cacheSize has to be a whole number of 0 or more",
			},
		},
		{
			"images", head + "- {name: ImagePolicyWebhook, configuration: {imagePolicy: {allowTTL: 1801, denyTTL: -1, retryBackoff: 500, defaultAllow: 'no'}}}",
			[]string{
				"plugins[0].configuration.imagePolicy.kubeConfigFile is missing, so the plugin does not know whom to ask",
				"plugins[0].configuration.imagePolicy.allowTTL has to be seconds up to 30 minutes, or -1",
				"plugins[0].configuration.imagePolicy.defaultAllow has to be true or false",
			},
		},
		{"images without anything", head + "- {name: ImagePolicyWebhook, configuration: {a: b}}", []string{"plugins[0].configuration.imagePolicy is missing, so the plugin does not know whom to ask"}},
	} {
		_, flaws := ReadAdmission(root(t, c.text))
		wantFlaws(t, c.name, flaws, c.want...)
	}
}

func TestKubeconfig(t *testing.T) {
	const text = `apiVersion: v1
kind: Config
clusters:
- {name: a, cluster: {server: 'https://a', insecure-skip-tls-verify: true, certificate-authority: ca.crt}}
- {name: b, cluster: {server: 'http://b'}}
- {name: c, cluster: {server: 'http://127.0.0.1:8001'}}
users:
- {name: a, user: {token: s3cr3t, client-key-data: YQ==, password: hunter2, exec: {command: aws, env: [{name: A, value: v4lue}]}}}
- {name: b, user: {auth-provider: {name: oidc, config: {id-token: t0ken}}}}
`
	n := root(t, text)
	k, flaws := ReadKubeconfig(n)
	wantFlaws(t, "flaws", flaws,
		"clusters[0].cluster.insecure-skip-tls-verify is true and there is a certificate authority; clients refuse both",
		"users[0].user.token is there beside a user name and a password; only one is possible",
		"users[0].user.exec.apiVersion is missing")
	wantWeak(t, "unverified", k.Unverified(), "clusters[0].cluster.insecure-skip-tls-verify is true, so nobody knows who answers", "clusters[1].cluster.server is reached without TLS")
	wantWeak(t, "static", k.Static(), "users[0].user.token holds a token", "users[0].user.password holds a password; basic authentication is gone since Kubernetes 1.19",
		"users[0].user.client-key-data holds a private key, which cannot be revoked")
	var secrets []string
	for s := range Secrets(n) {
		secrets = append(secrets, s.Text())
	}
	if got := strings.Join(secrets, " "); got != "s3cr3t hunter2 YQ== v4lue t0ken" {
		t.Errorf("secrets %s", got)
	}
	for _, f := range flaws {
		for _, s := range secrets {
			if strings.Contains(f.String(), s) {
				t.Errorf("%s tells %s", f, s)
			}
		}
	}
	if k.Users[0].Exec != "aws" || !IsKubeconfig(n) || IsKubeconfig(root(t, "apiVersion: a.example/v1\nkind: Config")) {
		t.Error("the kubeconfig is not read")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: [{issuer: {url: 'https://a', audiences: [a]}, claimMappings: {username: {claim: a}, extra: [{}]}}]\nanonymous: {enabled: true, conditions: [{path: /a}]}"))
	f.Add([]byte("authorizers: [{type: Webhook, name: a, webhook: {matchConditions: [{}], failurePolicy: NoOpinion, connectionInfo: }}, {type: RBAC}]"))
	f.Add([]byte("plugins: [{name: PodSecurity, configuration: {defaults: {enforce: a}, exemptions: {namespaces: [a, a]}}}, {name: ImagePolicyWebhook, configuration: []}]"))
	f.Add([]byte("clusters: [{name: a, cluster: {server: a}}, {cluster: }]\nusers: [{user: {token: a, exec: {env: [1]}, as-uid: 1}}]\ncontexts: [{context: {}}]\nlimits: [{}]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		parser := tree.NewParser()
		for doc := range tree.Split(src) {
			parsed, err := parser.Parse(src, doc)
			if err != nil {
				continue
			}
			n := parsed.Root()
			authn, all := ReadAuthentication(n, 30)
			for _, w := range append(authn.OpenPaths([]string{"/livez"}), authn.WeakIssuers()...) {
				all = append(all, w.Flaw)
			}
			authz, flaws := ReadAuthorization(n, 0)
			all = append(all, flaws...)
			for _, w := range authz.Weak() {
				all = append(all, w.Flaw)
			}
			_, flaws = ReadAdmission(n)
			all = append(append(append(all, flaws...), ReadPodSecurity(n)...), ReadEventRateLimit(n)...)
			kubeconfig, flaws := ReadKubeconfig(n)
			all = append(all, flaws...)
			for _, w := range append(kubeconfig.Unverified(), kubeconfig.Static()...) {
				all = append(all, w.Flaw)
			}
			for _, flaw := range all {
				if !n.Contains(flaw.At) {
					t.Errorf("%s is nowhere in the document", flaw)
				}
				if at, missing := n.Find(flaw.Path); !parsed.Fallback() && len(missing) != len(flaw.Missing) {
					t.Errorf("%s: found %s, missing %v, want %v", flaw, n.Path(at), missing, flaw.Missing)
				}
			}
			for range Secrets(n) {
				continue
			}
		}
	})
}
