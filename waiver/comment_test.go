package waiver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/waiver/glob"
)

// document has an @ in each place at which a finding is looked for; %n marks are replaced by comments.
const commented = `%0
apiVersion: v1%1
kind: Pod
metadata:
  name: web
%2
spec:%3
  %4
  hostNetwork: true%5
  containers:
  %6
  - name: app%7
    %8
    image: x
    securityContext: {
      %9
      privileged: true
    }
  -
    name: side
    script: |%a
      # kubeharden:ignore host-network in a script
      echo
`

// places are texts that findings point to.
var places = []string{"apiVersion", "kind", "spec", "hostNetwork", "containers", "name: app", "image", "securityContext", "privileged", "name: side", "script"}

func TestComments(t *testing.T) {
	const c = "# kubeharden:ignore host-network why"
	for _, test := range []struct {
		name string
		at   map[byte]string
		want string // the places where the finding is waived
	}{
		{"nowhere", nil, ""},
		{"above the document", map[byte]string{'0': c}, "apiVersion kind spec hostNetwork containers name: app image securityContext privileged name: side script"},
		{"above the marker", map[byte]string{'0': c + "\n---"}, "apiVersion kind spec hostNetwork containers name: app image securityContext privileged name: side script"},
		{"above a commented marker", map[byte]string{'0': c + "\n# x\n--- # y\n#z"}, "apiVersion kind spec hostNetwork containers name: app image securityContext privileged name: side script"},
		{"on the first line", map[byte]string{'1': " " + c}, "apiVersion"},
		{"above an entry", map[byte]string{'2': c}, "spec hostNetwork containers name: app image securityContext privileged name: side script"},
		{"on a key", map[byte]string{'3': " " + c}, "spec"},
		{"above a scalar", map[byte]string{'4': c}, "hostNetwork"},
		{"on a line", map[byte]string{'5': " " + c}, "hostNetwork"},
		{"above an item", map[byte]string{'6': c}, "name: app image securityContext privileged"},
		{"above an item, not indented", map[byte]string{'6': "\n" + c}, "name: app image securityContext privileged"},
		{"above an item, with others", map[byte]string{'6': c + "\n  # more\n  #kubeharden:ignore ours-alone r"}, "name: app image securityContext privileged"},
		{"on an item", map[byte]string{'7': " " + c}, "name: app"},
		{"above the second key", map[byte]string{'8': c}, "image"},
		{"in a flow mapping", map[byte]string{'9': c}, "privileged"},
		{"behind a block", map[byte]string{'a': " " + c}, "script"},
		{"two lists", map[byte]string{'5': " # kubeharden:ignore ours-alone, KSV-0009 why"}, "hostNetwork"},
		{"trivy above", map[byte]string{'6': "# trivy:ignore:KSV-0009"}, "name: app image securityContext privileged"},
		{"trivy on an item", map[byte]string{'7': " #trivy:ignore:KSV-0001 trivy:ignore:KSV-0009:exp:2027-01-01"}, "name: app image securityContext privileged"},
		{"trivy star", map[byte]string{'4': "#trivy:ignore:*"}, "hostNetwork"},
		{"trivy expired", map[byte]string{'4': "#trivy:ignore:KSV-0009:exp:2026-06-15"}, ""},
	} {
		for _, ends := range []string{"\n", "\r\n"} {
			s := newScan(strings.ReplaceAll(fill(test.at), "\n", ends), nil)
			var got []string
			s.run(func(_ *object.Object, pod *object.Pod) {
				for _, place := range places {
					of := s.of("host-network", place, "")
					if i := strings.Index(s.src, "\n"+place); i >= 0 {
						of.Place.Offset = i + 1
					} else if i := strings.Index(s.src, " "+place); i >= 0 {
						of.Place.Offset = i + 1
					}
					if w, ok := s.file.Find(of); pod == nil && ok {
						got = append(got, place)
						if !strings.Contains(w.Origin, "comment on line ") {
							t.Errorf("%s: origin %q", test.name, w.Origin)
						}
					}
				}
			})
			if strings.Join(got, " ") != test.want {
				t.Errorf("%s: waived at\n\t%s\nwant\n\t%s", test.name, strings.Join(got, " "), test.want)
			}
			if m := s.messages(); m != "" {
				t.Errorf("%s: problems %s", test.name, m)
			}
		}
	}
}

