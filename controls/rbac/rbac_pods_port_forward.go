package rbac

import "github.com/kubeharden/kubeharden/control"

// PodsPortForward: nobody tunnels into the network of the pods.
var PodsPortForward = control.Control{
	ID: "rbac-pods-port-forward", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "Restrict pods/portforward and the proxies of pods and services",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbid(
		right{resources: []string{"pods/portforward"}, verbs: []string{"create", "get"}},
		right{resources: []string{"pods/proxy", "services/proxy"}, verbs: anything},
	),
	Risk:    "kubectl port-forward and dashboards that reach services through the API server are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop pods/portforward, pods/proxy and services/proxy; publish what people need by an Ingress with a login.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1090", "T1609"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/tasks/access-application-cluster/port-forward-access-application-cluster/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0063"},
	},
	Why: `The connection comes from the kubelet or the API server, past every network policy and past the login that stands in front of the program:
databases, metrics and admin ports that listen inside of the cluster only are reached from anywhere.`,
}
