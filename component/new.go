package component

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// New returns the components that a set configures, in the order of the objects that define them. The set must not change any more.
func New(s *Set, o Options) []*Instance {
	b := builder{set: s, index: newIndex(s), used: map[*document]bool{}}
	b.version, _ = ParseVersion(o.Version)
	b.fromProcesses()
	for n := range s.runs {
		b.fromRun(&s.runs[n])
	}
	b.fromUnits()
	b.fromArgumentFiles()
	b.fromDistributions()
	b.fromDocuments()
	b.preferRunning()
	for _, i := range b.made {
		i.check()
	}
	slices.SortStableFunc(b.made, func(x, y *Instance) int {
		return cmp.Or(cmp.Compare(x.Object, y.Object), cmp.Compare(x.Kind, y.Kind), strings.Compare(x.Path, y.Path))
	})
	return b.made
}

// builder makes instances.
type builder struct {
	set     *Set
	index   *index
	version Version
	used    map[*document]bool // configuration that an instance has taken
	made    []*Instance
	running []*Instance // those of made that are processes
}

// index finds what was read by the path that it was read from.
type index struct {
	files []File
	docs  map[string][]*document // by node
	byEnd map[string][]int       // files by the last part of their path
	// environments are files of variables by node and name.
	environments map[string][]*text
	// byFile are documents by their file and kind, the first of each.
	byFile map[string]*document
	// machines are the roots of nodes whose facts were read: all below belongs to them, whatever its path.
	machines map[string]bool
}

func newIndex(s *Set) *index {
	x := &index{files: s.files, docs: map[string][]*document{}, byEnd: map[string][]int{}, environments: map[string][]*text{}, byFile: map[string]*document{}, machines: map[string]bool{}}
	for n := range s.machines {
		x.machines[s.machines[n].root] = true
	}
	for n := range s.docs {
		d := &s.docs[n]
		node, _ := x.nodeOf(d.file)
		x.docs[node] = append(x.docs[node], d)
		if key := d.file + "\x00" + d.kind; !d.inner && x.byFile[key] == nil {
			x.byFile[key] = d
		}
	}
	for n := range s.files {
		end := path.Base(s.files[n].Path)
		x.byEnd[end] = append(x.byEnd[end], n)
	}
	for n := range s.texts {
		if t := &s.texts[n]; t.kind == environment {
			node, _ := x.nodeOf(t.file)
			key := node + "\x00" + path.Base(t.file)
			x.environments[key] = append(x.environments[key], t)
		}
	}
	return x
}

// roots are folders that stand below the root of a file system.
var roots = []string{
	"etc/kubernetes", "etc/systemd", "etc/default", "etc/sysconfig", "etc/rancher", "etc/k0s", "etc/etcd", "etc/kubelet", "var/lib", "var/snap",
	"run/systemd", "usr/lib/systemd", "usr/local/lib/systemd", "lib/systemd",
}

// nodeOf is nodeOf, but that all files of a node whose facts were read are its own.
func (x *index) nodeOf(file string) (node string, rooted bool) {
	if x != nil && len(x.machines) > 0 {
		first, _, _ := strings.Cut(strings.TrimPrefix(file, "/"), "/")
		if x.machines["/"+first] {
			return "root:/" + first, true
		}
	}
	return nodeOf(file)
}

// nodeOf returns the folder that a file's node is known by: the root of the file system that its path has below it, or else the folder that
// the file is in, where people put the files of one node together; the folder of a drop-in is the one above. rooted tells which.
func nodeOf(file string) (node string, rooted bool) {
	slashed := "/" + strings.TrimPrefix(file, "/")
	best := -1
	for _, r := range roots {
		best = max(best, strings.LastIndex(slashed, "/"+r+"/"))
	}
	if best >= 0 {
		root := slashed[:best]
		if strings.HasPrefix(slashed[best:], "/lib/") {
			root = strings.TrimSuffix(strings.TrimSuffix(root, "/local"), "/usr")
		}
		return "root:" + root, true
	}
	dir := path.Dir(strings.TrimPrefix(slashed, "/"))
	for strings.HasSuffix(dir, ".d") || path.Base(dir) == "manifests" {
		dir = path.Dir(dir)
	}
	return dir, false
}

