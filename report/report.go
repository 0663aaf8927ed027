// Package report holds what a run of the engine tells, and one writer per format. Results stream: a writer gets the files in
// their final order, one at a time, so that memory does not grow with the number of findings.
package report

import (
	"github.com/kubeharden/kubeharden/control"
)

// Run is what is known before the first file is judged.
type Run struct {
	Version           string // of kubeharden
	Controls          []*control.Control
	KubernetesVersion control.Minor
	// Cluster is the running cluster that was judged and what it is, "" if files were.
	Cluster    string
	FailOn     control.Severity
	FailOnNone bool // --fail-on none
	// Framework is the one that the controls were chosen by, "" without one.
	Framework string
	// Probes is how many probes the run has, if it asks a running system instead of judging files.
	Probes int
	// Time says when the run began, in UTC and RFC 3339: "2026-02-03T04:05:06Z". Only formats that cannot do without a time
	// write it, so that the others give the same bytes for the same input; those write 1970 if it is empty.
	Time string
}

// File is everything that a run has to say of one file. The strings in it may be views of the file's bytes; a writer that
// keeps them beyond its call keeps the file in memory.
type File struct {
	Path     string
	Argument int // index of the command-line argument that led to the file
	// Across says that these are the findings on what several objects together do wrong. They are known last, and the file is there for
	// the second time: its documents and objects have been counted.
	Across    bool
	Documents int
	// Objects counts the Kubernetes objects, Judged those that at least one control looked at.
	Objects, Judged int
	Findings        []control.Finding // in the order of control.Finding.Compare
	Problems        []Problem
	// Secrets are values in the file that must not be shown, if the run was asked for fixes, whose diffs show more of it than findings do.
	// No writer tells them.
	Secrets []string
}

// Problem is something that kept the run from looking, or that a reader of the file has to know: it is no finding of a control.
type Problem struct {
	Place control.Place // Line 0: the whole file
	// Warning problems do not keep anything from being judged.
	Warning bool
	Message string
	Snippet string
}

// Summary is what is known when all files have been judged.
type Summary struct {
	Files, Documents, Objects, Judged int
	Errors, Warnings                  int
	// Controls counts subjects by status, in the order of Run.Controls.
	Controls []control.Counts
	// Exempt says why a control was not for subjects, in the order of Run.Controls; nil or "" where nothing more is known.
	Exempt []string
	// Provider is who runs the control plane, "" if it is nobody known.
	Provider string
	// Findings counts the findings that were written, by status; folded ones are not counted.
	Findings control.Counts
	// Known counts the waived findings that a baseline has, Implied the violations that are folded into failed findings.
	Known, Implied int
	// BySeverity counts the failed findings that were written.
	BySeverity [control.Critical + 1]int
	// Failed says that a finding reached the severity of --fail-on.
	Failed bool
	// Time says when the run ended, as Run.Time does; "" is the time at which it began.
	Time string
	// NotConfigured lists the controls that judged nothing because a parameter was not given.
	NotConfigured []*control.Control
}

// ByLayer adds up the counts of the controls of a layer; controls is how many of them the run had.
func (s *Summary) ByLayer(run *Run, layer control.Layer) (counts control.Counts, controls int) {
	for i, c := range run.Controls {
		if c.Layer == layer {
			counts.Add(&s.Controls[i])
			controls++
		}
	}
	return counts, controls
}

// Writer writes one format. Begin is called once, File for each file that has something to tell or was judged, End once.
type Writer interface {
	Begin(run *Run) error
	File(file *File) error
	End(summary *Summary) error
}

// Add counts what a file brought.
func (s *Summary) Add(f *File) {
	if !f.Across {
		s.Files++
	}
	s.Documents += f.Documents
	s.Objects += f.Objects
	s.Judged += f.Judged
	for i := range f.Problems {
		if f.Problems[i].Warning {
			s.Warnings++
		} else {
			s.Errors++
		}
	}
	for i := range f.Findings {
		s.Findings[f.Findings[i].Status]++
		if f.Findings[i].Known {
			s.Known++
		}
		if f.Findings[i].Status == control.Fail {
			s.BySeverity[f.Findings[i].Severity]++
			s.Implied += len(f.Findings[i].Folded)
		}
	}
}
