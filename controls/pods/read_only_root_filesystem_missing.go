package pods

import "github.com/kubeharden/kubeharden/control"

// ReadOnlyRootFilesystemMissing: the file system of the image cannot be changed at run time.
var ReadOnlyRootFilesystemMissing = control.Control{
	ID: "read-only-root-filesystem-missing", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Make the root filesystem read-only",
	Scope:   control.Containers,
	Unless:  windowsNode,
	Require: readOnlyRoot(control.Is("securityContext.readOnlyRootFilesystem", true)),
	Params: []control.Param{{
		Name: writable, Doc: "folders that a fix keeps writable with an emptyDir, each as PATH or PATH=SIZE",
		Default: []string{}, Example: []string{"/tmp=64Mi"}, Valid: isFolder,
	}},
	Risk:    "A program that writes to its image's file system fails: mount an emptyDir where it has to write, often at /tmp.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set readOnlyRootFilesystem: true, and mount an emptyDir with a sizeLimit where the program writes, often /tmp; the fix does so for the folders in the parameter writable.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: immutable container file systems"},
		MITRE:  []string{"T1525", "T1036"},
		Source: []string{securityContextDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"no-read-only-root-fs"},
		Kubescape:  []string{"C-0017"},
		Trivy:      []string{"KSV-0014"},
		Checkov:    []string{"CKV_K8S_22"},
		Polaris:    []string{"notReadOnlyRootFilesystem"},
		KubeScore:  []string{"container-security-context-readonlyrootfilesystem"},
		Kubeaudit:  []string{"rootfs/ReadOnlyRootFilesystemFalse", "rootfs/ReadOnlyRootFilesystemNil"},
		Kubesec:    []string{"ReadOnlyRootFilesystem"},
		Kyverno:    []string{"best-practices/require-ro-rootfs", "other/block-images-with-volumes"},
		Other:      []string{"gatekeeper:read-only-root-filesystem", "terrascan:AC-K8-IA-PO-M-0140", "semgrep:writable-filesystem-container"},
	},
	Why: `An intruder who can write puts tools next to the program, changes it, or plants code that starts with it.
On a read-only file system only the mounted volumes can be written, and they can be small and watched.`,
}
