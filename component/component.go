// Package component knows how the components of Kubernetes are configured: kube-apiserver, kube-controller-manager, kube-scheduler,
// etcd, kubelet and kube-proxy. It reads every form in which people and distributions write that down (static pods, kubeadm, systemd
// units, environment files, configuration files with drop-ins, k3s, RKE2, k0s, MicroK8s, Talos) and answers what a setting is in effect:
// a flag beats a drop-in, a drop-in the file, the file the default of that release of Kubernetes. Every answer says which source
// decided and where that stands. What cannot be decided from the files is unknown, with the reason; it is never a default.
//
// A Set gathers what was read, New makes instances of it, and an Instance is asked for flags, fields and files:
//
//	var s component.Set
//	s.Add(object, 0, "etc/kubernetes/manifests/kube-apiserver.yaml")
//	for _, i := range component.New(&s, component.Options{}) {
//		if v := i.Flag("anonymous-auth"); v.IsTrue() { … v.Place … i.EditOf("anonymous-auth", "false") … }
//	}
//
// Flags, types and defaults of releases come from the components' own Go packages, by test/componentflags.
package component

// Kind is which component runs.
type Kind uint8

// The components.
const (
	APIServer Kind = iota
	ControllerManager
	Scheduler
	Etcd
	Kubelet
	Proxy
)

// Kinds are all components, in the order in which instances of one source come.
func Kinds() []Kind { return []Kind{APIServer, ControllerManager, Scheduler, Etcd, Kubelet, Proxy} }

// String returns the name of the program: kube-apiserver.
func (k Kind) String() string {
	switch k {
	case APIServer:
		return "kube-apiserver"
	case ControllerManager:
		return "kube-controller-manager"
	case Scheduler:
		return "kube-scheduler"
	case Etcd:
		return "etcd"
	case Kubelet:
		return "kubelet"
	case Proxy:
		return "kube-proxy"
	default:
		return "unknown"
	}
}

// kindOf returns the component that a program of a name is.
func kindOf(program string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.String() == program {
			return k, true
		}
	}
	return 0, false
}

// hyperkube returns the component that the first argument of hyperkube names.
// https://github.com/kubernetes/kubernetes/blob/v1.18.0/cmd/hyperkube/main.go
func hyperkube(word string) (Kind, bool) {
	switch word {
	case "apiserver":
		return APIServer, true
	case "controller-manager":
		return ControllerManager, true
	case "scheduler":
		return Scheduler, true
	case "proxy":
		return Proxy, true
	default:
		return kindOf(word)
	}
}
