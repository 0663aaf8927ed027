package node

import (
	facts "github.com/kubeharden/kubeharden/node"
)

// seed is a place where an installer puts something. The last part of its path may be a pattern.
type seed struct {
	path string
	want
}

// seeds are the places of kubeadm and of the distributions, and those of what every node has. What is not there costs one look.
// https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/
// https://docs.k3s.io/cli/certificate, https://docs.rke2.io/reference/server_config
// https://docs.k0sproject.io/stable/architecture/, https://microk8s.io/docs/services-and-ports
func seeds() []seed {
	out := []seed{
		{"/var/lib/kubelet/config.yaml", want{facts.RoleKubeletConfig, "kubelet", yamlFile}},
		{"/etc/kubernetes/kubelet.yaml", want{facts.RoleKubeletConfig, "kubelet", yamlFile}}, // Talos
		{"/etc/kubernetes/kubelet/kubelet-config.json", want{facts.RoleKubeletConfig, "kubelet", yamlFile}},
		{"/etc/kubernetes/kubelet/config.json", want{facts.RoleKubeletConfig, "kubelet", yamlFile}},
		{"/etc/kubernetes/kubelet/config.json.d", want{facts.RoleKubeletConfig, "kubelet", dropIns}},
		{"/etc/kubernetes/kubelet.conf", want{facts.RoleKubeletKubeconfig, "kubelet", yamlFile}},
		{"/var/lib/kubelet/kubeconfig", want{facts.RoleKubeletKubeconfig, "kubelet", yamlFile}},
		{"/etc/kubernetes/bootstrap-kubelet.conf", kubeconfig},
		{"/var/lib/kubelet/kubeadm-flags.env", want{facts.RoleKubeletEnvironment, "kubelet", textFile}},
		{"/etc/default/kubelet", want{facts.RoleKubeletEnvironment, "kubelet", textFile}},
		{"/etc/sysconfig/kubelet", want{facts.RoleKubeletEnvironment, "kubelet", textFile}},
		{"/var/lib/kubelet/pki", want{facts.RolePKIDirectory, "kubelet", keyTree}},
		{"/etc/kubernetes/admin.conf", want{facts.RoleAdminKubeconfig, "", yamlFile}},
		{"/etc/kubernetes/super-admin.conf", want{facts.RoleSuperAdmin, "", yamlFile}},
		{"/etc/kubernetes/controller-manager.conf", want{facts.RoleManagerKubeconfig, "kube-controller-manager", yamlFile}},
		{"/etc/kubernetes/scheduler.conf", want{facts.RoleSchedulerKubeconfig, "kube-scheduler", yamlFile}},
		{"/etc/kubernetes/proxy.conf", want{facts.RoleProxyKubeconfig, "kube-proxy", yamlFile}},
		{"/etc/kubernetes/kube-proxy.conf", want{facts.RoleProxyKubeconfig, "kube-proxy", yamlFile}},
		{"/var/lib/kube-proxy/kubeconfig", want{facts.RoleProxyKubeconfig, "kube-proxy", yamlFile}},
		{"/var/lib/kube-proxy/kubeconfig.conf", want{facts.RoleProxyKubeconfig, "kube-proxy", yamlFile}},
		{"/etc/kubernetes/manifests", want{facts.RoleStaticPod, "", manifests}},
		{"/etc/kubernetes/pki", want{facts.RolePKIDirectory, "", keyTree}},
		{"/etc/etcd/pki", want{facts.RolePKIDirectory, "etcd", keyTree}},
		{"/var/lib/etcd", want{facts.RoleEtcdData, "etcd", folder}},
		{"/etc/etcd/etcd.conf", want{facts.RoleEnvironment, "etcd", textFile}},
		{"/etc/etcd.env", want{facts.RoleEnvironment, "etcd", textFile}},
		{"/etc/cni/net.d/*", want{facts.RoleCNIConfig, "", plain}},

		{"/etc/containerd/config.toml", want{facts.RoleRuntimeConfig, "containerd", textFile}},
		{"/etc/containerd/conf.d/*.toml", want{facts.RoleRuntimeConfig, "containerd", textFile}},
		{"/etc/crio/crio.conf", want{facts.RoleRuntimeConfig, "cri-o", textFile}},
		{"/etc/crio/crio.conf.d/*", want{facts.RoleRuntimeConfig, "cri-o", textFile}},
		{"/etc/containers/registries.conf", want{facts.RoleRuntimeConfig, "cri-o", textFile}},
		{"/etc/containers/registries.conf.d/*", want{facts.RoleRuntimeConfig, "cri-o", textFile}},
		{"/etc/docker/daemon.json", want{facts.RoleRuntimeConfig, "docker", yamlFile}},
		{"/run/containerd/containerd.sock", want{facts.RoleRuntimeSocket, "containerd", plain}},
		{"/run/crio/crio.sock", want{facts.RoleRuntimeSocket, "cri-o", plain}},
		{"/run/docker.sock", want{facts.RoleRuntimeSocket, "docker", plain}},
		{"/run/cri-dockerd.sock", want{facts.RoleRuntimeSocket, "docker", plain}},
		{"/run/k3s/containerd/containerd.sock", want{facts.RoleRuntimeSocket, "containerd", plain}},
		{"/run/k0s/containerd.sock", want{facts.RoleRuntimeSocket, "containerd", plain}},
		{"/var/snap/microk8s/common/run/containerd.sock", want{facts.RoleRuntimeSocket, "containerd", plain}},
	}
	out = append(out, rancherSeeds("k3s")...)
	out = append(out, rancherSeeds("rke2")...)
	out = append(out, k0sSeeds()...)
	return append(out, microk8sSeeds()...)
}