// nodeName returns how a node is shown.
func nodeName(node string) string {
	if root, ok := strings.CutPrefix(node, "root:"); ok {
		return cmp.Or(root, "/")
	}
	return node
}

// sameFile reports whether a file of the input can be the one that a node knows by an absolute path.
func sameFile(file, node, absolute string) bool {
	if root, ok := strings.CutPrefix(node, "root:"); ok {
		return "/"+strings.TrimPrefix(file, "/") == root+path.Clean("/"+absolute)
	}
	return path.Base(file) == path.Base(absolute)
}

// document returns the configuration that a component of a node reads from a path; nil if it is not among the input.
func (x *index) document(node, absolute, kind string) *document {
	var only *document
	n := 0
	for _, d := range x.docs[node] {
		if d.kind != kind || d.inner || strings.HasSuffix(path.Dir(d.file), ".d") {
			continue
		}
		if sameFile(d.file, node, absolute) {
			return d
		}
		only, n = d, n+1
	}
	// In a folder of loose files the one document of the kind is meant, whatever it is called there.
	if n == 1 && !strings.HasPrefix(node, "root:") {
		return only
	}
	return nil
}

// dropIns returns the documents of a folder of drop-ins, in the order in which the kubelet reads them.
func (x *index) dropIns(node, dir, kind string) []*document {
	var out []*document
	root, rooted := strings.CutPrefix(node, "root:")
	for _, d := range x.docs[node] {
		if d.kind != kind || path.Ext(d.file) != ".conf" {
			continue
		}
		slashed := "/" + strings.TrimPrefix(d.file, "/")
		in := strings.HasPrefix(slashed, root+path.Clean("/"+dir)+"/")
		if !rooted {
			in = path.Base(path.Dir(d.file)) == path.Base(dir) || path.Dir(d.file) == node
		}
		if in {
			out = append(out, d)
		}
	}
	// filepath.WalkDir goes through a folder in lexical order and into folders where they stand in it.
	slices.SortStableFunc(out, func(a, b *document) int {
		return slices.Compare(strings.Split(a.file, "/"), strings.Split(b.file, "/"))
	})
	return out
}

// fromRun makes the instance of a container.
func (b *builder) fromRun(r *run) {
	node, _ := b.index.nodeOf(r.file)
	i := &Instance{
		Kind: r.kind, Name: r.kind.String() + " of " + r.owner, Object: r.object, Path: r.path, File: r.file, Node: nodeName(node),
		Image: r.image, Incomplete: r.opaque, mounts: r.mounts, list: r.list, edits: editWords, files: b.index,
		Probed: r.probed, mirror: r.mirror,
	}
	i.Version = b.runVersion(r)
	b.addWords(i, r.words)
	if r.kind == Etcd {
		i.environment(r.env)
		if r.hidden["*"] && i.Incomplete == "" {
			i.Incomplete = "the container takes variables from elsewhere (envFrom)"
		}
	}
	b.configure(i, node, r.owner)
	b.made = append(b.made, i)
}

func (b *builder) runVersion(r *run) Version {
	if v, ok := imageVersion(r.image); ok {
		v.Place = Place{Object: r.object, Path: r.path + ".image"}
		return v
	}
	return b.versionOf(r.kind)
}

// versionOf is the release of a component that names none itself: the one of the cluster, which tells nothing of etcd's.
func (b *builder) versionOf(k Kind) Version {
	if k == Etcd {
		return Version{Place: nowhere()}
	}
	return b.version
}

// addWords parses a command line into an instance.
func (b *builder) addWords(i *Instance, words []word) {
	line := parseArgs(words, i.Kind, func(name string) bool {
		spec, ok, _ := FlagSpec(i.Kind, i.Version, name)
		return ok && spec.Optional
	})
	i.add(line.flags...)
	i.stray = append(i.stray, line.stray...)
}

