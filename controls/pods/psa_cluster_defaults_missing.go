package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PsaClusterDefaultsMissing: a namespace that nobody labelled is not open.
var PsaClusterDefaultsMissing = control.Control{
	ID: "psa-cluster-defaults-missing", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Set cluster-wide Pod Security defaults in the AdmissionConfiguration",
	Scope: control.Objects,
	Kinds: psaConfigKinds,
	From:  23,
	Require: &control.Func{
		Check: checkPSADefaults, Text: "the defaults of the PodSecurity plugin must enforce baseline or restricted",
	},
	Risk:     "The API server refuses new pods below the level in all namespaces without labels that are not exempt.",
	Fix:      control.Generate,
	NoFix:    "The level that all namespaces without labels can take has to be found out first, and the file must be mounted into the API server.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Configure the plugin PodSecurity with defaults: {enforce: baseline, enforce-version: latest, warn: restricted, audit: restricted}, and exempt kube-system by name.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{psaConfigDocs, psaDocs},
	},
	Why: `Labels only protect the namespaces that have them. Whoever may create a namespace gets one that takes every pod, unless the API server's own
configuration sets a default for those without labels.`,
	Bad: []control.Change{
		{Path: "plugins", Kind: "AdmissionConfiguration", Value: []any{}, Name: "no plugin"},
		{Path: "plugins", Kind: "AdmissionConfiguration", Value: []any{psaPlugin(map[string]any{})}, Name: "no defaults"},
		{Path: "plugins", Kind: "AdmissionConfiguration", Value: []any{psaPlugin(map[string]any{"enforce": "privileged"})}, Name: "privileged"},
		{Path: "defaults.enforce", Kind: "PodSecurityConfiguration", Name: "missing"},
		{Path: "defaults.enforce", Kind: "PodSecurityConfiguration", Value: "privileged"},
		{Path: "defaults.enforce", Kind: "PodSecurityConfiguration", Value: "Baseline"},
	},
	Good: []control.Change{
		{Path: "plugins", Kind: "AdmissionConfiguration", Value: []any{psaPlugin(map[string]any{"enforce": "baseline"})}, Name: "baseline"},
		{Path: "plugins", Kind: "AdmissionConfiguration", Value: []any{map[string]any{"name": "PodSecurity", "path": "psa.yaml"}}, Name: "in another file"},
		{Path: "defaults.enforce", Kind: "PodSecurityConfiguration", Value: "baseline"},
	},
}

var (
	psaPlugins       = control.NewField("plugins")
	psaDefaultsLevel = control.NewField("defaults.enforce")
)

func checkPSADefaults(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	if at.Get("kind").StrIs("AdmissionConfiguration") && !hasPSAPlugin(at) {
		fail(psaPlugins.Violation(at, "has no PodSecurity, so namespaces without labels take every pod"))
		return
	}
	for config := range psaConfigs(at) {
		level := psaDefaultsLevel.Find(config)
		problem := "is missing, which means privileged"
		switch {
		case level.StrIs("baseline") || level.StrIs("restricted"):
			continue
		case level.Exists():
			problem = "is " + control.Show(level)
		}
		if !fail(psaDefaultsLevel.Violation(config, problem)) {
			return
		}
	}
}

func hasPSAPlugin(at tree.Node) bool {
	for _, plugin := range at.Get("plugins").Items() {
		if plugin.Get("name").StrIs("PodSecurity") {
			return true
		}
	}
	return false
}

// psaPlugin is the plugin with some defaults, for the cases.
func psaPlugin(defaults map[string]any) map[string]any {
	return map[string]any{"name": "PodSecurity", "configuration": map[string]any{"defaults": defaults}}
}
