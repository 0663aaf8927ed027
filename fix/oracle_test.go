package fix_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

const oracle = "../../shared/oracle"

// oracleCase is a labelled case of another tool.
type oracleCase struct {
	ID, Source, Check, Note string
	Needs, Files            []string
}

// asked is what we fix where another tool fixes a check.
type asked struct {
	controls []string
	params   map[string][]string
	// holds is what has to be so for a pod afterwards, where there is no file to compare with.
	holds func(p *object.Pod) bool
}

func askedFor() map[string]asked {
	each := func(test func(p *object.Pod, c tree.Node) bool) func(p *object.Pod) bool {
		return func(p *object.Pod) bool {
			for c := range p.Containers() {
				if !test(p, c.Node) {
					return false
				}
			}
			return true
		}
	}
	own := func(n tree.Node, keys ...string) tree.Node {
		n = n.Get("securityContext")
		for _, k := range keys {
			n = n.Get(k)
		}
		return n
	}
	inForce := func(p *object.Pod, c tree.Node, keys ...string) tree.Node {
		if n := own(c, keys...); n.Exists() {
			return n
		}
		return own(p.Spec, keys...)
	}
	is := func(n tree.Node, want bool) bool { v, ok := n.Bool(); return ok && v == want }
	return map[string]asked{
		"polaris mutate:cpuLimitsMissing":      {controls: []string{"cpu-limit-missing"}, params: map[string][]string{"value": {"100m"}}},
		"polaris mutate:memoryLimitsMissing":   {controls: []string{"memory-limit-missing"}, params: map[string][]string{"value": {"512Mi"}}},
		"polaris mutate:dangerousCapabilities": {controls: []string{"capability-added-dangerous"}},
		"polaris mutate:hostNetworkSet":        {controls: []string{"host-network"}},
		"polaris mutate:runAsRootAllowed":      {controls: []string{"run-as-non-root-missing"}},
		"kubeaudit fix:apparmor": {controls: []string{"apparmor-profile-missing", "apparmor-unconfined"}, holds: each(func(p *object.Pod, c tree.Node) bool {
			for key, value := range p.Meta.Get("annotations").Pairs() {
				if strings.HasSuffix(key.Text(), "/"+c.Get("name").Text()) {
					return value.Text() == "runtime/default" || strings.HasPrefix(value.Text(), "localhost/")
				}
			}
			return inForce(p, c, "appArmorProfile", "type").StrIs("RuntimeDefault")
		})},
		"kubeaudit fix:asat": {controls: []string{"service-account-token-automounted", "deprecated-service-account-field"}, holds: func(p *object.Pod) bool {
			return is(p.Spec.Get("automountServiceAccountToken"), false)
		}},
		"kubeaudit fix:hostns": {controls: []string{"host-network", "host-pid", "host-ipc"}, holds: func(p *object.Pod) bool {
			return !is(p.Spec.Get("hostNetwork"), true) && !is(p.Spec.Get("hostPID"), true) && !is(p.Spec.Get("hostIPC"), true)
		}},
		"kubeaudit fix:nonroot": {controls: []string{"run-as-non-root-missing", "run-as-root-user"}, holds: each(func(p *object.Pod, c tree.Node) bool {
			id, ok := inForce(p, c, "runAsUser").Int()
			return is(inForce(p, c, "runAsNonRoot"), true) && (!ok || id != 0)
		})},
		"kubeaudit fix:privileged": {controls: []string{"privileged-container"}, holds: each(func(_ *object.Pod, c tree.Node) bool { return !is(own(c, "privileged"), true) })},
		"kubeaudit fix:rootfs": {controls: []string{"read-only-root-filesystem-missing"}, holds: each(func(_ *object.Pod, c tree.Node) bool {
			return is(own(c, "readOnlyRootFilesystem"), true)
		})},
		"kubeaudit fix:seccomp": {controls: []string{"seccomp-profile-missing", "seccomp-unconfined", "seccomp-deprecated-annotation"}, holds: each(func(p *object.Pod, c tree.Node) bool {
			return inForce(p, c, "seccompProfile", "type").StrIs("RuntimeDefault")
		})},
	}
}

