package rbac

import "slices"

// right is something that a rule can allow and that leads to more than it says.
type right uint8

const (
	rightEverything right = iota // every verb on every resource
	rightCreatePods
	rightCreateControllers
	rightUpdateControllers
	rightUpdatePods
	rightExec
	rightExecByGet
	rightDebug
	rightToken
	rightReadSecrets
	rightCreateSecrets
	rightNodesProxy
	rightImpersonateUsers
	rightImpersonateGroups
	rightImpersonateAccounts
	rightBind
	rightWriteRoleBindings
	rightWriteClusterRoleBindings
	rightEscalateRoles
	rightUpdateRoles
	rightEscalateClusterRoles
	rightUpdateClusterRoles
	rightApproveCSR
	rightApproveSigner
	rightCreateCSR
	rightMutatingWebhooks
	rightMutatingPolicies
	rightMutatingPolicyBindings
	rightCreateVolumes
	rights
)

// controllers are the resources that make pods, besides pods.
var controllers = []Request{
	{APIGroup: "apps", Resource: "deployments"},
	{APIGroup: "apps", Resource: "statefulsets"},
	{APIGroup: "apps", Resource: "daemonsets"},
	{APIGroup: "apps", Resource: "replicasets"},
	{Resource: "replicationcontrollers"},
	{APIGroup: "batch", Resource: "jobs"},
	{APIGroup: "batch", Resource: "cronjobs"},
}

func with(verbs []string, resources ...Request) []Request {
	var out []Request
	for _, r := range resources {
		for _, v := range verbs {
			r.Verb = v
			out = append(out, r)
		}
	}
	return out
}

// requests are those of which a right needs one, by right. Which permissions lead to more is said by
// https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
func requestsByRight() [rights][]Request {
	const (
		group      = Group
		signing    = "certificates.k8s.io"
		admission  = "admissionregistration.k8s.io"
		apiServers = "kubernetes.io/kube-apiserver-client"
	)
	create, change, write := []string{"create"}, []string{"update", "patch"}, []string{"create", "update", "patch"}
	return [rights][]Request{
		rightCreatePods:        with(create, Request{Resource: "pods"}),
		rightCreateControllers: with(create, controllers...),
		rightUpdateControllers: with(change, controllers...),
		rightUpdatePods:        with(change, Request{Resource: "pods"}),
		rightExec:              with(create, Request{Resource: "pods", Subresource: "exec"}, Request{Resource: "pods", Subresource: "attach"}),
		// A GET that is upgraded to a WebSocket was enough before 1.35:
		// AuthorizePodWebsocketUpgradeCreatePermission in https://github.com/kubernetes/kubernetes/blob/master/pkg/features/kube_features.go
		rightExecByGet: with([]string{"get"}, Request{Resource: "pods", Subresource: "exec"}, Request{Resource: "pods", Subresource: "attach"}),
		rightDebug:     with(change, Request{Resource: "pods", Subresource: "ephemeralcontainers"}),
		rightToken:     with(create, Request{Resource: "serviceaccounts", Subresource: "token"}),
		// list and watch show the contents as get does.
		rightReadSecrets:              with([]string{"get", "list", "watch"}, Request{Resource: "secrets"}),
		rightCreateSecrets:            with(create, Request{Resource: "secrets"}),
		rightNodesProxy:               with([]string{"get", "create"}, Request{Resource: "nodes", Subresource: "proxy"}),
		rightImpersonateUsers:         with([]string{"impersonate"}, Request{Resource: "users"}),
		rightImpersonateGroups:        with([]string{"impersonate"}, Request{Resource: "groups"}),
		rightImpersonateAccounts:      with([]string{"impersonate"}, Request{Resource: "serviceaccounts"}),
		rightBind:                     with([]string{"bind"}, Request{APIGroup: group, Resource: "clusterroles", Name: "cluster-admin"}),
		rightWriteRoleBindings:        with(write, Request{APIGroup: group, Resource: "rolebindings"}),
		rightWriteClusterRoleBindings: with(write, Request{APIGroup: group, Resource: "clusterrolebindings"}),
		rightEscalateRoles:            with([]string{"escalate"}, Request{APIGroup: group, Resource: "roles"}),
		rightUpdateRoles:              with(change, Request{APIGroup: group, Resource: "roles"}),
		rightEscalateClusterRoles:     with([]string{"escalate"}, Request{APIGroup: group, Resource: "clusterroles"}),
		rightUpdateClusterRoles:       with(change, Request{APIGroup: group, Resource: "clusterroles"}),
		rightApproveCSR:               with(change, Request{APIGroup: signing, Resource: "certificatesigningrequests", Subresource: "approval"}),
		rightApproveSigner:            with([]string{"approve"}, Request{APIGroup: signing, Resource: "signers", Name: apiServers}),
		rightCreateCSR:                with(create, Request{APIGroup: signing, Resource: "certificatesigningrequests"}),
		rightMutatingWebhooks:         with(write, Request{APIGroup: admission, Resource: "mutatingwebhookconfigurations"}),
		rightMutatingPolicies:         with(write, Request{APIGroup: admission, Resource: "mutatingadmissionpolicies"}),
		rightMutatingPolicyBindings:   with(write, Request{APIGroup: admission, Resource: "mutatingadmissionpolicybindings"}),
		rightCreateVolumes:            with(create, Request{Resource: "persistentvolumes"}),
	}
}

