package pods

import "github.com/kubeharden/kubeharden/control"

// LivenessProbeMissing: a container that hangs is restarted.
var LivenessProbeMissing = control.Control{
	ID: "liveness-probe-missing", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set a liveness probe",
	Scope:   control.Containers,
	Unless:  shortLived,
	Require: control.Present("livenessProbe", nil),
	Fix:     control.Advice,
	NoFix:   "Which endpoint or command tells the health of the program, only its authors know.",
	Risk:    "A probe that is too strict or too impatient restarts a healthy container again and again.",
	Remedy:  "Set livenessProbe to a cheap httpGet, grpc or tcpSocket check of a port of the container.",
	Refs: control.Refs{
		Source: []string{probeDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"no-liveness-probe"},
		Kubescape:  []string{"C-0056"},
		Checkov:    []string{"CKV_K8S_8"},
		Polaris:    []string{"livenessProbeMissing"},
		KubeScore:  []string{"pod-probes"},
		Kyverno:    []string{"best-practices/require-pod-probes"},
		Other:      []string{"gatekeeper:requiredprobes", "terrascan:AC-K8-OE-PO-L-0129", "popeye:102", "popeye:103"},
	},
	Why: `A process that hangs or deadlocks is still a running container: without a liveness probe nothing restarts it. The probe must be cheap and ask
nothing of other services, or an outage elsewhere restarts every pod.`,
}
