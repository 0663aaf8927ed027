package cli

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/audit"
)

// auditRuleRow is one rule as it is listed.
type auditRuleRow struct {
	Rule       string      `json:"rule"`
	Place      string      `json:"place"`
	Level      audit.Level `json:"level"`
	Who        string      `json:"who"`
	Verbs      []string    `json:"verbs"` // empty is every verb
	What       string      `json:"what"`
	OmitStages []string    `json:"omitStages"`
}

// auditProblem is something wrong with a policy.
type auditProblem struct {
	Problem string `json:"problem"`
	Path    string `json:"path"`
	Place   string `json:"place"`
	Message string `json:"message"`
}

// auditOverview is all that is told of a policy.
type auditOverview struct {
	Rules    []auditRuleRow `json:"rules"`
	Problems []auditProblem `json:"problems"`
	// Complete says that all could be looked at.
	Complete bool `json:"complete"`
}

func writeAuditOverview(w *bufio.Writer, p *Process, format string, d *auditDocument) error {
	o := auditOverview{Rules: []auditRuleRow{}, Problems: []auditProblem{}, Complete: true}
	for i := range d.policy.Rules {
		o.Rules = append(o.Rules, d.ruleRow(i))
	}
	d.problems(&o)
	if format == "json" {
		return writeJSON(w, o)
	}
	var rows [][]string
	for _, r := range o.Rules {
		rows = append(rows, []string{r.Rule, r.Place, r.Level.String(), r.Who, orAll(r.Verbs), r.What, strings.Join(r.OmitStages, ",")})
	}
	if err := p.table(w, []string{"RULE", "PLACE", "LEVEL", "WHO", "VERBS", "WHAT", "LEFT OUT"}, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if len(o.Problems) == 0 {
		fmt.Fprintln(w, "no problem found")
		return incomplete(w, &o)
	}
	rows = nil
	for _, problem := range o.Problems {
		rows = append(rows, []string{problem.Problem, problem.Place, problem.Message})
	}
	if err := p.table(w, []string{"PROBLEM", "PLACE", "WHAT IS WRONG"}, rows); err != nil {
		return err
	}
	return incomplete(w, &o)
}

func incomplete(w *bufio.Writer, o *auditOverview) error {
	if !o.Complete {
		fmt.Fprintln(w, "the policy is too intricate to look at all of it: there may be more")
	}
	return nil
}

func orAll(list []string) string {
	if len(list) == 0 {
		return "all"
	}
	return strings.Join(list, ",")
}

func (d *auditDocument) ruleRow(i int) auditRuleRow {
	r := &d.policy.Rules[i]
	decision := d.policy.OmitStages | r.OmitStages
	return auditRuleRow{
		Rule: audit.RulePath(i), Place: d.place(audit.RulePath(i)), Level: r.Level, Who: ruleWho(r), Verbs: append([]string{}, r.Verbs...), What: ruleWhat(r),
		OmitStages: decision.Names(),
	}
}

func ruleWho(r *audit.Rule) string {
	switch {
	case len(r.Users) == 0 && len(r.UserGroups) == 0:
		return "everybody"
	case len(r.UserGroups) == 0:
		return short(r.Users)
	case len(r.Users) == 0:
		return "group " + short(r.UserGroups)
	default:
		return short(r.Users) + " in group " + short(r.UserGroups)
	}
}

// shortList is how many items of a list a table shows.
const shortList = 4

func short(list []string) string {
	if len(list) <= shortList {
		return strings.Join(list, ",")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:shortList], ","), len(list)-shortList)
}

func ruleWhat(r *audit.Rule) string {
	var parts []string
	for i := range r.Resources {
		g := &r.Resources[i]
		switch {
		case len(g.Resources) == 0 && g.Group == "":
			parts = append(parts, "the core group")
		case len(g.Resources) == 0:
			parts = append(parts, "group "+g.Group)
		case g.Group == "":
			parts = append(parts, short(g.Resources))
		default:
			parts = append(parts, short(g.Resources)+" of "+g.Group)
		}
		if len(g.ResourceNames) > 0 {
			parts[len(parts)-1] += " named " + short(g.ResourceNames)
		}
	}
	what := strings.Join(parts, "; ")
	if what == "" {
		what = short(r.NonResourceURLs)
	}
	if what == "" {
		what = "everything"
		if len(r.Namespaces) > 0 {
			what = "all resources"
		}
	}
	if len(r.Namespaces) > 0 {
		what += " in " + strings.ReplaceAll(" "+short(r.Namespaces), " ,", " none,")[1:]
	}
	return what
}

// problems appends what is wrong with the policy, the worst first.
func (d *auditDocument) problems(o *auditOverview) {
	add := func(problem, path, format string, args ...any) {
		o.Problems = append(o.Problems, auditProblem{Problem: problem, Path: path, Place: d.place(path), Message: fmt.Sprintf(format, args...)})
	}
	for _, f := range d.flaws {
		problem := "invalid"
		if f.Class == audit.Ignored {
			problem = "ignored"
		}
		add(problem, f.Path, "%s; %s", strings.TrimSpace(f.Path+" "+f.Message), classText(f.Class))
	}
	if len(d.policy.Rules) == 0 {
		return
	}
	bodies, complete := d.policy.SecretBodies()
	o.Complete = o.Complete && complete
	for _, e := range bodies {
		add("secret-body", audit.RulePath(e.Rule)+".level", "%s logs %s, for example: %s %s", e.Level, e.What, e.Example.Verb, e.Example.What())
	}
	spots, complete := d.policy.BlindSpots()
	o.Complete = o.Complete && complete
	for _, b := range spots {
		problem := "blind-spot"
		if b.IsException() {
			problem = "exception"
		}
		add(problem, audit.RulePath(b.Rule), "not logged: %s, for example: %s %s by %s%s", b.Concern.Title, b.Example.Verb, b.Example.What(), b.Example.Who(), why(&b))
	}
	shadowed, complete := d.policy.Shadowed()
	o.Complete = o.Complete && complete
	for i := range shadowed {
		add("shadowed", audit.RulePath(shadowed[i].Rule), "%s", shadowed[i].Text())
	}
	if a, ok := d.policy.Unmatched(); ok {
		add("no-catch-all", "rules", "the last rule does not catch the rest: %s %s is not logged", a.Verb, a.What())
	}
	if rules := d.policy.Received(); len(rules) > 0 {
		add("noise", audit.RulePath(rules[0]), "%d of %d rules log RequestReceived too, so every request twice; put it into omitStages", len(rules), len(d.policy.Rules))
	}
}

func why(b *audit.BlindSpot) string {
	switch {
	case b.Rule < 0:
		return "; no rule matches"
	case b.Stages != 0:
		return "; all its stages are left out"
	default:
		return "; the level is None"
	}
}
