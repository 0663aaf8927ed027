package pods

import (
	"regexp"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// WindowsContainerAdministrator: a Windows container does not run as an administrator.
var WindowsContainerAdministrator = control.Control{
	ID: "windows-container-administrator", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:  "Run Windows containers as ContainerUser",
	Scope:  control.Containers,
	Unless: notWindowsNode,
	Require: control.Inherit("securityContext.windowsOptions.runAsUserName", &control.Func{
		Check: checkRunAsUserName, Expr: runAsUserNameCEL,
		Text: "securityContext.windowsOptions.runAsUserName must name a user that is no administrator, such as ContainerUser",
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			return append(out, runAsUserName.Set(at, "ContainerUser"))
		},
	}),
	Risk:    "A program that installs services, binds to protected files or changes the registry of its container fails.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set securityContext.windowsOptions.runAsUserName to ContainerUser, on the pod or on the container.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-runasusername/", "https://kubernetes.io/docs/concepts/security/windows-security/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"windows-security/require-run-as-containeruser"},
	},
	Why: `Many Windows images run as ContainerAdministrator unless the manifest names another user. That account can change everything in its container, and
has the best starting point for breaking out of it. ContainerUser is in every image and is all that most programs need.`,
	Bad: []control.Change{
		{Path: "securityContext.windowsOptions.runAsUserName", Value: "ContainerAdministrator"},
		{Path: "securityContext.windowsOptions.runAsUserName", Value: `NT AUTHORITY\SYSTEM`},
		{Path: "securityContext.windowsOptions.runAsUserName", Name: "missing"},
	},
	Good: []control.Change{{Path: "securityContext.windowsOptions.runAsUserName", Value: `CONTOSO\web`}},
}

var runAsUserName = control.NewField("securityContext.windowsOptions.runAsUserName")

// administrator are the accounts with all rights; Windows does not care about case.
var administrator = regexp.MustCompile(administratorPattern)

const administratorPattern = `(?i)^(.*\\)?(ContainerAdministrator|Administrator|SYSTEM|Local ?System)$`

func checkRunAsUserName(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	n := runAsUserName.Find(at)
	if !n.Exists() || n.StrIs("") {
		fail(runAsUserName.Violation(at, "is missing"))
	} else if administrator.MatchString(n.Text()) {
		fail(runAsUserName.Violation(at, "is "+control.Show(n)))
	}
}

func runAsUserNameCEL(c control.CEL) string {
	name := runAsUserName.CEL(c.At)
	return "(" + name + ".hasValue() && " + name + ".value() != '' && !" + name + ".value().matches(" + control.Quote(administratorPattern) + "))"
}
