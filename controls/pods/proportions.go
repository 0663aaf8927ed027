package pods

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/quantity"
	"github.com/kubeharden/kubeharden/tree"
)

// pair is the limit and the request of one resource.
type pair struct{ limit, request control.Field }

// pairs are the resources whose requests and limits are compared.
var pairs = []pair{newPair("cpu"), newPair("memory")}

func newPair(resource string) pair {
	return pair{control.NewField("resources.limits." + resource), control.NewField("resources.requests." + resource)}
}

// read returns what is given of a resource; a quantity that cannot be read is left to the API server.
func (p *pair) read(at tree.Node) (limit, request quantity.Value, hasLimit, hasRequest bool) {
	limit, hasLimit = quantity.Parse(p.limit.Find(at).Text())
	request, hasRequest = quantity.Parse(p.request.Find(at).Text())
	return limit, request, hasLimit, hasRequest
}

// eachPair writes test for both pairs in CEL. The test names the two optional values %l% and %r%.
func eachPair(at, test string) string {
	tests := make([]string, len(pairs))
	for i := range pairs {
		tests[i] = strings.NewReplacer("%l%", pairs[i].limit.CEL(at), "%r%", pairs[i].request.CEL(at)).Replace(test)
	}
	return "(" + strings.Join(tests, " && ") + ")"
}

// underMaximum requires limits to be no more than the setting "max" says.
var underMaximum = &control.Func{
	Text: "resources.limits must not be above the maximum in the settings",
	Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		for key, n := range at.Get("resources").Get("limits").Pairs() {
			if text, v, ok := maximum(s.Params, key.Text()); ok {
				if have, ok := quantity.Parse(n.Text()); ok && have.Compare(v) > 0 &&
					!fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", more than " + text}) {
					return
				}
			}
		}
	},
	Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
		for key, n := range at.Get("resources").Get("limits").Pairs() {
			text, v, ok := maximum(s.Params, key.Text())
			if have, isQuantity := quantity.Parse(n.Text()); !ok || !isQuantity || have.Compare(v) <= 0 {
				continue
			}
			out = append(out, control.Edit{Op: control.Set, At: n, Value: text})
			// A request may not be above its limit.
			request := at.Get("resources").Get("requests").Get(key.Text())
			if have, ok := quantity.Parse(request.Text()); ok && have.Compare(v) > 0 {
				out = append(out, control.Edit{Op: control.Set, At: request, Value: text})
			}
		}
		return out
	},
	Expr: func(c control.CEL) string {
		tests := []string{"true"}
		for _, setting := range c.Params["max"] {
			resource, text, _ := strings.Cut(setting, "=")
			if _, ok := quantity.Parse(text); ok {
				f := control.NewField("resources.limits." + resource)
				v := f.CEL(c.At)
				tests = append(tests, "(!"+v+".hasValue() || "+celQuantity(v+".value()")+".compareTo(quantity("+control.Quote(text)+")) <= 0)")
			}
		}
		return "(" + strings.Join(tests, " && ") + ")"
	},
}

// maximum returns the setting for a resource, as written and as a quantity.
func maximum(params map[string][]string, resource string) (text string, v quantity.Value, ok bool) {
	for _, setting := range params["max"] {
		if name, text, _ := strings.Cut(setting, "="); name == resource {
			v, ok = quantity.Parse(text)
			return text, v, ok
		}
	}
	return "", v, false
}

// isMaximum reports whether a setting is RESOURCE=QUANTITY.
func isMaximum(setting string) bool {
	name, text, _ := strings.Cut(setting, "=")
	_, ok := quantity.Parse(text)
	return ok && name != ""
}

// isRatio reports whether a setting is a positive number.
func isRatio(setting string) bool {
	ratio, ok := quantity.Parse(setting)
	return ok && !ratio.IsZero()
}

func celQuantity(v string) string { return "quantity(string(" + v + "))" }

