package control

import (
	"slices"

	"github.com/kubeharden/kubeharden/workload"
)

// WorkloadKinds are the kinds that run pods, for controls that judge workloads together with other objects. Custom resources with a pod
// template are among them.
func WorkloadKinds() []Kind {
	return []Kind{
		{"", "Pod"},
		{"", "ReplicationController"},
		{"", "PodTemplate"},
		{"apps", "Deployment"},
		{"apps", "StatefulSet"},
		{"apps", "DaemonSet"},
		{"apps", "ReplicaSet"},
		{"batch", "Job"},
		{"batch", "CronJob"},
	}
}

// TemplateKinds are the kinds that make pods from a template, with which a running cluster compares the pods.
func TemplateKinds() []Kind {
	return slices.DeleteFunc(WorkloadKinds(), func(k Kind) bool { return k.Kind == "Pod" || k.Kind == "PodTemplate" })
}

// OperatedKinds are the custom resources from which well-known operators make pods that no manifest has.
func OperatedKinds() []Kind {
	var out []Kind
	for group, kinds := range workload.Operated() {
		for _, kind := range kinds {
			out = append(out, Kind{group, kind})
		}
	}
	return out
}

// RoleKinds are the kinds that say who may do what.
func RoleKinds() []Kind {
	const group = "rbac.authorization.k8s.io"
	return []Kind{{group, "Role"}, {group, "ClusterRole"}, {group, "RoleBinding"}, {group, "ClusterRoleBinding"}}
}

// PolicyKinds are the kinds that say who can reach whom.
func PolicyKinds() []Kind {
	return []Kind{
		{"networking.k8s.io", "NetworkPolicy"},
		{"policy.networking.k8s.io", "AdminNetworkPolicy"},
		{"policy.networking.k8s.io", "BaselineAdminNetworkPolicy"},
		{"policy.networking.k8s.io", "ClusterNetworkPolicy"},
		{"cilium.io", "CiliumNetworkPolicy"},
		{"cilium.io", "CiliumClusterwideNetworkPolicy"},
		{"projectcalico.org", AnyKind},
		{"crd.projectcalico.org", AnyKind},
	}
}

// EntryKinds are the kinds that let something into the cluster, or lead it to pods.
func EntryKinds() []Kind {
	return []Kind{
		{"", "Service"},
		{"networking.k8s.io", "Ingress"},
		{"gateway.networking.k8s.io", AnyKind},
		{"route.openshift.io", "Route"},
		{"networking.istio.io", "Gateway"},
		{"networking.istio.io", "VirtualService"},
	}
}

// AdmissionKinds are the kinds that decide what may be made.
func AdmissionKinds() []Kind {
	const group = "admissionregistration.k8s.io"
	return []Kind{
		{group, "ValidatingAdmissionPolicy"},
		{group, "ValidatingAdmissionPolicyBinding"},
		{group, "ValidatingWebhookConfiguration"},
		{group, "MutatingWebhookConfiguration"},
		{"kyverno.io", "ClusterPolicy"},
		{"kyverno.io", "Policy"},
		{"policies.kyverno.io", AnyKind},
		{"policy.sigstore.dev", "ClusterImagePolicy"},
		{"templates.gatekeeper.sh", "ConstraintTemplate"},
	}
}

// SecretKinds are the kinds from which Secrets come.
func SecretKinds() []Kind {
	return []Kind{
		{"", "Secret"},
		{"bitnami.com", "SealedSecret"},
		{"external-secrets.io", AnyKind},
		{"cert-manager.io", "Certificate"},
	}
}

// MeshKinds are the kinds that say what a service mesh protects.
func MeshKinds() []Kind {
	return []Kind{
		{"security.istio.io", AnyKind},
		{"networking.istio.io", AnyKind},
		{"install.istio.io", "IstioOperator"},
		{"sailoperator.io", "Istio"},
		{"policy.linkerd.io", AnyKind},
		{"consul.hashicorp.com", AnyKind},
		{"", "ConfigMap"},
	}
}

// SecretValues stands for the values of Secrets, where only their metadata is read.
func SecretValues() Kind { return Kind{"kubeharden.io", "SecretValues"} }

// Core are kinds of the core group by name.
func Core(names ...string) []Kind {
	out := make([]Kind, len(names))
	for i, name := range names {
		out[i] = Kind{Kind: name}
	}
	return out
}

// AllOf joins lists of kinds.
func AllOf(lists ...[]Kind) []Kind { return slices.Concat(lists...) }
