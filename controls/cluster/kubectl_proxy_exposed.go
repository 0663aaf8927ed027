package cluster

import (
	"net/netip"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// KubectlProxyExposed: a proxy that puts credentials to every request is for the one who started it.
var KubectlProxyExposed = control.Control{
	ID: "kubectl-proxy-exposed", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Do not expose kubectl proxy",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Require:  &control.Func{Check: checkKubectlProxy, Text: "kubectl proxy must not listen on other addresses than those of the machine itself, nor take requests for any host name"},
	Risk:     "Whoever used the proxy from another machine needs a kubeconfig of his own.",
	Fix:      control.Advice,
	NoFix:    "Somebody started it, and only he knows what for.",
	NoPolicy: noPolicyForNodes,
	Remedy:   "Stop the process. Where it is needed leave --address at 127.0.0.1 and --accept-hosts as it is, or use --unix-socket.",
	Refs: control.Refs{
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1133"},
		Source: []string{"https://kubernetes.io/docs/reference/kubectl/generated/kubectl_proxy/"},
	},
	Peers: control.Peers{Other: []string{"kube-hunter:KHV049"}},
	Why: `kubectl proxy adds the credentials of whoever started it to each request that comes in, and asks nobody for his own. On an address that others reach it makes
everybody an administrator; with a broad --accept-hosts any web page that the user visits is one (DNS rebinding).`,
	Bad: []control.Change{
		{Path: "spec.processes", Name: "all addresses", Value: kubectlProxy("--address=0.0.0.0", "--accept-hosts=^.*$")},
		{Path: "spec.processes", Name: "two words", Value: kubectlProxy("--address", "10.0.0.5")},
		{Path: "spec.processes", Name: "any host", Value: kubectlProxy("--accept-hosts=.*")},
		{Path: "spec.processes", Name: "no filter", Value: kubectlProxy("--disable-filter=true")},
	},
	Good: []control.Change{
		{Path: "spec.processes", Name: "as it is", Value: kubectlProxy()},
		{Path: "spec.processes", Name: "IPv6", Value: kubectlProxy("--address=::1", "--port=8002")},
		{Path: "spec.processes", Name: "a socket", Value: kubectlProxy("--unix-socket=/run/user/0/proxy.sock")},
	},
}

func kubectlProxy(args ...string) []any {
	all := []any{"kubectl", "proxy"}
	for _, a := range args {
		all = append(all, a)
	}
	return []any{mapping{"component": "kubectl-proxy", "pid": 4711, "uid": 0, "arguments": all}}
}

func checkKubectlProxy(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	processes := at.Get("spec").Get("processes")
	if processes.Kind() != tree.Sequence {
		fail(control.Violation{At: at.Get("spec"), Missing: []string{"processes"}, Problem: "is missing, so nothing is known of processes", Unknown: true})
		return
	}
	for _, p := range processes.Items() {
		if !p.Get("component").StrIs("kubectl-proxy") {
			continue
		}
		if problem := exposes(texts(p.Get("arguments"))); problem != "" && !fail(control.Violation{At: p.Get("arguments"), Problem: problem + ": process " + p.Get("pid").Text()}) {
			return
		}
	}
	control.NodeUnknown(at, []string{node.PartProcesses}, fail)
}

// exposes says what of a command line lets others use the proxy; "" if nothing does.
func exposes(args []string) string {
	flags := map[string]string{}
	for i, a := range args {
		name, value, ok := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if !ok && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			value = args[i+1]
		}
		if strings.HasPrefix(a, "--") {
			flags[name] = value
		}
	}
	if _, ok := flags["unix-socket"]; ok {
		return ""
	}
	if text, ok := flags["address"]; ok {
		if address, err := netip.ParseAddr(text); text != "localhost" && (err != nil || !address.IsLoopback()) {
			return "let kubectl proxy listen on " + text
		}
	}
	if value, ok := flags["disable-filter"]; ok && value != "false" {
		return "turn the filter of kubectl proxy off"
	}
	for pattern := range strings.SplitSeq(flags["accept-hosts"], ",") {
		if p := strings.Trim(pattern, "^$"); p == ".*" || p == ".+" {
			return "let kubectl proxy take requests for any host"
		}
	}
	return ""
}
