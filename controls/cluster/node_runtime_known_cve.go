package cluster

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// NodeRuntimeKnownCVE: the way out of a container that everybody can read about is shut.
var NodeRuntimeKnownCVE = control.Control{
	ID: "node-runtime-known-cve", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Flag nodes whose kernel, containerd, CRI-O or runc has a known escape CVE",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Require:  &control.Func{Check: checkRuntimes, Text: "kernel, containerd, CRI-O and runc must be releases without a published hole that leads out of a container"},
	Risk:     "Nodes have to be drained and started again for a new kernel; containers go on while containerd and runc are replaced.",
	Fix:      control.Advice,
	NoFix:    "Programs of nodes are installed by whoever makes the nodes.",
	NoPolicy: noPolicyForNodes,
	Remedy: `Update the program to the release that the message names, or to a later one, on every node; cordon nodes that cannot be updated now and keep workloads of
others off them. Of distributions' packages and kernels ask the distribution's tracker, since they have repairs without a new release number.`,
	Refs: control.Refs{
		NSA:    []string{"Upgrading and application security practices", nsaNodes},
		MITRE:  []string{"T1611", "T1068"},
		Source: runtimeSources(),
	},
	Peers: control.Peers{Kubescape: []string{"C-0079", "C-0087"}, Kyverno: []string{"other/check-kernel"}, Other: []string{"kubehound:CE_UMH_CORE_PATTERN"}},
	Why: `These holes have names, write-ups and programs that use them: a container that somebody else controls becomes root on the node, and with it everything else that
runs there. Nothing that is set on the pod takes them away for sure.`,
	Bad: []control.Change{
		{Path: "spec.programs", Name: "runc", Value: programFacts("runc", "v1.1.11")},
		{Path: "spec.programs", Name: "newer runc", Value: programFacts("runc", "v1.3.2")},
		{Path: "spec.programs", Name: "containerd", Value: programFacts("containerd", "v1.7.28")},
		{Path: "spec.programs", Name: "of Docker's packages", Value: programFacts("containerd", "1.7.26-1")},
		{Path: "spec.programs", Name: "of k3s", Value: programFacts("containerd", "v2.1.4-k3s1")},
		{Path: "spec.programs", Name: "CRI-O", Value: programFacts("crio", "v1.23.1")},
		{Path: "spec.host.kernel", Value: "5.15.24-flatcar"},
		{Path: "spec.host.kernel", Value: "6.1.70-talos"},
		{Path: "spec.host.runtimeVersion", Value: "v2.0.5"},
	},
	Good: []control.Change{
		{Path: "spec.programs", Name: "runc", Value: programFacts("runc", "v1.2.8")},
		{Path: "spec.programs", Name: "a release that is not known", Value: programFacts("runc", "")},
		{Path: "spec.host.kernel", Value: "6.18.3"},
	},
}

func programFacts(name, version string) []any {
	m := mapping{"name": name, "path": "/usr/bin/" + name}
	if version != "" {
		m["version"] = version
	}
	return []any{m}
}

