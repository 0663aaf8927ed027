package pods

import "github.com/kubeharden/kubeharden/control"

// ServiceLinksInjected: a pod does not need the addresses of all Services of its namespace.
var ServiceLinksInjected = control.Control{
	ID: "service-links-injected", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Turn off service-link environment variables",
	Scope:   control.PodSpecs,
	Require: control.Is("enableServiceLinks", false),
	Fix:     control.Auto,
	Risk:    "Programs that read variables such as REDIS_SERVICE_HOST have to ask DNS instead.",
	Remedy:  "Set enableServiceLinks: false.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1613"},
		Source: []string{"https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables", "https://kubernetes.io/docs/tutorials/services/connect-applications-service/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/disable-service-discovery"},
	},
	Why: `By default every container gets variables with the address of every Service of its namespace. That is a map for whoever breaks in, starts slow
down with thousands of Services, and a Service with the wrong name overrides a setting of the program. DNS answers the same question.`,
}
