package audit

// Concern is something in a cluster that an audit log has to be able to answer questions about.
type Concern struct {
	// ID is a short name, in kebab case.
	ID string
	// Title says what it is, to be read behind "not logged:".
	Title string
	// Deliberate says that policies leave some of it out for good reasons, such as the leases of controllers in ConfigMaps: only if
	// no rule is for it at all somebody has forgotten it.
	Deliberate bool

	operations []operation
}

// scope is where an operation's objects are.
type scope uint8

const (
	namespaced scope = iota
	cluster          // in no namespace
	either           // a list of one namespace or across all
)

// operation is a set of requests: these verbs on one resource.
type operation struct {
	group, resource, sub string
	verbs                []string
	scope                scope
	named                bool // the URL names the object; else it does not
	longRunning          bool // there is an event for the start of the response too
}

// cube returns the requests of the operation.
func (o *operation) cube() *cube {
	c := &cube{rule: -1}
	c.in[byGroup], c.in[byResource], c.in[bySubresource], c.in[byVerb] = only(o.group), only(o.resource), only(o.sub), listed(o.verbs)
	if o.scope == cluster {
		c.in[byNamespace] = only("")
	}
	if !o.named && o.scope != either { // a list may have a name, by a field selector
		c.in[byName] = only("")
	}
	return c
}

// within returns what of a rule's cube belongs to the operation.
func (o *operation) within(c *cube) (cube, bool) {
	q, ok := overlap(o.cube(), c)
	if ok && o.scope == namespaced {
		ok = q.drop(byNamespace)
	}
	if ok && o.named {
		ok = q.drop(byName)
	}
	return q, ok
}

// drop takes "" out of a dimension; it reports false if nothing is left.
func (c *cube) drop(d dim) bool {
	if c.in[d] == nil || !c.in[d].has("") {
		return true
	}
	var rest []string
	for _, s := range c.in[d].list {
		if s != "" {
			rest = append(rest, s)
		}
	}
	c.in[d] = listed(rest)
	return len(rest) > 0
}

const (
	coreGroup = ""
	rbacGroup = "rbac.authorization.k8s.io"
	admission = "admissionregistration.k8s.io"
	authn     = "authentication.k8s.io"
	certs     = "certificates.k8s.io"
)

// reads are the operations that show objects in namespaces.
func reads(group, resource string) []operation {
	return []operation{
		{group: group, resource: resource, verbs: []string{"get"}, named: true},
		{group: group, resource: resource, verbs: []string{"list"}, scope: either},
		{group: group, resource: resource, verbs: []string{"watch"}, scope: either, longRunning: true},
	}
}

// writes are the operations that make and change objects, and remove single ones.
func writes(group, resource string, s scope) []operation {
	return []operation{
		{group: group, resource: resource, verbs: []string{"create"}, scope: s},
		{group: group, resource: resource, verbs: []string{"update", "patch", "delete"}, scope: s, named: true},
	}
}

// connects are the operations on a subresource that opens a connection. WebSockets are opened with get.
func connects(resource, sub string, s scope) []operation {
	return []operation{{group: coreGroup, resource: resource, sub: sub, verbs: []string{"create", "get"}, scope: s, named: true, longRunning: true}}
}

