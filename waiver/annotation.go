package waiver

import (
	"maps"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Prefix of our own annotations:
//
//	kubeharden.io/waive.<control>: <value>              for the object or pod
//	kubeharden.io/waive.<control>.<container>: <value>  for one container
//
// The value is described at [value]. On an object an annotation is for the object and all its pods, on a pod template
// for the pods made of it. Kubernetes allows 63 characters behind the slash of an annotation's name; where a long control and a
// long container do not both fit, the option "container:" in the value names the containers instead. It can also name several.
const annotationPrefix = "kubeharden.io/"

// Longest is the most characters that an id of a control can have to be waived by an annotation.
const Longest = 63 - len("waive.")

// annotations reads the annotations in the metadata of an object, or of the template of a pod.
func (f *File) annotations(meta tree.Node, o *object.Object, pod *object.Pod, into *subjectIndex) {
	annotations := meta.Get("annotations")
	if annotations.Kind() != tree.Mapping {
		return
	}
	for key, val := range annotations.Pairs() {
		name := key.Text()
		domain, rest, found := strings.Cut(name, "/")
		if !found || val.Kind() != tree.Scalar {
			continue
		}
		if domain == "kubeharden.io" {
			f.annotation(key, val, rest, o, into)
			continue
		}
		f.peerAnnotation(name, domain, rest, annotations, val, pod != nil, into, key)
	}
}

// annotation reads one of ours.
func (f *File) annotation(key, val tree.Node, rest string, o *object.Object, into *subjectIndex) {
	start, end := key.Span()
	word, rest, _ := strings.Cut(rest, ".")
	if word != "waive" {
		f.problem(start, end-start, true, "unknown annotation %s%s%s", annotationPrefix, shorten(word),
			f.known.DidYouMean(word, []string{"waive"}))
		return
	}
	name := shorten(key.Text())
	if f.set.opts.Strict {
		f.problem(start, end-start, true, "annotation %s does not count: waivers in files are forbidden (strict)", name)
		return
	}
	if len(f.problems) > maxProblems {
		return // a file full of mistakes; what it waives after that many does not count
	}
	id, container, limited := strings.Cut(rest, ".")
	controls, err := f.known.Lookup(id)
	if err != nil {
		f.problem(start, end-start, false, "annotation %s: %v", name, err)
		return
	}
	text, isText := val.Str()
	if !isText {
		f.problem(start, end-start, false, "annotation %s has no text: annotations are strings, and this one gives the reason", name)
		return
	}
	v, err := parseValue(text, &f.known, "until", "owner", "container")
	if err != nil {
		f.problem(start, end-start, false, "annotation %s: %v", name, err)
		return
	}
	if limited {
		if len(v.containers) > 0 && !slices.Equal(v.containers, []string{container}) {
			f.problem(start, end-start, false, "annotation %s names a container both in its name and in its value", name)
			return
		}
		v.containers = []string{container}
	}
	for _, c := range v.containers {
		if !f.hasContainer(o, c) {
			f.problem(start, end-start, false, "annotation %s: there is no container %q%s", name, shorten(c),
				f.known.DidYouMean(c, slices.Sorted(maps.Keys(f.containers))))
			return
		}
	}
	w := &Waiver{Controls: controls, Reason: v.reason, Owner: v.owner, Until: v.until, Origin: "annotation " + name}
	w.judge(f.set.opts.Now)
	into.add(w, v.containers, "")
}

// hasContainer reports whether a pod of the object has a container of that name.
func (f *File) hasContainer(o *object.Object, name string) bool {
	if f.containersOf != o.Root {
		f.containersOf = o.Root
		f.containers = map[string]bool{}
		for pod := range o.Pods() {
			for c := range pod.Containers() {
				f.containers[c.Name] = true
			}
		}
	}
	return f.containers[name]
}
