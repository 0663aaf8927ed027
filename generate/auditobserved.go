package generate

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/rbac"
)

// Request is a question that the authorizer answered: may the subject do this?
type Request struct {
	// Verb is a verb of the API, or an HTTP method in lower case if Path is set.
	Verb string `json:"verb"`
	// Group is the API group, "" for the core group.
	Group string `json:"apiGroup"`
	// Resource is the resource with its subresource: "pods", "pods/exec".
	Resource string `json:"resource,omitempty"`
	// Namespace is "" for resources without, and for all namespaces.
	Namespace string `json:"namespace,omitempty"`
	// Name is "" where the authorizer knew none.
	Name string `json:"name,omitempty"`
	// Path is set for non-resource URLs, and then nothing else is but Verb.
	Path string `json:"path,omitempty"`
}

func (r Request) compare(s Request) int {
	return cmp.Or(cmp.Compare(r.Namespace, s.Namespace), cmp.Compare(r.Group, s.Group), cmp.Compare(r.Resource, s.Resource),
		cmp.Compare(r.Path, s.Path), cmp.Compare(r.Name, s.Name), cmp.Compare(verbRank(r.Verb), verbRank(s.Verb)), cmp.Compare(r.Verb, s.Verb))
}

// ObserveOptions say what counts.
type ObserveOptions struct {
	// Denied counts requests that were refused as well: what the subject wanted, not what it may.
	Denied bool
}

// Limits of what an Observed remembers. Ten service accounts of a large cluster make some thousands of distinct requests.
const (
	maxRequests = 1 << 20
	maxIDs      = 1 << 18 // of each of two generations
)

// use is how often a request was seen.
type use struct {
	count int
	// common is set as long as every such request was one that everybody may make.
	common bool
	// implied is set if no event of its own says so: it follows from another request.
	implied bool
}

// Observed sums up what a subject did. It grows with the number of distinct requests and not with the number of events; past a
// million distinct ones it counts what it had to leave out.
type Observed struct {
	subject rbac.Subject
	opts    ObserveOptions

	seen map[Request]*use
	// ids are the hashes of requests that were counted lately, so that the stages of one request, or a log read twice, count
	// once. A right is never lost to it: a request that is new to seen is always taken.
	ids, oldIDs map[uint64]struct{}
	seed        maphash.Seed

	events   int
	requests int
	denied   int
	dropped  int
	guessed  int
	first    time.Time
	last     time.Time
}

// NewObserved returns the empty sum for a subject. Several of them may be fed from one pass over a log.
func NewObserved(subject rbac.Subject, opts ObserveOptions) *Observed {
	return &Observed{
		subject: subject, opts: opts, seen: map[Request]*use{},
		ids: map[uint64]struct{}{}, oldIDs: map[uint64]struct{}{}, seed: maphash.MakeSeed(),
	}
}

// Add takes an event into account if it is about the subject.
//
// A request counts when its response has begun, is complete or has panicked: at the stage RequestReceived nobody has
// decided yet. The user whom a request is made as has made it; who impersonated that user needed the right to do so, whether or
// not the request was allowed then.
func (o *Observed) Add(e *AuditEvent) {
	switch e.Stage {
	case "ResponseComplete", "ResponseStarted", "Panic":
	default:
		return
	}
	effective := &e.User
	if e.Impersonated != nil {
		effective = e.Impersonated
	}
	acts, impersonates := subjectIs(o.subject, effective), e.Impersonated != nil && subjectIs(o.subject, &e.User)
	if !acts && !impersonates {
		return
	}
	o.events++
	o.time(e.Time)
	if acts {
		o.act(e, effective)
	}
	if impersonates {
		o.impersonate(e)
	}
}

// act takes what the subject did.
func (o *Observed) act(e *AuditEvent, as *AuditUser) {
	request := eventRequest(e)
	allowed := e.Allowed()
	if !o.count(e.AuditID, request, allowed) {
		return
	}
	if !allowed && !o.opts.Denied {
		o.denied++
		return
	}
	o.requests++
	o.add(request, use{count: 1, common: isCommon(request, as)})
	if allowed {
		if implied, ok := impliedRequest(request, e.Code); ok {
			o.add(implied, use{count: 1, implied: true})
		}
	}
}

