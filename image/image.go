// Package image reads container image references as container runtimes do. Its grammar is that of
// github.com/distribution/reference; it allocates nothing.
package image

import (
	"errors"
	"strings"
)

// Reference is an image reference in its parts.
type Reference struct {
	// Name is the name as written, without tag and digest: nginx, quay.io/org/app.
	Name string
	// Registry is the host, with its port if it has one. It is docker.io if the reference names none.
	Registry string
	// Repository is the path in the registry; an official image of docker.io has "library" as Namespace.
	Namespace, Repository string
	// Tag is "" if there is none, although runtimes then take "latest", unless there is a digest.
	Tag string
	// Digest is algorithm:hex, or "".
	Digest string
}

// DefaultRegistry is where an image without a registry comes from.
const DefaultRegistry = "docker.io"

// Errors of Parse.
var (
	ErrName   = errors.New("not a valid image name")
	ErrUpper  = errors.New("image name must be lower-case")
	ErrTag    = errors.New("not a valid image tag")
	ErrDigest = errors.New("not a valid image digest")
)

// Split cuts a reference into its parts without judging them.
func Split(s string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(s, "@")
	if i := strings.LastIndexByte(name, ':'); i >= 0 && strings.IndexByte(name[i:], '/') < 0 {
		name, tag = name[:i], name[i+1:]
	}
	return name, tag, digest
}

// Parse reads a reference and fills in docker.io and library as runtimes do.
func Parse(s string) (Reference, error) {
	name, tag, digest := Split(s)
	r := Reference{Name: name, Tag: tag, Digest: digest, Registry: DefaultRegistry, Repository: name}
	if first, rest, found := strings.Cut(name, "/"); found && isHost(first) {
		r.Registry, r.Repository = first, rest
		if first == "index.docker.io" {
			r.Registry = DefaultRegistry
		}
		if !validHost(first) {
			return r, ErrName
		}
	}
	if r.Registry == DefaultRegistry && !strings.Contains(r.Repository, "/") {
		r.Namespace = "library"
	}
	switch {
	case len(r.Repository) > 255 || r.Namespace != "" && len(r.Repository) > 255-len("library/"):
		return r, ErrName
	case !validPath(r.Repository):
		if validPath(strings.ToLower(r.Repository)) {
			return r, ErrUpper
		}
		return r, ErrName
	case len(s) > len(name) && s[len(name)] == ':' && !validTag(tag):
		return r, ErrTag
	case strings.Contains(s, "@") && !ValidDigest(digest):
		return r, ErrDigest
	case len(name) == 64 && isHex(name, 64):
		return r, ErrName // an image ID, which no registry can be asked for
	}
	return r, nil
}

// Path returns the repository with the namespace that docker.io adds to it.
func (r *Reference) Path() string {
	if r.Namespace == "" {
		return r.Repository
	}
	return r.Namespace + "/" + r.Repository
}

// Same reports whether r and q name the same repository, however they are written.
func (r *Reference) Same(q *Reference) bool {
	if r.Registry != q.Registry {
		return false
	}
	if r.Namespace == q.Namespace {
		return r.Repository == q.Repository
	}
	return r.Path() == q.Path()
}

// IsTemplate reports whether s has a placeholder in it that something fills in before a cluster sees it: ${TAG}, {{ .Image }},
// $(IMAGE), <image>, %TAG%. None of these bytes can be part of a reference.
func IsTemplate(s string) bool { return strings.ContainsAny(s, "${}<>%") }

// isHost tells a registry from the first part of a path, as docker has always done.
func isHost(s string) bool {
	return s == "localhost" || strings.ContainsAny(s, ".:") || strings.ContainsFunc(s, isUpper)
}

func isUpper(r rune) bool { return r >= 'A' && r <= 'Z' }

func validHost(s string) bool {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		return end > 1 && strings.Trim(s[1:end], "0123456789abcdefABCDEF:") == "" && validPort(s[end+1:])
	}
	host := s
	if i := strings.IndexByte(s, ':'); i >= 0 {
		if !validPort(s[i:]) {
			return false
		}
		host = s[:i]
	}
	for part := range strings.SplitSeq(host, ".") {
		if part == "" || part[0] == '-' || part[len(part)-1] == '-' || strings.ContainsFunc(part, notAlnumDash) {
			return false
		}
	}
	return true
}

func validPort(s string) bool {
	return s == "" || len(s) > 1 && s[0] == ':' && strings.Trim(s[1:], "0123456789") == ""
}

func notAlnumDash(r rune) bool { return r != '-' && !isAlnum(r) }

func isAlnum(r rune) bool { return isLower(r) || isUpper(r) }

func isLower(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }

// validPath wants parts of lower-case letters and digits, joined by one dot, one or two underscores, or dashes.
func validPath(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || !isLower(rune(part[0])) || !isLower(rune(part[len(part)-1])) {
			return false
		}
		for i := 0; i < len(part); {
			if isLower(rune(part[i])) {
				i++
				continue
			}
			start := i
			for !isLower(rune(part[i])) {
				i++ // ends: the last byte is a letter or digit
			}
			sep := part[start:i]
			if sep != "." && sep != "_" && sep != "__" && strings.Trim(sep, "-") != "" {
				return false
			}
		}
	}
	return true
}

func validTag(s string) bool {
	if s == "" || len(s) > 128 || s[0] == '.' || s[0] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '.' && r != '_' && notAlnumDash(r) })
}

// ValidDigest reports whether s is a digest by the OCI image specification: algorithm:encoded, with the right number of
// lower-case hexadecimal digits for the algorithms that it registers.
func ValidDigest(s string) bool {
	algorithm, encoded, _ := strings.Cut(s, ":")
	switch algorithm {
	case "sha256", "blake3":
		return isHex(encoded, 64)
	case "sha384":
		return isHex(encoded, 96)
	case "sha512":
		return isHex(encoded, 128)
	}
	letter := false
	for i := range len(algorithm) {
		switch c := algorithm[i]; {
		case isLower(rune(c)):
			letter = true
		case letter && strings.IndexByte("+._-", c) >= 0:
			letter = false
		default:
			return false
		}
	}
	return letter && encoded != "" && !strings.ContainsFunc(encoded, func(r rune) bool {
		return r != '=' && r != '_' && notAlnumDash(r)
	})
}

func isHex(s string, n int) bool { return len(s) == n && strings.Trim(s, "0123456789abcdef") == "" }
