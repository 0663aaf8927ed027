package secrets

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// The fix of secret-in-env-var plans the files of a whole pod, so that the names of volumes are the same whichever container is asked
// about. These bound it; no pod that does its work comes near.
const (
	maxContainers = 100 // of a pod
	maxVariables  = 256 // from Secrets, of a container
	maxVolumes    = 100 // of one Secret, that are looked at for one to use again
	maxPaths      = 20  // that are tried for a mount
)

// directory is the setting that names the folder below which Secrets are mounted.
const directory = "directory"

// filesOf gives each variable from a Secret its fix: the Secret is mounted as files, and the variable goes. A variable of its own becomes
// NAME_FILE with the path of its file, the convention of many images. Of envFrom nobody but the Secret knows the names, so that only the
// files remain.
func filesOf(s *control.Subject, at tree.Node, violations []control.Violation) []control.Answer {
	out := make([]control.Answer, len(violations))
	answers, reason := planned(s, at)
	for i := range violations {
		answer, ok := answers[violations[i].At]
		if !ok {
			answer.Reason = reason
		}
		out[i] = answer
	}
	return out
}

// planned are the answers for the variables of one container of a pod, by the node that names the Secret.
func planned(s *control.Subject, at tree.Node) (answers map[tree.Node]control.Answer, reason string) {
	if onWindows.Holds(s, s.Pod.Spec) || forWindows.Holds(s, s.Pod.Spec) {
		return nil, "the modes of files mean nothing on Windows, where every user of the container could read them"
	}
	p := newFilePlan(s)
	n := 0
	for c := range s.Pod.Containers() {
		if n++; n > maxContainers {
			return nil, "the pod has more than " + strconv.Itoa(maxContainers) + " containers"
		}
		list := p.container(c)
		if c.Node == at {
			answers = p.answers(c, list)
		}
	}
	return answers, "the container has more than " + strconv.Itoa(maxVariables) + " variables from Secrets"
}

// filePlan is the volumes of a pod, those it has and those it gets.
type filePlan struct {
	pod       *object.Pod
	directory string
	// mode is that of the files: 0440 if the kubelet gives them to a group, as secret-file-mode-too-open has it, else 0400. It is written
	// in decimal, as 0400 is 256 to YAML 1.1, which the API server reads, and 400 to YAML 1.2.
	mode int64
	// taken are the names of volumes, next the numbers that are tried behind a name.
	taken map[string]bool
	next  map[string]int
	// bySecret are the volumes of the manifest, added the names of those that come, by what they hold.
	bySecret map[string][]tree.Node
	added    map[string]string
}

const onlyOwner = int64(0o400)

func newFilePlan(s *control.Subject) *filePlan {
	p := &filePlan{
		pod: s.Pod, directory: "/etc/secrets", mode: onlyOwner,
		taken: map[string]bool{}, next: map[string]int{}, bySecret: map[string][]tree.Node{}, added: map[string]string{},
	}
	if dir := s.Params[directory]; len(dir) > 0 {
		p.directory = strings.TrimSuffix(dir[0], "/")
	}
	if fsGroup.Find(s.Pod.Spec).Exists() {
		p.mode = strictestMode
	}
	for _, v := range s.Pod.Spec.Get("volumes").Items() {
		p.taken[v.Get("name").Text()] = true
		if secret := secretVolume.Find(v).Get("secretName").Text(); secret != "" && len(p.bySecret[secret]) < maxVolumes {
			p.bySecret[secret] = append(p.bySecret[secret], v)
		}
	}
	// The claims of a StatefulSet become volumes of its pods, in place of others with their names.
	for _, claim := range s.Object.Root.Get("spec").Get("volumeClaimTemplates").Items() {
		p.taken[claim.Get("metadata").Get("name").Text()] = true
	}
	return p
}

// container plans the files of one container.
func (p *filePlan) container(c *object.Container) []variable {
	list := variablesOf(c)
	if len(list) == 0 || len(list) > maxVariables {
		return nil
	}
	box := newPlaces(p, c)
	general := p.unreadable(c)
	var mounts []*secretMount
	for i := range list {
		v := &list[i]
		if v.reason == "" {
			v.reason = general
		}
		if v.reason == "" {
			mounts = v.join(mounts)
		}
	}
	for _, m := range mounts {
		p.place(m, box)
	}
	return list
}

// answers are the edits of the planned variables of a container, or why there are none.
func (p *filePlan) answers(c *object.Container, list []variable) map[tree.Node]control.Answer {
	out := make(map[tree.Node]control.Answer, len(list))
	for i := range list {
		v := &list[i]
		switch {
		case v.reason != "":
			out[v.ref] = control.Answer{Reason: v.reason}
		case v.mount.reason != "":
			out[v.ref] = control.Answer{Reason: v.mount.reason}
		default:
			out[v.ref] = control.Answer{Edits: v.edits(p, c), Keeps: p.user(c)}
		}
	}
	return out
}

// unreadable says why a container cannot have the files at all; "" if it can. They belong to root, and a group can read them only if the
// kubelet gives them to one.
// https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
func (p *filePlan) unreadable(c *object.Container) string {
	switch {
	case c.Sort == object.Ephemeral:
		return "an ephemeral container joins a running pod, whose volumes cannot be changed"
	case p.mode == onlyOwner && p.nonRoot(c):
		return "the container does not run as root and could not read files of root: give the pod securityContext.fsGroup first"
	}
	return ""
}

