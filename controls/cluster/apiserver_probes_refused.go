package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverProbesRefused: an API server that answers its own probes with 401 does not live long.
var ApiserverProbesRefused = control.Control{
	ID: "apiserver-probes-refused", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Let the kubelet ask the API server for its health",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnFields{OnComponents: *apiServer(control.Setting{
		Name: "--anonymous-auth", Flag: "anonymous-auth", Wanted: "must not be false where the probes of its pod have no credentials",
		Value: func(i *component.Instance) component.Value { return i.Flag("anonymous-auth") },
		Problem: func(v *component.Value, i *component.Instance) string {
			if v.IsFalse() && i.Probed {
				return "is false, and the probes of its pod have no credentials: they get 401, and the kubelet restarts it for ever"
			}
			return ""
		},
	})},
	Risk:     "None: the API server stays up.",
	Fix:      control.Advice,
	NoFix:    "The file that limits anonymous requests to health is a new one.",
	NoPolicy: noPolicyForComponents,
	Remedy: `Write an AuthenticationConfiguration with anonymous.enabled: true and anonymous.conditions of /livez, /readyz and /healthz, mount it, and
start the API server with --authentication-config and without --anonymous-auth (Kubernetes 1.32 and newer). Before, leave anonymous requests on, or
have the probes ask something that has credentials.`,
	Refs: control.Refs{
		NSA:    []string{nsaAuth, nsaControlPlane},
		MITRE:  []string{"T1499"},
		Source: []string{authnDocs + "#anonymous-authenticator-configuration", "https://kubernetes.io/docs/reference/using-api/health-checks/"},
	},
	Why: `--anonymous-auth=false is what every benchmark asks for, and on a cluster of kubeadm it takes the control plane down: the kubelet asks /livez without
credentials, gets 401, and takes the API server for dead. Since 1.32 anonymous requests can be limited to health.`,
	Examples: []control.Example{
		{
			Name: "probed and refused",
			Manifests: `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  hostNetwork: true
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.34.0
    command: [kube-apiserver, --anonymous-auth=false]
    livenessProbe: {httpGet: {host: 127.0.0.1, path: /livez, port: 6443, scheme: HTTPS}}
`,
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
		},
		{
			Name: "probed and let in",
			Manifests: `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  hostNetwork: true
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.34.0
    command: [kube-apiserver, --authentication-config=/etc/kubernetes/authentication.yaml]
    livenessProbe: {httpGet: {host: 127.0.0.1, path: /livez, port: 6443, scheme: HTTPS}}
`,
		},
		{Name: "not probed", Manifests: control.ComponentPod(component.APIServer, "v1.34.0", "--anonymous-auth=false")},
	},
}
