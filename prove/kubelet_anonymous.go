package prove

import (
	"context"
	"net/http"

	"github.com/kubeharden/kubeharden/control"
)

// kubeletAnonymous asks kubelets without credentials.
//
// https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
func kubeletAnonymous() *Probe {
	const id = "kubelet-anonymous-auth-enabled"
	return &Probe{
		Name: "kubelet-anonymous", Title: "Do kubelets let in who has no credentials?",
		Controls: []string{id},
		Does: "Sends one GET without credentials to each of /pods, /metrics and /configz of every kubelet and looks at the status of the answers: 401 " +
			"passes, and so does 403, unless it names system:anonymous: such a request is let in, and only authorization stands in its way.",
		Needs: []string{"list nodes (or --node-address)", "network access to the kubelets, usually port 10250"},
		run: func(ctx context.Context, t *Target) []Outcome {
			return t.onKubelets(ctx, id, func(n *node) []Outcome {
				var all []Outcome
				for _, path := range []string{"/pods", "/metrics", "/configz"} {
					a := t.get(ctx, "https://"+n.address()+path)
					all = append(all, anonymousKubelet(id, n, path, &a))
					if a.err != nil {
						break // the others would only take as long
					}
				}
				return all
			})
		},
	}
}

func anonymousKubelet(id string, n *node, path string, a *answer) Outcome {
	o := Outcome{Control: id, Ref: n.ref(), Path: path, Evidence: []control.Exchange{a.exchange}}
	switch {
	case a.err != nil:
		o.Status, o.Message, o.Reason = control.Unknown, "the kubelet could not be asked", "the kubelet cannot be reached from here: "+a.exchange.Response
	case a.status == http.StatusUnauthorized:
		o.Message = path + " refuses requests without credentials"
	case asAnonymous(a.status, a.body):
		o.Status, o.Message = control.Fail, path+" lets requests without credentials in as system:anonymous; only authorization refuses them"
	case a.status == http.StatusForbidden:
		o.Message = path + " refuses requests without credentials"
	case a.status/100 == 2, a.status == http.StatusNotFound:
		// 404: the kubelet looked for the page, so the request was let in.
		o.Status, o.Message = control.Fail, path+" answers requests without credentials"
	default:
		o.Status, o.Message, o.Reason = control.Unknown, path+" gives no clear answer", a.exchange.Response
	}
	return o
}
