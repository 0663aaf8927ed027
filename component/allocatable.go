package component

import (
	"regexp"
	"slices"
	"strings"
)

// enforcement judges what of a node is kept from pods.
func (c *kubeletCheck) enforcement() {
	v := c.i.Field("enforceNodeAllocatable")
	items, ok := v.List()
	if !ok || !v.Set {
		c.reserved()
		return
	}
	seen := map[string]bool{}
	for _, item := range items {
		if seen[item] {
			c.flaw(v.Place, "enforceNodeAllocatable has %q twice: the kubelet does not start", short(item))
		}
		seen[item] = true
	}
	for _, name := range []string{"system-reserved", "kube-reserved"} {
		if seen[name] && seen[name+"-compressible"] {
			c.flaw(v.Place, "enforceNodeAllocatable cannot have both %s and %s-compressible: the kubelet does not start", name, name)
		}
		field := map[string]string{"system-reserved": "systemReservedCgroup", "kube-reserved": "kubeReservedCgroup"}[name]
		if (seen[name] || seen[name+"-compressible"]) && c.effective(field) == "" {
			c.flaw(v.Place, "enforceNodeAllocatable with %s needs %s: the kubelet does not start", name, field)
		}
	}
	if seen["none"] && len(items) > 1 {
		c.flaw(v.Place, "enforceNodeAllocatable has none and more: the kubelet does not start")
	}
	valid := []string{"pods", "system-reserved", "kube-reserved", "system-reserved-compressible", "kube-reserved-compressible", "none"}
	enforced := false
	for _, item := range items {
		if !slices.Contains(valid, item) {
			c.flaw(v.Place, "enforceNodeAllocatable has %q, valid are %s: the kubelet does not start", short(item), strings.Join(valid, ", "))
		}
		enforced = enforced || item != "none"
	}
	if qos := c.i.Field("cgroupsPerQOS"); enforced && qos.IsFalse() {
		c.flaw(firstSet(qos, v), "enforceNodeAllocatable needs cgroupsPerQOS: the kubelet does not start")
	}
	c.reserved()
}

func (c *kubeletCheck) reserved() {
	if _, ok := c.value("enforceNodeAllocatable"); !ok {
		if qos, set := c.value("cgroupsPerQOS"); set && qos.IsFalse() {
			c.flaw(qos.Place, "cgroupsPerQOS: false needs enforceNodeAllocatable without pods: the kubelet does not start")
		}
	}
	v, ok := c.value("reservedSystemCPUs")
	if !ok || v.Text == "" {
		return
	}
	if c.effective("systemReservedCgroup") != "" || c.effective("kubeReservedCgroup") != "" {
		c.flaw(v.Place, "reservedSystemCPUs excludes systemReservedCgroup and kubeReservedCgroup: the kubelet does not start")
	}
	if !cpuset.MatchString(v.Text) {
		c.flaw(v.Place, "reservedSystemCPUs is no list of CPUs like 0-3,6: %q: the kubelet does not start", short(v.Text))
	}
}

var cpuset = regexp.MustCompile(`^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$`)
