package node

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"syscall"

	facts "github.com/kubeharden/kubeharden/node"
)

// program is one whose release matters, where it lies, and what packages of Debian call it.
type program struct {
	name     string
	paths    []string
	module   string // of Go
	packages []string
}

// programsOfInterest have releases with holes that lead out of a container, or say of which release a component is.
var programsOfInterest = []program{
	{
		"containerd",
		[]string{
			"/usr/bin/containerd", "/usr/local/bin/containerd", "/var/lib/rancher/k3s/data/current/bin/containerd", "/var/lib/rancher/rke2/bin/containerd",
			"/var/lib/k0s/bin/containerd", "/snap/microk8s/current/bin/containerd",
		},
		"github.com/containerd/containerd",
		[]string{"containerd.io", "containerd"},
	},
	{
		"runc",
		[]string{
			"/usr/bin/runc", "/usr/sbin/runc", "/usr/local/sbin/runc", "/usr/local/bin/runc", "/var/lib/rancher/k3s/data/current/bin/runc", "/var/lib/rancher/rke2/bin/runc",
			"/var/lib/k0s/bin/runc", "/snap/microk8s/current/bin/runc",
		},
		"github.com/opencontainers/runc",
		[]string{"runc"},
	},
	{"crio", []string{"/usr/bin/crio", "/usr/local/bin/crio"}, "github.com/cri-o/cri-o", []string{"cri-o"}},
	{"kubelet", []string{"/usr/bin/kubelet", "/usr/local/bin/kubelet"}, "k8s.io/kubernetes", []string{"kubelet"}},
	{"kube-apiserver", nil, "k8s.io/kubernetes", nil},
	{"kube-controller-manager", nil, "k8s.io/kubernetes", nil},
	{"kube-scheduler", nil, "k8s.io/kubernetes", nil},
	{"kube-proxy", nil, "k8s.io/kubernetes", nil},
	{"etcd", nil, "go.etcd.io/etcd", nil},
}

// maxStatusFile bounds the list of installed packages.
const maxStatusFile = 64 << 20

// programs finds releases without running anything: in what Go writes into its binaries, and in the list of packages of Debian.
func (c *collector) programs() {
	dpkg := map[string]string{}
	if src, err := c.readHost("/var/lib/dpkg/status", maxStatusFile); err == nil {
		var names []string
		for _, p := range programsOfInterest {
			names = append(names, p.packages...)
		}
		dpkg = parseDpkg(src, names)
	} else if !missing(err) {
		c.problem("/var/lib/dpkg/status", err.Error(), facts.PartPrograms)
	}
	for _, p := range programsOfInterest {
		for _, running := range c.running {
			if running.Component == p.name {
				running.Version = c.runningVersion(running, p)
			}
		}
		for _, file := range p.paths {
			actual, err := c.host.resolve(file, false)
			if err != nil {
				if !missing(err) {
					c.problem(file, err.Error(), facts.PartPrograms)
				}
				continue
			}
			found := facts.Program{Name: p.name, Path: file, Source: "buildinfo"}
			found.Version = versionOfBinary(c.host.root, actual, p.module)
			if found.Version == "" && (strings.HasPrefix(file, "/usr/bin/") || strings.HasPrefix(file, "/usr/sbin/")) {
				found.Source = "dpkg"
				for _, name := range p.packages {
					found.Version = cmp.Or(found.Version, dpkg[name])
				}
			}
			if found.Version == "" {
				found.Source = ""
			}
			if !slices.ContainsFunc(c.facts.Spec.Programs, func(q facts.Program) bool { return q.Name == found.Name && q.Path == found.Path }) {
				c.facts.Spec.Programs = append(c.facts.Spec.Programs, found)
			}
		}
	}
}

// runningVersion is the release of a program that runs, from the very file that it was started from.
func (c *collector) runningVersion(p *process, of program) string {
	// The link leads to the file itself, in whatever file system it is; nothing is looked up by a name.
	file, err := os.OpenFile(path.Join(c.procDir, itoa(p.PID), "exe"), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer file.Close()
	return versionOf(file, of.module)
}

func versionOfBinary(root *os.Root, name, module string) string {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer file.Close()
	return versionOf(file, module)
}

// release is one as Go and ld -X write it.
var release = regexp.MustCompile(`^v?\d+\.\d+\.\d+([-+.][0-9A-Za-z.+-]*)?$`)

// stamp is a version that the linker was told: -X k8s.io/component-base/version.gitVersion=v1.31.2.
var stamp = regexp.MustCompile(`(?i)-X[ =]'?[^ =']*\.(?:gitVersion|version)=([^ '"]+)`)

// versionOf reads the release from a Go binary: from what the linker was told, else from the modules it is made of.
func versionOf(file *os.File, module string) string {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	build, err := buildinfo.Read(io.NewSectionReader(file, 0, info.Size()))
	if err != nil {
		return ""
	}
	for _, s := range build.Settings {
		if s.Key != "-ldflags" {
			continue
		}
		for _, m := range stamp.FindAllStringSubmatch(s.Value, -1) {
			if release.MatchString(m[1]) {
				return withV(m[1])
			}
		}
	}
	modules := append([]*buildDependency{{build.Main.Path, build.Main.Version}}, dependencies(build)...)
	for _, d := range modules {
		if (d.path == module || strings.HasPrefix(d.path, module+"/")) && release.MatchString(d.version) && !strings.Contains(d.version, "-0.") {
			return withV(d.version)
		}
	}
	return ""
}

type buildDependency struct{ path, version string }

func dependencies(build *buildinfo.BuildInfo) []*buildDependency {
	var out []*buildDependency
	// Only the program's own module says of which release it is; others may use its packages.
	for _, d := range build.Deps {
		if build.Path == d.Path || strings.HasPrefix(build.Path, d.Path+"/") {
			v := d.Version
			if d.Replace != nil {
				v = d.Replace.Version
			}
			out = append(out, &buildDependency{d.Path, v})
		}
	}
	return out
}

func withV(version string) string { return "v" + strings.TrimPrefix(version, "v") }

// parseDpkg returns the upstream releases of installed packages: 1.7.24 of 1.7.24-0ubuntu1, with what Debian puts behind kept after a tilde
// or a plus left out.
// https://www.debian.org/doc/debian-policy/ch-controlfields.html#version
func parseDpkg(src []byte, names []string) map[string]string {
	out := map[string]string{}
	for entry := range bytes.SplitSeq(src, []byte("\n\n")) {
		var name, version string
		installed := false
		for line := range bytes.Lines(entry) {
			key, value, ok := strings.Cut(strings.TrimRight(string(line[:min(len(line), 500)]), "\r\n"), ": ")
			if !ok {
				continue
			}
			switch key {
			case "Package":
				name = value
			case "Version":
				version = value
			case "Status":
				installed = strings.HasSuffix(value, " installed")
			}
			if name != "" && !slices.Contains(names, name) {
				break
			}
		}
		if installed && slices.Contains(names, name) && version != "" {
			out[name] = version
		}
	}
	return out
}
