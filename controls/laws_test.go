package controls_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/controls/fixture"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// The laws of the catalogue. Each holds for every control on every kind of object, every sort of container and every
// change that breaks the control.

func TestCatalogueIsValid(t *testing.T) {
	if err := control.Validate(controls.All()); err != nil {
		t.Error(err)
	}
	for _, c := range controls.All() {
		if r := c.Remedy; r == "" || r[0] < 'A' || r[0] > 'Z' || !strings.HasSuffix(r, ".") || strings.Contains(r, " must ") {
			t.Errorf("%s: the remedy is no instruction: %q", c.ID, r)
		}
		for _, url := range c.Refs.Source {
			if !strings.HasPrefix(url, "https://") {
				t.Errorf("%s: source %q", c.ID, url)
			}
		}
	}
	ids := func() []string {
		var ids []string
		for _, c := range controls.All() {
			ids = append(ids, c.ID)
		}
		return ids
	}()
	if !slices.IsSorted(ids) {
		t.Error("the catalogue is not sorted")
	}
}

// sections are those of the checklist whose rows are all declared, with the rows that are still to come.
var sections = map[string][]string{
	"pods/security-context":       {},
	"pods/resource-limits":        {},
	"images/tags-digests":         {},
	"pods/pod-security-standards": {},
	"images/registries":           {"image-base-not-allowed", "image-root-untrusted-registry"},
	"images/signatures":           {"image-provenance-not-verified"},
	"pods/other":                  {},
	"secrets/env-vars":            {},
	"secrets/hard-coded":          {},
	"secrets/external-secrets":    {},
	"network/allow-rules":         {},
	"network/default-deny":        {},
	"network/service-mesh-mtls":   {},
	"rbac/cluster-admin":          {},
	"rbac/least-privilege":        {"rbac-unused-permissions"},
	"rbac/service-accounts":       {},
	"cluster/api-server":          {},
	"cluster/encryption-at-rest":  {},
	"monitoring/audit-policy":     {},
	"cluster/etcd":                {},
	"cluster/kubelet":             {},
	"cluster/control-plane-other": {},
}

func TestCatalogueHasTheChecklist(t *testing.T) {
	f, err := os.Open("../../shared/checklist/controls.csv")
	if err != nil {
		t.Skip("the checklist is not here: ", err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		id, section := row[0], row[1]
		later, ok := sections[section]
		if !ok || slices.Contains(later, id) {
			continue
		}
		found := controls.Find(id)
		if len(found) != 1 || found[0].ID != id {
			t.Errorf("%s of the checklist is missing", id)
			continue
		}
		c := found[0]
		if got := c.Layer.String() + "/" + c.Section; got != section {
			t.Errorf("%s is in %s, the checklist has it in %s", id, got, section)
		}
		// A list to review is no finding that anybody has to act on.
		if strings.HasSuffix(id, "-inventory") {
			row[4] = "info"
		}
		if c.Severity.String() != row[4] {
			t.Errorf("%s has severity %s, the checklist has %s", id, c.Severity, row[4])
		}
	}
}

func TestHardenedPodsPass(t *testing.T) {
	n := 0
	for _, v := range fixture.Variants() {
		for _, kind := range fixture.Kinds() {
			p := parse(t, fixture.Wrap(kind, fixture.Pod(v)))
			if len(p.pods) != 1 {
				t.Fatalf("%s has %d pods", kind, len(p.pods))
			}
			for _, c := range controls.All() {
				for _, j := range p.judge(c, control.LatestMinor) {
					// The second variant is there because it lacks what this control wants.
					if n++; !j.holds() && (v != fixture.HostUsers || c.ID != "user-namespace-not-used") {
						t.Errorf("%s (%s) %s: %s", kind, v, c.ID, reasons(j))
					}
				}
			}
		}
	}
	for _, c := range controls.All() {
		if wrongAsSuch[c.ID] {
			continue
		}
		for _, kind := range c.Kinds {
			for _, j := range parse(t, fixture.Object(kind)).judge(c, control.LatestMinor) {
				if n++; !j.holds() {
					t.Errorf("%s %s: %s", kind.Kind, c.ID, reasons(j))
				}
			}
		}
	}
	t.Logf("%d verdicts", n)
}

// wrongAsSuch are the controls on kinds of which there should be no object at all.
var wrongAsSuch = map[string]bool{"pod-security-policy-leftover": true}

func reasons(j *judged) string {
	var all []string
	for _, v := range j.explain() {
		all = append(all, j.path(&v)+" "+v.Problem)
	}
	return j.name + ": " + strings.Join(all, "; ")
}

// elsewhere are the controls that compare two fields: if one is changed, the other can be what has to change.
var elsewhere = map[string]bool{
	"cron-job-inventory":                   true, // the name is named, whichever part is not listed
	"host-path-var-log":                    true, // the mount of the new volume is writable
	"host-path-writable":                   true, // the mount of the new volume is writable
	"image-pull-policy-not-always":         true, // the policy is wrong for the new tag
	"resource-ratio-too-high":              true, // the request is too low for the new limit
	"resource-requests-differ-from-limits": true, // the request differs from the new limit
}

// eachVariant runs a test for every control, on the fixture that the control applies to.
func eachVariant(t *testing.T, test func(t *testing.T, c *control.Control, v fixture.Variant)) {
	for _, c := range controls.All() {
		if c.Scope == control.Everything {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			v, ok := variant(t, c, control.LatestMinor)
			if !ok && c.Scope != control.Objects {
				t.Fatal("applies to no fixture")
			}
			test(t, c, v)
		})
	}
}

