package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// LoadBalancerTLSMissing: a load balancer that speaks HTTP to the internet ends TLS itself or passes it on.
var LoadBalancerTLSMissing = control.Control{
	ID: "load-balancer-tls-missing", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Terminate TLS on cloud load balancers that serve HTTP",
	Scope: control.Objects,
	Kinds: services,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if !isPublicLoadBalancer(at) || hasCertificate(at) {
				return
			}
			var plain tree.Node
			spoken := annotation(at, awsBackend) == "http"
			for _, port := range servicePorts.Find(at).Items() {
				if isTLSPort(port) && !spoken {
					return // the pods end TLS themselves, and HTTP beside it redirects
				}
				if !plain.Exists() && (spoken || isHTTPPort(port)) {
					plain = port
				}
			}
			if plain.Exists() {
				fail(control.Violation{At: plain, Problem: "is plain HTTP, and the load balancer has neither a certificate nor a port for TLS"})
			}
		},
		Text: "a public load balancer for HTTP must have a certificate or a port for TLS",
		Expr: loadBalancerTLSCEL,
	},
	Risk:   "Clients have to use HTTPS and trust the certificate.",
	Fix:    control.Advice,
	NoFix:  "Which certificate of the cloud is for the name, the Service does not say.",
	Remedy: "Name a certificate in the annotation of the cloud, such as service.beta.kubernetes.io/aws-load-balancer-ssl-cert, or expose the pods by an Ingress or a Gateway with TLS.",
	Refs: control.Refs{
		NSA:    []string{needsEncryption},
		MITRE:  []string{"T1040"},
		Source: []string{serviceDocs + "#ssl-support-on-aws", "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0231", "C-0245"},
		Kyverno:   []string{"aws/require-encryption-aws-loadbalancers"},
	},
	Why: `Plain HTTP on a public load balancer crosses the internet readable and changeable for everybody on the way. One captured session cookie or API
token is all it takes to act as its user.`,
	Bad: []control.Change{
		{Path: "spec", Name: "unnamed", Value: map[string]any{"type": "LoadBalancer", "ports": []any{map[string]any{"port": 80}}}},
		{Path: "spec", Name: "protocol", Value: map[string]any{"type": "LoadBalancer", "ports": []any{map[string]any{"port": 9000, "appProtocol": "http"}}}},
	},
	Good: []control.Change{
		{Path: "spec", Name: "TLS too", Value: map[string]any{"type": "LoadBalancer", "ports": []any{map[string]any{"port": 80}, map[string]any{"port": 443}}}},
		{Path: "spec", Name: "TLS by name", Value: map[string]any{"type": "LoadBalancer", "ports": []any{map[string]any{"port": 80}, map[string]any{"port": 9443, "name": "https-web"}}}},
		{Path: "spec", Name: "no HTTP", Value: map[string]any{"type": "LoadBalancer", "ports": []any{map[string]any{"port": 5432}}}},
		{Path: "spec.type", Value: "ClusterIP"},
	},
}

// awsBackend is what a load balancer of AWS speaks to the pods. With http and no certificate it speaks that to its clients too, on any port.
const awsBackend = "service.beta.kubernetes.io/aws-load-balancer-backend-protocol"

var (
	servicePorts = control.NewField("spec.ports")
	// loadBalancerCertificates are the annotations that give a load balancer a certificate.
	loadBalancerCertificates = []string{
		"service.beta.kubernetes.io/aws-load-balancer-ssl-cert", "service.beta.kubernetes.io/do-loadbalancer-certificate-id",
		"service.beta.kubernetes.io/do-loadbalancer-certificate-name", "service.beta.kubernetes.io/oci-load-balancer-tls-secret",
		"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-cert-id", "load-balancer.hetzner.cloud/http-certificates",
		"service.beta.kubernetes.io/scw-loadbalancer-certificate-ids", "loadbalancer.openstack.org/default-tls-container-ref",
		"kubernetes.io/elb.cert-id", "service.cloud.tencent.com/specify-protocol",
	}
)

func hasCertificate(at tree.Node) bool {
	for _, key := range loadBalancerCertificates {
		if annotation(at, key) != "" {
			return true
		}
	}
	return false
}

const (
	tlsNames  = `^(https|tls|wss|ssl|kubernetes\.io/wss)([.-].*)?$`
	httpNames = `^(http|http2|web|ws|grpc-web|kubernetes\.io/(h2c|ws))([.-].*)?$`
)