// hit is a right that a list of rules gives.
type hit struct {
	right right
	rule  int32
	// permission says it as a person would: "create deployments".
	permission string
	// names are the only ones that the rule is for; empty is all.
	names []string
}

// named are the rights that mean something for single names too.
var named = map[right]bool{rightToken: true, rightImpersonateUsers: true, rightImpersonateGroups: true, rightImpersonateAccounts: true}

// hits finds the rights of a list of rules: for each right the first rule that gives it without restriction, else those that give it
// for some names.
func hits(rules []*Rule, wanted *[rights][]Request) []hit {
	var out []hit
	for i, rule := range rules {
		if rule.all() {
			out = append(out, hit{right: rightEverything, rule: int32(i), permission: "do everything"})
			break
		}
	}
	for k := range wanted {
		free := false
		for i, rule := range rules {
			q := firstAllowed(rule, wanted[k])
			if q == nil {
				continue
			}
			h := hit{right: right(k), rule: int32(i), permission: q.text()}
			switch {
			case len(rule.ResourceNames) > 0 && q.Name == "":
				if !named[right(k)] {
					continue
				}
				h.names = rule.ResourceNames
			case free:
				continue
			default:
				free = true
			}
			out = append(out, h)
		}
	}
	return out
}

// firstAllowed returns the first of the requests that a rule allows, whatever names it is for.
func firstAllowed(rule *Rule, requests []Request) *Request {
	for i := range requests {
		q := &requests[i]
		if has(rule.Verbs, q.Verb) && has(rule.APIGroups, q.APIGroup) && rule.allowsResource(q.Resource, q.Subresource) &&
			(q.Name == "" || len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, q.Name)) {
			return q
		}
	}
	return nil
}

// text says a request as a person would: "create serviceaccounts/token".
func (q *Request) text() string {
	if q.Subresource != "" {
		return q.Verb + " " + q.Resource + "/" + q.Subresource
	}
	return q.Verb + " " + q.Resource
}

// Danger is a right that leads to more than it says.
type Danger struct {
	// Permission is the right: "create pods/exec".
	Permission string
	// Rule is the index of the rule that gives it.
	Rule int
	// InEdit and InAdmin say that the built-in role of that name has the right anyway.
	InEdit, InAdmin bool
}

// Dangers returns the rights of a list of rules that lead to more than they say, in the order of the rules.
func Dangers(rules []Rule) []Danger {
	list := make([]*Rule, len(rules))
	for i := range rules {
		list[i] = &rules[i]
	}
	wanted := requestsByRight()
	var out []Danger
	for _, h := range hits(list, &wanted) {
		if len(h.names) > 0 {
			continue
		}
		d := Danger{Permission: h.permission, Rule: int(h.rule)}
		switch h.right {
		case rightCreatePods, rightCreateControllers, rightUpdateControllers, rightUpdatePods, rightExec, rightExecByGet, rightDebug, rightToken,
			rightReadSecrets, rightCreateSecrets, rightImpersonateAccounts:
			d.InEdit, d.InAdmin = true, true
		case rightWriteRoleBindings, rightUpdateRoles:
			d.InAdmin = true
		default:
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b Danger) int { return a.Rule - b.Rule })
	return out
}
