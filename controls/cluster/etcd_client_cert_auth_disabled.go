package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdClientCertAuthDisabled: etcd answers nobody whom it does not know.
var EtcdClientCertAuthDisabled = control.Control{
	ID: "etcd-client-cert-auth-disabled", Section: "etcd", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Require client certificates on etcd",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Etcd}, Settings: []control.Setting{demandsCertificates("client-cert-auth", "trusted-ca-file"), control.FlagGiven("trusted-ca-file", "/etc/kubernetes/pki/etcd/ca.crt")}, Unless: anotherEtcd},
	Risk:     "Clients without a certificate of the trusted authority are refused: probes, backups and monitoring that connect without one.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start etcd with --client-cert-auth=true and --trusted-ca-file with the authority of etcd's clients.",
	Refs: control.Refs{
		CIS:    []string{"2.2"},
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{etcdSecurityDocs, etcdFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0154"},
		Trivy:     []string{"KCV-0043"},
		Checkov:   []string{"CKV_K8S_117"},
		KubeBench: []string{"2.2"},
	},
	Why: `etcd asks for no password: who reaches its port has the whole cluster, unless it asks for a certificate. Without --trusted-ca-file it takes one of any
authority that the host trusts, the public ones too. With it etcd asks for certificates whatever --client-cert-auth says: the finding is low then, and the
flag says what is meant.`,
}

// demandsCertificates is the requirement that etcd asks those who connect for a certificate. It does so also if it only has an authority to check them
// with; that is no hole, and nothing that anybody promises.
// https://github.com/etcd-io/etcd/blob/v3.7.0/client/pkg/transport/listener.go (TLSInfo.baseConfig)
func demandsCertificates(flag, authority string) control.Setting {
	s := control.FlagIs(flag, true)
	problem := s.Problem
	trusted := func(i *component.Instance) bool {
		v := i.Flag(authority)
		return v.Set && !v.Empty()
	}
	s.Problem = func(v *component.Value, i *component.Instance) string {
		text := problem(v, i)
		if text != "" && trusted(i) {
			text += " (etcd asks for certificates all the same, because it has --" + authority + ")"
		}
		return text
	}
	s.Severity = func(_ *component.Value, i *component.Instance) *control.Severity {
		if !trusted(i) {
			return nil
		}
		low := control.Low
		return &low
	}
	return s
}
