package network

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/workload"
)

// SensitiveInterfaceExposed: admin interfaces are for admins.
var SensitiveInterfaceExposed = control.Control{
	ID: "sensitive-interface-exposed", Section: "allow-rules", Layer: control.Network, Severity: control.Critical, Since: "0.1",
	Title:      "Do not expose admin interfaces",
	Scope:      control.Everything,
	Needs:      control.AllOf(control.EntryKinds(), control.PolicyKinds(), control.Core("Namespace")),
	Kinds:      control.WorkloadKinds(),
	Require:    &control.Together{Check: checkSensitive, Text: "a workload that is the interface of an administration tool must not be reachable from outside"},
	Suppresses: []string{"workload-exposed-to-internet"},
	Risk:       "Administrators reach the interface by a VPN or kubectl port-forward from then on.",
	Fix:        control.Advice,
	NoFix:      "How administrators are to reach it only a person can say.",
	Remedy:     "Make the Service a ClusterIP and remove the route; reach the interface by kubectl port-forward, a VPN or a proxy that asks for a login.",
	NoPolicy:   "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1133", "T1190"},
		Source: []string{"https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/", "https://www.microsoft.com/en-us/security/blog/2021/06/08/misconfigured-kubeflow-workloads-are-a-security-risk/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0021"},
	},
	Why: `Dashboards, workflow engines and notebooks run what their users tell them, with the rights of the cluster, and many of them ask for no login. Exposed
ones are found by scanners within hours and run miners since 2018.`,
	Examples: []control.Example{
		{
			Name: "a workflow engine",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: argo-server, namespace: argo}
spec:
  template:
    metadata: {labels: {app: argo-server}}
    spec: {containers: [{name: server, image: quay.io/argoproj/argocli:v3.5, ports: [{containerPort: 2746}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: argo-server, namespace: argo}
spec: {type: LoadBalancer, selector: {app: argo-server}, ports: [{port: 443, targetPort: 2746}]}
`,
			Want: []string{"Deployment/argo/argo-server"},
		},
		{
			Name: "inside only",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: argo-server, namespace: argo}
spec:
  template:
    metadata: {labels: {app: argo-server}}
    spec: {containers: [{name: server, image: quay.io/argoproj/argocli:v3.5, ports: [{containerPort: 2746}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: argo-server, namespace: argo}
spec: {selector: {app: argo-server}, ports: [{port: 443, targetPort: 2746}]}
`,
		},
	},
}

// adminImages are the last parts of the repositories of administration tools: those of Kubescape's C-0021, and their likes.
var adminImages = []string{
	"argocli", "argoexec", "argocd", "weave-scope", "scope", "dashboard", "kubernetes-dashboard", "dashboard-web", "kong", "jenkins", "jenkins-inbound-agent",
	"nifi", "prometheus", "alertmanager", "grafana-agent", "kibana", "airflow", "centraldashboard", "jupyter-web-app", "notebook-controller", "notebook",
	"base-notebook", "minimal-notebook", "octant", "kubeview", "kube-ops-view", "rancher", "portainer", "portainer-ce", "headlamp", "vault", "etcd", "consul",
	"redis-commander", "phpmyadmin", "pgadmin4", "adminer", "mongo-express", "rabbitmq", "tiller", "longhorn-ui", "hubble-ui", "kiali", "jaeger-query",
}

// adminNames are the names of workloads that are such interfaces whatever their image is called.
var adminNames = []string{"kubernetes-dashboard", "weave-scope-app", "argo-server", "argocd-server", "jenkins", "nifi", "prometheus-deployment", "kubeflow-dashboard"}

func checkSensitive(v *control.Verdicts) {
	ways := v.WaysIn()
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		tool := adminTool(w)
		switch {
		case tool == "":
			v.NotApplicable(1)
		case len(ways[i]) == 0:
			v.Pass(1)
		default:
			v.Fail(exposure(w.Object, "is the administration interface "+tool+" and is reachable from outside", ways[i], cause("workload "+w.String())))
		}
	}
}

// adminTool returns what makes a workload an administration interface; "" if nothing does.
func adminTool(w *workload.Workload) string {
	if slices.Contains(adminNames, w.Name) {
		return w.Name
	}
	for _, c := range w.Containers {
		ref, err := image.Parse(c.Image)
		if err != nil {
			continue
		}
		if name := ref.Repository[strings.LastIndexByte(ref.Repository, '/')+1:]; slices.Contains(adminImages, name) {
			return name
		}
	}
	return ""
}
