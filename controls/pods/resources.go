package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/quantity"
	"github.com/kubeharden/kubeharden/tree"
)

// Documentation that decides what requests and limits mean.
const (
	resourceDocs     = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
	podResourceDocs  = "https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/"
	qosDocs          = "https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/"
	ephemeralDocs    = "https://kubernetes.io/docs/concepts/storage/ephemeral-storage/"
	podResourcesFrom = 34 // spec.resources is on by default from 1.34
)

// ephemeral containers cannot have resources.
var ephemeral = control.Ephemeral()

// amount is a requirement that a resource is given, and more than 0 of it: limits of 0 are no limits.
type amount struct {
	resource      string
	limit, demand control.Field
	// requested is also met by a limit alone, which the API server takes for the request.
	requested bool
}

// limited requires a limit for a resource on the container or, from 1.34 on, on its pod.
func limited(resource string) control.Rule {
	r := newAmount(resource, false)
	return control.Any(r, control.Since(podResourcesFrom, control.OnPod(r)))
}

// requested requires a request, or a limit that becomes the request.
func requested(resource string) control.Rule {
	r := newAmount(resource, true)
	return control.Any(r, control.Since(podResourcesFrom, control.OnPod(r)))
}

func newAmount(resource string, requested bool) *amount {
	return &amount{
		resource:  resource,
		limit:     control.NewField("resources.limits." + resource),
		demand:    control.NewField("resources.requests." + resource),
		requested: requested,
	}
}

// field is the one that counts: the request if there is one and it is asked for, else the limit.
func (a *amount) field(at tree.Node) *control.Field {
	if a.requested && a.demand.Find(at).Exists() {
		return &a.demand
	}
	return &a.limit
}

func (a *amount) Holds(_ *control.Subject, at tree.Node) bool {
	n := a.field(at).Find(at)
	return n.Exists() && !isZero(n)
}

// isZero reports whether a quantity is 0. What is no quantity at all is left to the API server.
func isZero(n tree.Node) bool {
	v, ok := quantity.Parse(n.Text())
	return ok && v.IsZero()
}

func (a *amount) Explain(_ *control.Subject, at tree.Node, out []control.Violation) []control.Violation {
	f := a.field(at)
	if f.Find(at).Exists() {
		return append(out, f.Violation(at, "is 0, which means none"))
	}
	if a.requested {
		f = &a.demand
	}
	return append(out, f.Violation(at, "is missing"))
}

// Edits sets the setting "value"; how much a program needs nobody can know from its manifest, so without the setting there is no edit. A
// limit is never set below what is requested, nor a request above the limit.
func (a *amount) Edits(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	value := param(s.Params, "value")
	if value == "" {
		return out
	}
	if a.requested {
		return append(out, a.demand.Set(at, a.within(at, value)))
	}
	if n := a.demand.Find(at); n.Exists() {
		v, _ := quantity.Parse(value)
		if asked, ok := quantity.Parse(n.Text()); ok && asked.Compare(v) > 0 {
			value = n.Text()
		}
	}
	return append(out, a.limit.Set(at, value))
}

// within is a request, or the limit if that is less: the API server refuses a request above its limit.
func (a *amount) within(at tree.Node, value string) string {
	limit := a.limit.Find(at)
	v, _ := quantity.Parse(value)
	if most, ok := quantity.Parse(limit.Text()); ok && !most.IsZero() && v.Compare(most) > 0 {
		return limit.Text()
	}
	return value
}

// CEL looks for a digit other than 0 before the suffix, which works on numbers too and needs no quantity library.
func (a *amount) CEL(c control.CEL) string {
	given := func(f *control.Field) string {
		v := f.CEL(c.At)
		return "(" + v + ".hasValue() && (string(" + v + ".value()).matches('^[+]?[0-9.]*[1-9]') || !string(" + v + ".value()).matches('^[+]?[0-9.]*0')))"
	}
	if a.requested {
		return "(" + a.demand.CEL(c.At) + ".hasValue() ? " + given(&a.demand) + " : " + given(&a.limit) + ")"
	}
	return given(&a.limit)
}

func (a *amount) Describe() string {
	if a.requested {
		return a.demand.String() + " must be set"
	}
	return a.limit.String() + " must be set"
}

func (a *amount) Breaks(out []control.Change) []control.Change {
	if a.requested {
		return append(out, control.Change{Path: "resources"}, control.Change{Path: a.demand.String(), Value: "0"})
	}
	return append(out, control.Change{Path: a.limit.String()}, control.Change{Path: a.limit.String(), Value: "0"})
}

// amountParam is the setting that a fix takes the value from.
func amountParam(example string) []control.Param {
	return []control.Param{{
		Name: "value", Doc: "the quantity that a fix sets; without it there is no fix", Default: []string{}, Example: []string{example},
		Valid: func(value string) bool {
			v, ok := quantity.Parse(value)
			return ok && !v.IsZero()
		},
	}}
}

// param returns the first value of a setting, "" without one.
func param(params map[string][]string, name string) string {
	if v := params[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}