func fill(at map[byte]string) string {
	src := commented
	for _, mark := range "0123456789a" {
		text := at[byte(mark)]
		if text == "" && !strings.ContainsRune("1357a", mark) {
			text = "# nothing"
		}
		src = strings.Replace(src, "%"+string(mark), text, 1)
	}
	return src
}

func TestCommentProblems(t *testing.T) {
	for _, c := range []struct{ comment, want string }{
		{"# kubeharden:ignore", "error: kubeharden:ignore names no control"},
		{"# kubeharden:ignore host-network", "error: kubeharden:ignore host-network: a reason is required [# kubeharden:ignore host-network]"},
		{"# kubeharden:ignore host-network; until: 2027-01-01", `unknown control "host-network;"`},
		{"# kubeharden:ignore host-network r; until: 2027-13-01", `"2027-13-01" is not a date`},
		{"# kubeharden:ignore host-network r; container: app", `unknown option "container"`},
		{"# kubeharden:ignore hostnetwork r", `unknown control "hostnetwork", did you mean "host-network"?`},
		{"# kubeharden:ignored host-network r", `unknown comment "kubeharden:ignored"`},
		{"# kubeharden:ignore host-network r\n", "warning: this comment stands above nothing"},
		{"# checkov:skip=CKV_K8S_16:why", "warning: checkov itself passes over skip comments in Kubernetes manifests"},
		{"# checkov:skip=CKV_K8S_99:why", ""},
		{"# trivy:ignore:KSV-0009[a=b]", "warning: this comment of trivy does not count: KSV-0009 is limited by attributes"},
		{"# trivy:ignore:KSV-0009:exp:soon", `warning: this comment of trivy does not count: "soon" is not a date`},
		{"# trivy:ignore:CVE-1", ""},
		{"x: '# kubeharden:ignore a'", ""},
		{"x: a#kubeharden:ignore b", ""},
		{"# see kubeharden:ignore", ""},
	} {
		s := newScan(fill(map[byte]string{'4': c.comment}), nil)
		s.run(func(_ *object.Object, _ *object.Pod) {
			if w, ok := s.file.Find(s.of("host-network", "hostNetwork: true", "")); ok {
				t.Errorf("%s: %v", c.comment, w)
			}
		})
		if m := s.messages(); !strings.Contains(m, c.want) || c.want == "" && m != "" {
			t.Errorf("%s: problems %q, want %q", c.comment, m, c.want)
		}
	}
	s := newScan(fill(map[byte]string{'4': "# kubeharden:ignore host-network r", '5': " # trivy:ignore:KSV-0009"}), &Options{Strict: true})
	s.run(func(_ *object.Object, _ *object.Pod) {
		if w, _ := s.file.Find(s.of("host-network", "hostNetwork: true", "")); w != nil {
			t.Errorf("strict: %v", w)
		}
	})
	if m := s.messages(); strings.Count(m, "warning: this comment") != 2 {
		t.Errorf("strict: %s", m)
	}
}

func TestCheckovSecretComment(t *testing.T) {
	s := newScan("apiVersion: v1\nkind: Pod\nx: y # checkov:skip=CKV_SECRET_6:an example\n", nil)
	s.run(func(_ *object.Object, _ *object.Pod) {
		if w, ok := s.file.Find(s.of("secret-in-env", "x: y", "")); !ok || w.String() != "an example (checkov comment on line 3)" {
			t.Errorf("%v", w)
		}
	})
}

