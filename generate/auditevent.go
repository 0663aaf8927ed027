package generate

import (
	"strconv"
	"strings"
)

// AuditEvent is what an event of an audit log says about one request: who, what, and with which outcome.
// https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
type AuditEvent struct {
	// AuditID is the same for all events of one request. A client may choose it (header Audit-ID), so it proves nothing.
	AuditID string
	// Stage is RequestReceived, ResponseStarted (only of long-running requests, such as watches), ResponseComplete or Panic.
	Stage string
	// Verb is the verb of the resource request, or the HTTP method in lower case.
	Verb string
	// RequestURI is the path and the query as the client sent them.
	RequestURI string
	// User is who authenticated.
	User AuditUser
	// Impersonated is as whom the request was authorized; nil if that was User.
	Impersonated *AuditUser
	// Constraint is the verb by which constrained impersonation was allowed, "impersonate:user-info"; "" for the older kind.
	// https://kep.k8s.io/5284
	Constraint string
	// Object is what was asked for; nil for a request to a non-resource URL.
	Object *AuditObject
	// Code is the HTTP status of the response, 0 if the event has none.
	Code int
	// Decision is the authorizer's: "allow", "forbid", or "" if the event does not have it.
	Decision string
	// Time is when the request was received, as the event writes it (RFC 3339); "" if it does not.
	Time string
	// Level is the level at which the request was logged: Metadata, Request or RequestResponse.
	Level string
	// Size, RequestSize and ResponseSize are how many bytes the event has as JSON, and how many of them its two bodies; a body that the
	// event does not have is 0.
	Size, RequestSize, ResponseSize int

	kind, apiVersion string
}

// AuditUser is a user as the API server knows it.
type AuditUser struct {
	Name, UID string
	Groups    []string
	Extra     map[string][]string
}

// AuditObject is the resource of a request.
type AuditObject struct {
	Group, Resource, Subresource, Namespace, Name string

	version string
}

// Allowed reports whether the request passed the authorizer. The authorizer's own word counts before the status, since an
// admission plugin answers 403 too. https://kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations/
func (e *AuditEvent) Allowed() bool {
	switch e.Decision {
	case "allow":
		return true
	case "forbid":
		return false
	default:
		return e.Code != 401 && e.Code != 403
	}
}

// interned bounds what an eventDecoder remembers.
const (
	maxInterned     = 1 << 14
	maxInternedText = 256
)

// eventDecoder reads events. The few users, verbs and resources of a log repeat for ever, so their texts are made once.
type eventDecoder struct {
	cursor
	event        AuditEvent
	ref          AuditObject
	impersonated AuditUser
	texts        map[string]string
}

// decoded is what a piece of input turned out to be.
type decoded uint8

const (
	isBroken decoded = iota // not JSON, or not of the shape of an event
	isOther                 // JSON, but something else
	isList                  // an object with items
	isEvent                 // now in eventDecoder.event
)

// decode reads one JSON value. inList is set for an item of a list, which need not say its kind.
func (d *eventDecoder) decode(b []byte, inList bool) decoded {
	d.b, d.i = b, 0
	groups, impersonatedGroups := d.event.User.Groups[:0], d.impersonated.Groups[:0]
	d.event = AuditEvent{User: AuditUser{Groups: groups}, Size: len(b)}
	d.ref = AuditObject{}
	d.impersonated = AuditUser{Groups: impersonatedGroups}
	if d.space() != '{' {
		return isBroken
	}
	list := false
	if !d.object(func(key []byte) bool {
		if string(key) == "items" {
			list = true
			return false
		}
		return d.entry(key)
	}) {
		if list {
			return isList
		}
		return isBroken
	}
	if !d.end() {
		return isBroken
	}
	return d.judge(inList)
}

// judge says whether what was read is an event.
func (d *eventDecoder) judge(inList bool) decoded {
	e := &d.event
	switch e.apiVersion {
	case "audit.k8s.io/v1", "audit.k8s.io/v1beta1", "audit.k8s.io/v1alpha1":
	case "":
		if !inList {
			return isOther
		}
	default:
		return isOther
	}
	if e.kind != "Event" && (e.kind != "" || !inList) || e.Stage == "" {
		return isOther
	}
	if o := e.Object; o != nil && o.Group == "" {
		// v1alpha1 wrote the group into the version: k8s.io/apiserver/pkg/apis/audit/v1alpha1/conversion.go, up to v0.23.
		if i := strings.LastIndexByte(o.version, '/'); i >= 0 {
			o.Group = o.version[:i]
		}
	}
	return isEvent
}

