package cluster

import (
	"strconv"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// APIServerVersionExposedAnonymously: who has no login need not know which holes to try.
var APIServerVersionExposedAnonymously = control.Control{
	ID: "apiserver-version-exposed-anonymously", Section: "api-server", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title: "Do not show the version to callers without a login",
	Scope: control.Everything,
	Needs: control.Core("Pod"),
	Kinds: []control.Kind{{Group: rbac.Group, Kind: rbac.KindClusterRoleBinding}, factsKind},
	Require: &control.Together{
		Check: checkVersionExposed, Text: "system:public-info-viewer must not be bound to system:unauthenticated, unless requests without a login are refused",
	},
	Risk:     "Load balancers and probes that ask /healthz, /livez or /readyz without a login are refused, unless an AuthenticationConfiguration lets them.",
	Fix:      control.Advice,
	NoFix:    "The API server makes the binding again when it starts, unless an annotation of the live object says that it must not.",
	NoPolicy: "The API server makes the binding itself when it starts.",
	Remedy: "Best, limit requests without a login to the paths of health (AuthenticationConfiguration, anonymous.conditions). Else annotate the binding with " +
		"rbac.authorization.kubernetes.io/autoupdate: \"false\" and take system:unauthenticated out of its subjects.",
	Refs: control.Refs{
		NSA:   []string{"Authentication"},
		MITRE: []string{"T1613"},
		Source: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles",
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation",
		},
	},
	Peers: control.Peers{
		Other: []string{"kube-hunter:KHV002", "kube-hunter:KHV043"},
	},
	Why: `Kubernetes shows its exact version to everybody who connects, which tells which published holes are worth trying, and scanners keep lists of it. Nothing that
has a login needs that binding.`,
	Examples: []control.Example{
		{Name: "as every cluster has it", Manifests: publicInfo("system:unauthenticated"), Want: []string{"ClusterRoleBinding/system:public-info-viewer subjects[1].name"}},
		{
			Name:      "the API server answers",
			Manifests: clusterDocument(`anonymous: [{path: /version, status: 200}]`) + publicInfo("system:unauthenticated"),
			Want:      []string{"ClusterRoleBinding/system:public-info-viewer subjects[1].name"},
		},
		{Name: "good: without a login nobody", Manifests: publicInfo("system:serviceaccounts")},
		{Name: "good: refused", Manifests: clusterDocument(`anonymous: [{path: /version, status: 401}]`) + publicInfo("system:unauthenticated")},
		{
			Name:      "good: switched off",
			Manifests: staticPod("kube-apiserver", "--anonymous-auth=false") + publicInfo("system:unauthenticated"),
		},
	},
}

func publicInfo(group string) string {
	return "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: \"system:public-info-viewer\"}\n" +
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: \"system:public-info-viewer\"}\nsubjects:\n" +
		"- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: \"system:authenticated\"}\n" +
		"- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: \"" + group + "\"}\n"
}

func checkVersionExposed(v *control.Verdicts) {
	refused := anonymousRefused(v)
	for i := range v.RBAC.Bindings {
		b := &v.RBAC.Bindings[i]
		if b.Namespace != "" || b.RoleName != "system:public-info-viewer" {
			continue
		}
		at := -1
		for k, s := range b.Subjects {
			if s.Kind == rbac.KindGroup && s.Name == rbac.GroupUnauthenticated {
				at = k
			}
		}
		switch {
		case at < 0:
			v.Pass(1)
		case refused != "":
			v.Exempt(1, refused)
		default:
			v.Fail(control.Breach{
				Object: b.Object, Path: "subjects[" + strconv.Itoa(at) + "].name", Message: "lets everybody read the version of the API server without a login",
			})
		}
	}
}

// anonymousRefused returns why no request without a login gets the version, "" if one may.
func anonymousRefused(v *control.Verdicts) string {
	if c := v.Cluster(); c != nil {
		for _, a := range c.Anonymous {
			if a.Path == "/version" && (a.Status == 401 || a.Status == 403) {
				return "the API server refused the version to a request without a login"
			}
		}
	}
	servers, off := 0, 0
	for _, i := range v.Instances() {
		if i.Kind != component.APIServer {
			continue
		}
		servers++
		if value := i.Flag("anonymous-auth"); value.IsFalse() {
			off++
		}
	}
	if servers > 0 && servers == off {
		return "requests without a login are refused (--anonymous-auth=false)"
	}
	return ""
}
