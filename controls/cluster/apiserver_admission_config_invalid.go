package cluster

import (
	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ApiserverAdmissionConfigInvalid: the API server and its plugins start with it.
var ApiserverAdmissionConfigInvalid = control.Control{
	ID: "apiserver-admission-config-invalid", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Write an AdmissionConfiguration that the API server and its plugins accept",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: apiserverconfig.Group, Kind: "AdmissionConfiguration"},
		{Group: "apiserver.k8s.io", Kind: "AdmissionConfiguration"},
		{Group: "pod-security.admission.config.k8s.io", Kind: "PodSecurityConfiguration"},
		{Group: "eventratelimit.admission.k8s.io", Kind: "Configuration"},
	},
	Require: &control.Func{
		Check: flawsOf(admissionFlaws), Text: "the API server, PodSecurity, EventRateLimit and ImagePolicyWebhook must accept the file",
	},
	Risk:     "The plugins work as the file says.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Correct the field that the finding names.",
	Refs: control.Refs{
		NSA:   []string{"Pod security: Pod security enforcement"},
		MITRE: []string{"T1562.001"},
		Source: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/",
			"https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/",
		},
	},
	Why: `The API server does not start with a file that it refuses; people in a hurry then take the plugin out. A field in the wrong place is refused too, so that
what looks like a rule is none.`,
	Bad: []control.Change{
		{Kind: "AdmissionConfiguration", Path: "plugins", Name: "level", Value: []any{mapping{"name": "PodSecurity", "configuration": mapping{
			"apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration", "defaults": mapping{"enforce": "strict"},
		}}}},
		{Kind: "AdmissionConfiguration", Path: "plugin", Value: []any{}},
		{Kind: "PodSecurityConfiguration", Path: "defaults.enforce", Value: "Baseline"},
		{Kind: "PodSecurityConfiguration", Path: "exemptions.namespaces", Value: []any{"a", "a"}},
		{Kind: "PodSecurityConfiguration", Path: "exempt", Value: []any{"a"}},
		{Kind: "Configuration", Path: "limits", Name: "none", Value: []any{}},
		{Kind: "Configuration", Path: "limits", Name: "no burst", Value: []any{mapping{"type": "Server", "qps": 50}}},
	},
	Good: []control.Change{
		{Kind: "AdmissionConfiguration", Path: "plugins", Name: "in another file", Value: []any{mapping{"name": "PodSecurity", "path": "psa.yaml"}}},
		{Kind: "PodSecurityConfiguration", Path: "defaults.enforce", Name: "missing"},
	},
}

func admissionFlaws(root tree.Node, _ int) []apiserverconfig.Flaw {
	switch root.Get("kind").Text() {
	case "PodSecurityConfiguration":
		return apiserverconfig.ReadPodSecurity(root)
	case "Configuration":
		return apiserverconfig.ReadEventRateLimit(root)
	}
	_, flaws := apiserverconfig.ReadAdmission(root)
	return flaws
}