// exempt are the kinds whose pods a control leaves out.
var exempt = map[string]string{"node-workloads-on-control-plane": "DaemonSet"}

func TestEveryBreakIsFound(t *testing.T) {
	n := 0
	eachVariant(t, func(t *testing.T, c *control.Control, v fixture.Variant) {
		cases(c, v, c.Breaks(), func(b *broken) bool {
			p := parse(t, b.data)
			all := p.judge(c, control.LatestMinor)
			if b.container != "" && !slices.ContainsFunc(all, func(j *judged) bool { return j.name == b.container }) {
				return true // does not apply to this sort of container
			}
			n++
			for _, j := range all {
				if !j.holds() && len(j.explain()) == 0 {
					t.Errorf("%s: %s fails and nothing says where", b, j.name)
				}
			}
			bad := failuresOf(all)
			if len(bad) == 0 && exempt[c.ID] != b.kind {
				t.Errorf("%s: is not found", b)
			}
			for _, j := range bad {
				if b.container != "" && j.name != b.container {
					t.Errorf("%s: container %s fails too", b, j.name)
				}
				for _, violation := range j.explain() {
					if violation.Unknown {
						t.Errorf("%s: unknown instead of failed", b)
					}
					if path := j.path(&violation); !within(path, b.field) && !elsewhere[c.ID] {
						t.Errorf("%s: changed is %s, named is %s", b, b.field, path)
					}
					if violation.Problem == "" {
						t.Errorf("%s: no problem", b)
					}
				}
			}
			return true
		})
	})
	t.Logf("%d broken subjects", n)
}

// sameForAll are the controls that judge one thing of very many kinds, which a few stand for, and those that a Role fails only in
// another namespace than that of the fixture: TestJudgementOfRoles has them.
var sameForAll = map[string]bool{
	"deprecated-api-version": true, "topology-spread-missing": true, "yaml-keys-unsorted": true,
	"rbac-cloud-auth-configmap-write": true, "rbac-coredns-config-write": true,
}

