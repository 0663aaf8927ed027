package component

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// service is one unit with its drop-ins.
type service struct {
	node  string
	name  string // kubelet.service
	unit  *text  // nil if only drop-ins were read
	parts []*text
}

// fromUnits makes the instances that systemd starts.
func (b *builder) fromUnits() {
	services := map[string]*service{}
	var order []string
	for n := range b.set.texts {
		t := &b.set.texts[n]
		if t.kind != unitFile && t.kind != unitDropIn {
			continue
		}
		node, _ := b.index.nodeOf(t.file)
		name := path.Base(t.file)
		if t.kind == unitDropIn {
			name = strings.TrimSuffix(path.Base(path.Dir(t.file)), ".d")
		}
		key := node + "\x00" + name
		s := services[key]
		if s == nil {
			s = &service{node: node, name: name}
			services[key] = s
			order = append(order, key)
		}
		if t.kind == unitFile && (s.unit == nil || unitRank(t.file) < unitRank(s.unit.file)) {
			s.unit = t
		} else if t.kind == unitDropIn {
			s.parts = append(s.parts, t)
		}
	}
	for _, key := range order {
		b.fromService(services[key])
	}
}

// unitRank orders the folders that systemd looks in: what the administrator wrote first.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html#Unit%20File%20Load%20Path
func unitRank(file string) int {
	for n, dir := range []string{"/etc/systemd/", "/run/systemd/", "/usr/local/lib/systemd/", "/usr/lib/systemd/", "/lib/systemd/"} {
		if strings.Contains("/"+file, dir) {
			return n
		}
	}
	return 0
}

// started is what a service runs.
type started struct {
	command assignment
	file    *text
	words   []unitWord
	env     map[string]variable
	missing []string // environment files that are not among the input and may not exist
	unread  string   // why a variable that was not found is not known
}

func (b *builder) fromService(s *service) {
	st := b.start(s)
	if st == nil {
		return
	}
	words := expand(st.command.text, st.words, st.place(), func(name string) (variable, string) {
		v, ok := st.env[name]
		if !ok && st.unread != "" {
			return variable{}, st.unread
		}
		return v, ""
	})
	r := run{object: st.file.object, file: st.file.file, owner: s.name, env: st.env}
	if !r.program(words) {
		b.fromRancherUnit(s, st, words)
		return
	}
	i := &Instance{
		Kind: r.kind, Name: r.kind.String() + " of " + s.name, Object: r.object, File: r.file, Node: nodeName(s.node), Version: b.versionOf(r.kind),
		Incomplete: r.opaque, Assumed: st.missing, edits: editWords, files: b.index,
	}
	if st.unread == "" && len(st.missing) == 0 {
		i.vars = st.env
	}
	if len(r.words) == 0 && len(s.parts) == 0 && i.Incomplete == "" {
		i.Incomplete = s.name + " gives no flag, and drop-ins of it were not read"
	}
	if p := st.place(); p.End-p.Start == len(st.command.text) {
		i.end = &p
	}
	b.addWords(i, r.words)
	if r.kind == Etcd {
		i.environment(st.env)
	}
	b.configure(i, s.node, s.name)
	b.made = append(b.made, i)
}

func (st *started) place() Place {
	return Place{Object: st.file.object, Start: st.command.start, End: st.command.end}
}

// start reads what a service runs and its environment: drop-ins come after the unit in the order of their names, an empty ExecStart= takes
// away those before, files of variables beat Environment=, and later ones beat earlier ones. nil if there is no command.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
func (b *builder) start(s *service) *started {
	slices.SortStableFunc(s.parts, func(x, y *text) int {
		return cmp.Or(strings.Compare(path.Base(x.file), path.Base(y.file)), -cmp.Compare(unitRank(x.file), unitRank(y.file)))
	})
	st := &started{env: map[string]variable{}}
	var files []string
	texts := s.parts
	if s.unit != nil {
		texts = append([]*text{s.unit}, s.parts...)
	}
	for _, t := range texts {
		for _, a := range t.lines {
			switch a.key {
			case "ExecStart":
				if a.text == "" {
					st.file = nil
				} else if st.file == nil {
					st.command, st.file = a, t
				}
			case "Environment":
				st.addEnvironment(a, t)
			case "EnvironmentFile":
				if a.text == "" {
					files = nil
				} else {
					files = append(files, a.text)
				}
			default:
			}
		}
	}
	if st.file == nil {
		return nil
	}
	b.readEnvironmentFiles(st, s.node, files)
	// Marks in front of the program change how it is run and not what.
	lead := len(st.command.text) - len(strings.TrimLeft(st.command.text, "@-:+!|"))
	st.command.text = st.command.text[lead:]
	if st.command.end-st.command.start >= lead {
		st.command.start += lead
	}
	st.words, _ = unitWords(st.command.text)
	return st
}

func (st *started) addEnvironment(a assignment, t *text) {
	words, _ := unitWords(a.text)
	if len(words) == 0 {
		clear(st.env)
	}
	for _, w := range words {
		name, value, _ := strings.Cut(w.text, "=")
		at := Place{Object: t.object, Start: a.start, End: a.end}
		quote := 0
		if w.quoted {
			quote = 1
		}
		if w.end-w.at == len(w.text)+2*quote {
			at = at.within(a.text, w.at+quote+len(name)+1, w.end-quote)
		}
		st.env[name] = variable{value, at}
	}
}

// maxFiles bounds the environment files of one service.
const maxFiles = 100

func (b *builder) readEnvironmentFiles(st *started, node string, files []string) {
	for n, file := range files {
		if n == maxFiles {
			st.unread = "the unit has too many environment files"
			return
		}
		name, optional := strings.CutPrefix(strings.Trim(file, `"`), "-")
		t := b.environmentFile(node, name)
		switch {
		case t != nil:
			for _, a := range t.lines {
				st.env[a.key] = variable{a.text, Place{Object: t.object, Start: a.start, End: a.end}}
			}
		case optional:
			st.missing = append(st.missing, name)
		default:
			st.unread = "the environment file " + name + " was not read"
		}
	}
}

// environmentFile finds the file of variables that a unit of a node names.
func (b *builder) environmentFile(node, name string) *text {
	for _, t := range b.index.environments[node+"\x00"+path.Base(name)] {
		if sameFile(t.file, node, name) {
			return t
		}
	}
	if strings.HasPrefix(node, "root:") {
		return nil
	}
	// Loose files of a node may stand in folders of their own: default/kubelet beside kubelet.service.
	for _, t := range b.index.environments[path.Join(node, path.Base(path.Dir(name)))+"\x00"+path.Base(name)] {
		return t
	}
	return nil
}
