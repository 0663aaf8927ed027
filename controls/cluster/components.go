package cluster

import "github.com/kubeharden/kubeharden/control"

// componentKinds are what components are configured by: pods that run them, configuration documents, and files of other kinds.
func componentKinds() []control.Kind {
	return append(
		control.WorkloadKinds(),
		control.Kind{Kind: "File"},
		control.Kind{Kind: "Process"},
		control.Kind{Kind: "ConfigMap"},
		control.Kind{Group: "kubeharden.io", Kind: "ClusterFacts"},
		control.Kind{Group: "kubelet.config.k8s.io", Kind: control.AnyKind},
		control.Kind{Group: "kubeproxy.config.k8s.io", Kind: control.AnyKind},
		control.Kind{Group: "kubescheduler.config.k8s.io", Kind: control.AnyKind},
		control.Kind{Group: "kubeadm.k8s.io", Kind: control.AnyKind},
		control.Kind{Group: "k0s.k0sproject.io", Kind: control.AnyKind},
		control.Kind{Group: "k0sctl.k0sproject.io", Kind: control.AnyKind},
	)
}
