package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// DNSNdotsUnset: names of the internet are not looked up in the cluster first.
var DNSNdotsUnset = control.Control{
	ID: "dns-ndots-unset", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:  "Set the DNS option ndots",
	Scope:  control.PodSpecs,
	Unless: notClusterDNS,
	Require: &control.Func{
		Check: checkNdots, Text: "dnsConfig.options must set ndots",
		Expr: func(c control.CEL) string {
			return dnsOptions.CEL(c.At) + `.orValue([]).exists(o, o.?name == optional.of("ndots"))`
		},
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			value := map[string]any{"name": "ndots", "value": param(s.Params, "value")}
			return append(out, control.Edit{Op: control.Append, At: at, Path: control.Keys(dnsOptions.String()), Value: value})
		},
	},
	Params: []control.Param{{Name: "value", Doc: "the number of dots that a fix sets", Default: []string{"2"}}},
	Fix:    control.Auto,
	Risk:   "Names with two dots or more, such as service.namespace.svc, are asked for as they stand first, and found in the cluster only then.",
	Remedy: "Add the option ndots with the value 2 to dnsConfig.options, or end names of the internet with a dot.",
	Bad:    []control.Change{{Path: "dnsConfig", Name: "missing"}, {Path: "dnsConfig.options", Value: []any{map[string]any{"name": "timeout", "value": "1"}}}},
	Good:   []control.Change{{Path: "dnsConfig.options", Value: []any{map[string]any{"name": "ndots", "value": "5"}}}},
	Refs:   control.Refs{Source: []string{dnsDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"dnsconfig-options"},
		Kyverno:    []string{"other/add-ndots"},
	},
	Why: `The resolver of a pod has ndots set to 5: a name with fewer dots, which is nearly every name of the internet, is tried with each of
the cluster's search domains before it is asked for as it stands. That is four or more useless queries for every lookup, and the DNS servers of
the cluster pay for them.`,
}

var dnsOptions = control.NewField("dnsConfig.options")

func checkNdots(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	options := dnsOptions.Find(at)
	for _, o := range options.Items() {
		if o.Get("name").StrIs("ndots") {
			return
		}
	}
	problem := "is missing"
	if options.Exists() {
		problem = "does not set ndots"
	}
	fail(dnsOptions.Violation(at, problem))
}

// notClusterDNS are pods whose names the node resolves, or somebody else: the search domains of the cluster are none of theirs.
var notClusterDNS = control.Any(
	control.In("dnsPolicy", "Default", "None"),
	control.All(control.Is("hostNetwork", true), control.Not("dnsPolicy", "ClusterFirstWithHostNet")),
	control.Is("os.name", "windows"),
)
