package image

import (
	"errors"
	"strings"
	"testing"
)

const hex64 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in                          string
		registry, path, tag, digest string
		err                         error
	}{
		{"nginx", "docker.io", "library/nginx", "", "", nil},
		{"nginx:1.27", "docker.io", "library/nginx", "1.27", "", nil},
		{"nginx@sha256:" + hex64, "docker.io", "library/nginx", "", "sha256:" + hex64, nil},
		{"nginx:1.27@sha256:" + hex64, "docker.io", "library/nginx", "1.27", "sha256:" + hex64, nil},
		{"bitnami/nginx", "docker.io", "bitnami/nginx", "", "", nil},
		{"docker.io/nginx", "docker.io", "library/nginx", "", "", nil},
		{"index.docker.io/library/nginx:1", "docker.io", "library/nginx", "1", "", nil},
		{"registry:5000/app", "registry:5000", "app", "", "", nil},
		{"registry:5000/app:1", "registry:5000", "app", "1", "", nil},
		{"registry:5000", "docker.io", "library/registry", "5000", "", nil},
		{"localhost/app", "localhost", "app", "", "", nil},
		{"127.0.0.1:5000/a/b/c:v1", "127.0.0.1:5000", "a/b/c", "v1", "", nil},
		{"[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000", "app", "1", "", nil},
		{"MyRegistry/app", "MyRegistry", "app", "", "", nil},
		{"quay.io/org/app_name-x.y__z--w:V_1.0", "quay.io", "org/app_name-x.y__z--w", "V_1.0", "", nil},
		{"gcr.io/google-containers/pause:3.9", "gcr.io", "google-containers/pause", "3.9", "", nil},
		{"Nginx", "docker.io", "library/Nginx", "", "", ErrUpper},
		{"quay.io/Org/app", "quay.io", "Org/app", "", "", ErrUpper},
		{"", "docker.io", "library/", "", "", ErrName},
		{"a//b", "docker.io", "a//b", "", "", ErrName},
		{"app:", "docker.io", "library/app", "", "", ErrTag},
		{"app:-x", "docker.io", "library/app", "-x", "", ErrTag},
		{"app:" + strings.Repeat("x", 129), "docker.io", "library/app", strings.Repeat("x", 129), "", ErrTag},
		{"app@sha256:abc", "docker.io", "library/app", "", "sha256:abc", ErrDigest},
		{"app@", "docker.io", "library/app", "", "", ErrDigest},
		{"app___x", "docker.io", "library/app___x", "", "", ErrName},
		{"app..x", "docker.io", "library/app..x", "", "", ErrName},
		{"-app", "docker.io", "library/-app", "", "", ErrName},
		{"bad host.io/app", "bad host.io", "app", "", "", ErrName},
		{"reg.io:port/app", "reg.io:port", "app", "", "", ErrName},
		{"${IMAGE}", "docker.io", "library/${IMAGE}", "", "", ErrName},
		{hex64, "docker.io", "library/" + hex64, "", "", ErrName},
		{"x/" + strings.Repeat("a", 260), "docker.io", "x/" + strings.Repeat("a", 260), "", "", ErrName},
	} {
		r, err := Parse(c.in)
		if !errors.Is(err, c.err) || r.Registry != c.registry || r.Path() != c.path || r.Tag != c.tag || r.Digest != c.digest {
			t.Errorf("Parse(%q) = %+v, path %q, %v", c.in, r, r.Path(), err)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"nginx", "docker.io/library/nginx:1", true},
		{"library/nginx", "nginx", true},
		{"bitnami/nginx", "nginx", false},
		{"quay.io/nginx", "nginx", false},
		{"quay.io/library/nginx", "nginx", false},
	} {
		a, _ := Parse(c.a)
		b, _ := Parse(c.b)
		if a.Same(&b) != c.want || b.Same(&a) != c.want {
			t.Errorf("%s is the same as %s: want %v", c.a, c.b, c.want)
		}
	}
}

func TestValidDigest(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{"sha256:" + hex64, true},
		{"sha256:" + strings.ToUpper(hex64), false},
		{"sha256:" + hex64[1:], false},
		{"sha512:" + hex64 + hex64, true},
		{"sha512:" + hex64, false},
		{"sha384:" + hex64 + hex64[:32], true},
		{"blake3:" + hex64, true},
		{"blake3:" + hex64[1:], false},
		{"custom-algorithm:a", true},
		{"multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8", true},
		{"+x:a", false},
		{"x+:a", false},
		{"x++y:a", false},
		{"SHA256:" + hex64, false},
		{"sha256", false},
		{":" + hex64, false},
		{"", false},
	} {
		if got := ValidDigest(c.in); got != c.want {
			t.Errorf("ValidDigest(%q) = %v", c.in, got)
		}
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	s := "registry.example.com:5000/team/app:1.2.3@sha256:" + hex64
	if n := testing.AllocsPerRun(100, func() { _, _ = Parse(s) }); n > 0 {
		t.Errorf("Parse allocates %v times", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("nginx:1.27@sha256:" + hex64)
	f.Add("[::1]:5000/a__b:x")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Parse(s)
		if err != nil {
			return
		}
		if IsTemplate(s) {
			t.Errorf("%q is a reference and a template", s)
		}
		long := r.Registry + "/" + r.Path()
		if r.Tag != "" {
			long += ":" + r.Tag
		}
		if r.Digest != "" {
			long += "@" + r.Digest
		}
		q, err := Parse(long)
		if err != nil || !r.Same(&q) || q.Tag != r.Tag || q.Digest != r.Digest {
			t.Errorf("%q in full is %q, which reads as %+v, %v", s, long, q, err)
		}
	})
}