// user is what says that a container may run as root, if its files are for root only.
func (p *filePlan) user(c *object.Container) []control.Kept {
	if p.mode != onlyOwner {
		return nil
	}
	context := []string{"securityContext"}
	return []control.Kept{{At: p.pod.Spec, Path: context}, {At: c.Node, Path: context}}
}

// nonRoot reports whether a container says that it runs as another user than root.
func (p *filePlan) nonRoot(c *object.Container) bool {
	for _, at := range []tree.Node{c.Node, p.pod.Spec} {
		if user := userID.Find(at); user.Exists() {
			id, _ := user.Int()
			return id != 0
		}
	}
	for _, at := range []tree.Node{c.Node, p.pod.Spec} {
		if n := notAsRoot.Find(at); n.Exists() {
			on, _ := n.Bool()
			return on
		}
	}
	return false
}

var (
	userID     = control.NewField("securityContext.runAsUser")
	notAsRoot  = control.NewField("securityContext.runAsNonRoot")
	forWindows = control.OnPod(control.Is(`nodeSelector["kubernetes.io/os"]`, "windows"))
)

// secretMount is one Secret in one container: all of it, or some keys.
type secretMount struct {
	secret          string
	optional, whole bool
	keys            []string
	// volume is its name, fresh says that the pod does not have it yet, mounted that the container has.
	volume         string
	fresh, mounted bool
	// path is where it is mounted, paths are those of keys below it that are not called after the key.
	path   string
	paths  map[string]string
	reason string
}

// place finds the volume and the path of a mount, or says why there is none.
func (p *filePlan) place(m *secretMount, box *places) {
	slices.Sort(m.keys)
	m.keys = slices.Compact(m.keys)
	if p.again(m, box) {
		return
	}
	var ok bool
	if m.path, m.reason = box.free(p.directory, m.secret); m.reason != "" || m.volume != "" {
		return
	}
	// Volumes with other keys are kept apart, so that no container gets more than it has had.
	content := strings.Join(append([]string{m.secret, strconv.FormatBool(m.optional), strconv.FormatBool(m.whole)}, m.keys...), "\x00")
	if m.volume, ok = p.added[content]; !ok {
		m.volume = p.volumeName(m.secret)
		p.added[content] = m.volume
	}
	m.fresh = true
}

// again takes a volume that is there already, with the same mode: one that the container mounts, or that holds just what is needed. It
// reports whether nothing has to be mounted for it.
func (p *filePlan) again(m *secretMount, box *places) bool {
	for _, v := range p.bySecret[m.secret] {
		source := secretVolume.Find(v)
		optional, _ := source.Get("optional").Bool()
		mode, _ := defaultMode.Find(source).Int()
		paths, plain := itemPaths(source)
		if mode != p.mode || optional != m.optional || !plain || !m.served(paths) {
			continue
		}
		name := v.Get("name").Text()
		path, mounted := box.mounted[name]
		exact := m.whole || len(paths) == len(m.keys)
		if !mounted && (!exact || m.volume != "") || name == "" {
			continue
		}
		m.volume, m.paths = name, paths
		if mounted {
			m.path, m.mounted = path, true
			return true
		}
	}
	return false
}

// served reports whether a volume with these keys, all if there are none, has what is needed.
func (m *secretMount) served(paths map[string]string) bool {
	if len(paths) == 0 || m.whole {
		return len(paths) == 0
	}
	return !slices.ContainsFunc(m.keys, func(key string) bool { return paths[key] == "" })
}

// itemPaths are the files of a volume by key, none if it has all keys. plain says that no file has a mode of its own.
func itemPaths(source tree.Node) (paths map[string]string, plain bool) {
	for _, item := range source.Get("items").Items() {
		if itemMode.Find(item).Exists() {
			return nil, false
		}
		if paths == nil {
			paths = map[string]string{}
		}
		paths[item.Get("key").Text()] = item.Get("path").Text()
	}
	return paths, true
}

// file is the path of a key's file.
func (m *secretMount) file(key string) string {
	if path := m.paths[key]; path != "" {
		key = path
	}
	return strings.TrimSuffix(m.path, "/") + "/" + key
}

// source is the volume that the pod gets.
func (m *secretMount) source(mode int64) map[string]any {
	secret := map[string]any{"secretName": m.secret, "defaultMode": mode}
	if !m.whole {
		items := make([]any, len(m.keys))
		for i, key := range m.keys {
			items[i] = map[string]any{"key": key, "path": key}
		}
		secret["items"] = items
	}
	if m.optional {
		secret["optional"] = true
	}
	return map[string]any{"name": m.volume, "secret": secret}
}

// volumeName makes a label of DNS of a Secret's name, which no volume of the pod has.
func (p *filePlan) volumeName(secret string) string {
	const longest = 63 - len("-9999")
	label := strings.ReplaceAll(secret, ".", "-")
	label = strings.Trim(label[:min(len(label), longest)], "-")
	name := label
	for p.taken[name] {
		p.next[label]++
		name = label + "-" + strconv.Itoa(p.next[label]+1)
	}
	p.taken[name] = true
	return name
}
