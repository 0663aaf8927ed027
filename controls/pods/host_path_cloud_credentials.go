package pods

import "github.com/kubeharden/kubeharden/control"

// HostPathCloudCredentials: the cloud credentials of a node are for the node.
var HostPathCloudCredentials = control.Control{
	ID: "host-path-cloud-credentials", Section: "other", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Do not mount cloud credential files of the node",
	Scope:      control.PodSpecs,
	Require:    hostPathNot(cloudCredentials, "no volume may have a hostPath with cloud credentials", "which has cloud credentials"),
	Suppresses: []string{"host-path-sensitive", "host-path-volume"},
	Fix:        control.Advice,
	NoFix:      "Which identity the program should have in the cloud, only a person can say.",
	Risk:       "The program can no longer act as the node in the cloud.",
	Remedy:     "Give the service account an identity of its own: EKS Pod Identity or IRSA, GKE or Microsoft Entra Workload ID.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: protecting cloud infrastructure"},
		MITRE:  []string{"T1552.001", "T1552.005"},
		Source: []string{volumeDocs, "https://kubernetes.io/docs/concepts/security/cloud-native-security/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0020"},
		Other:     []string{"kube-hunter:KHV004"},
	},
	Why: `The credentials files of a node or of an administrator open the cloud account, beyond the cluster: disks, images, other clusters. A
pod that mounts them hands them to everybody who breaks into it, and they seldom expire.`,
	Bad: []control.Change{
		{Path: "volumes", Name: `/root/.aws`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/root/.aws`}}}},
		{Path: "volumes", Name: `/home/ubuntu/.azure/`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/home/ubuntu/.azure/`}}}},
		{Path: "volumes", Name: `/root/.config/gcloud`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/root/.config/gcloud`}}}},
		{Path: "volumes", Name: `/etc/kubernetes/azure.json`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/etc/kubernetes/azure.json`}}}},
		{Path: "volumes", Name: `/etc/kubernetes/cloud-config`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/etc/kubernetes/cloud-config`}}}},
	},
	Good: []control.Change{
		{Path: "volumes", Name: `/data/.awsome`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/data/.awsome`}}}},
		{Path: "volumes", Name: `/etc/kubernetes/pki`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/etc/kubernetes/pki`}}}},
		{Path: "volumes", Name: `/var/lib/cloud9`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/lib/cloud9`}}}},
	},
}

// cloudCredentials are the files of the clouds' command line tools in any home folder, and of their controllers on a node.
var cloudCredentials = pathPattern(nil, []string{"/etc/kubernetes/azure.json", "/etc/kubernetes/cloud-config", "/etc/kubernetes/cloud.conf", "/gcloud"}).
	or(`(^|/)\.(aws|azure|config/+gcloud|oci)(/|$)`)
