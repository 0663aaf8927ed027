package generate

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/image"
)

// Registry is a registry, or a part of one, that images may come from.
type Registry struct {
	// Host has the port, if it names one: registry.example.com:5000.
	Host string
	// Path is a repository, or what repositories begin with, part by part; "" is the whole registry.
	Path string
}

// maxRegistry is how long the name of a repository can be.
const maxRegistry = 255

var (
	registryHost = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?$|^\[[0-9a-f:]+\](?::[0-9]{1,5})?$`)
	registryPath = regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$`)
)

// ParseRegistry reads HOST, HOST/PATH or, for docker.io, PATH. Nothing in it may stand for other text: a * would allow more than
// anybody sees.
func ParseRegistry(s string) (Registry, error) {
	text := strings.TrimSuffix(s, "/")
	r := Registry{Host: image.DefaultRegistry, Path: text}
	if first, rest, _ := strings.Cut(text, "/"); first == "localhost" || strings.ContainsAny(first, ".:") {
		r = Registry{first, rest}
	}
	if r.Host == "index.docker.io" {
		r.Host = image.DefaultRegistry
	}
	if text == "" || len(s) > maxRegistry || !registryHost.MatchString(r.Host) || r.Path != "" && !registryPath.MatchString(r.Path) {
		return Registry{}, fmt.Errorf("registry %q: not HOST, HOST:PORT, HOST/PATH or a path on docker.io, in lower case and without wildcards", s)
	}
	return r, nil
}

func (r Registry) String() string {
	if r.Path == "" {
		return r.Host
	}
	return r.Host + "/" + r.Path
}

// Has reports whether an image comes from the registry, as container runtimes read its reference.
func (r Registry) Has(ref *image.Reference) bool {
	return ref.Registry == r.Host && (r.Path == "" || ref.Path() == r.Path || strings.HasPrefix(ref.Path(), r.Path+"/"))
}

// cel says Has of the text of an image in the variable i. A host ends at its slash and a path at the end of one of its parts, so that
// neither registry.example.com.attacker.net nor ghcr.io/organisation passes for what it begins with.
func (r Registry) cel() string {
	const end = `(?:[/:@]|$)`
	path := regexp.QuoteMeta(r.Path)
	if r.Host != image.DefaultRegistry {
		pattern := "^" + regexp.QuoteMeta(r.Host) + "/" + path
		if r.Path != "" {
			pattern += end
		}
		return "i.matches(r'" + pattern + "')"
	}
	const host = `^(?:(?:index\.)?docker\.io/)?`
	switch rest, library := strings.CutPrefix(r.Path, "library/"); {
	case r.Path == "":
		// The first part of a name is a host if it has a dot, a colon or a capital letter, or is localhost.
		return `(i.matches(r'^(?:index\.)?docker\.io/|^[^/]+$|^[^/.:@A-Z]+/') && !i.startsWith('localhost/'))`
	case r.Path == "library":
		return "i.matches(r'" + host + "(?:library/|[^/]+$)')"
	case library && !strings.Contains(rest, "/"):
		return "i.matches(r'" + host + "(?:library/" + regexp.QuoteMeta(rest) + end + "|" + regexp.QuoteMeta(rest) + "(?:[:@]|$))')"
	case !strings.Contains(r.Path, "/"):
		// With nothing behind it, it is the name of an official image, library/PATH.
		return "i.matches(r'" + host + path + "/')"
	default:
		return "i.matches(r'" + host + path + end + "')"
	}
}

// globs are the same as the wildcards of Kyverno, which know * only. Names without a registry are not among them: no wildcard tells
// nginx from registry.attacker.net/nginx.
func (r Registry) globs() []string {
	hosts := []string{r.Host}
	if r.Host == image.DefaultRegistry {
		hosts = append(hosts, "index.docker.io")
	}
	var out []string
	for _, host := range hosts {
		if r.Path == "" {
			out = append(out, host+"/*")
			continue
		}
		name := host + "/" + r.Path
		if r.Host == image.DefaultRegistry && !strings.Contains(r.Path, "/") {
			out = append(out, name+"/*")
			continue
		}
		out = append(out, name, name+"/*", name+":*", name+"@*")
	}
	return out
}

// shared are registries in which everybody can have a place of their own: to allow them as a whole allows everybody's images.
var shared = []string{"docker.io", "ghcr.io", "quay.io", "gcr.io", "public.ecr.aws", "registry.gitlab.com", "us-docker.pkg.dev", "europe-docker.pkg.dev", "asia-docker.pkg.dev"}

// Found is a registry with the images that were found in it.
type Found struct {
	Registry Registry
	// Images are different images, sorted.
	Images []string
}

// FindRegistries groups images by the registry that they come from; of a registry in which everybody can have a place, by the first part of the
// path too. What is no reference, as before a template is filled in, is returned as unknown.
func FindRegistries(images []string) (found []Found, unknown []string) {
	byRegistry := map[Registry][]string{}
	for _, text := range slices.Compact(slices.Sorted(slices.Values(images))) {
		ref, err := image.Parse(text)
		if err != nil || text == "" {
			unknown = append(unknown, text)
			continue
		}
		r := Registry{Host: ref.Registry}
		if slices.Contains(shared, r.Host) {
			r.Path, _, _ = strings.Cut(ref.Path(), "/")
		}
		if _, err := ParseRegistry(r.String()); err != nil {
			unknown = append(unknown, text)
			continue
		}
		byRegistry[r] = append(byRegistry[r], text)
	}
	for r, list := range byRegistry {
		found = append(found, Found{r, list})
	}
	slices.SortFunc(found, func(a, b Found) int { return cmp.Compare(a.Registry.String(), b.Registry.String()) })
	return found, unknown
}
