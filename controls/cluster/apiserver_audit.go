package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// logsToNoFile exempts an API server whose log goes elsewhere than to a file: nothing is rotated there. With no log at all that is what
// apiserver-audit-log-path-missing reports, and a number that is given is judged still.
func logsToNoFile(i *component.Instance) bool {
	log := i.Flag("audit-log-path")
	if log.Known && log.Text == "-" {
		return true
	}
	webhook := i.Flag("audit-webhook-config-file")
	return log.Empty() && webhook.Known && webhook.Text != ""
}

// rotation requires a number that bounds what is kept of the log.
func rotation(flag string, least int64, zero string) control.Setting {
	s := control.FlagAtLeast(flag, least, zero)
	s.Bad = append(s.Bad, []string{"--" + flag + "=1"})
	return s
}

// auditLogExamples are those with volumes.
var auditLogExamples = []control.Example{
	{
		Name: "not in a volume",
		Manifests: auditPod(`    volumeMounts:
    - {name: pki, mountPath: /etc/kubernetes/pki}
  volumes:
  - {name: pki, hostPath: {path: /etc/kubernetes/pki}}
`),
		Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
	},
	{
		Name: "in a volume",
		Manifests: auditPod(`    volumeMounts:
    - {name: log, mountPath: /var/log/kubernetes}
  volumes:
  - {name: log, hostPath: {path: /var/log/kubernetes}}
`),
	},
	{
		Name: "kubeadm without",
		Manifests: `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.34.1
`,
		Want: []string{"ClusterConfiguration apiServer.extraArgs"},
	},
	{
		Name: "kubeadm with a volume",
		Manifests: `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.34.1
apiServer:
  extraArgs:
  - {name: audit-log-path, value: /var/log/kubernetes/audit/audit.log}
  extraVolumes:
  - {name: audit, hostPath: /var/log/kubernetes/audit, mountPath: /var/log/kubernetes/audit, pathType: DirectoryOrCreate}
`,
	},
}

func auditPod(rest string) string {
	return `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.34.1
    command: [kube-apiserver, --audit-log-path=/var/log/kubernetes/audit.log]
` + rest
}
