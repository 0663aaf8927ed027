package rbac

// workloads are verbs on everything that makes pods.
func workloads(verbs ...string) []right {
	return []right{
		{resources: []string{"pods", "replicationcontrollers"}, verbs: verbs},
		{group: "apps", resources: []string{"deployments", "daemonsets", "statefulsets", "replicasets"}, verbs: verbs},
		{group: "batch", resources: []string{"jobs", "cronjobs"}, verbs: verbs},
	}
}
