// Package audit reads Kubernetes audit policies and answers what they write down: at which level one request is logged and by which
// rule, which rules can never match, which secrets end up in the log, and which sensitive requests leave no trace.
//
// A policy is evaluated as the API server does it (k8s.io/apiserver/pkg/audit/policy): the first rule that matches decides, and a
// request that no rule matches is not logged. What the package says about all requests at once is found by looking for one request
// that proves it. It never claims what it could not prove: an analysis that grows too large says so.
package audit

import (
	"strconv"
	"strings"
)

// Level is how much of a request is logged. https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy
type Level uint8

// The levels, lowest first so that they can be compared.
const (
	// None logs nothing.
	None Level = iota
	// Metadata logs who did what and when, and with which outcome.
	Metadata
	// Request logs the body of the request too.
	Request
	// RequestResponse logs the bodies of the request and of the response.
	RequestResponse
)

var levelNames = [...]string{"None", "Metadata", "Request", "RequestResponse"}

func (l Level) String() string { return levelNames[l] }

// Levels returns all levels, lowest first.
func Levels() []Level { return []Level{None, Metadata, Request, RequestResponse} }

// MarshalText writes the name of the level.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// ParseLevel reads the name of a level.
func ParseLevel(s string) (Level, bool) {
	for i, name := range levelNames {
		if name == s {
			return Level(i), true
		}
	}
	return None, false
}

// Stages is a set of the moments in the life of a request for which events are made.
type Stages uint8

// The stages.
const (
	// RequestReceived is before the request is handled; its event has no outcome and no bodies.
	RequestReceived Stages = 1 << iota
	// ResponseStarted is when the headers of a long-running response (a watch, an exec) are sent.
	ResponseStarted
	// ResponseComplete is when the response is complete.
	ResponseComplete
	// Panic is when the handler panicked.
	Panic
)

var stageNames = [...]string{"RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"}

// Has reports whether all stages of t are in s.
func (s Stages) Has(t Stages) bool { return s&t == t }

// Names returns the names of the stages, in the order in which they happen.
func (s Stages) Names() []string {
	names := []string{}
	for i, name := range stageNames {
		if s.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

func (s Stages) String() string { return strings.Join(s.Names(), ", ") }

// ParseStage reads the name of one stage.
func ParseStage(s string) (Stages, bool) {
	for i, name := range stageNames {
		if name == s {
			return 1 << i, true
		}
	}
	return 0, false
}

// Policy is an audit policy. https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Policy
type Policy struct {
	// Rules are tried in their order; the first that matches decides.
	Rules []Rule
	// OmitStages makes no events for these stages, whichever rule decides.
	OmitStages Stages
	// OmitManagedFields leaves metadata.managedFields out of bodies, unless the rule says otherwise.
	OmitManagedFields bool
}

// Rule says at which level the requests are logged that match all of its lists. An empty list matches everything.
type Rule struct {
	Level                     Level
	Users, UserGroups, Verbs  []string
	Resources                 []GroupResources
	Namespaces                []string // "" stands for requests to what is in no namespace, and for lists across all of them
	NonResourceURLs           []string
	OmitStages                Stages
	OmitManagedFields         bool
	OmitManagedFieldsIsForced bool // the rule says OmitManagedFields itself
}

// GroupResources are resources of one API group.
type GroupResources struct {
	Group         string   // "" is the core group, "*" every group
	Resources     []string // "pods", "pods/log", "pods/*" (pods and all subresources), "*/scale", "*"; empty is all of the group
	ResourceNames []string // empty is every name
}

// RulePath returns the path of a rule in its policy: "rules[2]"; for no rule (-1) that of the list.
func RulePath(rule int) string {
	if rule < 0 {
		return "rules"
	}
	return "rules[" + strconv.Itoa(rule) + "]"
}
