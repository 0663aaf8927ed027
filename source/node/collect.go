// Package node collects what package node of this module describes: it looks at a host through its root folder and its /proc, and runs nothing.
//
// What it promises:
//
//   - It only reads, and only below the root that it is given: links lead to places in it, never out. Processes with a file system of their
//     own are looked at through /proc/PID/root, and there the same holds.
//   - Every read is bounded, so that a hostile file or folder costs no more than a large one.
//   - What it may not see is a problem of the document, with what that leaves unknown; what is not there is not told.
package node

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	facts "github.com/kubeharden/kubeharden/node"
)

// Limits of what is read of files.
const (
	maxContent  = 1 << 20
	maxEntries  = 5000
	maxTree     = 5 // folders below a folder of certificates
	maxFiles    = 20_000
	maxAccounts = 16 << 20
)

// Options say what to look at.
type Options struct {
	// Root is the folder that the host's root file system is at, Proc where its /proc is; "" is / and proc below the root.
	Root, Proc string
	// Name is that of the node; "" is what the host calls itself.
	Name string
	// Now is when the facts are collected; zero leaves it out.
	Now time.Time
}

// collector is one collection.
type collector struct {
	facts   *facts.Facts
	host    *filesystem
	proc    *os.Root
	procDir string
	users   map[int]string
	groups  map[int]string
	mounts  []mountPoint // of the host
	// hostMounts identifies the mount namespace of the host, "" if that is not known.
	hostMounts string
	running    []*process
	// view is the process whose files are looked at; nil while it is the host's.
	view *process
	// at are the files by their path, actual by what they are.
	at, actual map[string]int
	certs      map[string]bool
}

// Collect describes a host. The error is for what keeps it from looking at all; what it cannot see is among the problems of the facts.
func Collect(ctx context.Context, o *Options) (*facts.Facts, error) {
	root := cmp.Or(o.Root, "/")
	host, err := openFilesystem(root)
	if err != nil {
		return nil, err
	}
	defer host.close()
	c := &collector{facts: facts.New(o.Name), host: host, at: map[string]int{}, actual: map[string]int{}, certs: map[string]bool{}}
	c.procDir = cmp.Or(o.Proc, filepath.Join(root, "proc"))
	proc, err := openFilesystem(c.procDir)
	if err != nil {
		return nil, err
	}
	defer proc.close()
	c.proc = proc.root
	if !o.Now.IsZero() {
		c.facts.Spec.CollectedAt = o.Now.UTC().Format(time.RFC3339)
	}
	c.accounts()
	c.machine()
	for _, step := range []func(context.Context) error{c.processes, c.files, c.copiesOfEtcd, c.sockets} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	c.kernel()
	c.programs()
	c.conclude()
	c.facts.Sort()
	return c.facts, nil
}

// problem records what could not be looked at. What is the same again is told once.
func (c *collector) problem(path, reason string, affects ...string) {
	list := c.facts.Spec.Problems
	for i := range list {
		if list[i].Path == path && list[i].Reason == reason {
			list[i].Affects = append(list[i].Affects, affects...)
			return
		}
	}
	if len(list) < maxEntries {
		c.facts.Spec.Problems = append(c.facts.Spec.Problems, facts.Problem{Path: path, Affects: affects, Reason: reason})
	}
}

// procPath names a file of /proc as the host does.
func (c *collector) procPath(name string) string { return path.Join("/proc", name) }

func (c *collector) accounts() {
	for _, list := range []struct {
		file string
		into *map[int]string
	}{{"/etc/passwd", &c.users}, {"/etc/group", &c.groups}} {
		*list.into = map[int]string{}
		src, err := c.readHost(list.file, maxAccounts)
		switch {
		case err == nil:
			*list.into = parseNames(src)
		case !missing(err):
			c.problem(list.file, err.Error(), facts.PartHost)
		}
	}
	// A machine without accounts has this one.
	if _, ok := c.users[0]; !ok {
		c.users[0] = "root"
	}
	if _, ok := c.groups[0]; !ok {
		c.groups[0] = "root"
	}
}

