package pods

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NamespacePsaVersionUnpinned: an upgrade of the cluster does not change what a namespace takes.
var NamespacePsaVersionUnpinned = control.Control{
	ID: "namespace-psa-version-unpinned", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title: "Pin the version of the enforced level, and move it with the cluster",
	Scope: control.Objects,
	Kinds: namespaceKind,
	From:  23,
	Require: &control.Func{
		Check: checkPSAVersion, Text: "enforce-version must be a version (v1.34) that the cluster has reached", Expr: psaVersionCEL,
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			checkPSAVersion(s, at, func(v control.Violation) bool {
				out = append(out, control.Edit{Op: control.Set, At: v.At, Path: v.Missing, Value: "v" + s.Version.String()})
				return true
			})
			return out
		},
	},
	Risk:    "After an upgrade the namespace keeps the older rules until the label is moved.",
	Fix:     control.Auto,
	FixRisk: control.Safe,
	Remedy:  "Set pod-security.kubernetes.io/enforce-version to the version of the cluster (v1.34), and move it after each upgrade.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{psaDocs, psaLabels},
	},
	Why: `Each Kubernetes version may add requirements to a level. Without a version the new ones are in force the moment the API server is upgraded, and pods
that ran for years are refused at their next restart. A version newer than the cluster means the same as latest.`,
	Bad: []control.Change{
		{Path: psaEnforceVersion, Name: "missing"},
		{Path: psaEnforceVersion, Value: "latest"},
		{Path: psaEnforceVersion, Value: "1.30"},
		{Path: psaEnforceVersion, Value: "v1.30.2"},
		{Path: psaEnforceVersion, Value: "v1.999"},
		{Path: psaWarnVersion, Value: "newest"},
		{Path: psaAuditVersion, Value: "v2.0"},
	},
	Good: []control.Change{
		{Path: psaEnforceVersion, Value: "v1.0"},
		{Path: psaWarnVersion, Value: "latest"},
		{Path: psaAuditVersion, Value: "v1.20"},
		{Path: "metadata.labels", Value: psaLabelled("enforce", "privileged"), Name: "privileged"},
		{Path: "metadata.labels", Name: "missing"},
	},
}

var (
	psaEnforceField  = control.NewField(psaEnforce)
	psaVersionFields = []control.Field{control.NewField(psaEnforceVersion), control.NewField(psaWarnVersion), control.NewField(psaAuditVersion)}
)

// checkPSAVersion wants a version where a level is enforced. Warnings and audit annotations may follow the newest one.
func checkPSAVersion(s *control.Subject, at tree.Node, fail control.FailFunc) {
	for i := range psaVersionFields {
		field := &psaVersionFields[i]
		n := field.Find(at)
		minor, latest, ok := psaVersion(n.Text())
		problem := ""
		switch {
		case n.Exists() && !ok:
			problem = "is " + control.Show(n) + ", neither latest nor a version such as v1.34"
		case i > 0 || !enforcesSomething(at):
		case !n.Exists():
			problem = "is missing, which means latest"
		case latest:
			problem = "is latest"
		case minor > s.Version:
			problem = "is newer than Kubernetes " + s.Version.String() + ", which reads it as latest"
		}
		if problem != "" && !fail(field.Violation(at, problem)) {
			return
		}
	}
}

func enforcesSomething(at tree.Node) bool {
	level := psaEnforceField.Find(at)
	return level.StrIs("baseline") || level.StrIs("restricted")
}

func psaVersionCEL(c control.CEL) string {
	enforced := psaVersionFields[0].CEL(c.At) + ".orValue('')"
	expr := "(!(" + psaEnforceField.CEL(c.At) + ".orValue('') in ['baseline', 'restricted']) || " + enforced +
		".matches('^v1\\\\.[0-9]{1,3}$') && int(" + enforced + ".substring(3)) <= " + strconv.Itoa(int(c.Version)) + ")"
	tests := []string{expr}
	for i := range psaVersionFields {
		tests = append(tests, psaVersionFields[i].CEL(c.At)+".orValue('latest').matches('^(latest|v1\\\\.(0|[1-9][0-9]*))$')")
	}
	return "(" + strings.Join(tests, " && ") + ")"
}
