package cluster

import (
	"path"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverFrontProxyCaShared: the CA of users and the CA of proxies.
var ApiserverFrontProxyCaShared = control.Control{
	ID: "apiserver-front-proxy-ca-shared", Section: "api-server", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title: "Use another CA for the front proxy than for clients",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Given:    []string{"--client-ca-file=/etc/kubernetes/pki/ca.crt"},
		Settings: []control.Setting{otherCA()},
	},
	Risk:     "While certificates of the old CA are used in front, aggregated APIs fail.",
	Fix:      control.Advice,
	NoFix:    "The other CA and its certificate have to be made first.",
	NoPolicy: noPolicyForComponents,
	Remedy:   "Make a CA for the front proxy, issue --proxy-client-cert-file from it and give it in --requestheader-client-ca-file.",
	Refs: control.Refs{
		NSA:    []string{nsaAuth},
		MITRE:  []string{"T1078", "T1550.001"},
		Source: []string{frontProxy},
	},
	Why: `Who has a certificate of --requestheader-client-ca-file may say in a header who it is. If that CA also signs the certificates of
clients, every kubelet and every user with a certificate may, as long as names are not restricted; with names everything hangs on nobody
getting a certificate with such a name.`,
}

// otherCA compares the paths of the two files; their contents are not looked at. Names that restrict make it less bad.
func otherCA() control.Setting {
	const flag = "requestheader-client-ca-file"
	s := control.FlagTold(flag, "must not be the file of --client-ca-file", func(v *component.Value, i *component.Instance) string {
		if clients := i.Flag("client-ca-file"); clients.Known && clients.Text != "" && path.Clean(clients.Text) == path.Clean(v.Text) {
			return "is " + v.Text + ", the file of --client-ca-file"
		}
		return ""
	}, []string{kubeadmPKI + "/ca.crt", kubeadmPKI + "//ca.crt"}, []string{kubeadmPKI + "/front-proxy-ca.crt"})
	value := s.Value
	s.Value = func(i *component.Instance) component.Value {
		v := value(i)
		if clients := i.Flag("client-ca-file"); v.Known && v.Text != "" && !clients.Known {
			return clients
		}
		return v
	}
	s.Severity = func(_ *component.Value, i *component.Instance) *control.Severity {
		if names := i.Flag("requestheader-allowed-names"); !names.Known || names.Empty() {
			return nil
		}
		less := control.High
		return &less
	}
	return alsoGood(s, []string{})
}
