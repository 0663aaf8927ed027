package cluster

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
)

// KubernetesVersionUnsupported: what nobody mends any more stays open.
var KubernetesVersionUnsupported = control.Control{
	ID: "kubernetes-version-unsupported", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Run a supported Kubernetes minor and patch release",
	Scope:    control.Everything,
	Kinds:    []control.Kind{factsKind, nodeKind},
	Require:  &control.Together{Check: checkVersions, Text: "the API server and the kubelets must be of a minor release that is still mended, and of one of its newest patch releases"},
	Risk:     "A newer minor release may no longer serve old versions of the API, and may refuse old flags; read its urgent upgrade notes.",
	Fix:      control.Advice,
	NoFix:    "A cluster is upgraded step by step, with what runs in it.",
	NoPolicy: noPolicyForStatus,
	Remedy:   "Upgrade one minor release at a time, the control plane before the nodes, to one that is supported; within it take the newest patch release every month.",
	Refs: control.Refs{
		NSA:    []string{"Upgrading and application security practices"},
		MITRE:  []string{"T1068"},
		Source: []string{versionSkewDocs, patchReleaseDocs, "https://github.com/kubernetes/website/blob/main/data/releases/eol.yaml"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0273"},
		Kyverno:   []string{"other/kubernetes-version-check"},
		Other:     []string{"popeye:405", "stig:V-242443"},
	},
	Why: `The project mends the three newest minor releases, for about fourteen months each. What is found in an older one stays open for ever, and a patch release
that is months behind is open to what was published since. Some providers mend longer, for those who ask and pay for it.`,
	Examples: []control.Example{
		{Name: "an API server that has ended", Manifests: clusterDocument("serverVersion: {gitVersion: v1.29.14}"), Want: []string{"ClusterFacts/prod spec.serverVersion.gitVersion"}},
		{
			Name: "kubelets that have ended, told once",
			Manifests: clusterDocument("serverVersion: {gitVersion: v1.37.2}") + nodeDocument("a", "kubeletVersion: v1.30.1+k3s1") + nodeDocument("b", "kubeletVersion: v1.30.1+k3s1") +
				nodeDocument("c", "kubeletVersion: v1.37.2"),
			Want: []string{"Node/a status.nodeInfo.kubeletVersion"},
		},
		{Name: "a patch release of months ago", Manifests: clusterDocument("serverVersion: {gitVersion: v1.35.4}"), Want: []string{"ClusterFacts/prod spec.serverVersion.gitVersion"}},
		{Name: "a vendor may mend it", Manifests: clusterDocument("serverVersion: {gitVersion: v1.31.4-eks-1a2b3c4}"), Want: []string{"ClusterFacts/prod spec.serverVersion.gitVersion"}},
		{Name: "good: of these days", Manifests: clusterDocument("serverVersion: {gitVersion: v1.37.1}") + nodeDocument("a", "kubeletVersion: v1.36.3")},
	},
}

// running is a version that something runs, with who it is.
type running struct {
	what, text   string
	object       int
	path         string
	related      []control.Decider
	count        int
	windows, api bool
}

// runs returns what version the API server and the kubelets are of: kubelets of one version are one.
func runs(v *control.Verdicts) (all []running) {
	if c := v.Cluster(); c != nil && c.ServerVersion.GitVersion != "" {
		all = append(all, running{what: "the API server", text: c.ServerVersion.GitVersion, object: c.Object, path: "spec.serverVersion.gitVersion", count: 1, api: true})
	}
	type key struct {
		version string
		windows bool
	}
	byVersion := map[key]int{}
	nodes := v.Nodes()
	for i := range nodes {
		n := &nodes[i]
		if n.KubeletVersion == "" {
			continue
		}
		k := key{n.KubeletVersion, n.OperatingSystem == "windows"}
		at, ok := byVersion[k]
		if !ok {
			byVersion[k] = len(all)
			all = append(all, running{what: "the kubelet", text: n.KubeletVersion, object: n.Object, path: "status.nodeInfo.kubeletVersion", count: 1, windows: k.windows})
			continue
		}
		r := &all[at]
		if r.count++; len(r.related) < maxNodes {
			r.related = append(r.related, control.Decider{Object: n.Object, Path: "status.nodeInfo.kubeletVersion", Text: "runs it too"})
		}
	}
	return all
}

// maxNodes is how many other nodes a finding names.
const maxNodes = 5

// name says what runs, of how many nodes.
func (r *running) name() string {
	if r.count > 1 {
		return "the kubelet of " + strconv.Itoa(r.count) + " nodes"
	}
	return r.what
}

func (r *running) breach(message string) control.Breach {
	return control.Breach{Object: r.object, Path: r.path, Message: r.name() + " is " + r.text + message, Related: r.related}
}

func checkVersions(v *control.Verdicts) {
	all := runs(v)
	for i := range all {
		r := &all[i]
		b, ok := readBuild(r.text)
		if !ok {
			unknown := r.breach(", which is no version of a release")
			unknown.Unknown = true
			v.Fail(unknown)
			continue
		}
		release, known, beyond := releaseOf(b.version.Minor())
		found := control.Breach{}
		switch {
		case beyond:
			found = r.breach(", which is newer than the releases that this program knows")
			found.Unknown = true
		case v.Now.IsZero():
			found = r.breach(", and when it is now the run does not say")
			found.Unknown = true
		case !known:
			found = r.breach(", of a minor release that was mended until 2021 or before")
		case release.ended(v.Now) && b.mends():
			found = r.breach(", of a minor release that the project mended until " + release.end + "; whether its vendor still does is not seen from here")
			found.Unknown = true
		case release.ended(v.Now):
			found = r.breach(", of a minor release that was mended until " + release.end)
		case !b.mends() && b.version.Patch()+maxBehind < release.patch:
			medium := control.Medium
			found = r.breach(", and there is 1." + strconv.FormatUint(release.minor, 10) + "." + strconv.FormatUint(release.patch, 10))
			found.Severity = &medium
		default:
			v.Pass(r.count)
			continue
		}
		v.Fail(found)
	}
}
