package cluster

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// KubeletIPAddressDenyMissing: systemd keeps everybody from the kubelet but those who need it.
var KubeletIPAddressDenyMissing = control.Control{
	ID: "kubelet-ip-address-deny-missing", Section: "kubelet", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Restrict who reaches the kubelet at systemd level (IPAddressDeny)",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleKubeletService),
	Require:  &control.Func{Check: checkAddressDeny, Text: "the unit of the kubelet or a drop-in of it must have IPAddressDeny=any, and IPAddressAllow= for those who may"},
	Risk:     "What is not in IPAddressAllow no longer reaches the kubelet, nor the kubelet it: name the API servers, the node itself and whoever scrapes metrics.",
	Fix:      control.Advice,
	NoFix:    "Only you know which addresses the kubelet talks to.",
	NoPolicy: noPolicyForNodes,
	Remedy: `Write a drop-in /etc/systemd/system/kubelet.service.d/90-addresses.conf with [Service], IPAddressDeny=any and IPAddressAllow= with the addresses of API servers, pods,
the node and localhost, then run systemctl daemon-reload and restart the kubelet.`,
	Refs: control.Refs{
		NSA:    []string{nsaControlPlane, nsaNodes},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{"https://www.freedesktop.org/software/systemd/man/latest/systemd.resource-control.html#IPAddressAllow=ADDRESS%5B/PREFIXLENGTH%5D%E2%80%A6"},
	},
	Why: `Port 10250 starts programs in every pod of the node. Its authentication is all that stands before it unless something limits who may connect; systemd can, with
two lines and without a firewall of its own.`,
	Bad: []control.Change{
		{Path: "spec.files", Name: "no limit", Value: []any{kubeletUnit("kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n")}},
		{Path: "spec.files", Name: "taken back", Value: []any{
			kubeletUnit("kubelet.service", "[Service]\nIPAddressDeny=any\n"), kubeletUnit("kubelet.service.d/90.conf", "[Service]\nIPAddressDeny=\n"),
		}},
		{Path: "spec.files", Name: "a comment", Value: []any{kubeletUnit("kubelet.service", "[Service]\n#IPAddressDeny=any\n")}},
	},
	Good: []control.Change{
		{Path: "spec.files", Name: "in a drop-in", Value: []any{
			kubeletUnit("kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n"), kubeletUnit("kubelet.service.d/90.conf", "[Service]\nIPAddressDeny=0.0.0.0/0 ::/0\n"),
		}},
	},
}

func kubeletUnit(name, content string) mapping {
	return mapping{
		"path": "/etc/systemd/system/" + name, "roles": []any{node.RoleKubeletService}, "component": "kubelet", "type": "file",
		"owner": "root", "group": "root", "uid": 0, "gid": 0, "mode": "0600", "content": content,
	}
}

func checkAddressDeny(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	var units []tree.Node
	for _, file := range at.Get("spec").Get("files").Items() {
		if !slices.Contains(texts(file.Get("roles")), node.RoleKubeletService) {
			continue
		}
		if !file.Get("content").Exists() {
			fail(control.Violation{At: file, Missing: []string{"content"}, Problem: "of " + file.Get("path").Text() + " was not read", Unknown: true})
			return
		}
		units = append(units, file)
	}
	// The unit comes first, then its drop-ins in the order of their names.
	slices.SortStableFunc(units, func(a, b tree.Node) int {
		x, y := a.Get("path").Text(), b.Get("path").Text()
		return cmp.Or(cmp.Compare(path.Ext(y), path.Ext(x)), cmp.Compare(path.Base(x), path.Base(y)))
	})
	var denied []string
	for _, file := range units {
		for line := range strings.Lines(file.Get("content").Text()) {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), "IPAddressDeny="); ok {
				if denied = append(denied, strings.Fields(value)...); strings.TrimSpace(value) == "" {
					denied = nil
				}
			}
		}
	}
	if slices.Contains(denied, "any") || slices.Contains(denied, "0.0.0.0/0") && slices.Contains(denied, "::/0") {
		return
	}
	if len(units) > 0 {
		where := units[len(units)-1].Get("path")
		if !fail(control.Violation{At: where, Problem: "is " + where.Text() + ": no IPAddressDeny=any there or before it keeps other machines from the kubelet"}) {
			return
		}
	}
	control.NodeUnknown(at, []string{node.RoleKubeletService, "content of " + node.RoleKubeletService}, fail)
}
