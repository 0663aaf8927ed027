package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ControllerManagerServiceAccountCredentialsOff: a controller may do what it has to.
var ControllerManagerServiceAccountCredentialsOff = control.Control{
	ID: "controller-manager-service-account-credentials-off", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Use one service account per controller",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.ControllerManager}, Settings: []control.Setting{control.FlagIs("use-service-account-credentials", true)}},
	Risk:     "Controllers lose rights that only the controller manager's own user has; the roles system:controller:* that Kubernetes makes are enough for all of its own.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start the controller manager with --use-service-account-credentials=true.",
	Refs: control.Refs{
		CIS:    []string{"1.3.3"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1078"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles", managerFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0146"},
		Trivy:     []string{"KCV-0035"},
		Checkov:   []string{"CKV_K8S_108"},
		KubeBench: []string{"1.3.3"},
	},
	Why: `Without it all controllers use one account, which has to have the rights of all of them, so that a fault in one has the rights of all, and the audit
log does not tell them apart.`,
}