func rancherSeeds(name string) []seed {
	data, etc := "/var/lib/rancher/"+name, "/etc/rancher/"+name
	return []seed{
		{etc + "/config.yaml", want{facts.RoleDistribution, name, yamlFile}},
		{etc + "/config.yaml.d/*.yaml", want{facts.RoleDistribution, name, yamlFile}},
		{etc + "/registries.yaml", want{facts.RoleRuntimeConfig, "containerd", yamlFile}},
		{etc + "/" + name + ".yaml", want{facts.RoleAdminKubeconfig, "", yamlFile}},
		{etc + "/audit-policy.yaml", want{facts.RoleAuditPolicy, "kube-apiserver", yamlFile}},
		{etc + "/rke2-pss.yaml", config},
		{data + "/server/tls", want{facts.RolePKIDirectory, "", keyTree}},
		{data + "/agent/*.crt", certificate},
		{data + "/agent/*.key", key},
		{data + "/agent/client-ca.crt", want{facts.RoleKubeletClientCA, "kubelet", trust}},
		{data + "/agent/kubelet.kubeconfig", want{facts.RoleKubeletKubeconfig, "kubelet", yamlFile}},
		{data + "/agent/kubeproxy.kubeconfig", want{facts.RoleProxyKubeconfig, "kube-proxy", yamlFile}},
		{data + "/agent/etc/kubelet.conf.d", want{facts.RoleKubeletConfig, "kubelet", dropIns}},
		{data + "/agent/etc/containerd/config.toml", want{facts.RoleRuntimeConfig, "containerd", textFile}},
		{data + "/agent/etc/cni/net.d/*", want{facts.RoleCNIConfig, "", plain}},
		{data + "/agent/pod-manifests", want{facts.RoleStaticPod, "", manifests}},
		{data + "/server/cred/admin.kubeconfig", want{facts.RoleAdminKubeconfig, "", yamlFile}},
		{data + "/server/cred/controller.kubeconfig", want{facts.RoleManagerKubeconfig, "kube-controller-manager", yamlFile}},
		{data + "/server/cred/scheduler.kubeconfig", want{facts.RoleSchedulerKubeconfig, "kube-scheduler", yamlFile}},
		{data + "/server/cred/encryption-config.json", want{facts.RoleEncryptionConfig, "kube-apiserver", yamlFile}},
		{data + "/server/db/etcd", want{facts.RoleEtcdData, name, folder}},
		{data + "/server/logs/audit*.log", want{facts.RoleAuditLog, "kube-apiserver", plain}},
	}
}