func all(parts ...[]operation) []operation {
	var out []operation
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Concerns returns what an audit log has to be able to answer: what CIS 3.2.2 asks for, and the ways on which attackers reach more
// than they have. Impersonation is not among them, because it is no request of its own: the API server logs it in the event of the
// request that it is used for, if that is logged.
func Concerns() []Concern {
	return []Concern{
		{ID: "secret-reads", Title: "reading Secrets", operations: reads(coreGroup, "secrets")},
		{ID: "secret-writes", Title: "writing Secrets", operations: writes(coreGroup, "secrets", namespaced)},
		{ID: "config-maps", Title: "access to ConfigMaps", operations: all(reads(coreGroup, "configmaps"), writes(coreGroup, "configmaps", namespaced)), Deliberate: true},
		{ID: "token-reviews", Title: "TokenReviews", operations: writes(authn, "tokenreviews", cluster)[:1], Deliberate: true},
		{ID: "token-requests", Title: "tokens made for service accounts", operations: []operation{
			{group: coreGroup, resource: "serviceaccounts", sub: "token", verbs: []string{"create"}, named: true},
		}},
		{ID: "exec", Title: "exec into pods", operations: connects("pods", "exec", namespaced)},
		{ID: "attach", Title: "attach to pods", operations: connects("pods", "attach", namespaced)},
		{ID: "port-forward", Title: "port forwarding to pods", operations: connects("pods", "portforward", namespaced)},
		{ID: "proxy", Title: "proxying to pods and services", operations: all(connects("pods", "proxy", namespaced), connects("services", "proxy", namespaced))},
		{ID: "node-proxy", Title: "proxying to nodes, which is exec into every pod there", operations: connects("nodes", "proxy", cluster)},
		{ID: "ephemeral-containers", Title: "debug containers put into pods", operations: []operation{
			{group: coreGroup, resource: "pods", sub: "ephemeralcontainers", verbs: []string{"update", "patch"}, named: true},
		}},
		{ID: "role-changes", Title: "changes of roles and bindings", operations: all(
			writes(rbacGroup, "clusterrolebindings", cluster), writes(rbacGroup, "rolebindings", namespaced),
			writes(rbacGroup, "clusterroles", cluster), writes(rbacGroup, "roles", namespaced),
		)},
		{ID: "certificates", Title: "requesting and approving client certificates", operations: []operation{
			{group: certs, resource: "certificatesigningrequests", verbs: []string{"create"}, scope: cluster},
			{group: certs, resource: "certificatesigningrequests", sub: "approval", verbs: []string{"update", "patch"}, scope: cluster, named: true},
		}},
		{ID: "admission-changes", Title: "changes of admission webhooks and policies", operations: all(
			writes(admission, "validatingwebhookconfigurations", cluster), writes(admission, "mutatingwebhookconfigurations", cluster),
			writes(admission, "validatingadmissionpolicies", cluster), writes(admission, "validatingadmissionpolicybindings", cluster),
		)},
		{ID: "pod-writes", Title: "creating, changing and deleting pods and workloads", operations: all(
			writes(coreGroup, "pods", namespaced), writes("apps", "deployments", namespaced), writes("apps", "daemonsets", namespaced),
			writes("apps", "statefulsets", namespaced), writes("batch", "jobs", namespaced), writes("batch", "cronjobs", namespaced),
		)},
	}
}

// destructive are the operations of the concern about events for what cannot be undone, and for exec.
func destructive() []Concern {
	remove := func(group, resource string, s scope) []operation {
		return []operation{
			{group: group, resource: resource, verbs: []string{"delete"}, scope: s, named: true},
			{group: group, resource: resource, verbs: []string{"deletecollection"}, scope: s},
		}
	}
	return []Concern{
		{ID: "exec", Title: "exec into pods", operations: connects("pods", "exec", namespaced)},
		{ID: "deletes", Title: "deleting objects", operations: all(
			// A namespace is requested in itself.
			[]operation{{group: coreGroup, resource: "namespaces", verbs: []string{"delete"}, named: true}},
			remove(coreGroup, "pods", namespaced), remove("apps", "deployments", namespaced), remove(coreGroup, "secrets", namespaced),
			remove(coreGroup, "persistentvolumeclaims", namespaced), remove(coreGroup, "persistentvolumes", cluster),
			remove("networking.k8s.io", "networkpolicies", namespaced),
		)},
	}
}

// body is a body that holds a secret.
type body struct {
	what       string // what is in it
	operations []operation
}

// bodiesAt returns the bodies with secrets that a level writes into the log. Reading shows them in the response only, and a
// watch's response is never logged. Deleting shows them too: deletecollection answers with what it deleted, and delete with the object
// if that has to wait for finalizers or for what depends on it (k8s.io/apiserver/pkg/registry/generic/registry/store.go, Delete).
func bodiesAt(l Level) []body {
	contents := func(resource string) []operation {
		ops := []operation{
			{group: coreGroup, resource: resource, verbs: []string{"create"}},
			{group: coreGroup, resource: resource, verbs: []string{"update", "patch"}, named: true},
		}
		if l == RequestResponse {
			ops = append(ops, reads(coreGroup, resource)[:2]...)
			ops = append(ops,
				operation{group: coreGroup, resource: resource, verbs: []string{"delete"}, named: true},
				operation{group: coreGroup, resource: resource, verbs: []string{"deletecollection"}})
		}
		return ops
	}
	if l < Request {
		return nil
	}
	bodies := []body{
		{"the values of Secrets", contents("secrets")},
		{"the contents of ConfigMaps", contents("configmaps")},
		{"the tokens of TokenReviews", []operation{{group: authn, resource: "tokenreviews", verbs: []string{"create"}, scope: cluster}}},
	}
	if l == RequestResponse {
		bodies = append(bodies, body{"new tokens of service accounts", []operation{
			{group: coreGroup, resource: "serviceaccounts", sub: "token", verbs: []string{"create"}, named: true},
		}})
	}
	return bodies
}
