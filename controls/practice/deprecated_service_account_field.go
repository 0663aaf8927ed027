package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// DeprecatedServiceAccountField: the service account is named where everybody looks for it.
var DeprecatedServiceAccountField = control.Control{
	ID: "deprecated-service-account-field", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Use serviceAccountName instead of serviceAccount",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Check: checkAccount, Text: "serviceAccount must not be set without an equal serviceAccountName",
		Expr: func(c control.CEL) string {
			old, name := deprecatedAccount.CEL(c.At)+".orValue('')", accountName.CEL(c.At)+".orValue('')"
			return "(" + old + " == '' || " + old + " == " + name + ")"
		},
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			old := deprecatedAccount.Find(at)
			if !accountName.Find(at).Exists() || accountName.Find(at).StrIs("") {
				out = append(out, accountName.Set(at, old.Text()))
			}
			return append(out, control.Edit{Op: control.Remove, At: old})
		},
	},
	Fix:     control.Auto,
	FixRisk: control.Safe,
	Risk:    "None: the pod keeps the account that it has now.",
	Remedy:  "Write the name into serviceAccountName and remove serviceAccount.",
	Bad:     []control.Change{{Path: "serviceAccount", Value: "other"}},
	Good:    []control.Change{{Path: "serviceAccount", Value: "app", Name: "as the API server returns it"}, {Path: "serviceAccount", Value: ""}},
	Refs:    control.Refs{Source: []string{podAPI}},
	Peers: control.Peers{
		KubeLinter: []string{"deprecated-service-account-field"},
		Kubescape:  []string{"C-0294"},
		Kubeaudit:  []string{"asat/AutomountServiceAccountTokenDeprecated"},
	},
	Why: `serviceAccount is an old name of serviceAccountName. Where both are set and differ, serviceAccountName wins, so what serviceAccount
says is not what the pod runs as; many tools and policies look at serviceAccountName only. Equal values are fine: the API server itself adds the
old field to what it returns.`,
}

var deprecatedAccount, accountName = control.NewField("serviceAccount"), control.NewField("serviceAccountName")

func checkAccount(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	old, name := deprecatedAccount.Find(at), accountName.Find(at)
	switch {
	case !old.Exists(), old.StrIs(""), old.Text() == name.Text():
	case name.Exists() && !name.StrIs(""):
		fail(deprecatedAccount.Violation(at, "is "+control.Show(old)+", but serviceAccountName is "+control.Show(name)+" and wins"))
	default:
		fail(deprecatedAccount.Violation(at, "is a deprecated name of serviceAccountName"))
	}
}