// TestEveryKindCanFail: a control on whole objects names no kind that nothing is known to be wrong with. Those whose kinds are a
// parameter are tried on the kinds of the example.
func TestEveryKindCanFail(t *testing.T) {
	for _, c := range controls.All() {
		if slices.ContainsFunc(c.Params, func(p control.Param) bool { return p.Name == "kinds" }) || sameForAll[c.ID] || c.Scope == control.Everything {
			continue
		}
		kinds := slices.Clone(c.Kinds)
		cases(c, fixture.Linux, c.Breaks(), func(b *broken) bool {
			kinds = slices.DeleteFunc(kinds, func(k control.Kind) bool { return k.Kind == b.kind })
			return c.Scope == control.Objects && len(kinds) > 0
		})
		for _, kind := range kinds {
			t.Errorf("%s: no change breaks a %s", c.ID, kind.Kind)
		}
	}
}

func TestGoodChangesPass(t *testing.T) {
	n := 0
	eachVariant(t, func(t *testing.T, c *control.Control, v fixture.Variant) {
		cases(c, v, c.Good, func(b *broken) bool {
			for _, j := range parse(t, b.data).judge(c, control.LatestMinor) {
				if n++; !j.holds() {
					t.Errorf("%s: %s", b, reasons(j))
				}
			}
			return true
		})
	})
	t.Logf("%d verdicts", n)
}

// unsettles are the fixes that make another control of the hardened pod fail, and why that is as it should be.
var unsettles = map[string]map[string]string{
	"cpu-request-missing":    {"resource-requests-differ-from-limits": "a request without a limit, which is missing too"},
	"memory-request-missing": {"resource-requests-differ-from-limits": "a request without a limit, which is missing too"},
	"namespace-psa-enforce-missing": {
		"namespace-psa-version-unpinned":   "a level without a version; before there was no level",
		"namespace-psa-warn-audit-missing": "the level below the highest; before there was no level",
	},
	"memory-limit-missing":       {"resource-ratio-too-high": "the request is too low for any sensible limit"},
	"priority-class-not-allowed": {"priority-class-missing": "the class that is not allowed goes away"},
}

// byHand are the controls that can fix only some of what they find, and why.
var byHand = map[string]string{
	"deprecated-api-version":      "where fields change with the version a person has to rewrite them",
	"external-secret-api-retired": "from v1alpha1 on fields changed",
	"secret-in-env-var":           "ephemeral containers join a running pod, whose volumes cannot be changed",
}

// reaching are the controls whose fixes change more than what is wrong, and what that is.
var reaching = map[string]string{"secret-in-env-var": "the Secret is mounted where it was a variable"}

func TestFixesFix(t *testing.T) {
	n := 0
	all := controls.All()
	eachVariant(t, func(t *testing.T, c *control.Control, v fixture.Variant) {
		cases(c, v, c.Breaks(), func(b *broken) bool {
			p := parse(t, b.data)
			bad := failuresOf(p.judge(c, control.LatestMinor))
			var edits []control.Edit
			for _, j := range bad {
				edits = append(edits, j.rule.Edits(&j.subject, j.subject.Root(), nil)...)
			}
			if c.Fix != control.Auto || len(bad) == 0 {
				return true // what is not found is reported by the law on breaks
			}
			if n++; len(edits) == 0 {
				if byHand[c.ID] == "" {
					t.Errorf("%s: no edits", b)
				}
				return true
			}
			for _, e := range edits {
				path := []byte(p.object.Root.Path(e.At))
				for _, key := range e.Path {
					path = append(path, '.')
					path = append(path, key...)
				}
				if at := string(path); b.container != "" && !elsewhere[c.ID] && reaching[c.ID] == "" && !within(at, b.field) {
					t.Errorf("%s: changed is %s, the fix %ss %s", b, b.field, e.Op, at)
				}
			}
			p.data = tree.Clone(p.data).(fixture.Map)
			if err := p.edit(edits); err != nil {
				t.Errorf("%s: %v", b, err)
				return true
			}
			fixed := parse(t, p.data)
			for _, j := range failuresOf(fixed.judge(c, control.LatestMinor)) {
				t.Errorf("%s: not fixed: %s", b, reasons(j))
			}
			if b.kind != "Pod" && c.Scope != control.Objects {
				return true
			}
			broken := parse(t, b.data)
			for _, other := range all {
				if len(failuresOf(broken.judge(other, control.LatestMinor))) > 0 {
					continue
				}
				for _, j := range failuresOf(fixed.judge(other, control.LatestMinor)) {
					if unsettles[c.ID][other.ID] == "" && (v == fixture.Linux || other.ID != "user-namespace-not-used") {
						t.Errorf("%s: the fix breaks %s: %s", b, other.ID, reasons(j))
					}
				}
			}
			return true
		})
	})
	t.Logf("%d fixes", n)
}

