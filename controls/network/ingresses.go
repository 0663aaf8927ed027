package network

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

const (
	ingressDocs = "https://kubernetes.io/docs/concepts/services-networking/ingress/"
	nginxKeys   = "nginx.ingress.kubernetes.io/"
)

var (
	ingresses    = []control.Kind{{Group: "networking.k8s.io", Kind: "Ingress"}, {Group: "extensions", Kind: "Ingress"}}
	routes       = control.Kind{Group: "route.openshift.io", Kind: "Route"}
	configMaps   = control.Kind{Kind: "ConfigMap"}
	ingressRules = control.NewField("spec.rules")
	ingressTLS   = control.NewField("spec.tls")
	routeTLS     = control.NewField("spec.tls")
)

// annotation returns the value of an annotation, "" without one.
func annotation(at tree.Node, key string) string { return annotations.Find(at).Get(key).Text() }

// annotationCEL says annotation.
func annotationCEL(at, key string) string {
	return annotations.CEL(at) + "[?" + control.Quote(key) + "].orValue('')"
}

// hostSet are host names with TLS. The entry "" stands for all.
type hostSet map[string]bool

// has reports whether a name is in the set, itself or by the wildcard for its last labels. An asterisk stands for one label:
// https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards
func (s hostSet) has(host string) bool {
	if s[""] || s[host] {
		return true
	}
	dot := strings.IndexByte(host, '.')
	return dot > 0 && s["*"+host[dot:]]
}

// tlsHosts returns the hosts that an Ingress has TLS for. An item without hosts is for all that its controller has a certificate for.
func tlsHosts(at tree.Node) hostSet {
	set := hostSet{}
	for _, item := range ingressTLS.Find(at).Items() {
		hosts := item.Get("hosts")
		if hosts.Len() == 0 {
			set[""] = true
		}
		for _, host := range hosts.Items() {
			set[host.Text()] = true
		}
	}
	return set
}

// endsTLSElsewhere reports whether annotations give the controller a certificate, or pass TLS on to the pods, so that no tls is needed.
func endsTLSElsewhere(at tree.Node) bool {
	for _, key := range certificateAnnotations {
		if annotation(at, key) != "" {
			return true
		}
	}
	return annotation(at, nginxKeys+"ssl-passthrough") == "true" || annotation(at, traefikTLS) == "true" || strings.Contains(annotation(at, albPorts), "HTTPS")
}

const (
	traefikTLS = "traefik.ingress.kubernetes.io/router.tls"
	albPorts   = "alb.ingress.kubernetes.io/listen-ports"
)

var certificateAnnotations = []string{
	"alb.ingress.kubernetes.io/certificate-arn", "networking.gke.io/managed-certificates", "ingress.gcp.kubernetes.io/pre-shared-cert",
	"networking.gke.io/certmap", "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
}

// endsTLSElsewhereCEL says endsTLSElsewhere.
func endsTLSElsewhereCEL(at string) string {
	return "(" + control.QuoteAll(certificateAnnotations) + ".exists(k, " + annotations.CEL(at) + "[?k].orValue('') != '') || " +
		annotationCEL(at, nginxKeys+"ssl-passthrough") + " == 'true' || " + annotationCEL(at, traefikTLS) + " == 'true' || " +
		annotationCEL(at, albPorts) + ".contains('HTTPS'))"
}

// isSolver reports whether an Ingress is there for a moment, to get the certificate: http://HOST/.well-known/acme-challenge/ has to be
// reached without TLS. https://cert-manager.io/docs/configuration/acme/http01/
func isSolver(at tree.Node) bool {
	return solver.Find(at).StrIs("true")
}

var solver = control.NewField(`metadata.labels["acme.cert-manager.io/http01-solver"]`)
