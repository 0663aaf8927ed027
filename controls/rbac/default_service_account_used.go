package rbac

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/staticpods"
	"github.com/kubeharden/kubeharden/tree"
)

// DefaultServiceAccountUsed: a workload has a service account of its own.
var DefaultServiceAccountUsed = control.Control{
	ID: "default-service-account-used", Section: "service-accounts", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "Run each workload under its own service account",
	Scope:  control.PodSpecs,
	Unless: staticpods.ControlPlane,
	Require: &control.Func{
		Check: checkAccountName, Text: "serviceAccountName must be that of a service account made for the workload",
		Expr: func(c control.CEL) string {
			// The API server copies serviceAccount, the old name of the field, if serviceAccountName is empty.
			name := accountName.CEL(c.At) + ".orValue('')"
			return "(!((" + name + " != '' ? " + name + " : " + oldAccountName.CEL(c.At) + ".orValue('')) in ['', 'default']))"
		},
	},
	Risk:   "A workload that calls the API needs a role for its new account.",
	Fix:    control.Generate,
	NoFix:  "Its service account has to be made first, with the rights that the workload needs.",
	Remedy: "Make a ServiceAccount for the workload, without any role unless it calls the API, and set serviceAccountName.",
	Refs: control.Refs{
		CIS:    []string{"5.1.5"},
		NSA:    []string{"Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1528", "T1552.007"},
		Source: []string{accountDocs, "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"default-service-account"},
		Kubescape:  []string{"C-0189", "C-0225", "C-0239"},
		Checkov:    []string{"CKV_K8S_41"},
		Kubeaudit:  []string{"asat/AutomountServiceAccountTokenTrueAndDefaultSA"},
		Kubesec:    []string{"ServiceAccountName"},
		Kyverno:    []string{"other/restrict-service-account"},
		KubeBench:  []string{"5.1.5"},
		Other:      []string{"popeye:300", "kics:default_service_account_in_use"},
	},
	Why: `All pods that name no account share the namespace's default one. A role that one of them needs is then everybody's, and the audit log cannot
tell which of them used it.`,
	Bad: []control.Change{
		{Path: "serviceAccountName", Name: "missing"},
		{Path: "serviceAccountName", Value: "default"},
		{Path: "serviceAccountName", Value: ""},
	},
	Good: []control.Change{
		{Path: "serviceAccount", Value: "default"},
	},
}

var (
	accountName    = control.NewField("serviceAccountName")
	oldAccountName = control.NewField("serviceAccount")
)

func checkAccountName(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	field := &accountName
	if text(field.Find(at)) == "" && text(oldAccountName.Find(at)) != "" {
		field = &oldAccountName
	}
	switch n := field.Find(at); text(n) {
	case "":
		fail(field.Violation(at, "is missing, so the pod runs as the default account"))
	case "default":
		fail(field.Violation(at, "is default, which all pods share that name no account"))
	}
}