// runtimes are the programs between a container and the node, and their advisories that say how to get from one to the other. They were read in
// November 2026. Left out is what no more than stops a program for a while.
var runtimes = []addon{
	{
		name: "runc",
		advisories: []advisory{
			{
				id: "CVE-2025-31133", effect: "a container writes to /proc of the host and breaks out (with CVE-2025-52565 and CVE-2025-52881)",
				ranges: []affected{{"", "1.2.8"}, {"1.3.0-rc.1", "1.3.3"}, {"1.4.0-rc.1", "1.4.0-rc.3"}},
				source: "https://github.com/opencontainers/runc/security/advisories/GHSA-9493-h29p-rfm2",
			},
			{
				id: "CVE-2024-21626", effect: "an image starts in the file system of the host",
				ranges: []affected{{"1.0.0-rc93", "1.1.12"}},
				source: "https://github.com/opencontainers/runc/security/advisories/GHSA-xr7r-f8xq-vfvv",
			},
			{
				id: "CVE-2021-30465", effect: "who may start two containers with a shared volume mounts the host's file system",
				ranges: []affected{{"", "1.0.0-rc95"}},
				source: "https://github.com/opencontainers/runc/security/advisories/GHSA-c3xm-pvg7-gh7r",
			},
		},
	},
	{
		name: "containerd",
		advisories: []advisory{
			{
				id: "CVE-2024-25621", effect: "users of the node reach the files of containers and of containerd and become root",
				ranges: []affected{{"", "1.7.29"}, {"2.0.0-beta.0", "2.0.7"}, {"2.1.0-beta.0", "2.1.5"}, {"2.2.0-beta.0", "2.2.0"}},
				source: "https://github.com/containerd/containerd/security/advisories/GHSA-pwhc-rpq9-4c8w",
			},
			{
				id: "GHSA-cvxm-645q-p574", effect: "who may create a pod puts an image of his in the place of one that other pods of the node start",
				ranges: []affected{{"2.1.0", "2.1.9"}, {"2.2.0", "2.2.5"}, {"2.3.0", "2.3.2"}},
				source: "https://github.com/containerd/containerd/security/advisories/GHSA-cvxm-645q-p574",
			},
			{
				id: "CVE-2024-40635", effect: "an image whose user is a very large number runs as root",
				ranges: []affected{{"", "1.6.38"}, {"1.7.0-beta.0", "1.7.27"}, {"2.0.0-beta.0", "2.0.4"}},
				source: "https://github.com/containerd/containerd/security/advisories/GHSA-265r-hfxg-fhmg",
			},
			{
				id: "CVE-2022-23648", effect: "an image reads any file of the host",
				ranges: []affected{{"", "1.4.13"}, {"1.5.0-beta.0", "1.5.10"}, {"1.6.0-beta.0", "1.6.1"}},
				source: "https://github.com/containerd/containerd/security/advisories/GHSA-crp2-qrr5-8pq7",
			},
		},
	},
	{
		name: "CRI-O",
		advisories: []advisory{
			{
				id: "CVE-2022-0811", effect: "a pod sets any sysctl of the host, kernel.core_pattern among them, and is root there (cr8escape)",
				ranges: []affected{{"1.19.0", "1.19.6"}, {"1.20.0", "1.20.7"}, {"1.21.0", "1.21.6"}, {"1.22.0", "1.22.3"}, {"1.23.0", "1.23.2"}},
				source: "https://github.com/cri-o/cri-o/security/advisories/GHSA-6x2m-w449-qwx7",
			},
		},
	},
	{
		name: "the kernel",
		advisories: []advisory{
			{
				id: "CVE-2024-1086", effect: "a user in a user namespace is root on the host by way of nf_tables",
				ranges: []affected{
					{"3.15.0", "4.19.307"},
					{"4.20.0", "5.4.269"},
					{"5.5.0", "5.10.210"},
					{"5.11.0", "5.15.149"},
					{"5.16.0", "6.1.76"},
					{"6.2.0", "6.6.15"},
					{"6.7.0", "6.7.3"},
				},
				source: "https://nvd.nist.gov/vuln/detail/CVE-2024-1086",
			},
			{
				id: "CVE-2022-0847", effect: "anybody writes into files that he may only read (Dirty Pipe)",
				ranges: []affected{{"5.8.0", "5.10.102"}, {"5.11.0", "5.15.25"}, {"5.16.0", "5.16.11"}},
				source: "https://nvd.nist.gov/vuln/detail/CVE-2022-0847",
			},
			{
				id: "CVE-2022-0185", effect: "a container with CAP_SYS_ADMIN in a user namespace is root on the host",
				ranges: []affected{{"5.1.0", "5.4.173"}, {"5.5.0", "5.10.93"}, {"5.11.0", "5.15.16"}, {"5.16.0", "5.16.2"}},
				source: "https://nvd.nist.gov/vuln/detail/CVE-2022-0185",
			},
		},
	},
}

func runtimeSources() []string {
	var all []string
	for i := range runtimes {
		for _, a := range runtimes[i].advisories {
			all = append(all, a.source)
		}
	}
	return all
}

