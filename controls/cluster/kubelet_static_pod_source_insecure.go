package cluster

import (
	"path"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletStaticPodSourceInsecure: nobody but root starts static pods.
var KubeletStaticPodSourceInsecure = control.Control{
	ID: "kubelet-static-pod-source-insecure", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Load static pods only from a root-owned path, never from a URL",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagCleared("manifest-url", "http://10.0.0.4/pods.yaml"), staticPodPath()}},
	Risk:     "Static pods that came from the URL or from the old folder stop.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Remove staticPodURL, and set staticPodPath to a folder that only root writes, such as /etc/kubernetes/manifests, or remove it on nodes without static pods.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: control plane hardening", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1525", "T1610"},
		Source: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/", kubeletAPI},
	},
	Why: `Static pods pass no admission and may be privileged: who writes the folder, or answers for the URL, is root on the node. Over http that is everybody
on the way.`,
	Examples: []control.Example{
		fails("a URL", kubeletFile("staticPodURL: http://10.0.0.4/pods.yaml"), "staticPodURL"),
		fails("everybody writes", kubeletFile("staticPodPath: /tmp/manifests"), "staticPodPath"),
		passes("kubeadm", kubeletFile("staticPodPath: /etc/kubernetes/manifests")),
		passes("none", kubeletFile("cgroupDriver: systemd")),
	},
}

// staticPodPath requires a folder that does not lie in one that everybody or another user writes. Who owns it, the node has to tell.
func staticPodPath() control.Setting {
	return control.FlagTold("pod-manifest-path", "must not be below /tmp, /var/tmp, /dev/shm, /run/user or /home", func(v *component.Value, _ *component.Instance) string {
		for _, dir := range []string{"/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/", "/home/"} {
			if strings.HasPrefix(path.Clean(v.Text)+"/", dir) {
				return "is " + v.Text + ", where others than root write"
			}
		}
		return ""
	}, []string{"/tmp/manifests", "/home/admin/manifests"}, []string{"/etc/kubernetes/manifests", ""})
}
