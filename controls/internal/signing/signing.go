// Package signing reads the requests of CertificateSigningRequests, for the controls on who gets certificates.
package signing

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// Kind is the kind of the requests.
func Kind() control.Kind {
	return control.Kind{Group: "certificates.k8s.io", Kind: "CertificateSigningRequest"}
}

// The signers whose certificates the API server takes for a login.
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
const (
	ForClients  = "kubernetes.io/kube-apiserver-client"
	ForKubelets = "kubernetes.io/kube-apiserver-client-kubelet"
	Unknown     = "kubernetes.io/legacy-unknown"
)

// Login is who a certificate logs in as.
type Login struct {
	User   string
	Groups []string
}

// maxRequest is how long a request may be, as base64.
const maxRequest = 64 << 10

// errRequest is told of every request that cannot be read: what is wrong in it is nothing that its object can mend.
var errRequest = errors.New("is no request that can be read")

// Read reads who the certificate would log in as that an object asks for.
func Read(object tree.Node) (l Login, at tree.Node, err error) {
	at = object.Get("spec").Get("request")
	text := at.Text()
	if len(text) > maxRequest {
		return l, at, errRequest
	}
	src, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return l, at, errRequest
	}
	block, _ := pem.Decode(src)
	if block == nil {
		return l, at, errRequest
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return l, at, errRequest
	}
	return Login{User: request.Subject.CommonName, Groups: request.Subject.Organization}, at, nil
}

// Component reports whether a login is one of Kubernetes' own components: a node, a controller, the API server itself.
func (l *Login) Component() bool {
	return strings.HasPrefix(l.User, "system:") || slices.Contains(l.Groups, "system:nodes") || l.User == "kube-apiserver-kubelet-client"
}

// Refused reports whether nobody gets the certificate: it was denied, or the signer failed.
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#request-signing-process
func Refused(object tree.Node) bool {
	for _, c := range object.Get("status").Get("conditions").Items() {
		if kind := c.Get("type"); kind.StrIs("Denied") || kind.StrIs("Failed") {
			return true
		}
	}
	return false
}

// NotFor is a rule for Unless: it holds for requests that were refused, and for those to other signers.
func NotFor(signers ...string) control.Rule {
	return &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if !Refused(at) && slices.Contains(signers, at.Get("spec").Get("signerName").Text()) {
				fail(control.Violation{At: at, Problem: "asks for a certificate to log in with"})
			}
		},
		Text: "the request was refused, or goes to a signer that is none of " + strings.Join(signers, ", "),
	}
}

// Requests for examples: of user jane in group devs, of user root in system:masters, of a node, and of the scheduler.
const (
	OfUser = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIYU1JR0FBZ0VBTUI0eERUQUxCZ05WQkFNTUJHcGhibVV4RFRBTEJnTlZCQW9NQkdSbGRuTXdXVEFUQmdjcQpoa2pP" +
		"UFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVNwS1A1ZXBYaERKcXhUWHlpWDJFZGdRRHZweDNiN0VsZVRjWU8wCndUUDJHOXZSZFRzZGZuNVlobVNYN1FUSXZrVlVrS29YMDhULzBMTmp6M0pC" +
		"Sy95bm9BQXdDZ1lJS29aSXpqMEUKQXdJRFNRQXdSZ0loQU9hcXZGWHVNNndpU1FDQUhjMzBUM1RKRGxOOUgyeGVoSDZ1TE5OaVIxMjFBaUVBaFp5MQpYaHBRSlIrbzUzMGpCOWtXcHhq" +
		"VGp2QTFnbm9DMWFiMmlnc29VRnc9Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo="
	OfMaster = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIek1JR1pBZ0VBTURjeERUQUxCZ05WQkFNTUJISnZiM1F4RFRBTEJnTlZCQW9NQkdSbGRuTXhGekFWQmdOVgpCQW9N" +
		"RG5ONWMzUmxiVHB0WVhOMFpYSnpNRmt3RXdZSEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUV3c3JaCmFIT2U0VzQwQzBSNEJveHIzbHc4ZkNjUGovUDYxNXk4dDRvYi9XZzVzeUJD" +
		"N1J4Y0MrT3hyN0lYZXp2bzBtdGQKVGU1amVMY2hTc045bmNIeVY2QUFNQW9HQ0NxR1NNNDlCQU1DQTBrQU1FWUNJUUNFM2xPN2wwbWQxRHpuODdiQgplUnhuRDVKTTJzVnhXUUQ1MzdY" +
		"UjBSV1lMQUloQVA3THMvcE1zcVUxVVEycElUV1JQZVcvS0RnOGg0RmFnL2FGCkJLMVZyTjZ2Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo="
	OfNode = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIcU1JR1JBZ0VBTUM4eEZqQVVCZ05WQkFNTURYTjVjM1JsYlRwdWIyUmxPbUV4RlRBVEJnTlZCQW9NREhONQpjM1Js" +
		"YlRwdWIyUmxjekJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEEwSUFCSzExaDJiT1ZicUw2QXZ0CkJaZDlyTGt0RmxrNVlydUcxNVFkQW1mMllPYUg1RDNENmFMOVRTRHZSWU0v" +
		"dXV1TzhSVWgwOHBQekpFbmZVbzYKMFkvSk9RNmdBREFLQmdncWhrak9QUVFEQWdOSUFEQkZBaUF5Y2RDQXVNWDNELzBhdklBbERhM0NXVWxkQXZkOQpsSUc0RTkvZTdocUtPZ0loQU9z" +
		"NnVTV1RuRmtUai9mVC95WldDaEtaaFloMjNSWGlwcjJTMlF6L1JQVUIKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=="
	OfScheduler = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIY01JR0NBZ0VBTUNBeEhqQWNCZ05WQkFNTUZYTjVjM1JsYlRwcmRXSmxMWE5qYUdWa2RXeGxjakJaTUJNRwpCeXFH" +
		"U000OUFnRUdDQ3FHU000OUF3RUhBMElBQkpnNDlQQ20yQXFRSytVUVNYeUp2ZjRSOFUyS0hGb2xFaysxCno3NS9va1lKTng1L3Rrei80bkdDMU5KaEcvTE1GSVBnQkJZc1VVWEl5UHhG" +
		"d1hFRFBwT2dBREFLQmdncWhrak8KUFFRREFnTkpBREJHQWlFQW0rcytBWlJYTkk1Zjd5UkRWQklKRHNtclQ1Yng2TXFxa0RmZW1nYkFRV2NDSVFETwo2bUVScE1UTEEvNytDbWhnSkds" +
		"V0dXZEZ1KzI3QS8xUlB0czJBWXhXSWc9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K"
)