func k0sSeeds() []seed {
	const data = "/var/lib/k0s"
	return []seed{
		{"/etc/k0s/k0s.yaml", want{facts.RoleDistribution, "k0s", yamlFile}},
		{"/etc/k0s/containerd.toml", want{facts.RoleRuntimeConfig, "containerd", textFile}},
		{"/etc/k0s/containerd.d/*.toml", want{facts.RoleRuntimeConfig, "containerd", textFile}},
		{data + "/kubelet-config.yaml", want{facts.RoleKubeletConfig, "kubelet", yamlFile}},
		{data + "/kubelet.conf", want{facts.RoleKubeletKubeconfig, "kubelet", yamlFile}},
		{data + "/pki", want{facts.RolePKIDirectory, "", keyTree}},
		{data + "/pki/admin.conf", want{facts.RoleAdminKubeconfig, "", yamlFile}},
		{data + "/pki/ccm.conf", want{facts.RoleManagerKubeconfig, "kube-controller-manager", yamlFile}},
		{data + "/pki/scheduler.conf", want{facts.RoleSchedulerKubeconfig, "kube-scheduler", yamlFile}},
		{data + "/etcd", want{facts.RoleEtcdData, "etcd", folder}},
	}
}

func microk8sSeeds() []seed {
	const data = "/var/snap/microk8s/current"
	out := []seed{
		{data + "/credentials/kubelet.config", want{facts.RoleKubeletKubeconfig, "kubelet", yamlFile}},
		{data + "/credentials/proxy.config", want{facts.RoleProxyKubeconfig, "kube-proxy", yamlFile}},
		{data + "/credentials/controller.config", want{facts.RoleManagerKubeconfig, "kube-controller-manager", yamlFile}},
		{data + "/credentials/scheduler.config", want{facts.RoleSchedulerKubeconfig, "kube-scheduler", yamlFile}},
		{data + "/credentials/client.config", want{facts.RoleAdminKubeconfig, "", yamlFile}},
		{data + "/certs", want{facts.RolePKIDirectory, "", keyTree}},
		{data + "/certs/ca.crt", want{facts.RoleKubeletClientCA, "kubelet", trust}},
		{data + "/var/kubernetes/backend", want{facts.RoleEtcdData, "microk8s", folder}},
		{data + "/args/cni-network/*", want{facts.RoleCNIConfig, "", plain}},
		{data + "/args/containerd.toml", want{facts.RoleRuntimeConfig, "containerd", textFile}},
		{data + "/args/containerd-template.toml", want{facts.RoleRuntimeConfig, "containerd", textFile}},
	}
	for _, name := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "etcd"} {
		out = append(out, seed{data + "/args/" + name, want{facts.RoleArguments, name, textFile}})
	}
	return out
}

// units are the services whose units are read, and whose they are.
var units = []struct{ name, component string }{
	{"kubelet", "kubelet"},
	{"kube-proxy", "kube-proxy"},
	{"kube-apiserver", "kube-apiserver"},
	{"kube-controller-manager", "kube-controller-manager"},
	{"kube-scheduler", "kube-scheduler"},
	{"etcd", "etcd"},
	{"k3s", "k3s"},
	{"k3s-agent", "k3s"},
	{"rke2-server", "rke2"},
	{"rke2-agent", "rke2"},
	{"k0scontroller", "k0s"},
	{"k0sworker", "k0s"},
	{"snap.microk8s.daemon-kubelite", "kubelite"},
	{"snap.k8s.kubelet", "kubelet"},
}

// unitFolders are where systemd looks for units.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html#Unit%20File%20Load%20Path
var unitFolders = []string{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}
