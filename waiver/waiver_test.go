package waiver

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/waiver/glob"
)

var now = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

func catalogue() []*control.Control {
	return []*control.Control{
		{ID: "privileged-container", Peers: control.Peers{
			KubeLinter: []string{"privileged-container"}, Checkov: []string{"CKV_K8S_16"}, Trivy: []string{"KSV-0017"},
			Polaris: []string{"runAsPrivileged"}, KubeScore: []string{"container-security-context-privileged"},
			Kubescape: []string{"C-0057"}, Kubeaudit: []string{"privileged/PrivilegedTrue"},
		}},
		{ID: "host-network", Peers: control.Peers{
			KubeLinter: []string{"host-network"}, Polaris: []string{"hostNetworkSet"}, Trivy: []string{"KSV-0009"},
			Kubescape: []string{"C-0041"}, Kubeaudit: []string{"hostns/NamespaceHostNetworkTrue"},
		}},
		{ID: "capability-added", Peers: control.Peers{Kubeaudit: []string{"capabilities/CapabilityAdded"}}},
		{ID: "host-path-sensitive", Peers: control.Peers{Kubeaudit: []string{"mounts/SensitivePathsMounted"}}},
		{ID: "run-as-non-root-missing", Peers: control.Peers{Kubeaudit: []string{"nonroot/RunAsNonRootPSCNilCSCNil"}}},
		{ID: "secret-in-env", Peers: control.Peers{Checkov: []string{"CKV_SECRET_6"}}},
		{ID: "cpu-limit-missing", Peers: control.Peers{KubeScore: []string{"container-resources"}, KubeLinter: []string{"unset-cpu"}}},
		{ID: "storage-limit-missing", Peers: control.Peers{KubeScore: []string{"container-ephemeral-storage-request-and-limit"}}},
		{ID: "ours-alone"},
		{ID: strings.Repeat("long-", 10) + "control"},
	}
}

func known() Known {
	all := catalogue()
	return Known{
		Controls: all,
		Find: func(id string) (found []*control.Control) {
			for _, c := range all {
				if c.ID == id || slices.ContainsFunc(c.Peers.All(), func(p control.Peer) bool {
					return slices.ContainsFunc(p.IDs, func(own string) bool { return id == own || id == p.Tool+":"+own })
				}) {
					found = append(found, c)
				}
			}
			return found
		},
		// A stand-in for the distance of edits: a candidate with the same first three letters and nearly the same length.
		Nearest: func(name string, candidates []string) string {
			for _, c := range candidates {
				if len(name) >= 3 && strings.HasPrefix(c, name[:3]) && max(len(c)-len(name), len(name)-len(c)) <= 2 {
					return c
				}
			}
			return ""
		},
	}
}

// scan walks through a file as the engine does. A finding is looked up for each line with a # want comment at its end:
// "# want ID", at the first thing on that line, with what the test gives it besides; the answers come in order.
type scan struct {
	file     *File
	src      string
	parser   *tree.Parser
	problems []Problem
}

// at calls found for each object and pod, in which Find may be called.
func (s *scan) run(found func(o *object.Object, pod *object.Pod)) {
	src := []byte(s.src)
	s.file.Reset("dir/a.yaml", src)
	for doc := range tree.Split(src) {
		t, err := s.parser.Parse(src, doc)
		if err != nil {
			continue
		}
		s.file.Document(t, doc)
		for o := range object.Each(t.Root()) {
			s.file.Object(o)
			found(o, nil)
			for pod := range o.Pods() {
				s.file.Pod(pod)
				found(o, pod)
			}
		}
	}
	s.problems = slices.Clone(s.file.Problems())
}

func newScan(src string, opts *Options, waivers ...*Waiver) *scan {
	if opts == nil {
		opts = &Options{}
	}
	opts.Known, opts.Now = known(), now
	return &scan{file: NewSet(waivers, opts).NewFile(), src: src, parser: tree.NewParser()}
}

// of makes a finding at the first place of a text in the file.
func (s *scan) of(id, text, container string) *control.Finding {
	f := &control.Finding{Status: control.Fail, Place: control.Place{File: "dir/a.yaml", Offset: strings.Index(s.src, text)}}
	for _, c := range catalogue() {
		if c.ID == id {
			f.Control = c
		}
	}
	if f.Control == nil || f.Place.Offset < 0 {
		panic("no " + id + " or no " + text)
	}
	if f.Ref.Container = container; container != "" {
		f.Ref.ContainerSort = "container"
	}
	return f
}