// TestDocuments checks that comments belong to the right document, also if one is not parsed.
func TestDocuments(t *testing.T) {
	const c = "# kubeharden:ignore host-network why\n"
	src := "apiVersion: v1\nkind: A\na: 1\n" + c + "---\napiVersion: v1\nkind: B\nb: 1\n---\n" + c + "apiVersion: [\n---\napiVersion: v1\nkind: C\n" + c + "c: 1\n"
	s := newScan(src, nil)
	var got []string
	s.run(func(o *object.Object, _ *object.Pod) {
		for _, at := range []string{"a: 1", "kind: B", "b: 1", "kind: C", "c: 1"} {
			if strings.Contains("a: 1", at) != (o.Kind == "A") || strings.Contains("kind: B b: 1", at) != (o.Kind == "B") {
				continue
			}
			if _, ok := s.file.Find(s.of("host-network", at, "")); ok {
				got = append(got, at)
			}
		}
	})
	if strings.Join(got, ",") != "kind: B,b: 1,c: 1" || s.messages() != "" {
		t.Errorf("%v %s", got, s.messages())
	}
}

func TestListsAndAliases(t *testing.T) {
	const c = "# kubeharden:ignore host-network why\n"
	src := "apiVersion: v1\nkind: List\nitems:\n" + c + "- apiVersion: v1\n  kind: A\n  a: 1\n- apiVersion: v1\n  kind: B\n  x: &x\n  - - 1\n" + c + "  - - 2\n    - three\n  y: *x\n  b: 1\n"
	s := newScan(src, nil)
	var got []string
	s.run(func(o *object.Object, _ *object.Pod) {
		for _, at := range []string{"a: 1", "- 1", "2", "three", "y: *x", "b: 1"} {
			if _, ok := s.file.Find(s.of("host-network", at, "")); ok && o.Kind == "B" {
				got = append(got, at)
			}
		}
	})
	if strings.Join(got, ",") != "a: 1,2,three" || s.messages() != "" {
		t.Errorf("%v %s", got, s.messages())
	}
}

// TestHostileComments scans files that are made to take quadratic time.
func TestHostileComments(t *testing.T) {
	const n = 20_000
	const c = "# kubeharden:ignore host-network why\n"
	for name, src := range map[string]string{
		"stacked":   "apiVersion: v1\nkind: A\n" + strings.Repeat(c, n) + "a: 1\n",
		"lines":     "apiVersion: v1\nkind: A\nlist:\n" + strings.Repeat(c+"- a # kubeharden:ignore host-network b\n", n),
		"documents": strings.Repeat("---\n"+c+"apiVersion: v1\nkind: A\n", n/4),
		"one line":  "apiVersion: v1\nkind: A\nlist: [" + strings.Repeat("'a # kubeharden:ignore b', ", n) + "]\n",
		"unknown":   "apiVersion: v1\nkind: A\n" + strings.Repeat("# kubeharden:ignore host-netwerk why\n", n) + "a: 1\n",
		"expired":   "apiVersion: v1\nkind: A\n" + strings.Repeat("# kubeharden:ignore host-network why; until: 2020-01-01\n", n) + "a: 1\n",
	} {
		start := time.Now()
		s := newScan(src, nil)
		s.run(func(_ *object.Object, _ *object.Pod) {
			of := s.of("host-network", "kind", "")
			for at := range 1000 {
				of.Place.Offset = at * len(src) / 1000
				s.file.Find(of)
			}
			of.Place.Offset = len(src) - 5
			for range 1000 {
				s.file.Find(of)
			}
		})
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: %v", name, d)
		}
		if len(s.problems) > maxProblems+1 {
			t.Errorf("%s: %d problems", name, len(s.problems))
		}
	}
}

