package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// NodeContainerRuntimeSocketPermissions: who can talk to the container runtime is root.
var NodeContainerRuntimeSocketPermissions = control.Control{
	ID: "node-container-runtime-socket-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict the container-runtime socket to root 660",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleRuntimeSocket),
	Require:  &control.NodeFiles{Roles: []string{node.RoleRuntimeSocket}, Types: []string{"socket"}, Mode: 0o660, Root: true},
	Risk:     "Users and agents in a group such as docker no longer reach the runtime; let agents use the API of Kubernetes.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   `Run chmod 660 and chown root:root on the socket, and set gid = 0 (containerd) or "group": "root" (Docker) so that it stays so.`,
	Refs: control.Refs{
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{"https://github.com/containerd/containerd/blob/v2.1.0/docs/man/containerd-config.toml.5.md", "https://docs.docker.com/engine/security/#docker-daemon-attack-surface"},
	},
	Why: `The runtime starts whatever it is asked to, privileged and with the host's disk mounted, and asks nobody whether that is allowed. Each user and each group
that may connect to the socket is root on the node, past every admission control.`,
}
