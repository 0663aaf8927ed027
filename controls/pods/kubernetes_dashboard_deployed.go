package pods

import "github.com/kubeharden/kubeharden/control"

// KubernetesDashboardDeployed: the dashboard is a door to the cluster with a web page on it.
var KubernetesDashboardDeployed = control.Control{
	ID: "kubernetes-dashboard-deployed", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not deploy the Kubernetes dashboard",
	Scope:   control.PodSpecs,
	Require: withoutProgram(&dashboard, "no container may run the Kubernetes dashboard"),
	Fix:     control.Advice,
	NoFix:   "What the people who use the dashboard take instead, they have to say.",
	Risk:    "People who use the dashboard need another tool, such as kubectl or a desktop client.",
	Remedy:  "Remove the dashboard; the project is archived. If it has to stay, expose it to nobody but through kubectl port-forward, and give its service account no rights.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1133"},
		Source: []string{"https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0014"},
		Checkov:   []string{"CKV_K8S_33"},
		Other:     []string{"terrascan:AC-K8-DS-PO-M-0176", "kube-hunter:KHV029", "stig:V-242395", "kics:dashboard_is_enabled"},
	},
	Why: `The dashboard acts in the cluster with the rights of its own account or of the token that is pasted into it. Exposed ones with too many rights were the way in of well-known
break-ins, and the project no longer gets fixes.`,
	Bad: []control.Change{
		{Path: "containers", Name: "image", Value: []any{map[string]any{"name": "web", "image": "docker.io/kubernetesui/dashboard:v2.7.0"}}},
		{Path: "containers", Name: "old image", Value: []any{map[string]any{"name": "web", "image": "k8s.gcr.io/kubernetes-dashboard-amd64:v1.10.1"}}},
		{Base: control.OnMetadata, Path: "labels", Value: map[string]any{"k8s-app": "kubernetes-dashboard"}},
	},
	Good: []control.Change{
		{Path: "containers", Name: "another dashboard", Value: []any{map[string]any{"name": "web", "image": "grafana/dashboard:1"}}},
		{Path: "containers", Name: "metrics scraper", Value: []any{map[string]any{"name": "web", "image": "kubernetesui/metrics-scraper:v1.0.8"}}},
	},
}

// dashboard is known by its images, old and new, or by its labels where the image was renamed.
var dashboard = deployed{
	image:  newPattern(`(^|/)(kubernetesui/dashboard(-web|-api|-auth|-amd64|-arm64)?|kubernetes-dashboard(-(amd64|arm64|arm|ppc64le|s390x))?)([:@]|$)`),
	labels: [][2]string{{"k8s-app", "kubernetes-dashboard"}, {"app", "kubernetes-dashboard"}},
	names:  []string{"kubernetes-dashboard"},
	what:   "the Kubernetes dashboard",
}
