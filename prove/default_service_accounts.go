package prove

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// defaultServiceAccounts asks the authorizer what default service accounts may do.
//
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
func defaultServiceAccounts() *Probe {
	const id = "default-service-account-bound"
	return &Probe{
		Name: "default-service-accounts", Title: "May default service accounts do anything that leads further?",
		Controls: []string{id},
		Does: "Asks the API server by SubjectAccessReview, which persists nothing, for the default service account of every namespace with its groups, whether " +
			"it may do any of " + questionsText() + ".",
		Needs: []string{"list namespaces (or --namespace)", "create subjectaccessreviews.authorization.k8s.io"},
		run: func(ctx context.Context, t *Target) []Outcome {
			names, err := t.namespaceNames(ctx)
			if err != nil {
				return []Outcome{unknown(id, t.apiServer(), "the namespaces cannot be listed: "+oneLine(err.Error())+"; --namespace names them")}
			}
			return each(ctx, names, func(namespace string) Outcome { return t.mayDo(ctx, id, namespace) })
		},
	}
}

// question is something that no account should be allowed to which every pod gets that names none.
// https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
type question struct {
	verb, group, resource, subresource string
	// cluster asks for it outside of namespaces.
	cluster bool
}

func (q *question) String() string {
	text := q.verb + " " + q.resource
	if q.subresource != "" {
		text += "/" + q.subresource
	}
	return text
}

func questions() []question {
	const rbac = "rbac.authorization.k8s.io"
	return []question{
		{verb: "get", resource: "secrets"},
		{verb: "list", resource: "secrets"},
		{verb: "list", resource: "pods"},
		{verb: "create", resource: "pods"},
		{verb: "create", resource: "pods", subresource: "exec"},
		{verb: "create", group: "apps", resource: "deployments"},
		{verb: "create", resource: "serviceaccounts", subresource: "token"},
		{verb: "create", group: rbac, resource: "rolebindings"},
		{verb: "escalate", group: rbac, resource: "roles"},
		{verb: "impersonate", resource: "serviceaccounts"},
		{verb: "impersonate", resource: "users", cluster: true},
		{verb: "escalate", group: rbac, resource: "clusterroles", cluster: true},
		{verb: "bind", group: rbac, resource: "clusterroles", cluster: true},
		{verb: "get", resource: "nodes", subresource: "proxy", cluster: true},
	}
}

func questionsText() string {
	var texts []string
	for _, q := range questions() {
		texts = append(texts, q.String())
	}
	return strings.Join(texts, ", ")
}

// mayDo asks all questions for the default account of a namespace.
func (t *Target) mayDo(ctx context.Context, id, namespace string) Outcome {
	o := Outcome{Control: id, Ref: control.Ref{APIVersion: "v1", Kind: "ServiceAccount", Namespace: namespace, Name: "default"}}
	user := "system:serviceaccount:" + namespace + ":default"
	var allowed []string
	var no control.Exchange
	refused := 0
	for _, q := range questions() {
		yes, reason, exchange, problem := t.review(ctx, user, namespace, &q)
		switch {
		case problem != "" && len(allowed) > 0:
			// What is known is bad enough.
			o.Status, o.Message = control.Fail, "may "+strings.Join(allowed, ", ")+"; not all could be asked: "+problem
			return o
		case problem != "":
			o.Status, o.Message, o.Reason = control.Unknown, "what the account may do could not be asked", problem
			o.Evidence = append(o.Evidence, exchange)
			return o
		case yes:
			allowed = append(allowed, q.String())
			if reason != "" {
				exchange.Response += " (" + reason + ")"
			}
			o.Evidence = append(o.Evidence, exchange)
		default:
			no = exchange
			refused++
		}
	}
	if refused > 0 {
		o.Evidence = append(o.Evidence, no)
	}
	if len(allowed) > 0 {
		o.Status, o.Message = control.Fail, "may "+strings.Join(allowed, ", ")
		return o
	}
	o.Evidence[0].Request = "SubjectAccessReview: may " + user + " " + questionsText() + "?"
	o.Evidence[0].Response = "allowed: false, each"
	o.Message = "may do nothing that was asked for"
	return o
}

// review asks one question.
func (t *Target) review(ctx context.Context, user, namespace string, q *question) (yes bool, reason string, e control.Exchange, problem string) {
	attributes := map[string]any{"verb": q.verb, "group": q.group, "resource": q.resource, "subresource": q.subresource}
	if !q.cluster {
		attributes["namespace"] = namespace
	}
	r := post("/apis/authorization.k8s.io/v1/subjectaccessreviews", map[string]any{
		"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
		"spec": map[string]any{
			"user": user,
			// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens
			"groups":             []any{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
			"resourceAttributes": attributes,
		},
	}, nil)
	resp, e, err := t.ask(ctx, r)
	what := q.String()
	if !q.cluster {
		what += " in " + namespace
	}
	e.Request = "SubjectAccessReview: may " + user + " " + what + "?"
	if err != nil {
		return false, "", e, e.Response
	}
	if resp.Status/100 != 2 {
		if why := needs(resp.Status, "create", "subjectaccessreviews.authorization.k8s.io"); why != "" {
			return false, "", e, why
		}
		return false, "", e, e.Response
	}
	var review struct {
		Status struct {
			Allowed         bool   `json:"allowed"`
			Reason          string `json:"reason"`
			EvaluationError string `json:"evaluationError"`
		} `json:"status"`
	}
	if err := json.Unmarshal(resp.Body, &review); err != nil {
		return false, "", e, "the answer cannot be read"
	}
	s := &review.Status
	e.Response = "allowed: false"
	if s.Allowed {
		e.Response = "allowed: true"
	}
	if !s.Allowed && s.EvaluationError != "" && !strings.Contains(s.EvaluationError, "not found") {
		// An authorizer that could not decide has not refused. RBAC says that a role of a binding is not found, and such a binding gives nothing.
		return false, "", e, "the authorizer could not decide: " + oneLine(s.EvaluationError)
	}
	return s.Allowed, oneLine(s.Reason), e, ""
}