// notCritical are the pods whose PriorityClass is not in the setting "priorityClasses".
var notCritical = control.OnPod(&control.Func{
	Text: "priorityClassName is not that of a critical workload",
	Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		n, classes := priorityClass.Find(at), s.Params["priorityClasses"]
		if slices.Contains(classes, "*") || n.Exists() && slices.Contains(classes, n.Text()) {
			fail(control.Violation{At: at, Problem: "is critical"})
		}
	},
	Expr: func(c control.CEL) string {
		if slices.Contains(c.Params["priorityClasses"], "*") {
			return "false"
		}
		return "!(" + priorityClass.CEL(c.At) + ".orValue('') in " + control.QuoteAll(c.Params["priorityClasses"]) + ")"
	},
})

// guaranteed requires requests to equal limits, on the container or, from 1.34 on, for both resources on its pod.
var guaranteed = control.Any(equalPairs, control.Since(podResourcesFrom, control.OnPod(control.All(
	control.Present("resources.limits.cpu", nil), control.Present("resources.limits.memory", nil), equalPairs))))

var equalPairs = &control.Func{
	Text: "resources.requests must equal resources.limits for cpu and memory",
	Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		for i := range pairs {
			p := &pairs[i]
			switch limit, request, hasLimit, hasRequest := p.read(at); {
			case !hasRequest: // The limit becomes the request.
			case !hasLimit:
				if !fail(p.limit.Violation(at, "is missing, but there is a request")) {
					return
				}
			case limit.Compare(request) != 0:
				n := p.request.Find(at)
				if !fail(p.request.Violation(at, "is "+control.Show(n)+", not "+control.Show(p.limit.Find(at))+" as the limit")) {
					return
				}
			}
		}
	},
	Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
		for i := range pairs {
			p := &pairs[i]
			switch limit, request, hasLimit, hasRequest := p.read(at); {
			case !hasRequest:
			case !hasLimit:
				out = append(out, p.limit.Set(at, p.request.Find(at).Text()))
			case limit.Compare(request) != 0:
				out = append(out, p.request.Set(at, p.limit.Find(at).Text()))
			}
		}
		return out
	},
	Expr: func(c control.CEL) string {
		return eachPair(c.At, "(!%r%.hasValue() || %l%.hasValue() && "+celQuantity("%l%.value()")+".compareTo("+celQuantity("%r%.value()")+") == 0)")
	},
}

// ratioBounded requires limits to be at most "maxRatio" times the requests.
var ratioBounded = &control.Func{
	Text: "resources.limits must not be more than the allowed multiple of resources.requests",
	Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		ratio, ok := quantity.Parse(param(s.Params, "maxRatio"))
		for i := range pairs {
			p := &pairs[i]
			limit, request, hasLimit, hasRequest := p.read(at)
			if ok && hasLimit && hasRequest && limit.Exceeds(ratio, request) &&
				!fail(p.request.Violation(at, "is "+control.Show(p.request.Find(at))+", too little for the limit "+control.Show(p.limit.Find(at)))) {
				return
			}
		}
	},
	Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
		ratio, _ := quantity.Parse(param(s.Params, "maxRatio"))
		for i := range pairs {
			p := &pairs[i]
			if limit, request, hasLimit, hasRequest := p.read(at); hasLimit && hasRequest && limit.Exceeds(ratio, request) {
				out = append(out, p.request.Set(at, limit.Share(ratio).String()))
			}
		}
		return out
	},
	Expr: func(c control.CEL) string {
		if _, ok := quantity.Parse(param(c.Params, "maxRatio")); !ok {
			return "true"
		}
		return eachPair(c.At, "(!%l%.hasValue() || !%r%.hasValue() || "+celQuantity("%l%.value()")+".asApproximateFloat() <= quantity("+
			control.Quote(param(c.Params, "maxRatio"))+").asApproximateFloat() * "+celQuantity("%r%.value()")+".asApproximateFloat())")
	},
}
