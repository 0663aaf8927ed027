package cluster

import (
	"path"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// noPolicyForComponents is why there is no admission policy for what the API server is started with.
const noPolicyForComponents = "An admission policy does not see what the API server is started with: a static pod does not pass admission."

// The documentation that decides.
const (
	apiServerDocs = "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/"
	admissionDocs = "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/"
	auditDocs     = "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/"
	frontProxy    = "https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/#kubernetes-apiserver-client-authentication"
	pkiDocs       = "https://kubernetes.io/docs/setup/best-practices/certificates/"
)

// The headings of the NSA/CISA guide.
const (
	nsaControlPlane = "Network separation: control plane"
	nsaEtcd         = "Network separation: etcd"
	nsaNamespaces   = "Network separation: namespaces"
	nsaNodes        = "Network separation: worker node segmentation"
	nsaTokens       = "Pod security: protecting Pod service account tokens"
	nsaImages       = "Pod security: secure container images"
	nsaPods         = "Pod security: Pod security enforcement"
	nsaAudit        = "Audit logging: native API audit"
	nsaUpgrading    = "Upgrading and application security practices"
)

func apiServers() []component.Kind { return []component.Kind{component.APIServer} }

// apiServer is a requirement on the API server.
func apiServer(settings ...control.Setting) *control.OnComponents {
	return &control.OnComponents{Of: apiServers(), Settings: settings}
}

// notKnown is a value that the files do not decide.
func notKnown(reason string) component.Value {
	return component.Value{Reason: reason, Place: component.Place{Object: -1}}
}

// absent is the value of a setting that does not matter here.
func absent() component.Value {
	return component.Value{Absent: true, Place: component.Place{Object: -1}}
}

// before reports whether an instance is known to be of a release before a minor.
func before(i *component.Instance, minor int) bool {
	return i.Version.Known() && i.Version.Minor < minor
}

// alsoGood says that a setting is right, or wrong, with nothing said of it too.
func alsoGood(s control.Setting, args ...[]string) control.Setting {
	s.Good = append(s.Good, args...)
	return s
}

func alsoBad(s control.Setting, args ...[]string) control.Setting {
	s.Bad = append(s.Bad, args...)
	return s
}

// kubeadmFile requires a flag that names one of the files of kubeadm. Where the instance takes its other certificates from a folder that kubeadm
// fills, the file is there and the flag can be set; anywhere else only a person knows where it is.
func kubeadmFile(flag, file string) control.Setting {
	s := control.FlagGiven(flag, kubeadmPKI+"/"+file)
	s.Edits = func(i *component.Instance) []component.Edit {
		if !hasKubeadmPKI(i) {
			return nil
		}
		return set(i, flag, kubeadmPKI+"/"+file)
	}
	return s
}

// kubeadmPKI is the folder that kubeadm puts keys and certificates into.
const kubeadmPKI = "/etc/kubernetes/pki"

// kubeadmFiles are the files that kubeadm makes, by the flags that it names them in.
// https://kubernetes.io/docs/setup/best-practices/certificates/#certificate-paths
func kubeadmFiles(of component.Kind) map[string]string {
	switch of {
	case component.APIServer:
		return map[string]string{
			"client-ca-file": "ca.crt", "tls-cert-file": "apiserver.crt", "service-account-signing-key-file": "sa.key",
			"requestheader-client-ca-file": "front-proxy-ca.crt", "proxy-client-cert-file": "front-proxy-client.crt",
			"kubelet-client-certificate": "apiserver-kubelet-client.crt", "etcd-certfile": "apiserver-etcd-client.crt",
		}
	case component.Etcd:
		return map[string]string{
			"cert-file": "etcd/server.crt", "key-file": "etcd/server.key", "trusted-ca-file": "etcd/ca.crt",
			"peer-cert-file": "etcd/peer.crt", "peer-key-file": "etcd/peer.key", "peer-trusted-ca-file": "etcd/ca.crt",
		}
	case component.ControllerManager:
		return map[string]string{
			"client-ca-file": "ca.crt", "cluster-signing-cert-file": "ca.crt", "cluster-signing-key-file": "ca.key", "root-ca-file": "ca.crt",
			"requestheader-client-ca-file": "front-proxy-ca.crt", "service-account-private-key-file": "sa.key",
		}
	default:
		return nil
	}
}

// hasKubeadmPKI reports whether two of the files that kubeadm makes are given under the names that kubeadm gives them.
func hasKubeadmPKI(i *component.Instance) bool {
	n := 0
	for flag, file := range kubeadmFiles(i.Kind) {
		if v := i.Flag(flag); v.Known && path.Clean(v.Text) == kubeadmPKI+"/"+file {
			n++
		}
	}
	return n > 1
}

// kubeadmGiven are arguments that show kubeadm's files, for examples.
var kubeadmGiven = []string{
	"--requestheader-client-ca-file=" + kubeadmPKI + "/front-proxy-ca.crt", "--proxy-client-cert-file=" + kubeadmPKI + "/front-proxy-client.crt",
}

var (
	kubeadmEtcd    = []string{"--trusted-ca-file=" + kubeadmPKI + "/etcd/ca.crt", "--peer-trusted-ca-file=" + kubeadmPKI + "/etcd/ca.crt"}
	kubeadmManager = []string{"--cluster-signing-cert-file=" + kubeadmPKI + "/ca.crt", "--requestheader-client-ca-file=" + kubeadmPKI + "/front-proxy-ca.crt"}
)

// set are the changes after which a flag has a value.
func set(i *component.Instance, flag, value string) []component.Edit {
	e, ok := i.EditOf(flag, value)
	if !ok {
		return nil
	}
	return []component.Edit{e}
}

// dropped are the changes after which a flag is not given.
func dropped(i *component.Instance, flag string) []component.Edit {
	edits, ok := i.Drop(flag)
	if !ok {
		return nil
	}
	return edits
}

// keptPlugin requires an admission plugin that is on by itself not to be disabled.
func keptPlugin(name string) control.Setting {
	s := control.Plugin(name, true)
	s.Edits = func(i *component.Instance) []component.Edit {
		if old := i.Flag("admission-control"); old.Set {
			return control.Listed(i, "admission-control", name)
		}
		return control.Unlisted(i, "disable-admission-plugins", name)
	}
	s.Good = append([][]string{{}}, s.Good...)
	return s
}

// addedPlugin requires an admission plugin that is off by itself to be enabled.
func addedPlugin(name string) control.Setting {
	s := control.Plugin(name, true)
	edits := s.Edits
	s.Edits = func(i *component.Instance) []component.Edit {
		if old := i.Flag("admission-control"); old.Set {
			return control.Listed(i, "admission-control", name)
		}
		return edits(i)
	}
	return alsoBad(s, []string{})
}

// isAlpha reports whether a text names a version of an API that is alpha: storage.k8s.io/v1alpha1.
func isAlpha(version string) bool {
	at := strings.LastIndexByte(version, '/') + 1
	rest, ok := strings.CutPrefix(version[at:], "v")
	digits := strings.TrimLeft(rest, "0123456789")
	return ok && digits != rest && strings.HasPrefix(digits, "alpha")
}

// goneFlag requires a flag that newer releases do not have any more not to be given. Where it is not, that is right in every release.
func goneFlag(flag, example string) control.Setting {
	s := control.FlagNotGiven(flag, example)
	s.Value = func(i *component.Instance) component.Value { return orElse(i.Flag(flag), "") }
	return s
}

// orElse is a value, or where the release has no such setting what it is then.
func orElse(v component.Value, text string) component.Value {
	if v.Absent {
		return component.Value{Known: true, Text: text, Place: v.Place}
	}
	return v
}
