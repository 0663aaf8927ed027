package pods

import (
	"fmt"
	"path"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/inventory"
)

// LocalhostProfileNotOnNode: a pod that asks for a profile of the node's starts only where the node has it.
var LocalhostProfileNotOnNode = control.Control{
	ID: "localhost-profile-not-on-node", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Check that Localhost seccomp/AppArmor profiles exist on the nodes",
	Scope: control.Everything,
	Kinds: control.WorkloadKinds(),
	Require: &control.Together{
		Check: checkProfiles,
		Text:  "profiles of the type Localhost must be on every node whose facts are known, or on one if the pod chooses its nodes",
	},
	Risk:     "Profiles that are brought to nodes may be too strict for what runs already.",
	Fix:      control.Advice,
	NoFix:    "The profile has to be brought to the nodes, and no manifest of the pod can do that.",
	NoPolicy: "An admission policy does not see the files of nodes.",
	Remedy: `Bring the profile to every node with the Security Profiles Operator, a DaemonSet or the image of the nodes: seccomp profiles below /var/lib/kubelet/seccomp, those of
AppArmor loaded into the kernel. Or use RuntimeDefault.`,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/tutorials/security/seccomp/", "https://kubernetes.io/docs/tutorials/security/apparmor/"},
	},
	Why: `Without its profile the container is not created: the workload runs on some nodes and fails on others, which is found out when it has to move. What is
switched off in such a night is usually the profile.`,
	Examples: []control.Example{
		{
			Name:      "seccomp",
			Manifests: profiledPod("seccompProfile", "profiles/app.json", "") + nodeWith("a", "/var/lib/kubelet/seccomp/profiles/other.json", ""),
			Want:      []string{"Pod/shop/app spec.securityContext.seccompProfile.localhostProfile"},
		},
		{
			Name:      "on one of two nodes",
			Manifests: profiledPod("seccompProfile", "app.json", "") + nodeWith("a", "/var/lib/kubelet/seccomp/app.json", "") + nodeWith("b", "/var/lib/kubelet/seccomp/b.json", ""),
			Want:      []string{"Pod/shop/app spec.securityContext.seccompProfile.localhostProfile"},
		},
		{
			Name:      "AppArmor",
			Manifests: profiledPod("appArmorProfile", "k8s-app", "") + nodeWith("a", "/x", "cri-containerd.apparmor.d"),
			Want:      []string{"Pod/shop/app spec.securityContext.appArmorProfile.localhostProfile"},
		},
		{Name: "good: seccomp", Manifests: profiledPod("seccompProfile", "./profiles/app.json", "") + nodeWith("a", "/var/lib/kubelet/seccomp/profiles/app.json", "")},
		{Name: "good: AppArmor", Manifests: profiledPod("appArmorProfile", "k8s-app", "") + nodeWith("a", "/x", "k8s-app")},
		{
			Name:      "good: the pod chooses its node",
			Manifests: profiledPod("seccompProfile", "app.json", "nodeSelector: {profiles: app}, ") + nodeWith("a", "/var/lib/kubelet/seccomp/app.json", "") + nodeWith("b", "/x", ""),
		},
		{Name: "good: no facts", Manifests: profiledPod("seccompProfile", "app.json", "")},
	},
}

func profiledPod(key, name, more string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: app, namespace: shop}\nspec: {" + more + "securityContext: {" + key + ": {type: Localhost, localhostProfile: " + name +
		"}}, containers: [{name: app, image: app}]}\n"
}

func nodeWith(name, file, loaded string) string {
	return "---\napiVersion: kubeharden.io/v1alpha1\nkind: NodeFacts\nmetadata: {name: " + name + "}\nspec: {kernel: {appArmorProfiles: ['" + loaded + "']}, files: [{path: " + file +
		", roles: [seccomp-profile]}], problems: []}\n"
}

// maxNamedNodes is how many nodes a finding names.
const maxNamedNodes = 3

func checkProfiles(v *control.Verdicts) {
	nodes := v.NodeProfiles()
	for _, p := range v.Profiles() {
		if len(nodes) == 0 {
			v.NotApplicable(1)
			continue
		}
		var lacking []string
		known, unknown := 0, ""
		name := p.Name
		if p.Of == inventory.Seccomp {
			name = path.Clean(name)
		}
		for i := range nodes {
			has := nodes[i].Has[p.Of]
			switch {
			case has == nil:
				unknown = nodes[i].Name
			case !has[name]:
				lacking = append(lacking, nodes[i].Name)
				known++
			default:
				known++
			}
		}
		b := control.Breach{Object: p.Object, Path: p.Path, Cause: p.Path}
		switch {
		case len(lacking) > 0 && (!p.Chosen || len(lacking) == known && unknown == ""):
			more := ""
			if n := len(lacking) - maxNamedNodes; n > 0 {
				more = fmt.Sprintf(" and %d more", n)
			}
			b.Message = fmt.Sprintf("asks for the %s profile %s, which is not on %s%s", p.Of, p.Name, strings.Join(lacking[:min(len(lacking), maxNamedNodes)], ", "), more)
			v.Fail(b)
		case unknown != "" && (!p.Chosen || len(lacking) == known):
			b.Unknown, b.Message = true, fmt.Sprintf("asks for the %s profile %s, and which ones %s has is not known", p.Of, p.Name, unknown)
			v.Fail(b)
		default:
			v.Pass(1)
		}
	}
}
