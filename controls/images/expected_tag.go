package images

import (
	"regexp"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// expectedTag returns the tag that the settings ask for; wrong is false if the image is another one, or has it. What an image
// with only a digest is the version of cannot be seen.
func expectedTag(s *control.Subject, ref string) (tag string, wrong bool) {
	have, err := image.Parse(ref)
	if err != nil || have.Tag == "" && have.Digest != "" {
		return "", false
	}
	for _, setting := range s.Params["images"] {
		name, tag, _ := strings.Cut(setting, "=")
		if want, err := image.Parse(name); err == nil && want.Same(&have) {
			return tag, have.Tag != tag
		}
	}
	return "", false
}

// isExpectedTag reports whether a setting is IMAGE=TAG.
func isExpectedTag(setting string) bool {
	name, tag, _ := strings.Cut(setting, "=")
	have, err := image.Parse(name + ":" + tag)
	return err == nil && have.Tag == tag && tag != ""
}

func checkExpectedTag(s *control.Subject, at tree.Node, fail control.FailFunc) {
	ref, ok := imageOf(at, fail)
	if !ok {
		return
	}
	if tag, wrong := expectedTag(s, ref); wrong {
		fail(reference.Violation(at, "is "+control.Show(reference.Find(at))+", not tag "+tag))
	}
}

// setExpectedTag drops the digest, which is that of the wrong version.
func setExpectedTag(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	ref := reference.Find(at).Text()
	if tag, wrong := expectedTag(s, ref); wrong {
		name, _, _ := image.Split(ref)
		return append(out, reference.Set(at, name+":"+tag))
	}
	return out
}

func expectedTagCEL(c control.CEL) string {
	tests := []string{"true"}
	for _, setting := range c.Params["images"] {
		name, tag, _ := strings.Cut(setting, "=")
		want, err := image.Parse(name)
		if err != nil {
			continue
		}
		names := regexp.QuoteMeta(want.Registry + "/" + want.Path())
		if want.Registry == image.DefaultRegistry {
			names = "((index\\.)?docker\\.io/)?" + regexp.QuoteMeta(want.Path())
			if short, official := strings.CutPrefix(want.Path(), "library/"); official {
				names = "((index\\.)?docker\\.io/)?(library/)?" + regexp.QuoteMeta(short)
			}
		}
		tests = append(tests, "(!%img%.matches("+control.Quote("^"+names+"(:[^/@]+)?(@.*)?$")+") || %img%.matches("+
			control.Quote("^"+names+"(:"+regexp.QuoteMeta(tag)+"(@.*)?|@.*)$")+"))")
	}
	return imageCEL(c, "("+strings.Join(tests, " && ")+")")
}
