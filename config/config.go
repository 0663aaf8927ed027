// Package config reads .kubeharden.yaml: which controls are on and how they are set, which files are looked at, and
// which findings are accepted.
//
// All keys, with what they mean:
//
//	kubernetesVersion: "1.34"       # judge for this version
//	failOn: high                    # critical, high, medium, low, info or none
//	severity: low                   # tell only findings from this severity on
//	profiles: [best-practice]       # further sets of controls
//	frameworks: [pss]               # only what these frameworks ask for
//	include: ["deploy/**"]          # look only at these paths
//	exclude: ["**/testdata"]        # pass over these paths
//	baseline: .kubeharden-baseline.json
//	strict: true                    # waivers in manifests do not count
//	controls:
//	  image-digest-missing: false   # short for {enabled: false}
//	  image-tag-wrong:
//	    enabled: true
//	    severity: critical
//	    params:
//	      images: [nginx=1.29]
//	waivers:
//	  - control: privileged-container        # or controls: [a, b]; ids of other tools too
//	    reason: the network plugin sets up interfaces
//	    owner: team-network
//	    until: 2027-01-31                    # the last day it holds
//	    match:                               # each field that is given must fit; a list is "one of"
//	      file: "third-party/**"
//	      apiVersion: apps/v1
//	      kind: DaemonSet
//	      namespace: kube-system
//	      name: "cni-*"
//	      container: agent
//	      labels: {app: "cni*"}
//
// Paths are relative to the folder of the file, have forward slashes, and may have the wildcards of [glob]; a pattern
// for a folder is for all that is in it. A waiver for everything has to say so: match: {}.
//
// Whatever cannot be right is an error that says where and, for a name, which one is near: unknown keys at any depth, keys
// given twice, unknown controls and parameters, wrong types, days that do not exist. All errors are reported at once.
package config

import (
	"path/filepath"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree/mistake"
	"github.com/kubeharden/kubeharden/waiver"
	"github.com/kubeharden/kubeharden/waiver/glob"
)

// Known is what names in the configuration may refer to.
type Known struct {
	waiver.Known
	// Profiles and Frameworks are the names there are; where nil, any is taken.
	Profiles, Frameworks []string
}

// Config is what the file says. What it does not say is the zero value.
type Config struct {
	// Path is the file's, as it was given to Parse.
	Path string
	// KubernetesVersion is 0 if it is not set.
	KubernetesVersion control.Minor
	// FailOn is nil if it is not set, or if FailOnNone is.
	FailOn     *control.Severity
	FailOnNone bool
	// Severity is the lowest that is told; nil if it is not set.
	Severity             *control.Severity
	Profiles, Frameworks []string
	// Controls has settings by the control's id.
	Controls map[string]Control
	Waivers  []*waiver.Waiver
	// Baseline is the path of the baseline with the folder of the file in front, "" if there is none.
	Baseline string
	Strict   bool

	include, exclude []glob.Glob
	folder           string // absolute
}

// Control is how one control is set.
type Control struct {
	Enabled  *bool
	Severity *control.Severity
	Params   map[string][]string
}

// Params returns the parameters of all controls, by id and name.
func (c *Config) Params() map[string]map[string][]string {
	params := map[string]map[string][]string{}
	for id, settings := range c.Controls {
		if len(settings.Params) > 0 {
			params[id] = settings.Params
		}
	}
	return params
}

// Rel returns the path of a file as the patterns of the configuration see it: relative to the folder of the
// configuration, with forward slashes; outside of it that begins with .., which few patterns fit. "-" stays as it is.
func (c *Config) Rel(path string) string {
	if path == "-" {
		return path
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	rel, err := filepath.Rel(c.folder, abs)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}

// Looked reports whether include and exclude let a file be looked at.
func (c *Config) Looked(path string) bool {
	if len(c.include)+len(c.exclude) == 0 {
		return true
	}
	rel := c.Rel(path)
	for _, g := range c.exclude {
		if g.Covers(rel) {
			return false
		}
	}
	for _, g := range c.include {
		if g.Covers(rel) {
			return true
		}
	}
	return len(c.include) == 0
}

// Error is one mistake in the file.
type Error = mistake.Error
