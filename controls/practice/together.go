package practice

import (
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/workload"
)

// oneAtATime is why there is no admission policy for what several objects do together.
const oneAtATime = "An admission policy sees one object at a time."

// target is what an autoscaler scales, and place is where, as Verdicts.Place says it.
type target struct{ kind, place, name string }

func targetOf(v *control.Verdicts, a *workload.Autoscaler) target {
	return target{a.TargetKind, v.Place(a.Object), a.TargetName}
}

// autoscalersByTarget finds the first autoscaler of each workload.
func autoscalersByTarget(v *control.Verdicts) map[target]*workload.Autoscaler {
	all := map[target]*workload.Autoscaler{}
	for i := range v.Workloads.Governance.Autoscalers {
		a := &v.Workloads.Governance.Autoscalers[i]
		if _, ok := all[targetOf(v, a)]; !ok {
			all[targetOf(v, a)] = a
		}
	}
	return all
}

func nameOf(v *control.Verdicts, w *workload.Workload) target {
	return target{w.Kind, v.Place(w.Object), w.Name}
}

// isSystem knows the namespaces whose pods the cluster makes itself, such as static pods, which no manifest declares.
func isSystem(namespace string) bool {
	return namespace == "kube-system" || namespace == "kube-public" || namespace == "kube-node-lease"
}

// podsOfBudgets are the indexes of the workloads that each budget selects.
func podsOfBudgets(v *control.Verdicts) [][]int {
	all, selection := make([][]int, len(v.Workloads.Governance.Budgets)), v.Index().NewSelection()
	for i := range all {
		if b := &v.Workloads.Governance.Budgets[i]; b.Selects {
			all[i] = selection.Find(b.Namespace, b.Selector)
		}
	}
	return all
}

// isReplicated reports whether a workload runs as many pods of one sort as it is told.
func isReplicated(w *workload.Workload) bool {
	return w.Kind == "Deployment" || w.Kind == "StatefulSet" || w.Kind == "DeploymentConfig" || w.Kind == "Rollout"
}

// replicasOf is how many pods a workload runs, 1 if it says nothing.
func replicasOf(w *workload.Workload) int {
	if w.Replicas == nil {
		return 1
	}
	return *w.Replicas
}

// manifests are those of an example.
func manifests(documents ...string) string { return strings.Join(documents, "---\n") }

// budgetOf is the manifest of a budget that allows what it says for the pods of an app.
func budgetOf(name, namespace, app, allowed string) string {
	return fmt.Sprintf(`apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: %s, namespace: %s}
spec: {%s, selector: {matchLabels: {app: %s}}}
`, name, namespace, allowed, app)
}

// deploymentOf is the manifest of an app of that name in the namespace shop; with 0 replicas it does not say how many there are.
func deploymentOf(name string, replicas int) string {
	said := ""
	if replicas > 0 {
		said = fmt.Sprintf("replicas: %d, ", replicas)
	}
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: %s, namespace: shop}
spec: {%stemplate: {metadata: {labels: {app: %[1]s}}, spec: {containers: [{name: app}]}}}
`, name, said)
}

// autoscalerOf is the manifest of an autoscaler of the Deployment of that name.
func autoscalerOf(name string, least, most int) string {
	return fmt.Sprintf(`apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: %s, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %[1]s}, minReplicas: %[2]d, maxReplicas: %[3]d}
`, name, least, most)
}
