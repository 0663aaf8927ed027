package pods

import "github.com/kubeharden/kubeharden/control"

// HostPathVolume: WHY-ONE-LINE.
var HostPathVolume = control.Control{
	ID: "host-path-volume", Section: "other", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Do not mount hostPath volumes",
	Scope:      control.Containers,
	Require:    nil, // catalogue: advice: replace by PVC/emptyDir; auto: remove on demand
	Risk:       "",
	Fix:        control.Advice,
	Suppresses: []string{"volume-type-not-allowed"},
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"1.12:5.2.11", "1.11:5.2.12", "1.10:5.2.12"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0048"},
		Trivy:     []string{"KSV-0023"},
		Polaris:   []string{"hostPathSet"},
		Kyverno:   []string{"pod-security/disallow-host-path", "other/remove-hostpath-volumes", "other/limit-hostpath-vols"},
		KubeBench: []string{"5.2.11"},
		Other:     []string{"psa:hostPathVolumes", "gatekeeper:host-filesystem", "terrascan:AC-K8-IA-PO-H-0138", "kubehound:EXPLOIT_HOST_READ", "kubehound:EXPLOIT_HOST_WRITE", "kubehound:EXPLOIT_HOST_TRAVERSE", "kubehound:VOLUME_ACCESS", "kubehound:VOLUME_DISCOVER"},
	},
	Why: ``,
}
