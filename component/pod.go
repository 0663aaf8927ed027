package component

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// run is a program that runs a component: a container, or what a unit starts.
type run struct {
	kind   Kind
	object int
	file   string
	owner  string // Pod/kube-system/kube-apiserver
	image  string
	path   string // of the container
	words  []word // behind the program's name
	// list is the path of the list that a further flag can be appended to, "" if there is none.
	list   string
	opaque string // why the words are not the whole truth
	env    map[string]variable
	hidden map[string]bool // variables whose value comes from somewhere else
	mounts []mount
	mirror string // the node of a static pod as the API shows it
	probed bool   // the kubelet asks it for its health without credentials
}

// mount is a volume in a container. host is the folder or file of the host that it is, "" for other sorts of volumes.
type mount struct{ host, container, name string }

func (r *run) move(base int) {
	r.object += base
	moveWords(r.words, base)
	for name, v := range r.env {
		v.place.Object += base
		r.env[name] = v
	}
}

func (s *Set) addPod(o *object.Object, pod *object.Pod, number int, file string) {
	for c := range pod.Containers() {
		if c.Sort == object.Ephemeral || c.Sort == object.Init {
			continue
		}
		r, ok := readContainer(o, c, number)
		if !ok {
			continue
		}
		r.object, r.file = number, file
		r.owner = o.Kind + "/" + o.EffectiveNamespace() + "/" + o.DisplayName()
		r.mounts = mounts(pod, c)
		r.probed = probed(c.Node)
		if o.Root.Get("metadata").Get("annotations").Get("kubernetes.io/config.mirror").Exists() {
			r.mirror = object.Keep(pod.Spec.Get("nodeName"))
		}
		s.runs = append(s.runs, r)
	}
}

// readContainer reads the command line of a container that runs a component; ok is false if it does not.
func readContainer(o *object.Object, c *object.Container, number int) (r run, ok bool) {
	r.image = object.Keep(c.Node.Get("image"))
	r.path = o.Root.Path(c.Node)
	command, args := c.Node.Get("command"), c.Node.Get("args")
	if !mayRun(command, args, r.image) {
		return r, false
	}
	r.environment(o, c, number)
	grown := 0 // bytes of variables
	list := func(n tree.Node, key string) (words []word) {
		for i, item := range n.Items() {
			start, end := item.Span()
			w := word{text: object.Keep(item), place: Place{Object: number, Path: r.path + "." + key + "[" + strconv.Itoa(i) + "]", Start: start, End: end}}
			expanded := r.expand(w)
			grown += max(0, len(expanded.text)-len(w.text))
			words = append(words, expanded)
			if len(words) > maxWords || grown > maxExpansion {
				r.opaque = "the command line is too long"
				break
			}
		}
		return words
	}
	words := append(list(command, "command"), list(args, "args")...)
	r.list = r.path + ".command"
	if args.Kind() == tree.Sequence {
		r.list = r.path + ".args"
	}
	if command.Len() == 0 {
		// The image's own entry point runs the component; only the image's name says so.
		k, named := kindOf(imageName(r.image))
		if named && (len(words) == 0 || strings.HasPrefix(words[0].text, "-")) {
			r.kind, r.words = k, words
			r.list = r.path + ".args"
			return r, true
		}
	}
	ok = r.program(words)
	return r, ok
}

// mayRun tells quickly that a container runs no component.
func mayRun(command, args tree.Node, image string) bool {
	name := imageName(image)
	for _, k := range Kinds() {
		if strings.Contains(name, k.String()) {
			return true
		}
	}
	n := 0
	for _, list := range []tree.Node{command, args} {
		for _, item := range list.Items() {
			if n++; n > 40 {
				return false
			}
			text := item.Text()
			if strings.Contains(text, "kube") || strings.Contains(text, "etcd") {
				return true
			}
		}
	}
	return false
}

// program finds the component among the words of a command line, behind the wrappers that images use.
func (r *run) program(words []word) bool {
	for depth := 0; len(words) > 0 && depth < 4; depth++ {
		// A flag of another program may end like the path of a component: --kubelet-service=kube-system/kubelet.
		if strings.Contains(words[0].text, "=") || strings.HasPrefix(words[0].text, "-") {
			return false
		}
		name := path.Base(words[0].text)
		switch name {
		case "hyperkube":
			if len(words) < 2 {
				return false
			}
			k, ok := hyperkube(words[1].text)
			r.kind, r.words = k, words[2:]
			return ok
		case "sh", "bash", "ash", "dash":
			return r.script(words[1:])
		case "go-runner", "tini", "dumb-init", "exec", "env", "nice", "ionice":
			// https://github.com/kubernetes/release/tree/master/images/build/go-runner
			words = words[1:]
			for len(words) > 0 && (strings.HasPrefix(words[0].text, "-") || name == "env" && strings.Contains(words[0].text, "=")) {
				words = words[1:]
			}
			continue
		default:
			k, ok := kindOf(name)
			r.kind, r.words = k, words[1:]
			return ok
		}
	}
	return false
}

