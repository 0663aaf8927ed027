package images

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// ImageRunningDigestDiffers: what runs is what was asked for.
var ImageRunningDigestDiffers = control.Control{
	ID: "image-running-digest-differs", Section: "tags-digests", Layer: control.Images, Severity: control.Medium, Since: "0.1",
	Title: "Run exactly the image that the pod pins, and the same in all pods of a workload",
	Scope: control.Objects,
	Kinds: append([]control.Kind{{Kind: "Pod"}}, control.TemplateKinds()...),
	Unless: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for range pinned(at) {
				fail(control.Violation{At: at, Problem: "pins an image that runs"})
				return
			}
			if at.Get("observed").Get("images").Len() > 0 && !at.Get("kind").StrIs("Pod") {
				fail(control.Violation{At: at, Problem: "has pods that run"})
			}
		},
		Text: "no container that runs has an image with a digest, and no pod of a workload was seen",
	},
	Require:  &control.Func{Check: checkRunning, Text: "status.containerStatuses[*].imageID must have the digest that the image of the container has, and the pods of a workload the same one"},
	Risk:     "The pod starts again with the image that it pins.",
	Fix:      control.Advice,
	NoFix:    "Why something else runs has to be found out first; then the pod is deleted.",
	NoPolicy: "What runs stands in the status, which no admission policy of pods sees.",
	Remedy:   "Find out from the node and the audit log who changed the image or what runs; keep the container's state as evidence, then delete the pod so that it starts with the image that it pins.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: secure container images"},
		MITRE:  []string{"T1525", "T1036.005"},
		Source: []string{"https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus", imageDocs},
	},
	Why: `Pods of one workload that run different content under one tag were started before and after the tag moved, on purpose or not: which of them was tested nobody
knows, and a pod that moves to another node becomes another program. A digest names the content, so a container that runs another one was started otherwise than its pod says: by the runtime on the node, or before somebody
changed the pod. A node that pulled the image by the digest of its platform shows that one, which then is no attack.`,
	Bad: append(seenOf(exampleHex, strings.Repeat("2", 64)), []control.Change{
		{Kind: "Pod", Path: "status", Name: "another digest", Value: statusOf("app", "registry.example.com/app@sha256:"+strings.Repeat("0", 64))},
		{Kind: "Pod", Path: "status", Name: "of one of two", Value: statusOf("second", "docker-pullable://registry.example.com/app@sha256:"+strings.Repeat("1", 64))},
	}...),
	Good: append(seenOf(exampleHex), []control.Change{
		{Kind: "Pod", Path: "status", Name: "the same", Value: statusOf("app", "registry.example.com/app@sha256:"+exampleHex)},
		{Kind: "Pod", Path: "status", Name: "has not started", Value: statusOf("app", "")},
	}...),
}

// seenOf are workloads whose pods run images with these digests under one tag.
func seenOf(digests ...string) (changes []control.Change) {
	var all []any
	for _, d := range digests {
		all = append(all, "sha256:"+d)
	}
	for _, k := range control.TemplateKinds() {
		changes = append(changes, control.Change{Kind: k.Kind, Path: "observed", Value: map[string]any{
			"pods": 2, "images": []any{map[string]any{"container": "app", "image": "registry.example.com/app:1", "digests": all}},
		}})
	}
	return changes
}

// statusOf is the status of a pod with one container, for the cases.
func statusOf(container, id string) map[string]any {
	return map[string]any{"containerStatuses": []any{map[string]any{"name": container, "imageID": id}}}
}

// runningImage is a container that runs, whose image has a digest.
type runningImage struct {
	at           tree.Node // status.containerStatuses[i].imageID
	wanted, runs string
}

// pinned yields the containers of a pod that run and whose image has a digest.
func pinned(pod tree.Node) func(yield func(runningImage) bool) {
	return func(yield func(runningImage) bool) {
		for _, lists := range [...][2]string{{"containers", "containerStatuses"}, {"initContainers", "initContainerStatuses"}, {"ephemeralContainers", "ephemeralContainerStatuses"}} {
			wanted := map[string]string{}
			for _, c := range pod.Get("spec").Get(lists[0]).Items() {
				if _, _, digest := image.Split(c.Get("image").Text()); digest != "" {
					wanted[c.Get("name").Text()] = digest
				}
			}
			for _, s := range pod.Get("status").Get(lists[1]).Items() {
				id := s.Get("imageID")
				digest := wanted[s.Get("name").Text()]
				if digest == "" || id.Text() == "" {
					continue
				}
				if !yield(runningImage{id, digest, digestOf(id.Text())}) {
					return
				}
			}
		}
	}
}

// digestOf returns the digest that an imageID names: docker.io/library/nginx@sha256:…, docker-pullable://nginx@sha256:…. What is no more than
// sha256:… is the id of an image on the node, and says nothing of what a registry calls it.
func digestOf(id string) string {
	_, digest, found := strings.Cut(id, "@")
	if !found {
		return ""
	}
	return digest
}

// checkSeen judges what the pods of a workload were seen to run.
func checkSeen(at tree.Node, fail control.FailFunc) {
	for _, seen := range at.Get("observed").Get("images").Items() {
		digests := seen.Get("digests")
		_, _, wanted := image.Split(seen.Get("image").Text())
		for _, d := range digests.Items() {
			if wanted != "" && !d.StrIs(wanted) && !fail(control.Violation{At: d, Problem: "is another image than container " + seen.Get("container").Text() + " pins, " + wanted}) {
				return
			}
		}
		if n := digests.Len(); wanted == "" && n > 1 {
			if !fail(control.Violation{At: digests, Problem: "has " + strconv.Itoa(n) + " different images that pods run as " + seen.Get("image").Text()}) {
				return
			}
		}
	}
}

func checkRunning(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	if !at.Get("kind").StrIs("Pod") {
		checkSeen(at, fail)
		return
	}
	for r := range pinned(at) {
		switch {
		case r.runs == "":
			if !fail(control.Violation{At: r.at, Problem: "is an id of the node, which does not say what a registry calls the image", Unknown: true}) {
				return
			}
		case r.runs != r.wanted:
			if !fail(control.Violation{At: r.at, Problem: "is another image than the pod pins, " + r.wanted}) {
				return
			}
		}
	}
}