func FuzzComment(f *testing.F) {
	f.Add(fill(map[byte]string{'0': "# kubeharden:ignore a,b c", '6': "# trivy:ignore:KSV-0009:exp:2027-01-01", '5': " # checkov:skip=CKV_SECRET_6:x"}))
	f.Add("apiVersion: v1\nkind: Pod\nmetadata: {annotations: {kubeharden.io/waive.host-network.x: 'r; until: 2027-01-01'}, labels: {kubeaudit.io/allow-host-path-mount-a: r}}\nspec: {containers: [{name: x}], volumes: [{name: a}]}\n")
	f.Add("# kubeharden:ignore host-network r; owner: x\n--- {apiVersion: v1, kind: A}\n")
	f.Add("\ufeff# kubeharden:ignore x\r\n---\r\n- - # trivy:ignore:*\n")
	f.Fuzz(func(t *testing.T, src string) {
		s := newScan(src, nil)
		s.run(func(_ *object.Object, _ *object.Pod) {
			for at := 0; at <= len(src); at += 1 + len(src)/50 {
				of := &control.Finding{Control: catalogue()[1], Place: control.Place{Offset: at}, Containers: []string{"x"}}
				if w, ok := s.file.Find(of); ok && (w == nil || w.expired || w.String() == "") {
					t.Fatalf("%v", w)
				}
			}
		})
		for _, p := range s.problems {
			if p.Offset < 0 || p.Length < 0 || p.Offset+p.Length > len(src) || len(p.Message) > 1000 {
				t.Fatalf("problem %+v", p)
			}
		}
		for _, c := range s.file.comments {
			if c.hi != 0 && (c.lo < 0 || c.hi > len(src) || c.lo > c.hi) {
				t.Fatalf("comment %+v", c)
			}
		}
		k := known()
		_, _ = TrivyIgnore("x", []byte(src), &k)
		_, _ = TrivyIgnoreYAML("x", []byte(src), &k)
		_, _ = KubescapeExceptions("x", []byte(src), &k)
	})
}

// BenchmarkNothing is the cost of waivers where there are none: of a file of 100 deployments, without the parsing, and of the
// question for one finding.
func BenchmarkNothing(b *testing.B) {
	var src strings.Builder
	for i := range 100 {
		fmt.Fprintf(&src, "---\n"+manifest, "  annotations: {a.b/c: d, prometheus.io/scrape: \"true\"}", "")
		_ = i
	}
	b.Run("file", func(b *testing.B) {
		s := newScan(src.String(), nil)
		b.SetBytes(int64(src.Len()))
		b.ReportAllocs()
		data := []byte(s.src)
		for b.Loop() {
			s.file.Reset("a.yaml", data)
		}
	})
	data := []byte(fmt.Sprintf(manifest, "  annotations: {a.b/c: d, prometheus.io/scrape: \"true\"}", ""))
	for doc := range tree.Split(data) {
		parsed, err := tree.NewParser().Parse(data, doc)
		if err != nil {
			b.Fatal(err)
		}
		for o := range object.Each(parsed.Root()) {
			for pod := range o.Pods() {
				s := newScan(string(data), nil)
				s.file.Reset("a.yaml", data)
				of := s.of("host-network", "hostNetwork", "app")
				b.Run("object", func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						s.file.Document(parsed, doc)
						s.file.Object(o)
						s.file.Pod(pod)
					}
				})
				b.Run("finding", func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						s.file.Find(of)
					}
				})
				b.Run("finding with 1000 waivers", func(b *testing.B) {
					var waivers []*Waiver
					for i := range 1000 {
						g, _ := glob.Name(fmt.Sprintf("object-%d", i))
						waivers = append(waivers, &Waiver{Controls: catalogue(), Reason: "r", Match: Match{Name: []Pattern{g}}})
					}
					s := newScan(string(data), nil, waivers...)
					s.file.Reset("a.yaml", data)
					of.Ref.Name = "web"
					b.ReportAllocs()
					for b.Loop() {
						s.file.Find(of)
					}
				})
			}
		}
	}
}
