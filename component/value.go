package component

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source is what decided a value, weakest first.
type Source uint8

// The sources.
const (
	FromVersion      Source = iota // the default of the release
	FromDistribution               // what kubeadm, k3s or another distribution sets when it is told nothing
	FromFile                       // a field of the component's configuration file
	FromDropIn                     // a field of a drop-in beside that file
	FromEnvironment                // a variable of the environment (etcd)
	FromFlag                       // a flag on the command line, or what a distribution turns into one
)

// String returns the source in words.
func (s Source) String() string {
	switch s {
	case FromVersion:
		return "default"
	case FromDistribution:
		return "distribution default"
	case FromFile:
		return "configuration file"
	case FromDropIn:
		return "drop-in"
	case FromEnvironment:
		return "environment"
	case FromFlag:
		return "flag"
	default:
		return "unknown"
	}
}

// Place is where something stands.
type Place struct {
	// Object is the number of the object or file, -1 for what stands nowhere, as defaults do.
	Object int
	// Path leads from the object's root to the value, as tree writes paths; "" in a file that is no YAML.
	Path string
	// Inner leads on in the document that the text at Path holds, as in a ConfigMap; "" if there is none.
	Inner string
	// Start and End are the bytes in the input, half open. Both are 0 if that is not known, as in the text of a ConfigMap.
	Start, End int
}

func nowhere() Place { return Place{Object: -1} }

// Exists reports whether the place is one in the input.
func (p Place) Exists() bool { return p.Object >= 0 }

// Value is a setting in effect.
type Value struct {
	// Text is the value as the component reads it; items of a list are joined with commas.
	Text string
	// Items are those of a list.
	Items []string
	// Set reports whether somebody said so, distributions included; otherwise it is the default of the release.
	Set bool
	// Known is false if the files do not decide it. Then Reason says why, and Text says nothing.
	Known  bool
	Reason string
	// Absent reports that the release has no such setting. It is not known then.
	Absent bool
	Source Source
	Place  Place
	// Type is the type of the flag or field: bool, int, duration, stringSlice …; "" if the release does not know it.
	Type string
	// Beaten are the places of other statements on the same setting, which have no effect.
	Beaten []Place
}

func unknown(reason string) Value { return Value{Reason: reason, Place: nowhere()} }

// Bool returns the value of a switch; ok is false if it is unknown or none. It is read as pflag reads it: 1, t, TRUE, true …
func (v Value) Bool() (b, ok bool) {
	if !v.Known {
		return false, false
	}
	b, err := strconv.ParseBool(v.Text)
	return b, err == nil
}

// IsTrue reports whether the value is known and true.
func (v Value) IsTrue() bool { b, ok := v.Bool(); return ok && b }

// IsFalse reports whether the value is known and false.
func (v Value) IsFalse() bool { b, ok := v.Bool(); return ok && !b }

// Int returns a number; ok is false if the value is unknown or none.
func (v Value) Int() (n int64, ok bool) {
	if !v.Known {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text, 0, 64)
	return n, err == nil
}

// Duration returns a length of time; ok is false if the value is unknown or none. "0" is zero.
func (v Value) Duration() (d time.Duration, ok bool) {
	if !v.Known {
		return 0, false
	}
	d, err := time.ParseDuration(v.Text)
	return d, err == nil
}

// List returns the items of a list; ok is false if it is unknown.
func (v Value) List() (items []string, ok bool) {
	if !v.Known {
		return nil, false
	}
	if v.Items != nil || v.Text == "" {
		return v.Items, true
	}
	return strings.Split(v.Text, ","), true
}

// Has reports whether a known list has an item.
func (v Value) Has(item string) bool {
	items, _ := v.List()
	return slices.Contains(items, item)
}

// Map returns the pairs of a list of key=value, of equal keys the last; ok is false if it is unknown.
func (v Value) Map() (pairs map[string]string, ok bool) {
	items, ok := v.List()
	if !ok {
		return nil, false
	}
	pairs = make(map[string]string, len(items))
	for _, i := range items {
		key, value, _ := strings.Cut(i, "=")
		pairs[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	return pairs, true
}

// Empty reports whether the value is known to be nothing.
func (v Value) Empty() bool { return v.Known && v.Text == "" && len(v.Items) == 0 }
