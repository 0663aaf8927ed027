// Package cis has the items of the CIS Kubernetes Benchmark: their numbers, and what they ask for in our own words. Which controls decide an
// item the controls say themselves.
package cis

import (
	_ "embed" // the list of items
	"strings"
	"sync"
)

// Version is that of the benchmark.
const Version = "1.12.0"

// Item is one recommendation of the benchmark.
type Item struct {
	// Number is 1.2.1.
	Number string
	// Title says what it asks for.
	Title string
	// Automated says that the benchmark holds that a program can decide it; it calls the others manual.
	Automated bool
	// Look says what a person has to look at where no control decides it; "" if one always does.
	Look string
}

// Section returns the part of the benchmark that an item is in: 1.2 of 1.2.1, and 2 of 2.1.
func (i *Item) Section() string { return i.Number[:strings.LastIndexByte(i.Number, '.')] }

// ControlPlane reports whether an item is about what runs on the nodes of the control plane, which nobody but the provider configures where
// the control plane is managed. How people log in, section 3.1, is for users of such clusters to decide.
func (i *Item) ControlPlane() bool {
	section := i.Section()
	return strings.HasPrefix(section, "1.") || section == "2" || section == "3.2"
}

//go:embed cis-1.12.txt
var text string

var items = sync.OnceValue(func() (all []Item) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		fields := append(strings.Split(line, "\t"), "")
		all = append(all, Item{Number: fields[0], Automated: fields[1] == "automated", Title: fields[2], Look: fields[3]})
	}
	return all
})

// Items returns all items, in the order of the benchmark. The list is shared and must not be changed.
func Items() []Item { return items() }

// SectionTitle says what a section is about.
func SectionTitle(section string) string {
	switch section {
	case "1.1":
		return "Files of the control plane's nodes"
	case "1.2":
		return "API server"
	case "1.3":
		return "Controller manager"
	case "1.4":
		return "Scheduler"
	case "2":
		return "etcd"
	case "3.1":
		return "Authentication and authorization"
	case "3.2":
		return "Logging"
	case "4.1":
		return "Files of the nodes"
	case "4.2":
		return "Kubelet"
	case "4.3":
		return "kube-proxy"
	case "5.1":
		return "RBAC and service accounts"
	case "5.2":
		return "Pod Security Standards"
	case "5.3":
		return "Network policies and CNI"
	case "5.4":
		return "Secrets"
	case "5.5":
		return "Admission control"
	case "5.6":
		return "General policies"
	}
	return ""
}
