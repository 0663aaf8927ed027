package audit

import (
	"cmp"
	"slices"
)

// Exposure is a secret that the log can hold.
type Exposure struct {
	// Rule is the rule that logs the body.
	Rule  int
	Level Level
	// What is what is in the body, to be read behind "logs": "the values of Secrets".
	What string
	// Example is one such request.
	Example Attributes

	topic int
}

// SecretBodies returns the rules that write secrets into the log: bodies of Secrets, ConfigMaps, TokenReviews and token requests, at
// the levels at which the API server logs the body that holds them. Requests that an earlier rule takes do not count.
// complete is false if the policy is too intricate to look at all of it.
func (p *Policy) SecretBodies() (list []Exposure, complete bool) {
	a := newAnalysis(p)
	type key struct{ rule, topic int }
	topics := map[key]bool{}
	for _, level := range []Level{RequestResponse, Request} {
		bodies := bodiesAt(level)
		var questions []question
		for topic := range bodies {
			for i := range bodies[topic].operations {
				questions = append(questions, question{&bodies[topic].operations[i], topic})
			}
		}
		a.ask(questions, func(q *question, rule int) bool {
			return rule >= 0 && p.Rules[rule].Level == level && !topics[key{rule, q.topic}]
		}, func(q *question, _ *persona, rule int, r Attributes) {
			topics[key{rule, q.topic}] = true
			list = append(list, Exposure{Rule: rule, Level: level, What: bodies[q.topic].what, Example: r, topic: q.topic})
		})
	}
	slices.SortStableFunc(list, func(x, y Exposure) int { return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.topic, y.topic)) })
	return list, !a.exhausted()
}

// BlindSpot is a concern of which the log can be without a trace.
type BlindSpot struct {
	// Rule is the rule that leaves it out, -1 if no rule is for it.
	Rule    int
	Concern Concern
	// Example is one request that is not logged.
	Example Attributes
	// Component says that only requests of a part of Kubernetes itself are left out, which the policy names.
	Component bool
	// Narrow says that the concern is one that is left out for good reasons, and that the rule names users, namespaces or objects.
	Narrow bool
	// Stages are those whose omission leaves nothing of the request, 0 if it is the level.
	Stages Stages

	topic int
}

// IsException reports whether the blind spot looks like one that somebody wanted and thought about.
func (b *BlindSpot) IsException() bool { return b.Component || b.Narrow }

// isNarrow reports whether a rule is for some users, namespaces or objects only.
func (r *Rule) isNarrow() bool {
	return len(r.Users)+len(r.UserGroups)+len(r.Namespaces) > 0 || slices.ContainsFunc(r.Resources, func(g GroupResources) bool { return len(g.ResourceNames) > 0 })
}

// BlindSpots returns of what there can be no trace, one for each rule and concern; those without a rule come first. complete
// is false if the policy is too intricate to look at all of it.
func (p *Policy) BlindSpots() (list []BlindSpot, complete bool) {
	return p.missing(Concerns(), RequestReceived|ResponseComplete)
}

// WithoutOutcome returns which deletions and exec are not logged with their outcome, as BlindSpots does.
func (p *Policy) WithoutOutcome() (list []BlindSpot, complete bool) {
	return p.missing(destructive(), ResponseComplete)
}

// missing looks for requests without an event. needed are the stages at least one of which a request needs an event of.
func (p *Policy) missing(concerns []Concern, needed Stages) (list []BlindSpot, complete bool) {
	a := newAnalysis(p)
	type key struct{ rule, topic int }
	seen := map[key]bool{}
	var questions []question
	for topic := range concerns {
		for i := range concerns[topic].operations {
			questions = append(questions, question{&concerns[topic].operations[i], topic})
		}
	}
	stages := func(o *operation) Stages {
		if o.longRunning {
			return needed | ResponseStarted
		}
		return needed
	}
	a.ask(questions, func(q *question, rule int) bool {
		d := p.decision(rule)
		return (d.Level == None || d.OmitStages.Has(stages(q.operation))) && !seen[key{rule, q.topic}]
	}, func(q *question, who *persona, rule int, r Attributes) {
		seen[key{rule, q.topic}] = true
		c := concerns[q.topic]
		b := BlindSpot{Rule: rule, Concern: c, Example: r, Component: who.component, topic: q.topic}
		b.Narrow = c.Deliberate && rule >= 0 && p.Rules[rule].isNarrow()
		if rule >= 0 && p.Rules[rule].Level != None {
			b.Stages = stages(q.operation)
		}
		list = append(list, b)
	})
	slices.SortStableFunc(list, func(x, y BlindSpot) int { return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.topic, y.topic)) })
	return list, !a.exhausted()
}

// Unmatched returns a request that no rule matches, which is therefore not logged; ok is false if there is none, because
// the last rules catch all. The API server's resources are asked about before its URLs.
func (p *Policy) Unmatched() (example Attributes, ok bool) {
	a := newAnalysis(p)
	for _, who := range []persona{named(a.human), named(anonymous)} {
		resources, urls := those(a.resources, &who), those(a.urls, &who)
		// An object is easier to understand than its subresource, of which there are more.
		for _, sub := range []*words{only(""), nil} {
			q := &cube{rule: -1}
			q.in[byVerb], q.in[bySubresource] = &words{list: resourceVerbs[1:]}, sub
			if w, result := a.find(q, resources, personal); result == found {
				return a.request(w, &who, true), true
			}
		}
		q := &cube{rule: -1}
		q.in[byPath] = only("/*")
		if w, result := a.find(q, urls, []dim{byPath, byVerb}); result == found {
			return a.request(w, &who, false), true
		}
	}
	return Attributes{}, false
}

// those returns the cubes that take the requests of somebody.
func those(cubes []*cube, p *persona) []*cube {
	var out []*cube
	for _, c := range cubes {
		if c.isFor(p) {
			out = append(out, c)
		}
	}
	return out
}

// Received returns the rules that log requests when they are received, too: twice as many events, of which the first says nothing
// that the second does not. Only of a request that never ends it is all there is.
func (p *Policy) Received() []int {
	var rules []int
	for i := range p.Rules {
		if d := p.decision(i); d.Level != None && !d.OmitStages.Has(RequestReceived) {
			rules = append(rules, i)
		}
	}
	return rules
}