// script reads the words of sh -c SCRIPT.
func (r *run) script(words []word) bool {
	for i, w := range words {
		if !strings.HasPrefix(w.text, "-") {
			return false
		}
		if strings.HasSuffix(w.text, "c") && i+1 < len(words) {
			return r.readScript(words[i+1])
		}
	}
	return false
}

func (r *run) readScript(script word) bool {
	texts, why := shellWords(script.text)
	if why != "" {
		k, ok := mentioned(script.text)
		r.kind, r.opaque, r.list = k, why, ""
		return ok
	}
	words := make([]word, len(texts))
	for i, t := range texts {
		words[i] = word{text: t, place: script.place, opaque: script.opaque}
	}
	r.list = ""
	return r.program(words)
}

// mentioned returns the component that a script which is not interpreted starts: its name is the first word of a command, with flags behind it.
func mentioned(script string) (Kind, bool) {
	if len(script) > maxExpansion {
		return 0, false
	}
	commands := strings.NewReplacer(";", "\n", "&&", "\n", "||", "\n", "|", "\n").Replace(script)
	for line := range strings.Lines(commands) {
		fields := strings.Fields(line)
		for len(fields) > 0 && (strings.Contains(fields[0], "=") || slices.Contains([]string{"exec", "then", "do", "else", "{", "("}, fields[0])) {
			fields = fields[1:]
		}
		if len(fields) < 2 || strings.HasPrefix(fields[0], "-") {
			continue
		}
		k, ok := kindOf(path.Base(strings.Trim(fields[0], `"'`)))
		if ok && (strings.HasPrefix(fields[1], "-") || strings.HasPrefix(strings.Trim(fields[1], `"`), "$") || fields[1] == "\\") {
			return k, true
		}
	}
	return 0, false
}

// environment keeps the variables of a container that flags or etcd ask for.
func (r *run) environment(o *object.Object, c *object.Container, number int) {
	r.env, r.hidden = map[string]variable{}, map[string]bool{}
	for _, e := range c.Node.Get("env").Items() {
		name := object.Keep(e.Get("name"))
		value := e.Get("value")
		if e.Get("valueFrom").Exists() {
			r.hidden[name] = true
			continue
		}
		start, end := value.Span()
		if !value.Exists() {
			start, end = e.Span()
			value = e
		}
		r.env[name] = variable{object.Keep(e.Get("value")), Place{Object: number, Path: o.Root.Path(value), Start: start, End: end}}
	}
	if c.Node.Get("envFrom").Len() > 0 {
		r.hidden["*"] = true
	}
}

// expand replaces $(NAME) in a word as the kubelet does: $$ is a dollar sign, and what is not declared stays as it is.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/third_party/forked/golang/expansion/expand.go
func (r *run) expand(w word) word {
	if !strings.Contains(w.text, "$") {
		return w
	}
	var b strings.Builder
	s := w.text
	for {
		before, rest, ok := strings.Cut(s, "$")
		b.WriteString(before)
		if !ok || b.Len() > maxExpansion {
			break
		}
		name, after, closed := cutName(rest, "(", ")")
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			s = rest[1:]
			continue
		case !closed:
			b.WriteByte('$')
			s = rest
			continue
		}
		v, declared := r.env[name]
		switch {
		case declared:
			b.WriteString(v.text)
		case r.hidden[name] || r.hidden["*"]:
			w.opaque = "the variable " + name + " is not set by a value in the manifest"
		default:
			b.WriteString("$(" + name + ")")
		}
		s = after
	}
	w.text = b.String()
	return w
}

// cutName cuts the name of a variable out of its brackets. Names are short, so that many brackets that do not close cost nothing.
func cutName(s, left, right string) (name, after string, ok bool) {
	s, ok = strings.CutPrefix(s, left)
	if !ok {
		return "", "", false
	}
	end := strings.Index(s[:min(len(s), 512)], right)
	if end < 0 {
		return "", "", false
	}
	return s[:end], s[end+1:], true
}

// mounts returns the volumes that a container sees.
func mounts(pod *object.Pod, c *object.Container) []mount {
	hosts := map[string]string{}
	for _, v := range pod.Spec.Get("volumes").Items() {
		if p, ok := v.Get("hostPath").Get("path").Str(); ok {
			hosts[v.Get("name").Text()] = path.Clean(p)
		}
	}
	var out []mount
	for _, m := range c.Node.Get("volumeMounts").Items() {
		name := m.Get("name").Text()
		host := hosts[name]
		if sub := m.Get("subPath").Text(); sub != "" && host != "" {
			host = path.Join(host, sub)
		}
		out = append(out, mount{strings.Clone(host), strings.Clone(path.Clean(m.Get("mountPath").Text())), strings.Clone(name)})
	}
	return out
}

// probed reports whether the kubelet asks a container over HTTP how it is, without sending credentials.
func probed(container tree.Node) bool {
	for _, key := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
		get := container.Get(key).Get("httpGet")
		authorized := false
		for _, header := range get.Get("httpHeaders").Items() {
			authorized = authorized || strings.EqualFold(header.Get("name").Text(), "Authorization")
		}
		if get.Exists() && !authorized {
			return true
		}
	}
	return false
}
