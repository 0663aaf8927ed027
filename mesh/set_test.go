package mesh_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/mesh"
)

func TestConfig(t *testing.T) {
	for _, c := range []struct{ name, object string }{
		{"ConfigMap", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |-\n    rootNamespace: root\n    accessLogFile: /dev/stdout\n    enableAutoMtls: false\n    outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n    meshMTLS: {minProtocolVersion: TLSV1_3}\n    trustDomain: td\n"},
		{"ConfigMap of a revision", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio-canary, namespace: istio-system}\ndata:\n  mesh: '{rootNamespace: root, accessLogFile: /dev/stdout, enableAutoMtls: false, outboundTrafficPolicy: {mode: REGISTRY_ONLY}, meshMTLS: {minProtocolVersion: TLSV1_3}, trustDomain: td}'\n"},
		{"IstioOperator", "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: x}\nspec: {meshConfig: {rootNamespace: root, accessLogFile: /dev/stdout, enableAutoMtls: false, outboundTrafficPolicy: {mode: REGISTRY_ONLY}, meshMTLS: {minProtocolVersion: TLSV1_3}, trustDomain: td}}\n"},
		{"Istio", "apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: {name: x}\nspec: {values: {global: {istioNamespace: other}, meshConfig: {rootNamespace: root, accessLogFile: /dev/stdout, enableAutoMtls: false, outboundTrafficPolicy: {mode: REGISTRY_ONLY}, meshMTLS: {minProtocolVersion: TLSV1_3}, trustDomain: td}}}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := read(t, c.object).analyse(mesh.Options{})
			got := a.Config()
			if got.Object != 0 || a.RootNamespace() != "root" || got.AccessLogFile != "/dev/stdout" || got.AutoMTLS == nil || *got.AutoMTLS ||
				got.OutboundPolicy != "REGISTRY_ONLY" || got.MinTLS != "TLSV1_3" || got.TrustDomain != "td" {
				t.Errorf("got %+v", got)
			}
		})
	}
	none := read(t).analyse(mesh.Options{})
	if none.RootNamespace() != "istio-system" || none.Config().Object != mesh.Nobody {
		t.Errorf("without any: %s %+v", none.RootNamespace(), none.Config())
	}
}

func TestOtherMeshes(t *testing.T) {
	w := read(t,
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata: {enable-wireguard: \"true\"}\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata: {enable-wireguard: \"false\"}\n",
		"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: m, namespace: a}\nspec: {ingress: [{authentication: {mode: required}}]}\n",
		"apiVersion: consul.hashicorp.com/v1alpha1\nkind: Mesh\nmetadata: {name: mesh}\nspec: {tls: {incoming: {tlsMinVersion: TLSv1_2}}}\n",
		"apiVersion: consul.hashicorp.com/v1alpha1\nkind: ServiceIntentions\nmetadata: {name: i}\nspec: {destination: {name: web}, sources: [{name: '*', action: allow}]}\n",
	)
	var got []string
	for _, e := range w.set.Encryptions {
		got = append(got, fmt.Sprintf("%d %s %s", e.Object, e.Mode, e.Path))
	}
	for _, o := range w.set.Others {
		got = append(got, fmt.Sprintf("%d %s: %s", o.Object, o.Kind, o.Fact))
	}
	want := []string{
		"0 WireGuard data.enable-wireguard", "1  data", "2 mutual spec.ingress[0].authentication.mode",
		"3 Mesh: incoming connections have at least TLSv1_2", "4 ServiceIntentions: every service is let in",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMergeIsAdd reads the same objects in one set and in two.
func TestMergeIsAdd(t *testing.T) {
	all := []string{
		peer("a", "p", "{mtls: {mode: OFF}}"), authorization("a", "z", "{}"), rule("a", "d", "{host: x}"),
		"apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s}\nspec: {ingress: [{port: {number: 80, protocol: HTTP}}]}\n",
		"apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: s}\nspec: {hosts: [a], ports: [{number: 80, protocol: HTTP}]}\n",
		"apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: s}\nspec: {jwtRules: [{issuer: a}]}\n",
		"apiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata: {name: s}\nspec: {podSelector: {}, port: 80}\n",
		"apiVersion: policy.linkerd.io/v1alpha1\nkind: MeshTLSAuthentication\nmetadata: {name: s}\nspec: {identities: ['*']}\n",
		"apiVersion: policy.linkerd.io/v1alpha1\nkind: AuthorizationPolicy\nmetadata: {name: s}\nspec: {targetRef: {kind: Server, name: s}}\n",
		"apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: x}\nspec: {}\n",
		"apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: x, labels: {istio.io/rev: a}}\nwebhooks: [{name: sidecar-injector.istio.io}]\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {enable-ipsec: 'true'}\n",
		"apiVersion: consul.hashicorp.com/v1alpha1\nkind: Mesh\nmetadata: {name: mesh}\nspec: {}\n",
	}
	whole := read(t, all...)
	for cut := range all {
		first, second := read(t, all[:cut]...), read(t, all[cut:]...)
		second2 := second.set
		first.set.Merge(&second.set, cut)
		if !reflect.DeepEqual(first.set, whole.set) {
			t.Errorf("cut at %d: got %+v, want %+v", cut, first.set, whole.set)
		}
		if !reflect.DeepEqual(second2, second.set) {
			t.Error("merging changes the other set")
		}
	}
	if v := reflect.ValueOf(whole.set); true {
		for i := range v.NumField() {
			if v.Field(i).Len() == 0 {
				t.Errorf("the test has no %s", v.Type().Field(i).Name)
			}
		}
	}
}

func TestSummary(t *testing.T) {
	w := read(t, namespace("shop", istioOn), namespace("old", "a: b"), pod("shop", "web", "app: web", plain), pod("old", "cron", "", plain),
		strings.Replace(pod("shop", "web-1", "app: web", plain), "metadata:\n", "metadata:\n  ownerReferences: [{kind: ReplicaSet, name: web, controller: true}]\n", 1),
		"apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: 9000}, {port: 53, protocol: UDP}]}\n",
		peer("istio-system", "m", "{mtls: {mode: STRICT}}"), peer("shop", "x", "{selector: {matchLabels: {app: web}}, portLevelMtls: {7000: {mode: DISABLE}}}"))
	var got []string
	for _, l := range w.analyse(mesh.Options{}).Summary() {
		got = append(got, fmt.Sprintf("%s:%d %s %s %s", l.Workload, l.Port, l.Membership.Proxy, l.MTLS.Mode, w.name(l.MTLS.Decider)))
	}
	want := []string{
		"Pod/old/cron:0 none DISABLE ", "Pod/old/cron:8080 none DISABLE ",
		"Pod/shop/web:0 sidecar STRICT PeerAuthentication/m", "Pod/shop/web:7000 sidecar DISABLE PeerAuthentication/x",
		"Pod/shop/web:8080 sidecar STRICT PeerAuthentication/m", "Pod/shop/web:9000 sidecar STRICT PeerAuthentication/m",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