// impersonate takes what the subject needed to act as another.
func (o *Observed) impersonate(e *AuditEvent) {
	requests, guessed := impersonations(e)
	fresh := false
	for _, request := range requests {
		if o.count(e.AuditID, request, true) {
			o.add(request, use{count: 1, implied: true})
			fresh = true
		}
	}
	if fresh {
		o.requests++
		if guessed {
			o.guessed++
		}
	}
}

// count reports whether this request was not counted before.
func (o *Observed) count(id string, request Request, allowed bool) bool {
	if id == "" {
		return true
	}
	var h maphash.Hash
	h.SetSeed(o.seed)
	h.WriteString(id)
	maphash.WriteComparable(&h, request)
	sum := h.Sum64()
	_, now := o.ids[sum]
	_, before := o.oldIDs[sum]
	if len(o.ids) >= maxIDs {
		o.oldIDs, o.ids = o.ids, make(map[uint64]struct{}, maxIDs)
	}
	o.ids[sum] = struct{}{}
	if !now && !before {
		return true
	}
	return (allowed || o.opts.Denied) && o.seen[request] == nil
}

func (o *Observed) add(request Request, u use) {
	known := o.seen[request]
	switch {
	case known != nil:
		known.count += u.count
		known.common = known.common && u.common
		known.implied = known.implied && u.implied
	case len(o.seen) >= maxRequests:
		o.dropped++
	default:
		o.seen[request] = &u
	}
}

func (o *Observed) time(text string) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return
	}
	at = at.UTC()
	if o.first.IsZero() || at.Before(o.first) {
		o.first = at
	}
	if at.After(o.last) {
		o.last = at
	}
}

// Subject returns whose requests these are.
func (o *Observed) Subject() rbac.Subject { return o.subject }

// Counts returns how many events were about the subject, how many requests of it that makes, and how many more were denied.
func (o *Observed) Counts() (events, requests, denied int) { return o.events, o.requests, o.denied }

// Span returns when the first and the last of the requests was received; zero if the log does not say.
func (o *Observed) Span() (first, last time.Time) { return o.first, o.last }

// Requests returns the distinct requests in order.
func (o *Observed) Requests() []Request {
	list := make([]Request, 0, len(o.seen))
	for r := range o.seen {
		list = append(list, r)
	}
	slices.SortFunc(list, Request.compare)
	return list
}

// eventRequest returns what the authorizer was asked. The objectRef of an event is made from the attributes that the
// authorizer sees (LogRequestMetadata in k8s.io/apiserver/pkg/audit/request.go), which take the name of a list or a watch from
// the field selector metadata.name. But for levels above Metadata, what is missing in it is filled in from the body
// (LogRequestObject there), and the authorizer did not know that.
func eventRequest(e *AuditEvent) Request {
	o := e.Object
	if o == nil || o.Resource == "" {
		return Request{Verb: e.Verb, Path: uriPath(e.RequestURI)}
	}
	r := Request{Verb: e.Verb, Group: o.Group, Resource: o.Resource, Namespace: o.Namespace, Name: o.Name}
	if o.Subresource != "" {
		r.Resource += "/" + o.Subresource
	}
	switch {
	case e.Verb == "create" && o.Subresource == "":
		// pods/exec and serviceaccounts/token have the name in their path; a new object has it in its body.
		r.Name = ""
		if namespace, ok := uriNamespace(uriPath(e.RequestURI)); ok {
			r.Namespace = namespace
		}
	case e.Verb == "deletecollection":
		r.Name = ""
	}
	return r
}

// uriNamespace returns the namespace in the path of a resource request, as NewRequestInfo in
// k8s.io/apiserver/pkg/endpoints/request finds it; ok is false if the path is no such path.
func uriNamespace(path string) (namespace string, ok bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) >= 3 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) >= 4 && parts[0] == "apis":
		parts = parts[3:]
	default:
		return "", false
	}
	if parts[0] == "namespaces" && len(parts) > 1 {
		return parts[1], true
	}
	return "", true
}
