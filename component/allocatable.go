package component

import (
	"regexp"
	"slices"
	"strings"
)

// enforcement judges what of a node is kept from pods.
func (c kubeletCheck) enforcement() {
	v := c.i.Field("enforceNodeAllocatable")
	items, ok := v.List()
	if !ok || !v.Set {
		c.reserved()
		return
	}
	seen := map[string]bool{}
	for _, item := range items {
		if seen[item] {
			c.refuse(v.Place, "enforceNodeAllocatable has %q twice", short(item))
		}
		seen[item] = true
	}
	for _, name := range []string{"system-reserved", "kube-reserved"} {
		if seen[name] && seen[name+"-compressible"] {
			c.refuse(v.Place, "enforceNodeAllocatable cannot have both %s and %s-compressible", name, name)
		}
		field := map[string]string{"system-reserved": "systemReservedCgroup", "kube-reserved": "kubeReservedCgroup"}[name]
		if (seen[name] || seen[name+"-compressible"]) && c.effective(field) == "" {
			c.refuse(v.Place, "enforceNodeAllocatable with %s needs %s", name, field)
		}
	}
	if seen["none"] && len(items) > 1 {
		c.refuse(v.Place, "enforceNodeAllocatable has none and more")
	}
	valid := []string{"pods", "system-reserved", "kube-reserved", "system-reserved-compressible", "kube-reserved-compressible", "none"}
	enforced := false
	for _, item := range items {
		if !slices.Contains(valid, item) {
			c.refuse(v.Place, "enforceNodeAllocatable has %q, valid are %s", short(item), strings.Join(valid, ", "))
		}
		enforced = enforced || item != "none"
	}
	if qos := c.i.Field("cgroupsPerQOS"); enforced && qos.IsFalse() {
		c.refuse(firstSet(qos, v), "enforceNodeAllocatable needs cgroupsPerQOS")
	}
	c.reserved()
}

func (c kubeletCheck) reserved() {
	if _, ok := c.value("enforceNodeAllocatable"); !ok {
		if qos, set := c.value("cgroupsPerQOS"); set && qos.IsFalse() {
			c.refuse(qos.Place, "cgroupsPerQOS: false needs enforceNodeAllocatable without pods")
		}
	}
	v, ok := c.value("reservedSystemCPUs")
	if !ok || v.Text == "" {
		return
	}
	if c.effective("systemReservedCgroup") != "" || c.effective("kubeReservedCgroup") != "" {
		c.refuse(v.Place, "reservedSystemCPUs excludes systemReservedCgroup and kubeReservedCgroup")
	}
	if !cpuset.MatchString(v.Text) {
		c.refuse(v.Place, "reservedSystemCPUs is no list of CPUs like 0-3,6: %q", short(v.Text))
	}
}

var cpuset = regexp.MustCompile(`^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$`)
