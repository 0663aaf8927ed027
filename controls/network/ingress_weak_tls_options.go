package network

import (
	"regexp"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// IngressWeakTLSOptions: old versions of TLS stay off.
var IngressWeakTLSOptions = control.Control{
	ID: "ingress-weak-tls-options", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Allow only TLS 1.2 and newer and strong ciphers on ingress controllers",
	Scope: control.Objects,
	Kinds: append([]control.Kind{
		configMaps, {Group: "traefik.io", Kind: "TLSOption"}, {Group: "traefik.containo.us", Kind: "TLSOption"}, {Group: "operator.openshift.io", Kind: "IngressController"},
	}, ingresses...),
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for i := range tlsOptions {
				o := &tlsOptions[i]
				if n := o.Find(at); o.isWeak(n) && !fail(o.Violation(at, "is "+control.Show(n)+", which allows what has been broken")) {
					return
				}
			}
		},
		Text: "the settings of an ingress controller must not allow TLS below 1.2 or broken ciphers",
		Expr: func(c control.CEL) string {
			all := make([]string, len(tlsOptions))
			for i := range tlsOptions {
				all[i] = "!" + tlsOptions[i].CEL(c.At) + ".orValue('').matches(" + control.Quote(tlsOptions[i].weak.String()) + ")"
			}
			return "(" + strings.Join(all, " && ") + ")"
		},
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			for i := range tlsOptions {
				o := &tlsOptions[i]
				if n := o.Find(at); o.isWeak(n) && o.fix == "" {
					out = append(out, control.Edit{Op: control.Remove, At: n})
				} else if o.isWeak(n) {
					out = append(out, o.Set(at, o.fix))
				}
			}
			return out
		},
	},
	Risk:    "Clients that know nothing newer than TLS 1.1, such as very old browsers and devices, cannot connect.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Allow TLS 1.2 and 1.3 only, and remove lists of ciphers that have RC4, DES, MD5, NULL or EXPORT in them: the defaults of the controllers are good.",
	Refs: control.Refs{
		NSA:   []string{needsEncryption},
		MITRE: []string{"T1040"},
		Source: []string{
			"https://www.rfc-editor.org/rfc/rfc8996", "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/#ssl-protocols",
			"https://doc.traefik.io/traefik/https/tls/#minimum-tls-version", "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html",
		},
	},
	Peers: control.Peers{Kyverno: []string{"traefik/disallow-default-tlsoptions"}},
	Why: `TLS 1.0 and 1.1 have been forbidden by RFC 8996 since 2021, and ciphers such as RC4 and 3DES can be broken by listening long enough. As long as a
server accepts them, an attacker on the way can push clients down to them and read along.`,
	Bad: []control.Change{
		{Path: "data", Kind: "ConfigMap", Name: "protocols", Value: map[string]any{"ssl-protocols": "TLSv1 TLSv1.2"}},
		{Path: "data", Kind: "ConfigMap", Name: "ciphers", Value: map[string]any{"ssl-ciphers": "ECDHE-RSA-AES128-GCM-SHA256:DES-CBC3-SHA"}},
		{Path: "spec.minVersion", Kind: "TLSOption", Value: "VersionTLS11"},
		{Path: "spec.tlsSecurityProfile.type", Kind: "IngressController", Value: "Old"},
		{Path: "metadata.annotations", Kind: "Ingress", Name: "ALB", Value: map[string]any{"alb.ingress.kubernetes.io/ssl-policy": "ELBSecurityPolicy-TLS-1-1-2017-01"}},
		{Path: "metadata.annotations", Kind: "Ingress", Name: "nginx", Value: map[string]any{nginxKeys + "ssl-ciphers": "AES:ECDHE-RSA-RC4-SHA"}},
	},
	Good: []control.Change{
		{Path: "data", Kind: "ConfigMap", Value: map[string]any{"ssl-protocols": "TLSv1.2 TLSv1.3", "ssl-ciphers": "ECDHE-RSA-AES128-GCM-SHA256:!ECDHE-RSA-DES-CBC3-SHA:!aNULL:-RC4"}},
		{Path: "spec.minVersion", Kind: "TLSOption", Value: "VersionTLS12"},
		{Path: "metadata.annotations", Kind: "Ingress", Value: map[string]any{"alb.ingress.kubernetes.io/ssl-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}},
	},
}

// tlsOption is a setting of a controller, the values that are weak, and what a fix sets; "" removes it.
type tlsOption struct {
	control.Field
	weak *regexp.Regexp
	fix  string
}

func (o *tlsOption) isWeak(n tree.Node) bool {
	return n.Type() == tree.String && o.weak.MatchString(n.Text())
}

// A cipher behind ! or - is one that is left out.
var (
	weakCipher = regexp.MustCompile(`(^|[:, ])\+?([A-Za-z0-9]+[-+])*(RC4|DES|3DES|EXP|EXPORT|MD5|NULL|aNULL|eNULL)($|[:, +-])`)
	tlsOptions = []tlsOption{
		{control.NewField("data.ssl-protocols"), regexp.MustCompile(`(^|\s)(SSLv[23]|TLSv1(\.[01])?)($|\s)`), "TLSv1.2 TLSv1.3"},
		{control.NewField("data.ssl-ciphers"), weakCipher, ""},
		{control.NewField("spec.minVersion"), regexp.MustCompile(`^Version(SSL30|TLS1[01])$`), "VersionTLS12"},
		{control.NewField("spec.tlsSecurityProfile.type"), regexp.MustCompile(`^Old$`), "Intermediate"},
		{control.NewField(`metadata.annotations["` + nginxKeys + `ssl-ciphers"]`), weakCipher, ""},
		{
			control.NewField(`metadata.annotations["alb.ingress.kubernetes.io/ssl-policy"]`),
			regexp.MustCompile(`^ELBSecurityPolicy-(2015-05|2016-08|TLS-1-[01]-.*|TLS13-1-[01]-.*|FS-2018-06|FS-1-1-.*)$`), "ELBSecurityPolicy-TLS13-1-2-2021-06",
		},
	}
)
