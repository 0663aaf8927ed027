package component

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strings"

	facts "github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// machine is what the facts of a node say of its processes, besides their command lines, which are files of their own.
type machine struct {
	object int
	root   string // "/" and the name of the node: its files are below that
	// processes are those of components by their number.
	processes map[string]told
	// unread says why the environments of processes are not known; "" if they are.
	unread string
}

// told is what is known of one process.
type told struct {
	version Version
	env     map[string]variable
	mounts  []mount
}

// isCommandLine reports whether a path is that of the command line of a process: proc/PID/cmdline below the root of a node.
func isCommandLine(file string) bool {
	_, _, ok := cutProcess(file)
	return ok
}

// cutProcess cuts the path of a command line into the root of the node and the number of the process. What a component answers at /flagz is its
// command line too, and all of it.
func cutProcess(file string) (root, pid string, ok bool) {
	if root, ok := strings.CutSuffix("/"+strings.TrimPrefix(file, "/"), "/flagz"); ok {
		return root, "", true
	}
	rest, ok := strings.CutSuffix("/"+strings.TrimPrefix(file, "/"), "/cmdline")
	if !ok {
		return "", "", false
	}
	pid = path.Base(rest)
	root, ok = strings.CutSuffix(path.Dir(rest), "/proc")
	return root, pid, ok && pid != "" && strings.Trim(pid, "0123456789") == ""
}

// addCommandLine reads the command line of a process: one argument in a line, or with zero bytes between as /proc has it.
func (s *Set) addCommandLine(file string, src []byte, number int) {
	t := text{object: number, file: file, kind: commandLineFile}
	end := byte('\n')
	if bytes.IndexByte(src, 0) >= 0 {
		end = 0
	}
	for offset := 0; offset < len(src); {
		stop := bytes.IndexByte(src[offset:], end)
		if stop < 0 {
			stop = len(src) - offset
		}
		t.words = append(t.words, word{text: string(src[offset : offset+stop]), place: Place{Object: number, Start: offset, End: offset + stop}})
		if offset += stop + 1; len(t.words) > maxWords {
			return
		}
	}
	if _, _, ok := runsComponent(t.words); ok {
		s.texts = append(s.texts, t)
	}
}

// Process names the process whose command line a file is: the node that it runs on and its program, "node-a/kubelet".
func Process(file string, src []byte) (name string, ok bool) {
	root, _, ok := cutProcess(file)
	if !ok {
		return "", false
	}
	program, _, _ := bytes.Cut(src, []byte{'\n'})
	program, _, _ = bytes.Cut(program, []byte{0})
	return strings.TrimPrefix(path.Join(root, path.Base(string(program))), "/"), true
}

// runsComponent returns the component that a process is, and its arguments. A shell or a wrapper that starts one is none: that is a process of
// its own.
func runsComponent(words []word) (k Kind, args []word, ok bool) {
	if len(words) == 0 {
		return 0, nil, false
	}
	name := path.Base(words[0].text)
	if name == "hyperkube" && len(words) > 1 {
		k, ok = hyperkube(words[1].text)
		return k, words[2:], ok
	}
	k, ok = kindOf(name)
	return k, words[1:], ok
}

// addFacts keeps what the facts of a node say of its processes.
func (s *Set) addFacts(o *object.Object, number int) {
	if !facts.ValidName(o.Name) {
		return
	}
	m := machine{object: number, root: "/" + strings.Clone(o.Name), processes: map[string]told{}}
	spec := o.Root.Get("spec")
	for _, p := range spec.Get("problems").Items() {
		for _, part := range p.Get("affects").Items() {
			if part.StrIs(facts.PartEnvironment) {
				m.unread = "the environment of the process could not be read: " + short(p.Get("reason").Text())
			}
		}
	}
	for _, p := range spec.Get("processes").Items() {
		if _, ok := kindOf(p.Get("component").Text()); !ok || len(m.processes) > maxMachine {
			continue
		}
		t := told{version: Version{Place: nowhere()}, env: map[string]variable{}}
		if v, ok := ParseVersion(p.Get("version").Text()); ok {
			t.version = v
			t.version.Text = strings.Clone(v.Text)
			t.version.Place = factPlace(o, p.Get("version"), number)
		}
		for _, e := range p.Get("environment").Items() {
			t.env[object.Keep(e.Get("name"))] = variable{object.Keep(e.Get("value")), factPlace(o, e.Get("value"), number)}
		}
		for _, e := range p.Get("mounts").Items() {
			t.mounts = append(t.mounts, mount{host: object.Keep(e.Get("host")), container: object.Keep(e.Get("container"))})
		}
		m.processes[object.Keep(p.Get("pid"))] = t
	}
	s.machines = append(s.machines, m)
}

// maxMachine bounds the processes of one node that are kept.
const maxMachine = 10_000

