// Package practice has controls that make workloads more reliable or manifests tidier rather than more secure. They belong to
// the profile best-practice and are off unless it is asked for.
package practice

import (
	"slices"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
)

//go:generate go run ../../cmd/internal/tables

// Documentation that decides the behaviour.
const (
	autoscaleDocs  = "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"
	budgetDocs     = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/"
	cronJobDocs    = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
	deploymentDocs = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"
	dnsDocs        = "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"
	envDocs        = "https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/"
	labelDocs      = "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/"
	podAPI         = "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/"
	priorityDocs   = "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"
	spreadDocs     = "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/"
	ttlDocs        = "https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/"
	volumeDocs     = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/"
)

// refused is why there is no policy for what the API server does not accept in the first place.
const refused = "The API server refuses such objects itself."

// The kinds that controls are about. A Deployment in the wrong group is a mistake that schema-invalid tells of; it is judged all
// the same.
var (
	deployments  = []control.Kind{{Group: "apps", Kind: "Deployment"}, {Group: "extensions", Kind: "Deployment"}, {Kind: "Deployment"}}
	statefulSets = in("apps", "StatefulSet")
	replicated   = slices.Concat(deployments, statefulSets, in("apps.openshift.io", "DeploymentConfig"))
	jobs         = in("batch", "Job")
	cronJobs     = in("batch", "CronJob")
	// scaled are the kinds whose number of pods something else may set.
	scaled      = slices.Concat(replicated, in("apps", "ReplicaSet"), in("", "ReplicationController"), in("argoproj.io", "Rollout"))
	autoscalers = in("autoscaling", "HorizontalPodAutoscaler")
	budgets     = in("policy", "PodDisruptionBudget")
	// keepers keep pods running, finishers run pods until they are done. All have labels to select by.
	keepers   = slices.Concat(replicated, in("apps", "DaemonSet", "ReplicaSet"), in("", "ReplicationController"))
	finishers = slices.Concat(jobs, cronJobs)
	workloads = slices.Concat(in("", "Pod"), keepers, finishers)
)

// builtIn are the built-in kinds with a stable version, with the best known one first.
var builtIn = slices.Concat(in("apps", "Deployment"), slices.DeleteFunc(slices.Clone(stableKinds), func(k control.Kind) bool { return k.Kind == "Deployment" }))

func in(group string, kinds ...string) []control.Kind {
	list := make([]control.Kind, len(kinds))
	for i, kind := range kinds {
		list[i] = control.Kind{Group: group, Kind: kind}
	}
	return list
}

// claim is an entry of volumeClaimTemplates that meets all controls.
var claim = map[string]any{"metadata": map[string]any{"name": "data"}, "spec": map[string]any{
	"accessModes": []any{"ReadWriteOncePod"}, "storageClassName": "fast",
	"resources": map[string]any{"requests": map[string]any{"storage": "1Gi"}},
}}

// param returns the first value of a setting, "" without one.
func param(params map[string][]string, name string) string {
	if v := params[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// number returns a setting that is a number, 0 if it is none.
func number(params map[string][]string, name string) int64 {
	n, err := strconv.ParseInt(param(params, name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
