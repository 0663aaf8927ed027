package pods

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

var (
	emptyDir     = control.NewField("emptyDir")
	emptyMedium  = control.NewField("emptyDir.medium")
	sizeLimit    = control.NewField("emptyDir.sizeLimit")
	storageLimit = control.NewField("resources.limits.ephemeral-storage")
)

// checkEmptyDir judges a volume. Huge pages are reserved by the containers that use them.
func checkEmptyDir(s *control.Subject, at tree.Node, fail control.FailFunc) {
	medium := emptyMedium.Find(at)
	if !emptyDir.Find(at).Exists() || medium.Exists() && strings.HasPrefix(medium.Text(), "HugePages") {
		return
	}
	limit := sizeLimit.Find(at)
	switch {
	case limit.Exists() && !isZero(limit):
	case !medium.StrIs("Memory") && storageLimited(s.Pod.Spec):
	case limit.Exists():
		fail(sizeLimit.Violation(at, "is 0, which means none"))
	default:
		fail(sizeLimit.Violation(at, "is missing"))
	}
}

// storageLimited reports whether a container limits its ephemeral storage. The kubelet then evicts the pod when all
// that it has on disk, volumes included, is more than the limits together.
func storageLimited(spec tree.Node) bool {
	for _, c := range spec.Get("containers").Items() {
		if storageLimit.Find(c).Exists() {
			return true
		}
	}
	return false
}

func emptyDirCEL(c control.CEL) string {
	medium, limit := emptyMedium.CEL(c.At)+".orValue('')", sizeLimit.CEL(c.At)
	return "(!" + emptyDir.CEL(c.At) + ".hasValue() || " + medium + ".startsWith('HugePages') || " +
		limit + ".hasValue() && !string(" + limit + ".value()).matches('^[+]?[0.]*0[0.]*([a-zA-Z].*)?$') || " +
		medium + " != 'Memory' && " + c.Pod + ".?containers.orValue([]).exists(c, " + storageLimit.CEL("c") + ".hasValue()))"
}