// releasedRuntime is a version of containerd in the packages of Docker, or in the fork of k3s, which follow the releases number by number.
var releasedRuntime = regexp.MustCompile(`^(v?\d+\.\d+\.\d+)-(\d+|k3s\d+)$`)

// plainKernel is a kernel whose number is that of the release it was built from: of kernel.org, of Flatcar, of Talos and of Container-Optimized OS.
// Distributions keep a number and put repairs in.
var plainKernel = regexp.MustCompile(`^(\d+\.\d+\.\d+)(-flatcar(-r\d+)?|-talos|\+)?$`)

// anyKernel is the number that a kernel begins with.
var anyKernel = regexp.MustCompile(`^\d+\.\d+\.\d+`)

func checkRuntimes(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := at.Get("spec")
	if spec.Get("programs").Kind() != tree.Sequence {
		fail(control.Violation{At: spec, Missing: []string{"programs"}, Problem: "is missing, so nothing is known of programs", Unknown: true})
		return
	}
	told := map[string]bool{}
	for _, p := range spec.Get("programs").Items() {
		name, version := p.Get("name").Text(), p.Get("version")
		told[name+" "+strings.TrimPrefix(version.Text(), "v")] = true
		if v, bad := judgeProgram(name, version, p.Get("path").Text()); bad && !fail(v) {
			return
		}
	}
	host := spec.Get("host")
	runtime := map[string]string{"containerd": "containerd", "cri-o": "crio"}[host.Get("runtime").Text()]
	if version := host.Get("runtimeVersion"); !told[runtime+" "+strings.TrimPrefix(version.Text(), "v")] {
		if v, bad := judgeProgram(runtime, version, runtime); bad && !fail(v) {
			return
		}
	}
	if v, bad := judgeKernel(host.Get("kernel")); bad && !fail(v) {
		return
	}
	control.NodeUnknown(at, []string{node.PartPrograms, node.PartHost}, fail)
}

func judgeProgram(name string, version tree.Node, where string) (control.Violation, bool) {
	of := map[string]*addon{"runc": &runtimes[0], "containerd": &runtimes[1], "crio": &runtimes[2]}[name]
	if of == nil || version.Text() == "" {
		return control.Violation{}, false
	}
	text := version.Text()
	if m := releasedRuntime.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	// Debian writes repairs behind a plus or a tilde, which no tag has.
	repaired := strings.ContainsAny(text, "+~")
	if i := strings.IndexAny(text, "+~"); i > 0 {
		text = text[:i]
	}
	r, ok := readTag(text)
	if !ok || r.line {
		return control.Violation{}, false
	}
	found, safe := of.open(r.version)
	if len(found) == 0 {
		return control.Violation{}, false
	}
	if r.rebuilt || repaired {
		problem := fmt.Sprintf("is %s: whether the distribution has put the repair of %s into its %s is not in the number", version.Text(), ids(found), of.name)
		return control.Violation{At: version, Problem: problem, Unknown: true}, true
	}
	problem := fmt.Sprintf("is %s, and %s %s (%s) is open to %s: %s; %s is not", version.Text(), of.name, r.version, where, ids(found), found[0].effect, safe)
	return control.Violation{At: version, Problem: problem}, true
}

func judgeKernel(release tree.Node) (control.Violation, bool) {
	number := anyKernel.FindString(release.Text())
	r, ok := readTag(number)
	if !ok || r.line {
		return control.Violation{}, false
	}
	found, safe := runtimes[3].open(r.version)
	switch {
	case len(found) == 0:
		return control.Violation{}, false
	case plainKernel.MatchString(release.Text()):
		return control.Violation{At: release, Problem: fmt.Sprintf("is %s, which is open to %s: %s; %s is not", release.Text(), ids(found), found[0].effect, safe)}, true
	default:
		problem := fmt.Sprintf("is %s: whether the distribution has put the repair of %s into its kernel is not in the number", release.Text(), ids(found))
		return control.Violation{At: release, Problem: problem, Unknown: true}, true
	}
}

func ids(found []*advisory) string {
	var all []string
	for _, a := range found {
		all = append(all, a.id)
	}
	return strings.Join(all, ", ")
}
