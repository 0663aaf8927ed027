package pods

import "github.com/kubeharden/kubeharden/control"

// ContainerRuntimeSocketMounted: the socket of the container runtime is root on the node.
var ContainerRuntimeSocketMounted = control.Control{
	ID: "container-runtime-socket-mounted", Section: "other", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Do not mount a container-runtime socket",
	Scope:      control.PodSpecs,
	Require:    hostPathNot(runtimeSockets, "no volume may have the socket of a container runtime as hostPath", "the socket of a container runtime"),
	Suppresses: []string{"host-path-volume"},
	Fix:        control.Advice,
	NoFix:      "What replaces the socket depends on what it is used for: a person must choose.",
	Risk:       "Programs that build images or read from the runtime through its socket stop working.",
	Remedy:     "Remove the hostPath volume and its mounts; build images with a rootless builder (BuildKit, Buildah), and read logs, metrics and metadata from the Kubernetes API.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{volumeDocs, "https://docs.docker.com/engine/security/#docker-daemon-attack-surface"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"docker-sock"},
		Kubescape:  []string{"C-0074"},
		Trivy:      []string{"KSV-0006"},
		Checkov:    []string{"CKV_K8S_27"},
		Kubeaudit:  []string{"mounts/SensitivePathsMounted"},
		Kubesec:    []string{"DockerSock"},
		Kyverno:    []string{"best-practices/disallow-container-sock-mounts", "other/docker-socket-check"},
		Other:      []string{"terrascan:AC-K8-NS-PO-M-0171", "semgrep:exposing-docker-socket-hostpath", "kubehound:EXPLOIT_CONTAINERD_SOCK"},
	},
	Why: `Whoever reaches the socket of Docker, containerd or CRI-O can start a privileged container with the node's disk in it, past the API server and
all its policies. Mounting it read-only does not help: a socket can be used without writing to the file.`,
	Bad: []control.Change{
		{Path: "volumes", Name: `/var/run/docker.sock`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/run/docker.sock`}}}},
		{Path: "volumes", Name: `/run/containerd/containerd.sock`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/run/containerd/containerd.sock`}}}},
		{Path: "volumes", Name: `/var/run/crio/crio.sock`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/run/crio/crio.sock`}}}},
		{Path: "volumes", Name: `/run/k3s/containerd`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/run/k3s/containerd`}}}},
		{Path: "volumes", Name: `\\.\pipe\docker_engine`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `\\.\pipe\docker_engine`}}}},
	},
	Good: []control.Change{
		{Path: "volumes", Name: `/var/run/docker/plugins`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/run/docker/plugins`}}}},
		{Path: "volumes", Name: `/var/lib/kubelet/plugins/csi.sock`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/lib/kubelet/plugins/csi.sock`}}}},
		{Path: "volumes", Name: `/var/run/docker.socket.d`, Value: []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": `/var/run/docker.socket.d`}}}},
	},
}

// runtimeSockets are the sockets of container runtimes, wherever they are, and the folders that they are in.
var runtimeSockets = newPattern(`/(docker|containerd|crio|cri-dockerd|dockershim|podman|buildkitd)\.sock$|` +
	`^(/var)?/run/(docker|docker/containerd|containerd|crio|podman|k3s/containerd|buildkit)/*$|^[\\/]{2,}\.[\\/]+pipe[\\/]+(docker_engine|containerd-containerd|cri-dockerd)$`)
