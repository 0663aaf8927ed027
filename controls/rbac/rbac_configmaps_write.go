package rbac

import "github.com/kubeharden/kubeharden/control"

// ConfigMapsWrite: nobody changes the configuration of others.
var ConfigMapsWrite = control.Control{
	ID: "rbac-configmaps-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:   "Restrict write access to ConfigMaps",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: byHand(forbidVerbs(right{resources: []string{"configmaps"}, verbs: []string{"update", "patch", "delete", "deletecollection"}})),
	Risk:    "Programs that keep their state in ConfigMaps, such as leader election of old, have to be limited to those.",
	Fix:     control.Advice,
	NoFix:   "Which ConfigMaps the program owns, only its author can say.",
	Remedy:  "List the ConfigMaps that the program owns in resourceNames, in a Role of its namespace; use Leases for leader election.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1565"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/concepts/configuration/configmap/"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0049"},
		Kyverno: []string{"other/limit-configmap-for-sa"},
	},
	Why: `Programs believe their ConfigMaps: whoever may change any of them chooses upstream servers, scripts and log-in rules of other programs. In
kube-system that is the cluster's DNS and more. A right to create alone is not reported, because a new ConfigMap changes nobody's
configuration, nor is a rule with resourceNames.`,
}
