package component

// removedEarly returns the minor in which a flag was gone that the oldest release of the table does not have any more, 0 for others. They
// are those that people still have in their files; Oldest stands for that release and all before.
// Looked up in the sources of 1.24 to 1.28: cmd/*/app/options, pkg/kubeapiserver/options, k8s.io/apiserver/pkg/server/options.
func removedEarly(k Kind, name string) int {
	gone := map[Kind]map[string]int{
		APIServer: {
			"insecure-port": 24, "insecure-bind-address": 24, "address": 24, "port": 24, "basic-auth-file": 24, "kubelet-https": 24,
			"repair-malformed-updates": 24, "experimental-encryption-provider-config": 24, "target-ram-mb": 24, "deserialization-cache-size": 24,
			"enable-swagger-ui": 24, "service-account-api-audiences": 25, "master-service-namespace": 26,
		},
		ControllerManager: {
			"address": 24, "port": 24, "horizontal-pod-autoscaler-use-rest-clients": 24, "experimental-cluster-signing-duration": 25,
			"enable-taint-manager": 27, "pod-eviction-timeout": 27,
		},
		Scheduler: {"address": 24, "port": 24, "policy-config-file": 24, "algorithm-provider": 24, "use-legacy-policy-config": 24},
		Kubelet: {
			"allow-privileged": 24, "cadvisor-port": 24, "chaos-chance": 24, "network-plugin": 24, "cni-bin-dir": 24, "cni-conf-dir": 24,
			"cni-cache-dir": 24, "network-plugin-mtu": 24, "dynamic-config-dir": 24, "docker-endpoint": 24, "image-pull-progress-deadline": 24,
			"non-masquerade-cidr": 24, "redirect-container-streaming": 24, "bootstrap-checkpoint-path": 24,
			"experimental-kernel-memcg-notification": 25, "container-runtime": 27, "master-service-namespace": 27,
		},
	}
	return gone[k][name]
}