func (c *collector) readHost(file string, limit int64) ([]byte, error) {
	actual, err := c.host.resolve(file, false)
	if err != nil {
		return nil, err
	}
	return c.host.read(actual, limit)
}

// machine reads what the host is.
func (c *collector) machine() {
	h := &c.facts.Spec.Host
	for _, file := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		src, err := c.readHost(file, maxContent)
		if err != nil {
			if !missing(err) {
				c.problem(file, err.Error(), facts.PartHost)
			}
			continue
		}
		release := parseOSRelease(src)
		h.OS, h.OSVersion, h.OSName, h.Variant = release["ID"], cmp.Or(release["VERSION_ID"], release["BUILD_ID"]), release["PRETTY_NAME"], release["VARIANT_ID"]
		break
	}
	h.Kernel = c.sysctl("kernel.osrelease")
	h.Architecture = cmp.Or(c.sysctl("kernel.arch"), machineOf(runtime.GOARCH))
	if name := &c.facts.Metadata.Name; *name == "" {
		*name = strings.ToLower(c.sysctl("kernel.hostname"))
		if src, err := c.readHost("/etc/hostname", maxStatus); err == nil {
			*name = cmp.Or(strings.ToLower(strings.TrimSpace(string(src))), *name)
		}
	}
	// The folder of the host's root shows what its first process sees. If it is our own root, it shows what we see.
	first := "1"
	if self, err := c.proc.Readlink("self"); err == nil && c.host.root.Name() == "/" {
		first = self
	}
	if target, err := c.proc.Readlink(first + "/ns/mnt"); err == nil {
		c.hostMounts = target
	} else {
		c.problem(c.procPath(first+"/ns/mnt"), cause(err).Error(), facts.PartProcesses)
	}
	if src, err := readProc(c.proc, first+"/mountinfo", maxMountInfo); err == nil {
		c.mounts = parseMountInfo(src)
	} else if !missing(err) {
		c.problem(c.procPath(first+"/mountinfo"), err.Error(), facts.PartProcesses)
	}
}

// machineOf is how uname calls an architecture of Go.
func machineOf(arch string) string {
	switch arch {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	default:
		return arch
	}
}