func factPlace(o *object.Object, n tree.Node, number int) Place {
	start, end := n.Span()
	return Place{Object: number, Path: o.Root.Path(n), Start: start, End: end}
}

func (m *machine) move(base int) {
	m.object += base
	for pid, t := range m.processes {
		if t.version.Place.Exists() {
			t.version.Place.Object += base
		}
		for name, v := range t.env {
			v.place.Object += base
			t.env[name] = v
		}
		m.processes[pid] = t
	}
}

// fromProcesses makes the components that run. Their command lines are complete: nothing else says which flags they have.
func (b *builder) fromProcesses() {
	machines := map[string]*machine{}
	for n := range b.set.machines {
		machines[b.set.machines[n].root] = &b.set.machines[n]
	}
	for n := range b.set.texts {
		t := &b.set.texts[n]
		if t.kind != commandLineFile {
			continue
		}
		root, pid, _ := cutProcess(t.file)
		kind, words, ok := runsComponent(t.words)
		if !ok {
			continue
		}
		i := &Instance{
			Kind: kind, Name: kind.String() + " of process " + pid, Object: t.object, File: t.file, Node: nodeName("root:" + root),
			edits: editNothing, files: b.index, Version: b.versionOf(kind),
		}
		m := machines[root]
		var known told
		if m != nil {
			known = m.processes[pid]
		}
		if known.version.Known() {
			i.Version = known.version
		}
		i.mounts = known.mounts
		b.addWords(i, words)
		switch {
		case kind == Etcd && m == nil:
			i.Incomplete = "the environment of the process is not among the input"
		case kind == Etcd && m.unread != "":
			i.Incomplete = m.unread
		case kind == Etcd:
			i.environment(known.env)
		case m != nil && m.unread == "":
			i.vars = known.env
		}
		b.configure(i, "root:"+root, "")
		b.running = append(b.running, i)
		b.made = append(b.made, i)
	}
}

// preferRunning leaves of the components of a node those that run, wherever a process of one is known: units, static pods and the files of
// distributions say what would be started. Where such a file says just what runs, it stands for the process: that is where people change it.
func (b *builder) preferRunning() {
	if len(b.running) == 0 {
		return
	}
	type key struct {
		node string
		kind Kind
	}
	of := func(i *Instance) key {
		if i.mirror != "" {
			return key{"/" + i.mirror, i.Kind}
		}
		return key{i.Node, i.Kind}
	}
	runs := map[key]bool{}
	for _, p := range b.running {
		runs[of(p)] = true
	}
	said := map[key][]*Instance{}
	var left []*Instance
	for _, i := range b.made {
		switch k := of(i); {
		case slices.Contains(b.running, i):
		case runs[k]:
			said[k] = append(said[k], i)
		default:
			left = append(left, i)
		}
	}
	for _, p := range b.running {
		all := said[of(p)]
		// A file on the node is where a static pod is changed, and not its mirror in the API.
		slices.SortStableFunc(all, func(x, y *Instance) int { return cmp.Compare(len(x.mirror), len(y.mirror)) })
		i := p
		if same := slices.IndexFunc(all, func(i *Instance) bool { return i.starts(p) }); same >= 0 {
			i = all[same]
			said[of(p)] = slices.Delete(slices.Clone(all), same, same+1)
			i.Incomplete, i.Assumed = "", nil
			if p.Version.Known() {
				i.Version = p.Version
			}
		} else {
			p.borrow(all)
		}
		for _, other := range all {
			if other.observed != nil {
				i.observed = other.observed
			}
		}
		left = append(left, i)
	}
	b.made = left
}

// starts reports whether a unit or a static pod says just what a process is told.
func (i *Instance) starts(p *Instance) bool {
	if i.Distribution != "" || i.Path == "" && i.edits == editFields || i.Incomplete != "" || len(i.flags) != len(p.flags) || p.Incomplete != "" {
		return false
	}
	for name, given := range i.flags {
		if !slices.EqualFunc(given, p.flags[name], func(a, b statement) bool { return a.text == b.text && a.bare == b.bare && a.opaque == "" }) {
			return false
		}
	}
	if len(i.env) != len(p.env) {
		return false
	}
	for name, s := range i.env {
		if p.env[name].text != s.text {
			return false
		}
	}
	return i.config.path == p.config.path
}

// borrow gives the flags of a process the places where files say the same.
func (i *Instance) borrow(from []*Instance) {
	for name, given := range i.flags {
		for _, other := range from {
			said := other.flags[name]
			if len(said) != len(given) {
				continue
			}
			for n := range given {
				if s := &said[n]; s.text == given[n].text && s.place.Exists() && s.opaque == "" && (s.source == FromFlag || s.source == FromEnvironment) {
					given[n].place, given[n].value = s.place, s.value
				}
			}
		}
	}
}
