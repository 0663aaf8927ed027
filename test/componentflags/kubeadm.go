package main

import (
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/cmd/kubeadm/app/phases/controlplane"
	"k8s.io/kubernetes/cmd/kubeadm/app/phases/etcd"
	kubeadmconfig "k8s.io/kubernetes/cmd/kubeadm/app/util/config"
	etcdutil "k8s.io/kubernetes/cmd/kubeadm/app/util/etcd"
	"sigs.k8s.io/yaml"
)

// writeManifests writes the static pods that kubeadm makes when it is told nothing.
func writeManifests(dir, release string) error {
	cfg, err := kubeadmconfig.DefaultedStaticInitConfiguration()
	if err != nil {
		return fmt.Errorf("defaulting a kubeadm configuration: %w", err)
	}
	cfg.KubernetesVersion = release
	cfg.LocalAPIEndpoint.AdvertiseAddress = "192.0.2.10"
	pods := controlplane.GetStaticPodSpecs(&cfg.ClusterConfiguration, &cfg.LocalAPIEndpoint, nil)
	if pods == nil {
		pods = map[string]corev1.Pod{}
	}
	pods["etcd"] = etcd.GetEtcdPodSpec(&cfg.ClusterConfiguration, &cfg.LocalAPIEndpoint, "control-plane", []etcdutil.Member{})
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, pod := range pods {
		text, err := yaml.Marshal(pod)
		if err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
