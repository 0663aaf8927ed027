package rbac

// GroupOf returns the API group of a resource that Kubernetes itself has, as kubectl finds it for a name without one; "" for those of
// the core group and for names that are not known. https://kubernetes.io/docs/reference/kubernetes-api/
func GroupOf(resource string) string {
	switch resource {
	case "*":
		return "*"
	case "controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets":
		return "apps"
	case "cronjobs", "jobs":
		return "batch"
	case "horizontalpodautoscalers":
		return "autoscaling"
	case "ingressclasses", "ingresses", "networkpolicies", "ipaddresses", "servicecidrs":
		return "networking.k8s.io"
	case "poddisruptionbudgets":
		return "policy"
	case "clusterrolebindings", "clusterroles", "rolebindings", "roles":
		return Group
	case "csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments", "volumeattributesclasses":
		return "storage.k8s.io"
	case "certificatesigningrequests", "clustertrustbundles", "podcertificaterequests", "signers":
		return "certificates.k8s.io"
	case "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
		"validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations":
		return "admissionregistration.k8s.io"
	case "customresourcedefinitions":
		return "apiextensions.k8s.io"
	case "apiservices":
		return "apiregistration.k8s.io"
	case "leases":
		return "coordination.k8s.io"
	case "endpointslices":
		return "discovery.k8s.io"
	case "flowschemas", "prioritylevelconfigurations":
		return "flowcontrol.apiserver.k8s.io"
	case "runtimeclasses":
		return "node.k8s.io"
	case "priorityclasses":
		return "scheduling.k8s.io"
	case "deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices":
		return "resource.k8s.io"
	case "tokenreviews", "selfsubjectreviews":
		return "authentication.k8s.io"
	case "localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews":
		return "authorization.k8s.io"
	}
	return ""
}