// files looks at all files of interest: first those that processes name, so that they have the names that are in use.
func (c *collector) files(ctx context.Context) error {
	for _, p := range c.running {
		c.view = p
		if p.Component == "kubelet" {
			if err := c.ofProcess(ctx, p, named{want{facts.RoleSeccompProfile, "kubelet", profiles}, path.Join(rootDir(p.args), "seccomp")}); err != nil {
				return err
			}
		}
		for _, n := range append(namedFiles(p.Component, p.args[1:]), namedVariables(p.Environment)...) {
			if err := c.ofProcess(ctx, p, n); err != nil {
				return err
			}
		}
	}
	c.view = nil
	for _, s := range c.unitSeeds() {
		if err := c.add(ctx, s.path, s.want); err != nil {
			return err
		}
	}
	if c.runs("kubelet") == nil {
		// Its folder is the same in distributions that have the kubelet in a program of their own, but for MicroK8s.
		for _, dir := range []string{"/var/lib/kubelet/seccomp", "/var/snap/microk8s/common/var/lib/kubelet/seccomp"} {
			if err := c.add(ctx, dir, want{facts.RoleSeccompProfile, "kubelet", profiles}); err != nil {
				return err
			}
		}
	}
	for _, s := range seeds() {
		if err := c.pattern(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// ofProcess looks at a file that a process knows by its path.
func (c *collector) ofProcess(ctx context.Context, p *process, n named) error {
	if p.mounts == nil {
		return c.add(ctx, n.path, n.want)
	}
	clean := path.Clean(n.path)
	if host, ok := hostPath(clean, p.mounts, c.mounts); ok {
		p.ofHost = true
		if strings.Contains(host, "/pods/") && strings.Contains(host, "/volumes/") && n.role == facts.RoleProxyKubeconfig {
			// The kubelet wrote it from a ConfigMap: its mode is that of the volume, and nothing to change on the disk.
			n.role = facts.RoleKubeconfig
		}
		p.Mounts = append(p.Mounts, facts.Mount{Container: clean, Host: host})
		return c.add(ctx, host, n.want)
	}
	dir := path.Join("/proc", strconv.Itoa(p.PID), "root")
	own, err := openFilesystem(filepath.Join(c.procDir, strconv.Itoa(p.PID), "root"))
	if err != nil {
		if !gone(err) {
			c.problem(path.Join(dir, clean), err.Error(), n.role)
		}
		return nil
	}
	defer own.close()
	p.Mounts = append(p.Mounts, facts.Mount{Container: clean, Host: path.Join(dir, clean)})
	return c.addOf(ctx, own, dir, clean, n.want)
}

// unitSeeds are the units of components that are there, with their drop-ins and the files of variables that they name.
func (c *collector) unitSeeds() []seed {
	var out []seed
	for _, u := range units {
		role := facts.RoleService
		env := facts.RoleEnvironment
		if u.name == "kubelet" {
			role, env = facts.RoleKubeletService, facts.RoleKubeletEnvironment
		}
		for _, dir := range unitFolders {
			unit := dir + "/" + u.name + ".service"
			files := []string{unit}
			if actual, err := c.host.resolve(unit+".d", false); err == nil {
				names, _, err := c.host.list(actual, maxEntries)
				if err != nil && !missing(err) {
					c.problem(unit+".d", err.Error(), role)
				}
				for _, name := range names {
					if path.Ext(name) == ".conf" {
						files = append(files, unit+".d/"+name)
					}
				}
			}
			for _, file := range files {
				out = append(out, seed{file, want{role, u.component, textFile}})
				src, err := c.readHost(file, maxContent)
				if err != nil {
					continue // told when it is added
				}
				for _, name := range environmentFiles(string(src)) {
					out = append(out, seed{name, want{env, u.component, textFile}})
				}
			}
		}
	}
	return out
}

// environmentFiles returns the files that EnvironmentFile= of a unit names.
func environmentFiles(unit string) []string {
	var out []string
	for line := range strings.Lines(unit) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "EnvironmentFile="); ok {
			value = strings.TrimPrefix(strings.Trim(value, `"`), "-")
			if path.IsAbs(value) && !strings.ContainsAny(value, "*?[%") {
				out = append(out, value)
			}
		}
	}
	return out
}

// pattern adds the files of a seed whose last part may be a pattern.
func (c *collector) pattern(ctx context.Context, s seed) error {
	dir, base := path.Split(s.path)
	if !strings.Contains(base, "*") {
		return c.add(ctx, s.path, s.want)
	}
	actual, err := c.host.resolve(dir, false)
	if err != nil {
		if !missing(err) {
			c.problem(dir, err.Error(), s.role)
		}
		return nil
	}
	names, all, err := c.host.list(actual, maxEntries)
	if err != nil {
		if !missing(err) {
			c.problem(dir, err.Error(), s.role)
		}
		return nil
	}
	if !all {
		c.problem(dir, "has too many files", s.role)
	}
	for _, name := range names {
		if ok, _ := path.Match(base, name); ok && name[0] != '.' {
			if err := c.add(ctx, path.Join(dir, name), s.want); err != nil {
				return err
			}
		}
	}
	return nil
}

// add looks at a file of the host.
func (c *collector) add(ctx context.Context, file string, w want) error {
	return c.addOf(ctx, c.host, "", path.Clean(file), w)
}

// addOf looks at a file of a file system, which is told with a prefix.
func (c *collector) addOf(ctx context.Context, in *filesystem, prefix, file string, w want) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	full := prefix + file
	actual, err := in.resolve(file, false)
	if err == nil {
		var info fs.FileInfo
		if info, err = in.stat(actual); err == nil {
			return c.found(ctx, in, prefix, file, actual, info, w)
		}
	}
	if !missing(err) {
		c.problem(full, err.Error(), w.role)
	}
	return nil
}