// kinds of configuration documents, by component.
func documentKind(k Kind) string {
	switch k {
	case Kubelet:
		return "KubeletConfiguration"
	case Proxy:
		return "KubeProxyConfiguration"
	case Scheduler:
		return "KubeSchedulerConfiguration"
	case Etcd:
		return etcdDocument
	case APIServer, ControllerManager:
		return ""
	default:
		return ""
	}
}

// configure finds the configuration file of an instance.
func (b *builder) configure(i *Instance, node, owner string) {
	kind := documentKind(i.Kind)
	if kind == "" {
		return
	}
	name := "config"
	if i.Kind == Etcd {
		name = "config-file"
	}
	c := &i.config
	file := lastText(i.flags[name])
	c.path, c.missing = file.text, file.opaque
	if i.Kind == Etcd && c.path == "" {
		c.path = i.env[name].text
	}
	if c.path != "" {
		d := b.index.document(node, i.hostPath(c.path), kind)
		if d == nil && i.Kind == Proxy && strings.HasPrefix(owner, "DaemonSet/kube-system/") {
			d = b.owned("kube-system/kube-proxy")
		}
		if d == nil {
			c.missing = "its configuration file " + c.path + " was not read"
		} else {
			b.take(i, d)
			c.fields, c.base, c.at = d.fields, true, d.fields.place
		}
	}
	dir := lastText(i.flags["config-dir"])
	if i.Kind != Kubelet || dir.text == "" {
		return
	}
	for _, d := range b.index.dropIns(node, i.hostPath(dir.text), kind) {
		if c.fields == nil {
			c.at = d.fields.place
		}
		b.take(i, d)
		c.fields = merge(c.fields, d.fields.from(FromDropIn))
	}
}

func lastText(given []statement) statement {
	if len(given) == 0 {
		return statement{}
	}
	return given[len(given)-1]
}

// from returns a copy that names another source.
func (f *field) from(s Source) *field {
	out := *f
	out.source = s
	out.items = make([]*field, len(f.items))
	for n, item := range f.items {
		out.items[n] = item.from(s)
	}
	return &out
}

func (b *builder) take(i *Instance, d *document) {
	b.used[d] = true
	i.config.docs = append(i.config.docs, d)
}

// owned returns the document that a ConfigMap holds.
func (b *builder) owned(owner string) *document {
	for n := range b.set.docs {
		if d := &b.set.docs[n]; d.owner == owner {
			return d
		}
	}
	return nil
}

// hostPath returns the path on the host of a path in the instance's container; without mounts they are the same.
func (i *Instance) hostPath(file string) string {
	host, _, _ := i.mounted(path.Clean(file))
	return host
}

// fromDocuments makes instances of configuration files that no command line has taken.
func (b *builder) fromDocuments() {
	for n := range b.set.docs {
		d := &b.set.docs[n]
		if b.used[d] {
			continue
		}
		for _, k := range []Kind{Kubelet, Proxy, Scheduler, Etcd} {
			if documentKind(k) != d.kind {
				continue
			}
			node, _ := b.index.nodeOf(d.file)
			i := &Instance{Kind: k, Object: d.object, File: d.file, Node: nodeName(node), Version: b.versionOf(k), edits: editFields, files: b.index}
			i.Name = k.String() + " of " + cmp.Or(d.file, d.kind)
			if d.inner {
				i.Name = k.String() + " of ConfigMap/" + d.owner
				i.Path = d.fields.place.Path
			}
			i.config.fields, i.config.base, i.config.path = d.fields, true, cmp.Or(d.file, d.kind)
			i.config.partial = k == Kubelet && path.Ext(d.file) == ".conf" && strings.HasSuffix(path.Dir(d.file), ".d")
			i.config.at = d.fields.place
			if name, ok := configz(d.file); ok && k == Kubelet {
				i.Node, i.observed = "/"+name, d.fields
			}
			b.take(i, d)
			b.made = append(b.made, i)
		}
	}
}