// otherwise are the cases in which we do something else on purpose, by check.
func otherwise() map[string]string {
	return map[string]string{
		"polaris mutate:deploymentMissingReplicas": "how many replicas there should be only a person can decide",
		"polaris mutate:readinessProbeMissing":     "a probe that nobody has tried takes a workload out of service",
		"polaris mutate:pullPolicyNotAlways":       "an image without a tag is pulled at every start by default, and one with a version need not be",
		"kubeaudit fix:netpols":                    "a policy that denies everything is a new document, which generate network writes from what is used",
		"kubeaudit fix:privesc":                    "all cases are about the labels with which kubeaudit waives",
	}
}

// TestFixesOfOtherTools makes our fixes where other tools say what theirs make, and compares what it means.
func TestFixesOfOtherTools(t *testing.T) {
	f, err := os.Open(filepath.Join(oracle, "cases.jsonl"))
	if err != nil {
		t.Skip("the cases of other tools are not here: ", err)
	}
	defer func() { _ = f.Close() }()
	agreed, waived, apart := 0, 0, map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c oracleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(c.Check, "mutate:") && !strings.HasPrefix(c.Check, "fix:") || c.Source != "polaris" && c.Source != "kubeaudit" {
			continue
		}
		name := c.Source + " " + c.Check
		want, ok := askedFor()[name]
		why := otherwise()[name]
		switch {
		case slices.Contains(c.Needs, "waiver"):
			waived++ // labels of kubeaudit, which mean nothing to us
		case why != "":
			apart[why]++
		case !ok:
			t.Errorf("%s: nobody says what we do", name)
		case c.agrees(t, &want):
			agreed++
		default:
			t.Errorf("%s: %s is not as they want it", name, c.Files[0])
		}
	}
	for why, n := range apart {
		t.Logf("%d otherwise: %s", n, why)
	}
	t.Logf("%d agree, %d are about their waivers", agreed, waived)
	if agreed < 25 {
		t.Errorf("only %d agree", agreed)
	}
}

// agrees makes our fix and compares it.
func (c *oracleCase) agrees(t *testing.T, want *asked) bool {
	t.Helper()
	opts := &engine.Options{Version: control.LatestMinor, Fixes: true, Jobs: 1, Params: map[string]map[string][]string{}}
	for _, id := range want.controls {
		found := controls.Find(id)
		if len(found) != 1 {
			t.Fatalf("no control %s", id)
		}
		opts.Controls = append(opts.Controls, found[0])
		opts.Params[id] = want.params
	}
	src, err := os.ReadFile(filepath.Join(oracle, c.Files[0]))
	if err != nil {
		t.Fatal(err)
	}
	got := settled(t, c.Files[0], src, opts)
	if want.holds == nil {
		theirs, err := os.ReadFile(filepath.Join(oracle, c.Files[1]))
		if err != nil {
			t.Fatal(err)
		}
		a, b := values(t, got), values(t, theirs)
		if !reflect.DeepEqual(a, b) {
			t.Logf("we make\n%s\nand they make\n%s", got, theirs)
			return false
		}
		return true
	}
	parser := tree.NewParser()
	for doc := range tree.Split(got) {
		root, err := parser.Parse(got, doc)
		if err != nil {
			t.Fatal(err)
		}
		for o := range object.Each(root.Root()) {
			for p := range o.Pods() {
				if !want.holds(p) {
					t.Logf("we make\n%s", got)
					return false
				}
			}
		}
	}
	return true
}

// values are the documents of a file as data, without mappings in which nothing is.
func values(t *testing.T, src []byte) (out []any) {
	t.Helper()
	parser := tree.NewParser()
	for doc := range tree.Split(src) {
		root, err := parser.Parse(src, doc)
		if err != nil {
			t.Fatal(err)
		}
		text, err := root.Root().AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, pruned(v))
	}
	return out
}

func pruned(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if m, ok := pruned(x).(map[string]any); ok && len(m) == 0 {
				delete(v, k)
			}
		}
	case []any:
		for _, x := range v {
			pruned(x)
		}
	}
	return v
}
