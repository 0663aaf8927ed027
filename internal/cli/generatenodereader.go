package cli

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/image"
	facts "github.com/kubeharden/kubeharden/node"
)

// nodeReader is the manifest that describes every node of a cluster. What each line is for stands in it; %[1]s is the image, %[2]s the namespace.
const nodeReader = `# Describes every node with 'kubeharden node', into the log of its pod. It writes nothing, anywhere, and needs no network and no token:
#
#   kubectl apply -f node-reader.yaml
#   kubectl -n %[2]s rollout status daemonset/node-reader
#   mkdir facts
#   kubectl -n %[2]s get pods -l app.kubernetes.io/name=node-reader -o custom-columns=:metadata.name,:spec.nodeName --no-headers |
#     while read -r pod node; do kubectl -n %[2]s logs "$pod" > "facts/$node.json"; done
#   kubectl delete -f node-reader.yaml
#   kubeharden scan --node-facts facts/
#
# Whoever may read the logs of this namespace reads the configuration of the nodes, without its secrets.
apiVersion: v1
kind: Namespace
metadata:
  name: %[2]s
  labels:
    # hostPID, hostPath and two capabilities are above the level baseline.
    pod-security.kubernetes.io/enforce: privileged
    pod-security.kubernetes.io/enforce-version: latest
    pod-security.kubernetes.io/audit: privileged
    pod-security.kubernetes.io/audit-version: latest
    pod-security.kubernetes.io/warn: privileged
    pod-security.kubernetes.io/warn-version: latest
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: none
  namespace: %[2]s
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: node-reader
  namespace: %[2]s
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: node-reader
  namespace: %[2]s
  labels:
    app.kubernetes.io/name: node-reader
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: node-reader
  template:
    metadata:
      labels:
        app.kubernetes.io/name: node-reader
    spec:
      serviceAccountName: node-reader
      automountServiceAccountToken: false
      enableServiceLinks: false
      # The processes are those of the host.
      hostPID: true
      # Control planes are nodes too.
      tolerations:
      - operator: Exists
      terminationGracePeriodSeconds: 1
      securityContext:
        # Files that only root may read have to be looked at, and bits of their mode are what it is about.
        runAsUser: 0
        runAsGroup: 0
        runAsNonRoot: false
        seccompProfile:
          type: RuntimeDefault
        # The profile of the runtime forbids to look at processes that are under another one.
        appArmorProfile:
          type: Unconfined
%[3]s      containers:
      - name: node
        image: %[1]s
        args: [node, --root, /host, --name, $(NODE_NAME), --quiet, --wait]
        env:
        - name: NODE_NAME
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
        resources:
          requests: {cpu: 50m, memory: 64Mi, ephemeral-storage: 16Mi}
          limits: {cpu: 500m, memory: 256Mi, ephemeral-storage: 64Mi}
        securityContext:
          privileged: false
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop: [ALL]
            # DAC_READ_SEARCH: files of other users, such as those of etcd. SYS_PTRACE: which file a process runs, its environment, its
            # root and its sockets. Neither lets it write.
            add: [DAC_READ_SEARCH, SYS_PTRACE]
        volumeMounts:
        - name: host
          mountPath: /host
          readOnly: true
          # What is mounted below is read-only too, where the kernel can do that (Kubernetes 1.31).
          recursiveReadOnly: IfPossible
      volumes:
      - name: host
        hostPath:
          path: /
          type: Directory
`

func newGenerateNodeReader(p *Process) *cobra.Command {
	var ref, namespace, seLinux, out string
	var force bool
	cmd := &cobra.Command{
		Use:   "node-reader",
		Short: "Write the manifest that describes every node of a cluster",
		Long: `Writes a DaemonSet that runs 'kubeharden node' on every node and prints the facts to the log of its pod. It has the least rights that this
takes: the host's file system read-only, no network, no token, all capabilities dropped but two that read. The comments in it say how to
collect the facts.`,
		Example: "  kubeharden generate node-reader --image registry.example.com/kubeharden@sha256:… > node-reader.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if ref == "" {
				return &hintError{errors.New("--image is missing"), "an image with this program, which the nodes can pull"}
			}
			if _, err := image.Parse(ref); err != nil || strings.ContainsAny(ref, " \t\n#\"'") {
				return fmt.Errorf("--image %q is no image", ref)
			}
			if !facts.ValidName(namespace) || strings.Contains(namespace, ".") || len(namespace) > 63 {
				return fmt.Errorf("--namespace %q is no name of a namespace", namespace)
			}
			if seLinux != "" && strings.Trim(seLinux, "abcdefghijklmnopqrstuvwxyz0123456789_.") != "" {
				return fmt.Errorf("--selinux-type %q is no type", seLinux)
			}
			return writeDocument(p, out, 0o644, force, func(w *bufio.Writer) error {
				_, err := fmt.Fprintf(w, nodeReader, ref, namespace, seLinuxOptions(seLinux))
				return err
			})
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&ref, "image", "", "the `image` of this program; name it with its digest")
	flags.StringVarP(&namespace, "namespace", "n", "kubeharden-nodes", "the `namespace` to make")
	flags.StringVar(&seLinux, "selinux-type", "", "run with this `type` of SELinux; nodes that enforce it let only spc_t read files of the host")
	flags.StringVarP(&out, "out", "o", "", "write to this `file` instead of standard output")
	flags.BoolVar(&force, "force", false, "replace the file if it is there")
	return cmd
}

// seLinuxOptions are the lines of the pod's security context for a type, none without one.
func seLinuxOptions(kind string) string {
	if kind == "" {
		return ""
	}
	return "        # SELinux keeps other types from the files of the host.\n        seLinuxOptions:\n          type: " + kind + "\n"
}
