package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree/mistake"
	"github.com/kubeharden/kubeharden/waiver"
)

var (
	privileged  = &control.Control{ID: "privileged-container", Peers: control.Peers{Checkov: []string{"CKV_K8S_16"}}}
	hostNetwork = &control.Control{ID: "host-network", Peers: control.Peers{Trivy: []string{"KSV-0009"}}}
	imageTag    = &control.Control{ID: "image-tag-wrong", Params: []control.Param{{Name: "images"}, {Name: "depth"}}}
)

func known() *Known {
	all := []*control.Control{privileged, hostNetwork, imageTag}
	return &Known{
		Known: waiver.Known{
			Controls: all,
			Find: func(id string) (found []*control.Control) {
				for _, c := range all {
					if c.ID == id || slices.ContainsFunc(c.Peers.All(), func(p control.Peer) bool {
						return slices.Contains(p.IDs, strings.TrimPrefix(id, p.Tool+":"))
					}) {
						found = append(found, c)
					}
				}
				return found
			},
			// A stand-in for the distance of edits: the first candidate with the same first two letters.
			Nearest: func(name string, candidates []string) string {
				for _, c := range candidates {
					if len(name) >= 2 && strings.HasPrefix(c, name[:2]) {
						return c
					}
				}
				return ""
			},
		},
		Profiles:   []string{"best-practice"},
		Frameworks: []string{"pss", "nsa"},
	}
}

func TestFull(t *testing.T) {
	c, err := Load(filepath.Join("testdata", "full.yaml"), known())
	if err != nil {
		t.Fatal(err)
	}
	if c.KubernetesVersion != 30 || *c.FailOn != control.Medium || c.FailOnNone || *c.Severity != control.Low || !c.Strict {
		t.Errorf("settings: %+v", c)
	}
	if !slices.Equal(c.Profiles, []string{"best-practice"}) || !slices.Equal(c.Frameworks, []string{"pss"}) {
		t.Errorf("profiles %q, frameworks %q", c.Profiles, c.Frameworks)
	}
	if want := filepath.Join("testdata", ".kubeharden-baseline.json"); c.Baseline != want {
		t.Errorf("baseline %q, want %q", c.Baseline, want)
	}
	if e := c.Controls["host-network"].Enabled; e == nil || *e {
		t.Error("host-network is not off")
	}
	if s := c.Controls["privileged-container"].Severity; s == nil || *s != control.Critical {
		t.Error("privileged-container is not critical")
	}
	if got := c.Params()["image-tag-wrong"]; !slices.Equal(got["images"], []string{"nginx=1.29", "redis=8"}) || !slices.Equal(got["depth"], []string{"3"}) {
		t.Errorf("params %v", got)
	}
	if len(c.Waivers) != 2 {
		t.Fatalf("%d waivers", len(c.Waivers))
	}
	if got := c.Waivers[0].String(); got != "the network plugin sets up interfaces (owner team-network, until 2027-01-31, testdata/full.yaml:29)" {
		t.Errorf("waiver %q", got)
	}
	if w := c.Waivers[1]; !slices.Equal(w.Controls, []*control.Control{hostNetwork}) || w.Reason != "this cluster has one tenant" {
		t.Errorf("waiver %+v", w)
	}
	for path, want := range map[string]bool{
		"testdata/deploy/web.yaml": true, "testdata/charts/a/b.yaml": true, "testdata/charts/a/b.yml": false,
		"testdata/deploy/testdata/x.yaml": false, "deploy/web.yaml": false,
	} {
		if c.Looked(path) != want {
			t.Errorf("looked at %s: %v", path, !want)
		}
	}
	if got := c.Rel("testdata/a/b"); got != "a/b" {
		t.Errorf("rel %q", got)
	}
	if got := c.Rel("config.go"); got != "../config.go" {
		t.Errorf("rel of a file outside %q", got)
	}
}

func TestEmpty(t *testing.T) {
	for _, src := range []string{"", "# nothing\n", "---\n", "{}", "null\n"} {
		if _, err := Parse("c.yaml", []byte(src), known()); err != nil {
			t.Errorf("%q: %v", src, err)
		}
	}
}

const waiverHead = "waivers:\n- control: host-network\n  reason: r\n"

func TestErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"- a\n", `c.yaml:1:1: the configuration must be a mapping, not a list`},
		{"failon: high\n", `c.yaml:1:1: unknown key "failon" in the configuration, did you mean "failOn"?`},
		{"zzz: 1\n", `c.yaml:1:1: unknown key "zzz" in the configuration: there are kubernetesVersion, failOn, `},
		{"strict: 1\n", `c.yaml:1:9: strict must be true or false, not the number 1`},
		{"strict: [true]\n", `c.yaml:1:9: strict must be true or false, not a list`},
		{"strict:\n", `c.yaml:1:8: strict must be true or false, not empty`},
		{"strict: true\nstrict: false\n", `c.yaml:1:1: key "strict" is given more than once`},
		{"kubernetesVersion: 2\n", `c.yaml:1:20: kubernetes version "2" is not of the form 1.34`},
		{"kubernetesVersion: yes\n", `c.yaml:1:20: kubernetesVersion must be a version such as 1.34, not a boolean`},
		{"failOn: higher\n", `c.yaml:1:9: unknown severity "higher" in failOn, did you mean "high"?`},
		{"severity: none\n", `c.yaml:1:11: unknown severity "none" in severity: there are critical, high, medium, low, info`},
		{"profiles: bestpractice\n", `c.yaml:1:11: unknown profile "bestpractice", did you mean "best-practice"?`},
		{"profiles: [best-practice, best-practice]\n", `c.yaml:1:27: profile "best-practice" is given twice`},
		{"frameworks: [1]\n", `c.yaml:1:14: an item of frameworks must be a text in quotes, not the number 1`},
		{"include: [/etc]\n", `c.yaml:1:11: include: pattern "/etc" is absolute`},
		{"exclude: ['[a]']\n", `c.yaml:1:11: exclude: pattern has a range in brackets`},
		{"baseline: {}\n", `c.yaml:1:11: baseline must be a text, not a mapping`},
		{"controls: [a]\n", `c.yaml:1:11: controls must be a mapping from a control to its settings, not a list`},
		{"controls: {priviliged-container: true}\n", `c.yaml:1:12: unknown control "priviliged-container", did you mean "privileged-container"?`},
		{"controls: {host-network: 7}\n", `c.yaml:1:26: control host-network must be true, false or a mapping of its settings, not the number 7`},
		{"controls: {host-network: {enable: true}}\n", `c.yaml:1:27: unknown key "enable" in control host-network, did you mean "enabled"?`},
		{"controls: {host-network: {params: {a: 1}}}\n", `c.yaml:1:36: control host-network has no parameters`},
		{"controls: {image-tag-wrong: {params: {image: 1}}}\n", `c.yaml:1:39: unknown parameter "image" of control image-tag-wrong, did you mean "images"?`},
		{"controls: {image-tag-wrong: {params: {images: {}}}}\n", `c.yaml:1:47: parameter images must be a value or a list of values, not a mapping`},
		{"controls: {host-network: true, KSV-0009: false}\n", `c.yaml:1:32: control host-network is set twice: by "host-network" and by "KSV-0009"`},
		{"waivers: {}\n", `c.yaml:1:10: waivers must be a list, not a mapping`},
		{"waivers:\n- {}\n", "the waiver names no control"},
		{"waivers:\n- {}\n", "the waiver has no reason"},
		{"waivers:\n- {}\n", "match is required, and match: {} is for everything"},
		{"waivers:\n- 1\n", "c.yaml:2:3: the waiver must be a mapping, not the number 1"},
		{"waivers:\n- {control: x, reason: '', match: {}}\n", `c.yaml:2:24: reason is empty`},
		{"waivers:\n- {control: x, reason: r, match: {}}\n", `c.yaml:2:13: unknown control "x"`},
		{waiverHead + "  match: {}\n  until: 2027-02-30\n", `c.yaml:5:10: until: "2027-02-30" is not a date of the form 2027-01-31`},
		{waiverHead + "  match: {kinds: x}\n", `c.yaml:4:11: unknown key "kinds" in match, did you mean "kind"?`},
		{waiverHead + "  match: {name: []}\n", `c.yaml:4:17: name is an empty list`},
		{waiverHead + "  match: {name: 5}\n", `c.yaml:4:17: name must be a text in quotes, not the number 5`},
		{waiverHead + "  match: {labels: {a: true}}\n", `c.yaml:4:23: label a must be a text in quotes, not a boolean`},
		{waiverHead + "  match: {file: ../x}\n", `c.yaml:4:17: file: pattern goes above its folder`},
		{waiverHead + "  match: {}\n  match: {}\n", `key "match" is given more than once`},
		{"a: [\n", `c.yaml:`},
		{"strict: true\n---\nstrict: true\n", `c.yaml:2:1: a second document`},
	} {
		config, err := Parse("c.yaml", []byte(c.src), known())
		if err == nil || config != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error\n\t%v, want one with\n\t%s", c.src, err, c.want)
		}
	}
}

