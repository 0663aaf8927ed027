// Package control is the vocabulary of the catalogue: what a control is, what it judges, of which rule nodes its requirement is
// built, and what a finding says.
//
// A control is declared once, as a literal. Its Require is a tree of rule nodes each of which knows four
// things: how to check a value and name the exact path, how to say itself in CEL, which edits make it true, and how to describe
// itself to people. A scan, a fix, an admission policy and a documentation page all come from that one declaration.
//
// Nothing here keeps state; all values may be used by many goroutines.
package control

import (
	"slices"
	"strings"
)

// Layer is the layer of the hardening checklist that a control belongs to.
type Layer uint8

// The layers, in the order in which reports show them.
const (
	Cluster Layer = iota
	RBAC
	Pods
	Network
	Secrets
	Images
	Monitoring
)

var layerNames = [...]string{"cluster", "rbac", "pods", "network", "secrets", "images", "monitoring"}

// Layers returns all layers in report order.
func Layers() []Layer { return []Layer{Cluster, RBAC, Pods, Network, Secrets, Images, Monitoring} }

func (l Layer) String() string { return layerNames[l] }

// Severity says how much a failed control matters.
type Severity uint8

// The severities, lowest first so that they can be compared.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"info", "low", "medium", "high", "critical"}

// Severities returns all severities, highest first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, Info} }

func (s Severity) String() string { return severityNames[s] }

// Scope is what a control judges.
type Scope uint8

// The scopes.
const (
	// Containers judges every container of every sort: init, sidecar, regular and ephemeral.
	Containers Scope = iota
	// PodSpecs judges pods and the pod templates of workloads.
	PodSpecs
	// Objects judges whole objects of the kinds in Control.Kinds.
	Objects
	// Everything judges all that is known together; Require is a Together, and Examples say what breaks it.
	Everything
)

func (s Scope) String() string { return [...]string{"container", "pod", "object", "inventory"}[s] }

// BestPractice is the profile of controls that make workloads more reliable or tidy rather than more secure.
const BestPractice = "best-practice"

// Profiles returns the names of the profiles that are off unless asked for.
func Profiles() []string { return []string{BestPractice} }

// Kind names a kind of object in an API group, without the version. The kind AnyKind stands for all kinds of the group.
type Kind struct{ Group, Kind string }

// AnyKind stands for all kinds of an API group, whose names are not known in advance.
const AnyKind = "*"

// Judges reports whether the control judges whole objects of a kind.
func (c *Control) Judges(k Kind) bool {
	return slices.Contains(c.Kinds, k) || slices.Contains(c.Kinds, Kind{k.Group, AnyKind})
}

// FixClass says what a program can do about a failed control.
type FixClass uint8

// The fix classes.
const (
	// Auto has edits that make the requirement true.
	Auto FixClass = iota
	// Advice needs a person; Control.NoFix says why.
	Advice
	// Generate needs a whole new document.
	Generate
)

func (f FixClass) String() string { return [...]string{"auto", "advice", "generate"}[f] }

// FixRisk says how likely it is that something stops working once an automatic fix is made.
type FixRisk uint8

// The risks, lowest last so that a control that says nothing is looked at.
const (
	// Review changes how something runs: most workloads do not notice, and somebody should look.
	Review FixRisk = iota
	// Breaking is likely to stop a workload that has not been prepared for it.
	Breaking
	// Safe changes nothing for what runs as it should.
	Safe
)

func (r FixRisk) String() string { return [...]string{"review", "breaking", "safe"}[r] }

// Within reports whether a risk is no greater than another one.
func (r FixRisk) Within(most FixRisk) bool { return r.order() <= most.order() }

func (r FixRisk) order() int { return [...]int{Safe: 0, Review: 1, Breaking: 2}[r] }

// FixRisks returns all risks, lowest first.
func FixRisks() []FixRisk { return []FixRisk{Safe, Review, Breaking} }