// independent are edges of Suppresses whose second control need not fail where the first does. They fold findings all the
// same, because the fix of the first one settles the second.
var independent = map[[2]string]string{
	{"privileged-container", "privilege-escalation-allowed"}:   "the API server refuses the two settings beside each other, so a privileged container always may",
	{"ssh-server-in-container", "privileged-container-port"}:   "the server can be named by its command",
	{"host-path-volume", "volume-type-not-allowed"}:            "the derived change gives one volume two types, which the API server refuses",
	{"ingress-nginx-vulnerable-or-retired", "addon-known-cve"}: "the last releases are open to nothing that was published, and have to go all the same",
	{"git-repo-volume", "volume-type-not-allowed"}:             "the derived change gives one volume two types, which the API server refuses",
}

func TestSuppressedControlsFailToo(t *testing.T) {
	n := 0
	eachVariant(t, func(t *testing.T, c *control.Control, v fixture.Variant) {
		for _, id := range c.Suppresses {
			other := controls.Find(id)[0]
			cases(c, v, c.Breaks(), func(b *broken) bool {
				// What the pod sets, the containers of the fixtures override.
				if b.kind != "Pod" || c.Scope == control.Containers && b.sort != object.Regular {
					return true
				}
				p := parse(t, b.data)
				if len(failuresOf(p.judge(c, control.LatestMinor))) == 0 || len(p.judge(other, control.LatestMinor)) == 0 {
					return true
				}
				if n++; len(failuresOf(p.judge(other, control.LatestMinor))) == 0 && independent[[2]string{c.ID, id}] == "" {
					t.Errorf("%s: %s passes", b, id)
				}
				return true
			})
		}
	})
	t.Logf("%d implications", n)
}

func TestFind(t *testing.T) {
	for id, want := range map[string]string{
		"privileged-container":             "privileged-container",
		"Privileged-Container":             "privileged-container",
		"CKV_K8S_16":                       "privileged-container",
		"ckv_k8s_16":                       "privileged-container",
		"KSV-0017":                         "privileged-container",
		"KSV017":                           "privileged-container",
		"AVD-KSV-0017":                     "privileged-container",
		"avd-ksv-0017":                     "privileged-container",
		"trivy:KSV017":                     "privileged-container",
		"C-0057":                           "privileged-container",
		"runAsPrivileged":                  "privileged-container",
		"disallow-privileged-containers":   "privileged-container",
		"psa:privileged":                   "privileged-container",
		"no-read-only-root-fs":             "read-only-root-filesystem-missing",
		"kube-linter:no-read-only-root-fs": "read-only-root-filesystem-missing",
		"cpuLimitsMissing":                 "cpu-limit-missing",
		"container-image-pull-policy":      "image-pull-policy-not-always",
		"CKV_K8S_20":                       "privilege-escalation-allowed",
	} {
		if !slices.ContainsFunc(controls.Find(id), func(c *control.Control) bool { return c.ID == want }) {
			t.Errorf("Find(%q) does not find %s", id, want)
		}
	}
	for _, id := range []string{"", "no-such-control", "KSV", "KSV-9999", "trivy:CKV_K8S_16", "privileged container"} {
		if found := controls.Find(id); len(found) > 0 {
			t.Errorf("Find(%q) finds %s", id, found[0].ID)
		}
	}
	if got := controls.Find("C-0057"); len(got) != 1 {
		t.Errorf("C-0057 stands for %d controls", len(got))
	}
}

func TestAllIsFresh(t *testing.T) {
	controls.All()[0] = nil
	if controls.All()[0] == nil {
		t.Error("callers share the list")
	}
}
