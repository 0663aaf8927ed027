package secrets

import "github.com/kubeharden/kubeharden/control"

// SecretInEnvVar: an environment variable is read by everything that runs in the container.
var SecretInEnvVar = control.Control{
	ID: "secret-in-env-var", Section: "env-vars", Layer: control.Secrets, Severity: control.Medium, Since: "0.1",
	Title: "Mount Secrets as files instead of env vars (env and envFrom)",
	Scope: control.Containers,
	Require: control.MendEach(control.All(
		control.Each("env", map[string]any{"name": "DB_PASSWORD"},
			control.AbsentLike("valueFrom.secretKeyRef", map[string]any{"name": "credentials", "key": "password"})),
		control.Each("envFrom", map[string]any{"configMapRef": map[string]any{"name": "settings"}},
			control.AbsentLike("secretRef", map[string]any{"name": "credentials"}))), filesOf),
	Params: []control.Param{{
		Name: directory, Doc: "folder of the container below which a fix mounts the files of each Secret", Default: []string{"/etc/secrets"}, Valid: isAbsolute,
	}},
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk: "The program does not find its credentials until it reads them from files: that which NAME_FILE names in place of NAME, or for envFrom those below the mount. " +
		"If its image runs it as another user than root, the pod needs securityContext.fsGroup.",
	Remedy: "Mount the Secret as a volume with defaultMode 0400, or 0440 with fsGroup (in decimal 256 and 288), and readOnly: true, and let the program read the file: " +
		"many images take NAME_FILE with its path in place of NAME. The keys of an envFrom become files of a folder.",
	Refs: control.Refs{
		CIS:    []string{"5.4.1"},
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007", "T1552"},
		Source: []string{goodPractices, secretDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"read-secret-from-env-var"},
		Kubescape:  []string{"C-0207"},
		Checkov:    []string{"CKV_K8S_35"},
		Kubesec:    []string{"SecretsAsEnvironmentVariables"},
		Kyverno:    []string{"other/secrets-not-from-env-vars"},
		KubeBench:  []string{"5.4.1"},
		Other:      []string{"terrascan:AC-K8-NS-PO-H-0117", "kics:Secrets As Environment Variables", "stig:V-242415"},
	},
	Why: `Variables are handed to every child process, show up in crash reports, debug pages and kubectl describe of what copies them, and are readable in /proc for
whoever has the same user. They also keep the old value when the Secret is rotated. A mounted file has a mode, is kept in memory and follows the Secret.`,
}