// found takes a file that is there.
func (c *collector) found(ctx context.Context, in *filesystem, prefix, file, actual string, info fs.FileInfo, w want) error {
	switch w.kind {
	case keyTree:
		return c.tree(ctx, in, prefix, file, actual, info, w, 0)
	case manifests, dropIns:
		return c.folder(ctx, in, prefix, file, actual, info, w)
	case profiles:
		return c.profiles(ctx, in, prefix, file, actual, info, w, 0)
	case plain, yamlFile, textFile, folder, trust, socket:
	}
	if w.kind == folder != info.IsDir() && (w.kind == folder || w.kind == yamlFile || w.kind == textFile || w.kind == trust) {
		return nil
	}
	i, isNew := c.entry(in, prefix, file, actual, info, w)
	if i < 0 || !isNew {
		return nil
	}
	f := &c.facts.Spec.Files[i]
	switch w.kind {
	case yamlFile, textFile:
		src, ok := c.content(in, f.Path, actual, w)
		if ok {
			return c.within(ctx, in, prefix, c.facts.Spec.Files[i].Path, src, w)
		}
	case trust:
		c.certificates(in, prefix, f.Path, actual)
	case plain, folder, keyTree, dropIns, manifests, profiles, socket:
	}
	return nil
}

// entry describes a file, once for what it is; a further role is added to it.
func (c *collector) entry(in *filesystem, prefix, file, actual string, info fs.FileInfo, w want) (index int, isNew bool) {
	full := prefix + file
	i, ok := c.at[full]
	if !ok {
		i, ok = c.actual[prefix+"/"+actual]
	}
	list := c.facts.Spec.Files
	if ok {
		f := &list[i]
		if !slices.Contains(f.Roles, w.role) {
			f.Roles = append(f.Roles, w.role)
		}
		if w.role == facts.RoleEncryptionConfig {
			f.Modified = modified(info)
		}
		f.Component = cmp.Or(f.Component, w.component)
		c.at[full] = i
		// What was listed as part of a folder has no content yet.
		return i, f.Content == nil && (w.kind == yamlFile || w.kind == textFile)
	}
	if len(list) >= maxFiles {
		c.problem(full, "is one of too many files", w.role)
		return -1, false
	}
	f := facts.File{Path: full, Roles: []string{w.role}, Component: w.component, Type: typeText(info.Mode()), Mode: modeText(info.Mode())}
	if uid, gid, ok := ownerOf(info); ok {
		f.UID, f.GID = uid, gid
		f.Owner, f.Group = nameOf(c.users, uid), nameOf(c.groups, gid)
	} else {
		c.problem(full, "its owner cannot be told on this system", w.role)
		return -1, false
	}
	if at, err := in.resolve(file, true); err == nil && at != actual && "/"+actual != file {
		f.Target = prefix + "/" + actual
	}
	if w.role == facts.RoleEncryptionConfig {
		f.Modified = modified(info)
	}
	c.facts.Spec.Files = append(c.facts.Spec.Files, f)
	c.at[full], c.actual[prefix+"/"+actual] = len(list), len(list)
	return len(list), true
}

// modified is when a file was last written. It is told only of files of which that matters, so that the facts of a node that works stay the same.
func modified(info fs.FileInfo) string { return info.ModTime().UTC().Format(time.RFC3339) }

// content reads a configuration file and takes its secrets out. What it returns is the file as it is.
func (c *collector) content(in *filesystem, full, actual string, w want) (src []byte, ok bool) {
	src, err := in.read(actual, maxContent)
	if err != nil {
		if !missing(err) {
			c.problem(full, err.Error(), contentOf(w.role))
		}
		return nil, false
	}
	var out []byte
	if w.kind == yamlFile {
		if out, err = redactYAML(src); err != nil {
			c.problem(full, err.Error(), contentOf(w.role))
			return nil, false
		}
	} else {
		out = redactText(src)
	}
	text := strings.ToValidUTF8(string(out), "\uFFFD")
	c.facts.Spec.Files[c.at[full]].Content = &text
	return src, true
}

// contentOf is what is not known if a file of a role cannot be read: its content, and not its owner and mode.
func contentOf(role string) string { return "content of " + role }
