package practice

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// lifecycle is a version of a kind that ends.
type lifecycle struct {
	version, kind string
	// deprecated and removed are the first Kubernetes versions in which it is.
	deprecated, removed control.Minor
	// successor is the version to use, "" if there is none.
	successor string
}

// gone are versions that k8s.io/api has no types of, or never had.
// Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
var gone = []lifecycle{
	{"apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 16, 22, "apiextensions.k8s.io/v1"},
	{"apiregistration.k8s.io/v1beta1", "APIService", 19, 22, "apiregistration.k8s.io/v1"},
	{"autoscaling/v2beta1", "HorizontalPodAutoscaler", 23, 25, "autoscaling/v2"},
	{"autoscaling/v2beta2", "HorizontalPodAutoscaler", 23, 26, "autoscaling/v2"},
	{"batch/v2alpha1", "CronJob", 21, 21, "batch/v1"},
}

// convertible are the versions of which the migration guide says that nothing else changes for the successor, and the field
// that has to be there for it: the old versions had a default for it, or another meaning of its absence.
var convertible = map[[2]string]string{
	{"apiregistration.k8s.io/v1beta1", "APIService"}:            "",
	{"apps/v1beta1", "Deployment"}:                              "spec.selector",
	{"apps/v1beta1", "StatefulSet"}:                             "spec.selector",
	{"apps/v1beta2", "DaemonSet"}:                               "spec.selector",
	{"apps/v1beta2", "Deployment"}:                              "spec.selector",
	{"apps/v1beta2", "ReplicaSet"}:                              "spec.selector",
	{"apps/v1beta2", "StatefulSet"}:                             "spec.selector",
	{"batch/v1beta1", "CronJob"}:                                "",
	{"coordination.k8s.io/v1beta1", "Lease"}:                    "",
	{"extensions/v1beta1", "DaemonSet"}:                         "spec.selector",
	{"extensions/v1beta1", "Deployment"}:                        "spec.selector",
	{"extensions/v1beta1", "NetworkPolicy"}:                     "",
	{"extensions/v1beta1", "ReplicaSet"}:                        "spec.selector",
	{"networking.k8s.io/v1beta1", "IngressClass"}:               "",
	{"node.k8s.io/v1beta1", "RuntimeClass"}:                     "",
	{"policy/v1beta1", "PodDisruptionBudget"}:                   "spec.selector",
	{"rbac.authorization.k8s.io/v1beta1", "ClusterRole"}:        "",
	{"rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding"}: "",
	{"rbac.authorization.k8s.io/v1beta1", "Role"}:               "",
	{"rbac.authorization.k8s.io/v1beta1", "RoleBinding"}:        "",
	{"scheduling.k8s.io/v1beta1", "PriorityClass"}:              "",
	{"storage.k8s.io/v1beta1", "CSIDriver"}:                     "",
	{"storage.k8s.io/v1beta1", "CSINode"}:                       "",
	{"storage.k8s.io/v1beta1", "CSIStorageCapacity"}:            "",
	{"storage.k8s.io/v1beta1", "StorageClass"}:                  "",
	{"storage.k8s.io/v1beta1", "VolumeAttachment"}:              "",
}

// endOf returns what is known of the end of a version, nil if nothing is.
func endOf(version, kind string) *lifecycle {
	for _, list := range [][]lifecycle{lifecycles, gone} {
		for i := range list {
			if list[i].version == version && list[i].kind == kind {
				return &list[i]
			}
		}
	}
	return nil
}

// follow returns the successor that is still served at a version, "" without one.
func (l *lifecycle) follow(at control.Minor) string {
	for range 8 {
		next := endOf(l.successor, l.kind)
		if next == nil || at < next.removed {
			return l.successor
		}
		l = next
	}
	return ""
}

// fails reports whether a version is not to be used at a Kubernetes version: it is not served there, or it is deprecated and has
// a successor. Without one nobody can do anything about it yet.
func (l *lifecycle) fails(at control.Minor) bool {
	return at >= l.removed || at >= l.deprecated && l.follow(at) != ""
}

// ending are the versions of kinds that end by the newest Kubernetes version known, or have a successor by then.
func ending(yield func(l *lifecycle, kind control.Kind) bool) {
	for _, list := range [][]lifecycle{lifecycles, gone} {
		for i := range list {
			l := &list[i]
			group, _, _ := strings.Cut(l.version, "/")
			if l.fails(control.LatestMinor) && !yield(l, control.Kind{Group: group, Kind: l.kind}) {
				return
			}
		}
	}
}

func endingKinds() []control.Kind {
	kinds := slices.Clone(cronJobs)
	for _, kind := range ending {
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func endingChanges() (list []control.Change) {
	for l := range ending {
		list = append(list, control.Change{Kind: l.kind, Path: "apiVersion", Value: l.version})
	}
	return list
}
