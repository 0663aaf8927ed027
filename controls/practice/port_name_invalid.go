package practice

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PortNameInvalid: ports have names that something can refer to.
var PortNameInvalid = control.Control{
	ID: "port-name-invalid", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Give ports valid and unique names",
	Scope:    control.Objects,
	Kinds:    slices.Concat(workloads, in("", "Service")),
	Require:  &control.Func{Check: checkPorts, Text: "names of ports must be valid and occur once in their container or Service"},
	Fix:      control.Advice,
	NoFix:    "Services, Ingresses and probes refer to a port by its name, in other documents too.",
	NoPolicy: refused,
	Risk:     "What refers to the port by its old name no longer finds it.",
	Remedy:   "Use at most 15 lower-case letters, digits and single hyphens with at least one letter; http and metrics are good names.",
	Bad: slices.Concat(
		on([]string{"Pod"}, control.Change{Path: "spec.containers", Value: ported("Web"), Name: "upper case"}),
		on([]string{"Deployment", "StatefulSet", "DaemonSet", "Job"}, control.Change{Path: "spec.template.spec.containers", Value: ported("a-very-long-port-name"), Name: "too long"}),
		on([]string{"ReplicaSet", "ReplicationController", "DeploymentConfig"}, control.Change{Path: "spec.template.spec.containers", Value: ported("web", "web"), Name: "twice"}),
		on([]string{"CronJob"}, control.Change{Path: "spec.jobTemplate.spec.template.spec.containers", Value: ported("8080"), Name: "no letter"}),
		on([]string{"Service"}, control.Change{Path: "spec.ports", Value: []any{map[string]any{"port": 80, "targetPort": "web--1"}}}),
	),
	Good: on([]string{"Pod"}, control.Change{Path: "spec.containers", Value: ported("a-15-characters", "1-x")}),
	Refs: control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/services-networking/service/", "https://datatracker.ietf.org/doc/html/rfc6335"}},
	Peers: control.Peers{
		KubeLinter: []string{"invalid-target-ports"},
		KubeScore:  []string{"container-ports-check"},
		Kyverno:    []string{"other/require-container-port-names"},
		Other:      []string{"popeye:105", "popeye:108"},
	},
	Why: `Names of ports follow the rules of service names: at most 15 characters, lower-case letters, digits and single hyphens, at least one letter. In a
container each may occur once; two containers may use the same one. The API server refuses everything else.`,
}

func ported(names ...string) []any {
	ports := make([]any, len(names))
	for i, name := range names {
		ports[i] = map[string]any{"name": name, "containerPort": 8080 + i}
	}
	return []any{map[string]any{"name": "a", "image": "registry.example.com/app:1", "ports": ports}}
}

func checkPorts(s *control.Subject, at tree.Node, fail control.FailFunc) {
	for pod := range s.Object.Pods() {
		for c := range pod.Containers() {
			if !portNames(c.Node, fail) {
				return
			}
		}
	}
	if s.Object.Kind != "Service" {
		return
	}
	for _, port := range at.Get("spec").Get("ports").Items() {
		if name, ok := port.Get("targetPort").Str(); ok && name != "" {
			if problem := portNameProblem(name); problem != "" && !fail(control.Violation{At: port.Get("targetPort"), Problem: problem}) {
				return
			}
		}
	}
}
