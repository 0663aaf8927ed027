package monitoring

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// AuditPolicyMissing: without a policy nothing is logged.
var AuditPolicyMissing = control.Control{
	ID: "audit-policy-missing", Section: auditSection, Layer: control.Monitoring, Severity: control.High, Since: "0.1",
	Title:    "Give the API server an audit policy",
	Scope:    control.Everything,
	Kinds:    apiServerKinds(),
	Require:  apiServer(policyFile()),
	Risk:     "The log takes space, and an API server that cannot read the policy does not start.",
	Fix:      control.Generate,
	NoFix:    "The policy has to be written first.",
	NoPolicy: noPolicyForComponents,
	Remedy:   "Write a policy with `kubeharden generate audit-policy`, mount it, and start the API server with --audit-policy-file.",
	Refs: control.Refs{
		CIS:    []string{"3.2.1"},
		NSA:    []string{nsaAudit},
		MITRE:  []string{"T1562.008", "T1070"},
		Source: []string{auditDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0067", "C-0160", "C-0254"},
		KubeBench: []string{"3.2.1"},
		Other:     []string{"kics:audit_policy_file_not_defined"},
	},
	Why: "The policy says what is logged. Without one the API server starts, opens the log and writes nothing, whatever --audit-log-path says.",
	Examples: []control.Example{
		{
			Name: "not mounted",
			Manifests: `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.34.1
    command: [kube-apiserver, --audit-policy-file=/etc/kubernetes/audit/policy.yaml]
    volumeMounts:
    - {name: pki, mountPath: /etc/kubernetes/pki}
  volumes:
  - {name: pki, hostPath: {path: /etc/kubernetes/pki}}
`,
			Want: []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[1]"},
		},
		{
			Name: "from a ConfigMap",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: kube-apiserver, namespace: tenant}
spec:
  selector: {matchLabels: {app: kube-apiserver}}
  template:
    metadata: {labels: {app: kube-apiserver}}
    spec:
      containers:
      - name: kube-apiserver
        image: registry.k8s.io/kube-apiserver:v1.34.1
        command: [kube-apiserver, --audit-policy-file=/etc/audit/policy.yaml]
        volumeMounts:
        - {name: policy, mountPath: /etc/audit}
      volumes:
      - {name: policy, configMap: {name: audit-policy}}
`,
		},
	},
}

// policyFile requires the file, at a place where the API server sees one.
func policyFile() control.Setting {
	const flag = "audit-policy-file"
	s := control.FlagGiven(flag, "/etc/kubernetes/audit-policy.yaml")
	s.Problem = func(v *component.Value, i *component.Instance) string {
		r, ok := i.Reference(flag)
		switch {
		case v.Empty():
			return "is not given, so nothing is logged"
		case ok && i.Contained() && i.Volumes() && !r.Covered:
			return "is " + r.Path + ", where no volume is: the API server does not start"
		}
		return ""
	}
	s.Wanted = "must be given, and must be in a volume"
	return s
}