func (s *scan) messages() string {
	var b strings.Builder
	for _, p := range s.problems {
		word := "error"
		if p.Warning {
			word = "warning"
		}
		fmt.Fprintf(&b, "%s: %s [%s]\n", word, p.Message, s.src[p.Offset:p.Offset+p.Length])
	}
	return b.String()
}

const manifest = `# head
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
%s
spec:
  template:
    metadata:
      labels: {app: web}
%s
    spec:
      hostNetwork: true
      containers:
      - name: app
        securityContext:
          privileged: true
      - name: side
        securityContext:
          capabilities: {add: [SYS_TIME, SYS_MODULE]}
      volumes:
      - name: one
        hostPath: {path: /proc}
      - name: two
        hostPath: {path: /etc}
`

func TestAnnotations(t *testing.T) {
	const long = "long-long-long-long-long-long-long-long-long-long-control"
	for _, c := range []struct {
		name, object, template string // annotations
		id, container          string
		want                   string // of the waiver; "-" none; "!" expired
		problem                string
	}{
		{name: "plain", object: `kubeharden.io/waive.host-network: "needs it"`, id: "host-network", want: "needs it (annotation kubeharden.io/waive.host-network)"},
		{name: "on the template", template: `kubeharden.io/waive.host-network: r`, id: "host-network", want: "r (annotation"},
		{
			name: "options", object: `kubeharden.io/waive.host-network: "r; see x; until: 2027-01-31; owner: team a"`, id: "host-network",
			want: "r; see x (owner team a, until 2027-01-31, annotation",
		},
		{name: "equals signs", object: `kubeharden.io/waive.host-network: "r;until=2027-01-31;owner=a"`, id: "host-network", want: "r (owner a, until 2027-01-31"},
		{name: "last day", object: `kubeharden.io/waive.host-network: "r; until: 2026-06-15"`, id: "host-network", want: "r (until"},
		{name: "expired", object: `kubeharden.io/waive.host-network: "r; until: 2026-06-14"`, id: "host-network", want: "!waiver expired on 2026-06-14: r (annotation"},
		{name: "other control", object: `kubeharden.io/waive.host-network: r`, id: "ours-alone", want: "-"},
		{name: "peer's id", object: `kubeharden.io/waive.CKV_K8S_16: r`, id: "privileged-container", container: "app", want: "r ("},
		{name: "long id", object: `kubeharden.io/waive.` + long + `: r`, id: long, want: "r ("},
		{name: "for all containers", object: `kubeharden.io/waive.privileged-container: r`, id: "privileged-container", container: "app", want: "r ("},
		{name: "for this container", object: `kubeharden.io/waive.privileged-container.app: r`, id: "privileged-container", container: "app", want: "r ("},
		{name: "for the other", object: `kubeharden.io/waive.privileged-container.side: r`, id: "privileged-container", container: "app", want: "-"},
		{name: "for the pod", object: `kubeharden.io/waive.host-network.app: r`, id: "host-network", want: "-"},
		{name: "by option", object: `kubeharden.io/waive.privileged-container: "r; container: side, app"`, id: "privileged-container", container: "app", want: "r ("},
		{
			name: "no such container", object: `kubeharden.io/waive.privileged-container.apq: r`, id: "privileged-container", container: "app", want: "-",
			problem: `error: annotation kubeharden.io/waive.privileged-container.apq: there is no container "apq" [kubeharden.io/waive.privileged-container.apq]`,
		},
		{
			name: "two containers", object: `kubeharden.io/waive.privileged-container.app: "r; container: side"`, id: "privileged-container", container: "app", want: "-",
			problem: "names a container both in its name and in its value",
		},
		{name: "no reason", object: `kubeharden.io/waive.host-network: ""`, id: "host-network", want: "-", problem: "error: annotation kubeharden.io/waive.host-network: a reason is required"},
		{name: "only options", object: `kubeharden.io/waive.host-network: "owner: a"`, id: "host-network", want: "-", problem: "a reason is required"},
		{name: "no text", object: `kubeharden.io/waive.host-network: true`, id: "host-network", want: "-", problem: "has no text"},
		{name: "unknown", object: `kubeharden.io/waive.hostnetwork: r`, id: "host-network", want: "-", problem: `unknown control "hostnetwork", did you mean "host-network"?`},
		{name: "misspelt option", object: `kubeharden.io/waive.host-network: "r; untl: 2027-01-31"`, id: "host-network", want: "-", problem: `unknown option "untl", did you mean "until"?`},
		{name: "some date", object: `kubeharden.io/waive.host-network: "r; expires: 2027-01-31"`, id: "host-network", want: "-", problem: `unknown option "expires"`},
		{name: "bad date", object: `kubeharden.io/waive.host-network: "r; until: 2027-02-30"`, id: "host-network", want: "-", problem: `"2027-02-30" is not a date`},
		{name: "text behind", object: `kubeharden.io/waive.host-network: "r; owner: a; and more"`, id: "host-network", want: "-", problem: `"and more" stands behind an option`},
		{name: "twice", object: `kubeharden.io/waive.host-network: "r; owner: a; owner: b"`, id: "host-network", want: "-", problem: `owner is given twice`},
		{name: "other word", object: `kubeharden.io/waiver.host-network: r`, id: "host-network", want: "-", problem: `warning: unknown annotation kubeharden.io/waiver, did you mean "waive"?`},

		{name: "kube-linter", object: `ignore-check.kube-linter.io/host-network: needs it`, id: "host-network", want: "needs it (kube-linter annotation ignore-check.kube-linter.io/host-network)"},
		{name: "kube-linter other", object: `ignore-check.kube-linter.io/no-such: r`, id: "host-network", want: "-"},
		{name: "kube-linter template", template: `ignore-check.kube-linter.io/host-network: r`, id: "host-network", want: "-"},
		{name: "kube-linter all", object: `kube-linter.io/ignore-all: ""`, id: "host-network", want: "no reason given (kube-linter annotation"},
		{name: "kube-linter all but ours", object: `kube-linter.io/ignore-all: ""`, id: "ours-alone", want: "-"},
		{name: "checkov", object: `checkov.io/skip1: CKV_K8S_16=a=b`, id: "privileged-container", container: "app", want: "a=b (checkov annotation checkov.io/skip1)"},
		{name: "bridgecrew", object: `bridgecrew.io/skip1: CKV_K8S_16`, id: "privileged-container", container: "app", want: "no reason given (checkov"},
		{name: "checkov template", template: `checkov.io/skip1: CKV_K8S_16=r`, id: "privileged-container", container: "app", want: "-"},
		{name: "kube-score", object: `kube-score/ignore: a, container-security-context-privileged`, id: "privileged-container", container: "app", want: "no reason given (kube-score"},
		{name: "kube-score template", template: `kube-score/ignore: container-security-context-privileged`, id: "privileged-container", container: "app", want: "no reason"},
		{name: "kube-score implied", object: `kube-score/ignore: container-resources`, id: "storage-limit-missing", container: "app", want: "no reason"},
		{name: "kube-score star", object: `kube-score/ignore: "*"`, id: "privileged-container", container: "app", want: "no reason"},
		{name: "kube-score star is not all", object: `kube-score/ignore: "*"`, id: "host-network", want: "-"},
		{name: "kube-score skip", object: `kube-score/skip: "true"`, id: "privileged-container", container: "app", want: "no reason"},
		{name: "kube-score no skip", object: `kube-score/skip: "false"`, id: "privileged-container", container: "app", want: "-"},
		{name: "kube-score enable", object: `kube-score/enable: container-resources`, id: "cpu-limit-missing", container: "app", want: "-"},
		{name: "polaris", object: `polaris.fairwinds.com/hostNetworkSet-exempt: "True"`, id: "host-network", want: "no reason given (polaris"},
		{name: "polaris all", object: `polaris.fairwinds.com/exempt: true`, id: "host-network", want: "no reason"},
		{name: "polaris false", object: `polaris.fairwinds.com/exempt: "false"`, id: "host-network", want: "-"},
		{
			name: "kubescape", object: "kubescape.io/skip-controls: C-0016, C-0041\n    kubescape.io/skip-reason: ticket 1\n    kubescape.io/skip-expiry: '2026-12-31T23:59:59Z'",
			id: "host-network", want: "ticket 1 (until 2026-12-31, kubescape annotation kubescape.io/skip-controls)",
		},
		{name: "kubescape expired", object: "kubescape.io/skip-controls: C-0041\n    kubescape.io/skip-expiry: '2026-06-15T11:59:59Z'", id: "host-network", want: "!waiver expired on 2026-06-15"},
		{name: "kubescape bad date", object: "kubescape.io/skip-controls: C-0041\n    kubescape.io/skip-expiry: soon", id: "host-network", want: "-", problem: `kubescape.io/skip-expiry "soon"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := fmt.Sprintf(manifest, annotations("  ", c.object), annotations("      ", c.template))
			s := newScan(src, nil)
			got := "-"
			s.run(func(_ *object.Object, pod *object.Pod) {
				if pod == nil {
					return
				}
				of := s.of(c.id, "hostNetwork", c.container)
				if w, ok := s.file.Find(of); ok {
					got = w.String()
				} else if w != nil {
					got = "!" + w.String()
				}
			})
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("waiver %q, want %q", got, c.want)
			}
			if m := s.messages(); !strings.Contains(m, c.problem) || c.problem == "" && m != "" {
				t.Errorf("problems %q, want %q", m, c.problem)
			}

			strict := newScan(src, &Options{Strict: true})
			strict.run(func(*object.Object, *object.Pod) {
				if w, _ := strict.file.Find(strict.of(c.id, "hostNetwork", c.container)); w != nil {
					t.Errorf("strict: %v", w)
				}
			})
			if m := strict.messages(); c.want != "-" && !strings.Contains(m, "warning: annotation ") {
				t.Errorf("strict: problems %q", m)
			}
		})
	}
}

func annotations(indent, lines string) string {
	if lines == "" {
		return ""
	}
	return indent + "annotations:\n" + indent + "  " + strings.ReplaceAll(lines, "\n    ", "\n"+indent+"  ")
}

func TestPodOfContainers(t *testing.T) {
	src := fmt.Sprintf(manifest, annotations("  ", "kubeharden.io/waive.host-network.app: one\n    kubeharden.io/waive.privileged-container.app: one\n    kubeharden.io/waive.privileged-container.side: two"), "")
	s := newScan(src, nil)
	s.run(func(_ *object.Object, pod *object.Pod) {
		if pod == nil {
			return
		}
		for _, c := range []struct {
			id      string
			through []string
			want    bool
		}{
			{"host-network", []string{"app"}, true},
			{"host-network", []string{"app", "side"}, false},
			{"privileged-container", []string{"app", "side"}, true},
			{"privileged-container", nil, false},
		} {
			of := s.of(c.id, "hostNetwork", "")
			of.Containers = c.through
			if _, ok := s.file.Find(of); ok != c.want {
				t.Errorf("%s through %v: %v", c.id, c.through, ok)
			}
		}
	})
}

func TestKubeaudit(t *testing.T) {
	for _, c := range []struct {
		labels, id, at, container, value string
		through                          []string
		want                             bool
	}{
		{labels: "kubeaudit.io/allow-privileged: r", id: "privileged-container", at: "privileged", container: "app", want: true},
		{labels: "audit.kubernetes.io/pod.allow-privileged: r", id: "privileged-container", at: "privileged", container: "app", want: true},
		{labels: "container.kubeaudit.io/app.allow-privileged: r", id: "privileged-container", at: "privileged", container: "app", want: true},
		{labels: "container.audit.kubernetes.io/side.allow-privileged: r", id: "privileged-container", at: "privileged", container: "app"},
		{labels: "audit.kubernetes.io/allow-privileged: r", id: "privileged-container", at: "privileged", container: "app"},
		{labels: "kubeaudit.io/allow-capability-sys-time: r", id: "capability-added", at: "SYS_TIME", container: "side", value: "SYS_TIME", want: true},
		{labels: "kubeaudit.io/allow-capability-sys-time: r", id: "capability-added", at: "SYS_MODULE", container: "side", value: "SYS_MODULE"},
		{labels: "container.kubeaudit.io/side.allow-capability-sys-time: r", id: "capability-added", at: "SYS_TIME", container: "side", value: "CAP_SYS_TIME", want: true},
		{labels: "container.kubeaudit.io/app.allow-capability-sys-time: r", id: "capability-added", at: "SYS_TIME", container: "side", value: "SYS_TIME"},
		{labels: "kubeaudit.io/allow-host-path-mount-one: r", id: "host-path-sensitive", at: "/proc", want: true},
		{labels: "kubeaudit.io/allow-host-path-mount-one: r", id: "host-path-sensitive", at: "/etc"},
		{labels: "container.kubeaudit.io/app.allow-host-path-mount-two: r", id: "host-path-sensitive", at: "/etc"},
		{labels: "container.kubeaudit.io/side.allow-host-path-mount-two: r", id: "host-path-sensitive", at: "/etc", want: true},
		{labels: "container.kubeaudit.io/app.allow-run-as-root: r", id: "run-as-non-root-missing", at: "spec:", through: []string{"app"}, want: true},
		{labels: "container.kubeaudit.io/app.allow-run-as-root: r", id: "run-as-non-root-missing", at: "spec:", through: []string{"app", "side"}},
		{labels: "kubeaudit.io/allow-namespace-host-network: 'true'", id: "host-network", at: "hostNetwork", want: true},
		{labels: "kubeaudit.io/allow-everything: r", id: "host-network", at: "hostNetwork"},
	} {
		deployment := strings.Replace(fmt.Sprintf(manifest, "", ""), "labels: {app: web}", "labels: {"+c.labels+"}", 1)
		deployment = strings.Replace(deployment, "- name: side", "- name: side\n        volumeMounts: [{name: two, mountPath: /x}]", 1)
		pod := "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {" + c.labels + "}\n" + strings.ReplaceAll(deployment[strings.Index(deployment, "    spec:\n"):], "\n    ", "\n")[4:]
		for _, src := range []string{deployment, pod} {
			s := newScan(src, nil)
			asked := false
			s.run(func(_ *object.Object, p *object.Pod) {
				if p == nil {
					return
				}
				asked = true
				of := s.of(c.id, c.at, c.container)
				of.Value, of.Containers = c.value, c.through
				if w, ok := s.file.Find(of); ok != c.want || ok && !strings.HasPrefix(w.Origin, "kubeaudit label ") {
					t.Errorf("%s for %s at %s: %v\n%s", c.labels, c.id, c.at, ok, src)
				}
			})
			if m := s.messages(); m != "" || !asked {
				t.Errorf("problems %q\n%s", m, src)
			}
		}
	}
}

func TestConfigured(t *testing.T) {
	name := func(patterns ...string) (out []Pattern) {
		for _, p := range patterns {
			g, err := glob.Name(p)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, g)
		}
		return out
	}
	path, _ := glob.Path("dir")
	other, _ := glob.Path("dir/b.yaml")
	src := fmt.Sprintf(manifest, "  labels: {team: shop, \"x/y\": z}", "")
	all := catalogue()
	for _, c := range []struct {
		name  string
		match Match
		want  bool
	}{
		{"everything", Match{}, true},
		{"name", Match{Name: name("web")}, true},
		{"one of the names", Match{Name: name("api", "web")}, true},
		{"name with a star", Match{Name: name("w*")}, true},
		{"other name", Match{Name: name("api")}, false},
		{"kind", Match{Kind: name("Deployment"), APIVersion: name("apps/*"), Namespace: name("shop")}, true},
		{"other namespace", Match{Kind: name("Deployment"), Namespace: name("default")}, false},
		{"file", Match{File: []glob.Glob{path}}, true},
		{"other file", Match{File: []glob.Glob{other}}, false},
		{"container", Match{Container: name("app")}, true},
		{"other container", Match{Container: name("side")}, false},
		{"labels", Match{Labels: []Label{{"team", name("sh*")[0]}, {"x/y", name("z")[0]}}}, true},
		{"other labels", Match{Labels: []Label{{"team", name("sh*")[0]}, {"no", name("*")[0]}}}, false},
	} {
		w := &Waiver{Controls: all[:1], Reason: "r", Match: c.match}
		s := newScan(src, nil, w)
		s.run(func(o *object.Object, pod *object.Pod) {
			if pod == nil {
				return
			}
			of := s.of("privileged-container", "privileged: true", "app")
			of.Ref.APIVersion, of.Ref.Kind, of.Ref.Namespace, of.Ref.Name = o.APIVersion, o.Kind, o.Namespace, o.Name
			if got, ok := s.file.Find(of); ok != c.want || ok && got != w {
				t.Errorf("%s: %v", c.name, ok)
			}
			of = s.of("host-network", "hostNetwork", "")
			if _, ok := s.file.Find(of); ok {
				t.Errorf("%s: other control", c.name)
			}
		})
		if unused := s.file.set.Unused(); (len(unused) == 0) != c.want {
			t.Errorf("%s: unused %v", c.name, unused)
		}
	}
}

func TestExpiredGivesWay(t *testing.T) {
	all := catalogue()
	src := fmt.Sprintf(manifest, annotations("  ", "kubeharden.io/waive.host-network: r"), "")
	expired := &Waiver{Controls: all[1:2], Reason: "old", Until: "2026-01-01"}
	s := newScan(src, nil, expired)
	s.run(func(*object.Object, *object.Pod) {
		if w, ok := s.file.Find(s.of("host-network", "hostNetwork", "")); !ok || w.Reason != "r" {
			t.Errorf("%v %v", w, ok)
		}
	})
	if len(s.file.set.Unused()) != 0 {
		t.Error("an expired waiver that fits is unused")
	}
}

func TestTrivyIgnore(t *testing.T) {
	k := known()
	waivers, err := TrivyIgnore(".trivyignore", []byte("# comment\n\nKSV-0017\nCVE-2020-1\nKSV-0009 exp:2026-06-16\nKSV-0009 exp:soon\n"), &k)
	if len(waivers) != 2 || err == nil || err.Error() != `.trivyignore:6: "soon" is not a date of the form 2027-01-31` {
		t.Fatalf("%v, %v", waivers, err)
	}
	for at, want := range map[string]bool{"2026-06-15T23:59:59Z": false, "2026-06-16T00:00:00Z": true} {
		when, _ := time.Parse(time.RFC3339, at)
		if waivers[1].judge(when); waivers[1].expired != want {
			t.Errorf("expired at %s: %v", at, !want)
		}
	}
	if NewSet(waivers, &Options{Strict: true}).waivers != nil {
		t.Error("strict: they count")
	}
	waivers, err = TrivyIgnoreYAML(".trivyignore.yaml", []byte(`vulnerabilities:
- id: CVE-1
misconfigurations:
- id: KSV-0017
  paths: ["dir/*.yaml"]
  statement: why
- id: "KSV-*"
  expired_at: 2026-01-01
- id: KSV-0009
  paths: dir
`), &k)
	if len(waivers) != 2 || err == nil || err.Error() != ".trivyignore.yaml:9:3: paths is not a list" {
		t.Fatalf("%v, %v", waivers, err)
	}
	if !waivers[0].Match.file("dir/a.yaml") || waivers[0].Match.file("dir/x/a.yaml") || len(waivers[1].Controls) != 2 {
		t.Errorf("%+v", waivers)
	}
}

func TestKubescapeExceptions(t *testing.T) {
	k := known()
	waivers, err := KubescapeExceptions("e.json", []byte(`[
 {"name": "n", "policyType": "postureExceptionPolicy", "actions": ["alertOnly"], "reason": "why", "expirationDate": "2027-01-01T00:00:00Z",
  "resources": [
   {"designatorType": "Attributes", "attributes": {"kind": "Deploy.*", "namespace": "shop"}},
   {"designatorType": "Attributes", "attributes": {"app": "web|api"}},
   {"designatorType": "Attributes", "attributes": {"cluster": "mine", "kind": ".*"}},
   {"designatorType": "Attributes", "attributes": {}}
  ],
  "posturePolicies": [{"controlID": "c-00(41|57)"}]},
 {"resources": [{"attributes": {"kind": ".*"}}], "posturePolicies": [{"frameworkName": "NSA"}]}
]`), &k)
	if len(waivers) != 2 || err == nil || !strings.HasPrefix(err.Error(), "e.json:10:70: exception does not count") {
		t.Fatalf("%v, %v", waivers, err)
	}
	src := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: %s, labels: {app: %s}}\n"
	for _, c := range []struct {
		namespace, app string
		want           bool
	}{{"shop", "x", true}, {"x", "web", true}, {"x", "webs", false}, {"shops", "x", false}} {
		s := newScan(fmt.Sprintf(src, c.namespace, c.app), nil, waivers...)
		s.run(func(o *object.Object, _ *object.Pod) {
			of := s.of("host-network", "kind", "")
			of.Ref.Kind, of.Ref.Namespace = o.Kind, o.Namespace
			if w, ok := s.file.Find(of); ok != c.want || ok && !strings.HasPrefix(w.String(), "why (until 2027-01-01, e.json:2:2 n)") {
				t.Errorf("%+v: %v %v", c, w, ok)
			}
		})
	}
}

func TestControlList(t *testing.T) {
	for s, want := range map[string]string{
		" a why": "[a] why", "a,b why not": "[a b] why not", "a, b ,c why": "[a b c] why", "": "[] ", "a": "[a] ", "a,": "[a] ", ",a r": "[a] r",
	} {
		ids, rest := controlList(s)
		if got := fmt.Sprintf("%v %s", ids, rest); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
