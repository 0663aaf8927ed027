// Package images has the controls on the container images that pods run.
package images

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// Documentation that decides how images are found and when they are pulled.
const (
	imageDocs  = "https://kubernetes.io/docs/concepts/containers/images/"
	digestSpec = "https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests"
)

var (
	reference  = control.NewField("image")
	pullPolicy = control.NewField("imagePullPolicy")
)

// imageOf returns the image reference of a container; ok is false if there is none to judge: something fills it in later,
// or the API server refuses it. What a template leaves open is reported as unknown.
func imageOf(at tree.Node, fail control.FailFunc) (ref string, ok bool) {
	return refOf(&reference, at, fail)
}

// refOf is imageOf for a field that need not be that of a container.
func refOf(f *control.Field, at tree.Node, fail control.FailFunc) (ref string, ok bool) {
	n := f.Find(at)
	if n.Type() != tree.String || n.StrIs("") {
		return "", false
	}
	ref = n.Text()
	if image.IsTemplate(ref) {
		fail(control.Violation{At: n, Problem: "is filled in by a template", Unknown: true})
		return "", false
	}
	return ref, true
}

// imageCEL says test of an image that imageOf would judge. The test reads the image as %img%.
func imageCEL(c control.CEL, test string) string { return refCEL(&reference, c, test) }

// refCEL is imageCEL for a field that need not be that of a container.
func refCEL(f *control.Field, c control.CEL, test string) string {
	img := f.CEL(c.At)
	return "(!" + img + ".hasValue() || " + img + ".value().matches('^$|[${}<>%]') || " +
		strings.ReplaceAll(test, "%img%", img+".value()") + ")"
}

// moves reports whether a tag is one that is moved to newer images. No tag means latest.
func moves(s *control.Subject, tag string) bool {
	return isLatest(tag) || slices.Contains(s.Params["mutableTags"], tag)
}

func isLatest(tag string) bool { return tag == "" || tag == "latest" }

// movesCEL says moves of an image without digest.
func movesCEL(tags []string) string {
	quoted := []string{"latest"}
	for _, tag := range tags {
		quoted = append(quoted, regexp.QuoteMeta(tag))
	}
	return "(!%img%.matches(':[^/:]+$') || %img%.matches(" + control.Quote(":("+strings.Join(quoted, "|")+")$") + "))"
}