// Control is one line of the checklist: what must hold, why, how severe, where it comes from, how to fix it.
type Control struct {
	// ID is a kebab-case name that says what is wrong. It never changes once released.
	ID string
	// Section is the part of the checklist, such as "security-context".
	Section  string
	Layer    Layer
	Severity Severity
	// Profile is the profile that the control belongs to; "" is the one that is always on. Others have to be asked for.
	Profile string
	// Since is the kubeharden version that brought the control.
	Since string
	// Title says in one imperative sentence what to do.
	Title string
	Scope Scope
	// Kinds are the kinds judged when Scope is Objects, and the kinds that findings are about when it is Everything.
	Kinds []Kind
	// Needs are further kinds by which the control decides, when Scope is Everything: it cannot be judged where they cannot be read.
	Needs []Kind
	// Written says that the control judges what people write and keep: an object of a running cluster has nothing for it. Values says the same of
	// controls that read the values of Secrets, which are not read of a running cluster: what they would say of it is unknown.
	Written, Values bool
	// From is the first Kubernetes minor version (34 for 1.34) in which the requirement means anything; 0 is always.
	From Minor
	// Unless makes the control not applicable where the rule holds, such as to Windows pods.
	Unless Rule
	// Require must hold, on the container, pod or object that Scope says.
	Require Rule
	// RequirePod must hold on the pod spec too, for fields that the pod sets for all its containers: the Pod Security
	// Standards refuse a bad value there even if every container overrides it. Only with Scope Containers.
	RequirePod Rule
	// RequireObject must hold on whole objects of ObjectKinds too, for a setting that stands in another object than the pod: the default
	// of a service account for its pods. Not with Scope Objects.
	RequireObject Rule
	ObjectKinds   []Kind
	// Params are the settings that users may or must give.
	Params []Param
	// Suppresses lists controls whose findings on the same subject say nothing more once this one failed.
	Suppresses []string
	Fix        FixClass
	// FixRisk says what the automatic fix may do to what runs; Risk says it in words.
	FixRisk FixRisk
	// NoFix says why there is no automatic fix, if Fix is not Auto.
	NoFix string
	// NoPolicy says why there is no admission policy, if a rule has no CEL.
	NoPolicy string
	// Risk says in one sentence what could stop working once the requirement holds.
	Risk string
	// Remedy says how to fix it, for people; if empty the description of the rule is used.
	Remedy string
	Refs   Refs
	Peers  Peers
	// Why explains the danger in two or three sentences.
	Why string
	// Bad and Good are changes to a hardened pod that make the control fail, and that leave it passing. Those of
	// the declared rule nodes derive themselves; Func nodes need them.
	Bad, Good []Change
	// Examples are manifests that the control judges together, those that fail first. Only with Scope Everything.
	Examples []Example
}

// Refs are the places in published frameworks that ask for the same.
type Refs struct {
	PSS   string   // Pod Security Standards level: "baseline" or "restricted"
	CIS   []string // CIS Kubernetes Benchmark 1.12 sections
	NSA   []string // NSA/CISA Kubernetes Hardening Guide headings
	MITRE []string // MITRE ATT&CK for Containers techniques
	// Source is the documentation that decides the behaviour.
	Source []string
}

// Peers are the names of the same check in other tools.
type Peers struct {
	KubeLinter, Kubescape, Trivy, Checkov, Polaris, KubeScore, Kubeaudit, Kubesec, Kyverno, KubeBench, Other []string
}

// Peer is one tool and its ids.
type Peer struct {
	Tool string
	IDs  []string
}

// All returns the tools that have the check, in a fixed order.
func (p *Peers) All() []Peer {
	all := []Peer{
		{"kube-linter", p.KubeLinter},
		{"kubescape", p.Kubescape},
		{"trivy", p.Trivy},
		{"checkov", p.Checkov},
		{"polaris", p.Polaris},
		{"kube-score", p.KubeScore},
		{"kubeaudit", p.Kubeaudit},
		{"kubesec", p.Kubesec},
		{"kyverno", p.Kyverno},
		{"kube-bench", p.KubeBench},
		{"other", p.Other},
	}
	n := 0
	for _, peer := range all {
		if len(peer.IDs) > 0 {
			all[n] = peer
			n++
		}
	}
	return all[:n]
}

// Param is a setting of a control.
type Param struct {
	Name string
	// Doc says what it means and in which unit.
	Doc string
	// Default is used where the user sets nothing. Without one the control is not applicable until the setting is given.
	Default []string
	// Example is a useful value; tests and documentation use it.
	Example []string
	// Valid says whether a value has the form that Doc describes; nil takes any. A setting that is not understood has to be an
	// error: it would make a control pass everything, or nothing.
	Valid func(value string) bool
}

// DocumentationURL returns the page of the control.
func (c *Control) DocumentationURL() string {
	return "https://github.com/kubeharden/kubeharden/blob/main/docs/controls/" + c.ID + ".md"
}

// JudgesText says what the control judges, for people.
func (c *Control) JudgesText() string {
	text := kindNames(c.Kinds)
	switch c.Scope {
	case Containers:
		text = "every container: init, sidecar, regular and ephemeral"
	case PodSpecs:
		text = "pods and the pod templates of workloads"
	case Everything:
		text += " together with all that is known"
	case Objects:
	}
	if also := kindNames(c.ObjectKinds); also != "" {
		text += ", and " + also
	}
	return text
}

// kindNames lists kinds; one that is in several groups is named once.
func kindNames(kinds []Kind) string {
	var names []string
	for _, k := range kinds {
		name := k.Kind
		if name == AnyKind {
			name = "every kind of " + k.Group
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// UnlessText says where the control does not apply, to be read behind "where"; "" if it applies everywhere.
func (c *Control) UnlessText() string {
	if c.Unless == nil {
		return ""
	}
	return strings.NewReplacer(
		" must not be set", " is not set", " must be set", " is set", " must not be ", " is not ", " must be ", " is ",
		" must contain ", " contains ", " must not contain ", " does not contain ",
	).Replace(c.Unless.Describe())
}

// RemedyText says how to fix it, for people.
func (c *Control) RemedyText() string {
	if c.Remedy != "" {
		return c.Remedy
	}
	return c.Require.Describe()
}
