package falco

import (
	"strconv"
	"strings"
)

// Priority is how grave an event is.
type Priority uint8

// The priorities, gravest first (userspace/engine/falco_common.cpp).
const (
	Emergency Priority = iota
	Alert
	Critical
	ErrorPriority
	WarningPriority
	Notice
	Informational
	Debug
)

var priorityNames = []string{"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"}

// String returns Falco's name of the priority.
func (p Priority) String() string {
	if int(p) < len(priorityNames) {
		return priorityNames[p]
	}
	return strconv.Itoa(int(p))
}

func parsePriority(s string) (Priority, bool) {
	if strings.EqualFold(s, "info") {
		return Informational, true
	}
	for i, name := range priorityNames {
		if strings.EqualFold(s, name) {
			return Priority(i), true
		}
	}
	return 0, false
}