// entry reads the value of one key of an event.
func (d *eventDecoder) entry(key []byte) bool {
	e := &d.event
	switch string(key) {
	case "kind":
		return d.shared(&e.kind)
	case "apiVersion":
		return d.shared(&e.apiVersion)
	case "auditID":
		return d.fresh(&e.AuditID)
	case "level":
		return d.shared(&e.Level)
	case "requestObject":
		return d.measure(&e.RequestSize)
	case "responseObject":
		return d.measure(&e.ResponseSize)
	case "stage":
		return d.shared(&e.Stage)
	case "verb":
		return d.shared(&e.Verb)
	case "requestURI":
		return d.fresh(&e.RequestURI)
	case "requestReceivedTimestamp":
		return d.fresh(&e.Time)
	case "timestamp": // v1alpha1 and the first v1beta1
		return d.older(&e.Time)
	case "user":
		return d.user(&e.User)
	case "impersonatedUser":
		if d.null() {
			return true
		}
		e.Impersonated = &d.impersonated
		return d.user(e.Impersonated)
	case "objectRef":
		if d.null() {
			return true
		}
		e.Object = &d.ref
		return d.reference()
	case "responseStatus":
		return d.object(func(key []byte) bool {
			if string(key) == "code" {
				return d.code()
			}
			return d.skip()
		})
	case "authenticationMetadata":
		return d.only("impersonationConstraint", &e.Constraint)
	case "annotations":
		return d.only("authorization.k8s.io/decision", &e.Decision)
	default:
		return d.skip()
	}
}

// measure walks over a value and notes how many bytes it has; null has none.
func (d *eventDecoder) measure(to *int) bool {
	if d.null() {
		return true
	}
	d.space()
	start := d.i
	ok := d.skip()
	*to = d.i - start
	return ok
}

// older reads a time that gives way to one that is there already.
func (d *eventDecoder) older(to *string) bool {
	if *to != "" {
		return d.skip()
	}
	return d.fresh(to)
}

// only reads one text of an object.
func (d *eventDecoder) only(name string, to *string) bool {
	return d.object(func(key []byte) bool {
		if string(key) == name {
			return d.shared(to)
		}
		return d.skip()
	})
}

func (d *eventDecoder) user(u *AuditUser) bool {
	return d.object(func(key []byte) bool {
		switch string(key) {
		case "username":
			return d.shared(&u.Name)
		case "uid":
			return d.shared(&u.UID)
		case "groups":
			u.Groups = u.Groups[:0]
			return d.words(&u.Groups)
		case "extra":
			if u != &d.impersonated {
				return d.skip() // nobody asks for it
			}
			return d.extra(u)
		default:
			return d.skip()
		}
	})
}

func (d *eventDecoder) extra(u *AuditUser) bool {
	return d.object(func(key []byte) bool {
		name := d.intern(key)
		var values []string
		if !d.words(&values) {
			return false
		}
		if u.Extra == nil {
			u.Extra = map[string][]string{}
		}
		u.Extra[name] = values
		return true
	})
}

func (d *eventDecoder) reference() bool {
	o := &d.ref
	return d.object(func(key []byte) bool {
		switch string(key) {
		case "resource":
			return d.shared(&o.Resource)
		case "subresource":
			return d.shared(&o.Subresource)
		case "namespace":
			return d.shared(&o.Namespace)
		case "name":
			return d.shared(&o.Name)
		case "apiGroup":
			return d.shared(&o.Group)
		case "apiVersion":
			return d.shared(&o.version)
		default:
			return d.skip()
		}
	})
}

func (d *eventDecoder) code() bool {
	d.space()
	start := d.i
	if d.null() {
		return true
	}
	if !d.number() {
		return false
	}
	code, err := strconv.ParseInt(string(d.b[start:d.i]), 10, 32)
	d.event.Code = int(code)
	return err == nil
}

// shared reads a text that is likely to come again.
func (d *eventDecoder) shared(to *string) bool {
	text, ok := d.text()
	if ok && text != nil {
		*to = d.intern(text)
	}
	return ok
}

func (d *eventDecoder) words(to *[]string) bool {
	return d.array(func() bool {
		var s string
		ok := d.shared(&s)
		*to = append(*to, s)
		return ok
	})
}

// fresh reads a text that is not likely to come again.
func (d *eventDecoder) fresh(to *string) bool {
	text, ok := d.text()
	if ok && text != nil {
		*to = string(text)
	}
	return ok
}

func (d *eventDecoder) intern(text []byte) string {
	if s, ok := d.texts[string(text)]; ok {
		return s
	}
	if len(text) > maxInternedText {
		return string(text)
	}
	if d.texts == nil || len(d.texts) >= maxInterned {
		d.texts = make(map[string]string, 256)
	}
	s := string(text)
	d.texts[s] = s
	return s
}
