package prove

import (
	"context"
	"net/http"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
)

// apiAnonymous asks the API server without credentials.
//
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests: who has no credentials is system:anonymous, and
// an authorizer decides; with anonymous requests off, or off for the path (anonymous.conditions, 1.32 and newer), the answer is 401.
func apiAnonymous() *Probe {
	const id = "apiserver-anonymous-auth-enabled"
	return &Probe{
		Name: "api-anonymous", Title: "Does the API server let in who has no credentials?",
		Controls: []string{id},
		Does: "Sends one GET without credentials to each of /api, /apis, /api/v1/namespaces, /api/v1/secrets, /version, /metrics, /healthz, /livez and " +
			"/readyz, and looks at the status of the answers. The paths for health may answer; anything else has to say 401. An answer of 403 that names " +
			"system:anonymous fails too: such a request is let in, and only authorization stands in its way.",
		Needs: []string{"network access to the API server"},
		run: func(ctx context.Context, t *Target) []Outcome {
			return each(ctx, []string{
				"/api", "/apis", "/api/v1/namespaces", "/api/v1/secrets", "/version", "/metrics", "/healthz", "/livez", "/readyz",
			}, func(path string) Outcome { return t.askAnonymously(ctx, id, path) })
		},
	}
}

func (t *Target) askAnonymously(ctx context.Context, id, path string) Outcome {
	r := kubeclient.Request{Path: path, Once: true}
	if path == "/api/v1/namespaces" || path == "/api/v1/secrets" {
		// Should it answer, then as little as can be: the body is not looked at.
		r.Query = map[string][]string{"limit": {"1"}}
		r.Header = http.Header{"Accept": {metadataOnly}}
	}
	health := path == "/healthz" || path == "/livez" || path == "/readyz"
	resp, exchange, err := askAs(ctx, t.Anonymous, r, " without credentials")
	o := Outcome{Control: id, Ref: t.apiServer(), Path: path, Evidence: []control.Exchange{exchange}}
	switch {
	case err != nil:
		o.Status, o.Message, o.Reason = control.Unknown, path+" could not be asked", exchange.Response
	case resp.Status == http.StatusUnauthorized:
		o.Message = path + " refuses requests without credentials"
	case health && resp.Status != http.StatusForbidden:
		o.Message = path + " answers requests without credentials, as paths for health may"
	case asAnonymous(resp.Status, resp.Body) && health:
		o.Message = path + " refuses requests without credentials by authorization"
	case asAnonymous(resp.Status, resp.Body):
		o.Status, o.Message = control.Fail, path+" lets requests without credentials in as system:anonymous; only authorization refuses them"
	case resp.Status == http.StatusForbidden:
		o.Message = path + " refuses requests without credentials"
	case resp.Status/100 == 2, resp.Status == http.StatusNotFound:
		o.Status, o.Message = control.Fail, path+" answers requests without credentials"
	default:
		o.Status, o.Message, o.Reason = control.Unknown, path+" gives no clear answer", exchange.Response
	}
	return o
}
