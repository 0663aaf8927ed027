package secrets

import (
	"iter"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// variable is an entry of env or envFrom that takes its value from a Secret.
type variable struct {
	// item is the entry, ref the part of it that names the Secret.
	item, ref tree.Node
	// name and key are those of an entry of env; "" for one of envFrom.
	name, key string
	secret    string
	optional  bool
	mount     *secretMount
	// reason says why it has to stay.
	reason string
}

// variablesOf are the variables of a container that come from Secrets, at most one more than maxVariables.
func variablesOf(c *object.Container) []variable {
	var out []variable
	env := c.Node.Get("env")
	for _, item := range env.Items() {
		if ref := keyRef.Find(item); ref.Exists() {
			out = append(out, variable{item: item, ref: ref, name: item.Get("name").Text(), key: ref.Get("key").Text()})
		}
		if len(out) > maxVariables {
			return out
		}
	}
	for _, item := range c.Node.Get("envFrom").Items() {
		if ref := wholeRef.Find(item); ref.Exists() {
			out = append(out, variable{item: item, ref: ref})
		}
		if len(out) > maxVariables {
			return out
		}
	}
	if len(out) == 0 {
		return nil
	}
	r := referencesOf(c)
	for i := range out {
		v := &out[i]
		v.secret = v.ref.Get("name").Text()
		v.optional, _ = v.ref.Get("optional").Bool()
		v.reason = v.obstacle(r)
	}
	return out
}

var (
	keyRef   = control.NewField("valueFrom.secretKeyRef")
	wholeRef = control.NewField("secretRef")
)

// obstacle says why a variable cannot become a file.
func (v *variable) obstacle(r *references) string {
	switch {
	case !isSubdomain(v.secret):
		return "it does not name a Secret"
	case wholeRef.Find(v.item).Exists():
		if name := r.undefined; name != "" {
			return "the container refers to the variable " + name + ", which may be one of the Secret's"
		}
		return ""
	case v.name == "" || !isSecretKey(v.key):
		return "it does not name a variable and a key of the Secret"
	case r.times[v.name] > 1:
		return "the container has the variable " + v.name + " several times"
	case r.times[v.name+fileSuffix] > 0:
		return "the container has the variable " + v.name + fileSuffix + " already"
	case r.names[v.name]:
		return "the container refers to $(" + v.name + "), which only a variable can give it"
	case r.spoken(v.name):
		return "a command of the container names the variable " + v.name
	}
	return ""
}

// fileSuffix makes the name of the variable with the path of the file: the images of Docker's library, and many others, read it.
const fileSuffix = "_FILE"

// join adds a variable to the mount of its Secret, or to a new one.
func (v *variable) join(mounts []*secretMount) []*secretMount {
	for _, m := range mounts {
		if m.secret == v.secret && m.optional == v.optional {
			v.mount = m
			break
		}
	}
	if v.mount == nil {
		v.mount = &secretMount{secret: v.secret, optional: v.optional}
		mounts = append(mounts, v.mount)
	}
	if v.name == "" {
		v.mount.whole, v.mount.keys = true, nil
	} else if !v.mount.whole {
		v.mount.keys = append(v.mount.keys, v.key)
	}
	return mounts
}

// edits put a file in the place of a variable.
func (v *variable) edits(p *filePlan, c *object.Container) []control.Edit {
	m := v.mount
	var out []control.Edit
	if m.fresh {
		out = append(out, control.Edit{Op: control.Append, At: p.pod.Spec, Path: []string{"volumes"}, Value: m.source(p.mode)})
	}
	if !m.mounted {
		mount := map[string]any{"name": m.volume, "mountPath": m.path, "readOnly": true}
		out = append(out, control.Edit{Op: control.Append, At: c.Node, Path: []string{"volumeMounts"}, Value: mount})
	}
	if v.name == "" {
		return append(out, control.Edit{Op: control.Remove, At: v.item, Whole: true})
	}
	return append(out,
		control.Edit{Op: control.Set, At: v.item, Path: []string{"name"}, Value: v.name + fileSuffix},
		control.Edit{Op: control.Set, At: v.item, Path: []string{"value"}, Value: m.file(v.key)},
		control.Edit{Op: control.Remove, At: v.item.Get("valueFrom")})
}

// references are what a container does with variables.
type references struct {
	// times says how often env has a variable.
	times map[string]int
	// names are the variables that Kubernetes puts in the place of $(NAME).
	names map[string]bool
	// words are those of the commands, which a shell or the program may take for variables.
	words map[string]bool
	// undefined is a variable that something refers to and env does not have.
	undefined string
}

func referencesOf(c *object.Container) *references {
	r := &references{times: map[string]int{}, names: map[string]bool{}, words: map[string]bool{}}
	for _, item := range c.Node.Get("env").Items() {
		r.times[item.Get("name").Text()]++
	}
	for _, item := range c.Node.Get("env").Items() {
		r.expanded(item.Get("value").Text())
	}
	for _, mount := range c.Node.Get("volumeMounts").Items() {
		r.expanded(mount.Get("subPathExpr").Text())
	}
	for text := range commandsOf(c.Node) {
		r.expanded(text)
		for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return c > '~' || !isWord(byte(c)) }) {
			r.words[word] = true
		}
		for at := strings.IndexByte(text, '$'); at >= 0 && at+1 < len(text); {
			text = strings.TrimLeft(text[at+1:], "{")
			end := 0
			for end < len(text) && isWord(text[end]) {
				end++
			}
			if end > 0 && (text[0] < '0' || text[0] > '9') {
				r.refer(text[:end])
			}
			at = strings.IndexByte(text, '$')
		}
	}
	return r
}

// commandsOf are the texts of all that runs in a container: its command, and those of probes and hooks.
func commandsOf(c tree.Node) iter.Seq[string] {
	return func(yield func(string) bool) {
		exec := func(n tree.Node) tree.Node { return n.Get("exec").Get("command") }
		hooks := c.Get("lifecycle")
		for _, list := range []tree.Node{
			c.Get("command"), c.Get("args"), exec(c.Get("livenessProbe")), exec(c.Get("readinessProbe")), exec(c.Get("startupProbe")),
			exec(hooks.Get("postStart")), exec(hooks.Get("preStop")),
		} {
			for _, item := range list.Items() {
				if !yield(item.Text()) {
					return
				}
			}
		}
	}
}

// expanded notes the variables that Kubernetes expands in a text: $(NAME), but not $$(NAME).
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/third_party/forked/golang/expansion/expand.go
func (r *references) expanded(text string) {
	for {
		at := strings.IndexByte(text, '$')
		if at < 0 || at+1 >= len(text) {
			return
		}
		next := text[at+1]
		text = text[at+2:]
		if next != '(' {
			continue
		}
		end := strings.IndexByte(text, ')')
		if end < 0 {
			return
		}
		r.names[text[:end]] = true
		r.refer(text[:end])
		text = text[end+1:]
	}
}

// refer notes a variable that env does not have.
func (r *references) refer(name string) {
	if r.undefined == "" && r.times[name] == 0 {
		r.undefined = name
	}
}

// spoken reports whether a command has the name of a variable in it, with or without a $.
func (r *references) spoken(name string) bool {
	for word := range strings.FieldsFuncSeq(name, func(c rune) bool { return c > '~' || !isWord(byte(c)) }) {
		if !r.words[word] {
			return false
		}
	}
	return true
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
