package cluster

import (
	"slices"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAdmissionAlwaysAdmit: nothing is asked.
var ApiserverAdmissionAlwaysAdmit = control.Control{
	ID: "apiserver-admission-always-admit", Section: "api-server", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Take the admission plugin AlwaysAdmit away",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(alwaysAdmit()),
	Risk:     "Nothing should depend on it.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Take AlwaysAdmit from --enable-admission-plugins.",
	Refs: control.Refs{
		CIS:    []string{"1.2.10"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1190"},
		Source: []string{admissionDocs + "#alwaysadmit"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0122"},
		Trivy:     []string{"KCV-0011"},
		Checkov:   []string{"CKV_K8S_79"},
		KubeBench: []string{"1.2.10"},
	},
	Why: `AlwaysAdmit lets everything pass that nobody else refuses. It was made for tests, does nothing that others need, and is deprecated;
where it is enabled somebody wanted admission out of the way.`,
}

func alwaysAdmit() control.Setting {
	s := control.Plugin("AlwaysAdmit", false)
	s.Edits = func(i *component.Instance) []component.Edit {
		return slices.Concat(control.Unlisted(i, "enable-admission-plugins", "AlwaysAdmit"), control.Unlisted(i, "admission-control", "AlwaysAdmit"))
	}
	return alsoGood(s, []string{})
}
