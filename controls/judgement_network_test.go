package controls_test

import "testing"

// TestJudgementOfNetwork has what the laws cannot derive of policies, services and ways in.
func TestJudgementOfNetwork(t *testing.T) {
	const (
		policy  = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: shop}\n"
		service = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n"
		ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, namespace: shop}\n"
		gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
	)
	for _, c := range []struct {
		name, control, object string
		want                  []string
	}{
		{"no policyTypes and no rules deny", "network-policy-allows-all-ingress", policy + "spec: {podSelector: {}}", nil},
		{"an empty list of rules denies", "network-policy-allows-all-ingress", policy + "spec: {podSelector: {}, ingress: []}", nil},
		{"no policyTypes are for ingress", "network-policy-allows-all-ingress", policy + "spec: {ingress: [{}]}", []string{"spec.ingress[0] has no from, so it admits every source"}},
		{"null is a rule too", "network-policy-allows-all-ingress", policy + "spec: {ingress: [null]}", []string{"spec.ingress[0] has no from, so it admits every source"}},
		{"empty policyTypes are those of the default", "network-policy-allows-all-egress", policy + "spec: {policyTypes: [], egress: [{}]}", []string{"spec.egress[0] has neither to nor a port, so the pods can reach everything"}},
		{"egress that policyTypes leaves out", "network-policy-allows-all-egress", policy + "spec: {policyTypes: [Ingress], egress: [{}]}", nil},
		{
			"every source on some ports", "network-policy-allows-all-ingress", policy + "spec: {ingress: [{from: [], ports: [{port: 80}]}, {from: [{podSelector: {}}]}]}",
			[]string{"spec.ingress[0] has no from, so it admits every source on its ports"},
		},
		{"DNS everywhere", "network-policy-allows-all-egress", policy + "spec: {egress: [{ports: [{port: 53, protocol: UDP}, {port: 53}]}]}", nil},
		{
			"and, split", "network-policy-unintended-or",
			policy + "spec: {ingress: [{from: [{namespaceSelector: {matchLabels: {a: b}}}, {podSelector: {matchLabels: {a: b}}}, {ipBlock: {cidr: 10.0.0.0/8}}]}]}",
			[]string{"spec.ingress[0].from[1] stands beside a namespaceSelector, which means or: all pods of the namespaces of one item, or the pods of the other item in the namespace of the policy"},
		},
		{
			"not side by side", "network-policy-unintended-or",
			policy + "spec: {ingress: [{from: [{namespaceSelector: {matchLabels: {a: b}}}, {ipBlock: {cidr: 10.0.0.0/8}}, {podSelector: {matchLabels: {a: b}}}]}]}", nil,
		},
		{
			"a null selector is none", "network-policy-unintended-or",
			policy + "spec: {ingress: [{from: [{namespaceSelector: {}, podSelector: null}, {podSelector: {matchLabels: {a: b}}, namespaceSelector: null}]}]}",
			[]string{"spec.ingress[0].from[1] stands beside a namespaceSelector, which means or: all pods of the namespaces of one item, or the pods of the other item in the namespace of the policy"},
		},
		{
			"an exception that is too small", "network-policy-cidr-too-broad",
			policy + "spec: {egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/9, 172.16.0.0/12, 192.168.0.0/16, 169.254.169.254/32]}}]}]}",
			[]string{"spec.egress[0].to[0].ipBlock.cidr is 0.0.0.0/0 and does not except 10.0.0.0/8, 169.254.0.0/16"},
		},
		{
			"IPv6", "network-policy-cidr-too-broad", policy + "spec: {egress: [{to: [{ipBlock: {cidr: '::/0', except: ['fc00::/7']}}]}]}",
			[]string{"spec.egress[0].to[0].ipBlock.cidr is ::/0 and does not except fe80::/10"},
		},
		{"no address", "network-policy-cidr-too-broad", policy + "spec: {egress: [{to: [{ipBlock: {cidr: '{{ .Values.cidr }}'}}]}]}", nil},
		{"a default deny selects all", "network-policy-empty-pod-selector", policy + "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}", nil},
		{"no selector selects all", "network-policy-empty-pod-selector", policy + "spec: {ingress: [{}]}", []string{"spec.podSelector selects all pods of the namespace, and the policy allows traffic"}},

		{"internal on AWS", "service-load-balancer", "apiVersion: v1\nkind: Service\nmetadata: {annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: internal}}\nspec: {type: LoadBalancer}", nil},
		{
			"internal on GKE", "load-balancer-source-ranges-missing",
			"apiVersion: v1\nkind: Service\nmetadata: {annotations: {networking.gke.io/load-balancer-type: Internal}}\nspec: {type: LoadBalancer}", nil,
		},
		{
			"public on AWS", "service-load-balancer",
			"apiVersion: v1\nkind: Service\nmetadata: {annotations: {service.beta.kubernetes.io/aws-load-balancer-internal: 'false'}}\nspec: {type: LoadBalancer}",
			[]string{"spec.type is LoadBalancer and no annotation keeps it inside of the cloud's network"},
		},
		{
			"ranges by annotation", "load-balancer-source-ranges-missing",
			"apiVersion: v1\nkind: Service\nmetadata: {annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: '192.0.2.0/24, 198.51.100.0/24'}}\nspec: {type: LoadBalancer}", nil,
		},
		{
			"everybody by annotation", "load-balancer-source-ranges-missing",
			"apiVersion: v1\nkind: Service\nmetadata: {annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: '192.0.2.0/24, 0.0.0.0/0'}}\nspec: {type: LoadBalancer}",
			[]string{"spec.loadBalancerSourceRanges is missing, so the load balancer is for everybody"},
		},
		{"an accepted service", "service-node-port", "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ingress-nginx}\nspec: {type: NodePort}", nil},
		{
			"node ports", "service-node-port", service + "spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}, {port: 443}]}",
			[]string{"spec.type is NodePort, a port of every node (30080)"},
		},
		{
			"HTTP on the port of HTTPS", "load-balancer-tls-missing",
			"apiVersion: v1\nkind: Service\nmetadata: {annotations: {service.beta.kubernetes.io/aws-load-balancer-backend-protocol: http}}\nspec: {type: LoadBalancer, ports: [{port: 443}]}",
			[]string{"spec.ports[0] is plain HTTP, and the load balancer has neither a certificate nor a port for TLS"},
		},
		{"TLS that the pods end", "load-balancer-tls-missing", service + "spec: {type: LoadBalancer, ports: [{port: 443}]}", nil},
		{"below localhost", "service-external-name-localhost", service + "spec: {type: ExternalName, externalName: a.localhost.}", []string{"spec.externalName is a.localhost., which leads whoever follows it to the inside"}},
		{"a name that ends alike", "service-external-name-localhost", service + "spec: {type: ExternalName, externalName: notlocalhost}", nil},

		{
			"hosts and wildcards", "ingress-tls-missing", ingress + "spec: {tls: [{hosts: ['*.example.com']}], rules: [{host: a.example.com}, {host: a.b.example.com}, {host: example.com}, {host: '*.example.com'}]}",
			[]string{"spec.tls does not have the host a.b.example.com"},
		},
		{"a solver of ACME", "ingress-tls-missing", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {labels: {acme.cert-manager.io/http01-solver: 'true'}}\nspec: {rules: [{host: a}]}", nil},
		{
			"a certificate of AWS", "ingress-tls-missing",
			"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {annotations: {alb.ingress.kubernetes.io/listen-ports: '[{\"HTTPS\": 443}]'}}\nspec: {rules: [{host: a}]}", nil,
		},
		{
			"a snippet of authentication", "ingress-nginx-snippet", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {annotations: {nginx.ingress.kubernetes.io/auth-snippet: x}}",
			[]string{`metadata.annotations["nginx.ingress.kubernetes.io/auth-snippet"] is written into the configuration of the controller`},
		},
		{"a path with a quantifier", "ingress-nginx-snippet", ingress + "spec: {rules: [{http: {paths: [{path: '/v[0-9]{1,2}/(.*)'}, {path: '/a;b=c'}]}}]}", nil},

		{
			"wildcards of gateways have many labels", "gateway-listener-tls-missing",
			gateway + "spec: {listeners: [{protocol: HTTP, hostname: a.b.example.com}, {protocol: HTTP, hostname: example.com}, {protocol: HTTPS, hostname: '*.example.com', tls: {}}, {protocol: TCP}]}",
			[]string{"spec.listeners[1].protocol is HTTP, and no listener is for HTTPS and this host"},
		},
		{"only TCP", "gateway-listener-tls-missing", gateway + "spec: {listeners: [{protocol: TCP}]}", nil},
		{
			"IPv4 in IPv6", "endpoint-slice-loopback", "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nendpoints: [{addresses: ['::ffff:127.0.0.1', 10.0.0.1]}]",
			[]string{"endpoints[0].addresses[0] is ::ffff:127.0.0.1, an address of the node that the client is on"},
		},
	} {
		t.Run(c.name, func(t *testing.T) { wantViolations(t, c.control, c.object, c.want) })
	}
}

// TestNginxVersions: the message tells versions that IngressNightmare is open in.
func TestNginxVersions(t *testing.T) {
	const retired = "spec.containers[0].image is ingress-nginx, which has had no fixes since March 2026"
	for tag, open := range map[string]bool{
		"v1.11.4": true, "v1.11.5": false, "v1.12.0": true, "v1.12.0-beta.0": true, "v1.12.1": false, "v1.10.9": true, "v0.49.3": true, "v1.13.0": false, "latest": false,
	} {
		want := retired
		if open {
			want = "spec.containers[0].image is ingress-nginx " + tag + ", open to CVE-2025-1974 and without fixes since March 2026"
		}
		wantViolations(t, "ingress-nginx-vulnerable-or-retired",
			"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'registry.k8s.io/ingress-nginx/controller:"+tag+"'}]}", []string{want})
	}
}
