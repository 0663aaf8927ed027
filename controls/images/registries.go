package images

import (
	"regexp"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/tree"
)

// volumeReference is where an image volume has its image (Kubernetes 1.31).
var volumeReference = control.NewField("image.reference")

// onVolumes requires a rule of every image that a pod mounts as a volume.
func onVolumes(rule func(*control.Field) control.Rule) control.Rule {
	return control.Each("volumes", map[string]any{"name": "scratch"}, rule(&volumeReference))
}

// volumeOf is a change for the cases.
func volumeOf(ref string) control.Change {
	return control.Change{
		Base: control.OnPodSpec, Path: "volumes", Name: ref,
		Value: []any{map[string]any{"name": "models", "image": map[string]any{"reference": ref}}},
	}
}

// place is a registry, or a part of one: a host and a path in it, with * for any text up to the next slash.
type place struct{ host, path string }

// parsePlace reads HOST, HOST/PATH or, for docker.io, PATH.
func parsePlace(s string) place {
	first, rest, _ := strings.Cut(strings.TrimSuffix(s, "/"), "/")
	if first == "localhost" || strings.ContainsAny(first, ".:") {
		return place{first, rest}
	}
	return place{image.DefaultRegistry, strings.TrimSuffix(s, "/")}
}

func validPlace(s string) bool {
	return s != "" && !strings.ContainsAny(s, " @{}$") && !strings.Contains(s, "//") && !strings.HasPrefix(s, "/")
}

// has reports whether an image lies in the place.
func (p place) has(r *image.Reference) bool {
	return glob(p.host, r.Registry) && (p.path == "" || below(p.path, r.Path()))
}

// below reports whether path is pattern or lies below it, compared part by part.
func below(pattern, path string) bool {
	for pattern != "" {
		if path == "" {
			return false
		}
		var part, have string
		part, pattern, _ = strings.Cut(pattern, "/")
		have, path, _ = strings.Cut(path, "/")
		if !glob(part, have) {
			return false
		}
	}
	return true
}

// glob compares with a pattern in which * stands for any text.
func glob(pattern, s string) bool {
	literal, rest, star := strings.Cut(pattern, "*")
	if !star {
		return s == literal
	}
	s, ok := strings.CutPrefix(s, literal)
	if !ok || rest == "" {
		return ok
	}
	for i := len(s); i >= 0; i-- {
		if glob(rest, s[i:]) {
			return true
		}
	}
	return false
}

// hostCEL says that an image names its registry.
const hostCEL = `%img%.matches('^[^/]*[.:A-Z][^/]*/|^localhost/')`

// cel says has of the image %img%.
func (p place) cel() string {
	host, path := quoteGlob(p.host), quoteGlob(p.path)
	if p.host != image.DefaultRegistry {
		return "%img%.matches(" + control.Quote("^"+host+"/"+endOf(path)) + ")"
	}
	explicit, implicit := path, endOf(path)
	switch rest, official := strings.CutPrefix(path, "library/"); {
	case official:
		explicit, implicit = "(library/)?"+rest, "(library/)?"+endOf(rest)
	case path == "library":
		explicit, implicit = "(library/|[^/]*$)", "(library/|[^/]*$)"
		return "(%img%.matches(" + control.Quote(`^(index\.)?docker\.io/`+explicit) + ") || !" + hostCEL + " && %img%.matches(" + control.Quote("^"+implicit) + "))"
	}
	return "(%img%.matches(" + control.Quote(`^(index\.)?docker\.io/`+endOf(explicit)) + ") || !" + hostCEL + " && %img%.matches(" + control.Quote("^"+implicit) + "))"
}

// endOf wants a path to end where it ends.
func endOf(path string) string {
	if path == "" {
		return ""
	}
	return path + "([/:@]|$)"
}

func quoteGlob(s string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(s), `\*`, "[^/]*")
}

// located parses the image at a field; ok is false if there is none to judge. A name that no registry takes still says where
// it would be looked for, and so does one whose tag a template fills in.
func located(f *control.Field, at tree.Node, fail control.FailFunc) (r image.Reference, ok bool) {
	name, _, _ := image.Split(f.Find(at).Text())
	if name != "" && !image.IsTemplate(name) {
		r, _ = image.Parse(name)
		return r, f.Find(at).Type() == tree.String
	}
	if _, ok = refOf(f, at, fail); ok {
		r, _ = image.Parse(f.Find(at).Text())
	}
	return r, ok
}
