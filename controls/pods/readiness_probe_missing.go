package pods

import "github.com/kubeharden/kubeharden/control"

// ReadinessProbeMissing: only a container that can answer gets traffic.
var ReadinessProbeMissing = control.Control{
	ID: "readiness-probe-missing", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set a readiness probe",
	Scope:   control.Containers,
	Unless:  shortLived,
	Require: control.Present("readinessProbe", nil),
	Fix:     control.Advice,
	NoFix:   "Which endpoint or command tells the health of the program, only its authors know.",
	Risk:    "While the probe fails the pod gets no traffic; if the probe is wrong, never.",
	Remedy:  "Set readinessProbe to a cheap httpGet, grpc or tcpSocket check of a port of the container.",
	Refs: control.Refs{
		Source: []string{probeDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"no-readiness-probe"},
		Kubescape:  []string{"C-0018"},
		Checkov:    []string{"CKV_K8S_9"},
		Polaris:    []string{"readinessProbeMissing"},
		KubeScore:  []string{"pod-probes"},
		Kyverno:    []string{"best-practices/require-pod-probes"},
		Other:      []string{"gatekeeper:requiredprobes", "terrascan:AC-K8-OE-PO-L-0130", "popeye:102", "popeye:104"},
	},
	Why: `A Service sends traffic to every pod that is ready, and without a readiness probe a container is ready as soon as it runs. Requests
then fail during the start of every new version, and whenever the program cannot serve for a while.`,
}
