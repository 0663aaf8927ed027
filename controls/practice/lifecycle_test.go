package practice

import (
	"testing"

	"github.com/kubeharden/kubeharden/control"
)

func TestLifecyclesMakeSense(t *testing.T) {
	seen := map[[2]string]bool{}
	for _, list := range [][]lifecycle{lifecycles, gone} {
		for _, l := range list {
			if l.deprecated == 0 || l.removed < l.deprecated {
				t.Errorf("%s %s is deprecated in %s and removed in %s", l.version, l.kind, l.deprecated, l.removed)
			}
			if seen[[2]string{l.version, l.kind}] {
				t.Errorf("%s %s is listed twice: k8s.io/api knows it now", l.version, l.kind)
			}
			seen[[2]string{l.version, l.kind}] = true
			if next := endOf(l.successor, l.kind); next != nil && next.removed <= l.removed {
				t.Errorf("%s %s gives way to %s, which is removed before", l.version, l.kind, l.successor)
			}
		}
	}
	for key := range convertible {
		l := endOf(key[0], key[1])
		if l == nil || l.follow(control.LatestMinor) == "" {
			t.Errorf("%s %s is convertible, but has no successor", key[0], key[1])
		}
	}
}

func TestFollow(t *testing.T) {
	for _, c := range []struct {
		version, kind string
		at            control.Minor
		want          string
	}{
		{"flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", 26, "flowcontrol.apiserver.k8s.io/v1beta3"},
		{"flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", 34, "flowcontrol.apiserver.k8s.io/v1"},
		{"extensions/v1beta1", "Deployment", 34, "apps/v1"},
		{"policy/v1beta1", "PodDisruptionBudget", 25, "policy/v1"},
		{"resource.k8s.io/v1beta1", "ResourceClaim", 35, "resource.k8s.io/v1"},
	} {
		if got := endOf(c.version, c.kind).follow(c.at); got != c.want {
			t.Errorf("%s %s gives way to %q at %s, want %q", c.version, c.kind, got, c.at, c.want)
		}
	}
}