// TestAllErrors checks that one mistake does not hide the next one, and that they come in the order of the file.
func TestAllErrors(t *testing.T) {
	_, err := Parse("c.yaml", []byte("strict: x\nfailOn: y\ncontrols:\n  nope: true\nwaivers:\n- reason: 1\n"), known())
	var lines []string
	for line := range strings.Lines(err.Error()) {
		lines = append(lines, line[:len("c.yaml:1")])
	}
	if want := []string{"c.yaml:1", "c.yaml:2", "c.yaml:4", "c.yaml:6", "c.yaml:6", "c.yaml:6"}; !slices.Equal(lines, want) {
		t.Errorf("errors at %v, want %v:\n%v", lines, want, err)
	}
	var first *Error
	if !errors.As(err, &first) || first.Column != 9 {
		t.Errorf("first error %+v", first)
	}
	_, err = Parse("c.yaml", []byte(strings.Repeat("- x\n", 1)+strings.Repeat("a", 10)), known())
	if err == nil {
		t.Error("no error")
	}
	many := "waivers:\n" + strings.Repeat("- 1\n", 1000)
	if _, err = Parse("c.yaml", []byte(many), known()); strings.Count(err.Error(), "\n") != mistake.Most {
		t.Errorf("%d errors are told", strings.Count(err.Error(), "\n"))
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	t.Setenv("HOME", root)
	write := func(path string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(Name)
	write("repo/.git/HEAD")
	write("repo/a/b/x.yaml")
	write("with/.git/HEAD")
	write("with/" + Name)
	write("with/a/x.yaml")
	write("free/a/x.yaml")
	write("wrong/.kubeharden.yml")
	if err := os.MkdirAll(filepath.Join(root, "folder", Name), 0o755); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		"repo/a/b": "", "repo/a/b/x.yaml": "", "with/a": "with/" + Name, "with/a/x.yaml": "with/" + Name, "free/a": Name, "free/missing": Name,
	} {
		path, ok, err := Find(filepath.Join(root, dir))
		if want != "" {
			want = filepath.Join(root, want)
		}
		if err != nil || ok != (want != "") || path != want {
			t.Errorf("%s: %q %v %v, want %q", dir, path, ok, err, want)
		}
	}
	for dir, want := range map[string]string{"wrong": "rename it", "folder": "not a regular file"} {
		if _, _, err := Find(filepath.Join(root, dir)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", dir, err)
		}
	}
	t.Chdir(filepath.Join(root, "with", "a"))
	if path, ok, err := Find("."); err != nil || !ok || path != filepath.Join("..", Name) {
		t.Errorf("relative: %q %v %v", path, ok, err)
	}
}

func FuzzConfig(f *testing.F) {
	full, err := os.ReadFile(filepath.Join("testdata", "full.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(full))
	f.Add("waivers: [{control: host-network, reason: r, match: {name: '*'}}]")
	f.Add("a: &a [*a]\n")
	f.Fuzz(func(t *testing.T, src string) {
		c, err := Parse("c.yaml", []byte(src), known())
		if (c == nil) == (err == nil) {
			t.Fatalf("config %v, error %v", c, err)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "c.yaml:") || len(err.Error()) > 1<<16) {
			t.Fatalf("error %q", err)
		}
		if c != nil {
			c.Looked("a/b.yaml")
			for _, w := range c.Waivers {
				if w.Reason == "" || len(w.Controls) == 0 {
					t.Fatalf("waiver %+v", w)
				}
			}
		}
	})
}
