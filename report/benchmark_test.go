package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/framework/cis"
)

// onItem is a control that decides items of the benchmark.
func onItem(id string, numbers ...string) *control.Control {
	return &control.Control{ID: id, Title: "Do it", Severity: control.High, Refs: control.Refs{CIS: numbers}}
}

var (
	anonymous  = onItem("apiserver-anonymous-auth-enabled", "1.2.1")
	tokens     = onItem("apiserver-token-auth-file-set", "1.2.2")
	encryption = onItem("encryption-provider-weak", "1.2.28")
	identity   = onItem("encryption-identity-provider-first", "1.2.28")
	hostPID    = onItem("host-pid", "5.2.3")
	baselined  = onItem("namespace-psa-below-baseline", "5.2.3", "5.2.5")
	hostIPC    = onItem("host-ipc", "5.2.4")
	hostNet    = onItem("host-network", "5.2.5")
	variables  = onItem("secret-in-env-var", "5.4.1")
	kubelet    = onItem("kubelet-anonymous-auth-enabled", "4.2.1")
	masters    = onItem("auth-client-certificates-for-users", "3.1.1")
)

func benchmarkRun() (*Run, []*File, *Summary) {
	run := &Run{
		Version: "v0.1.0", KubernetesVersion: 37, FailOn: control.High, Framework: "cis",
		Controls: []*control.Control{anonymous, tokens, encryption, identity, hostPID, baselined, hostIPC, hostNet, variables, kubelet, masters},
	}
	const line = "      hostPID: true"
	files := []*File{{Path: "deploy/a.yaml", Documents: 5, Objects: 5, Judged: 5}, {Path: "facts.yaml", Across: true}}
	for _, name := range []string{"a", "b", "c|d\x1b[31m", "e"} {
		files[0].Findings = append(files[0].Findings, control.Finding{
			Control: hostPID, Status: control.Fail, Severity: control.High, Message: "hostPID is true", Path: "spec.hostPID", Value: "true",
			Ref: control.Ref{APIVersion: "v1", Kind: "Pod", Namespace: "shop", Name: name}, Place: at("deploy/a.yaml", 7, line, "true"), Snippet: line,
			Folded: []string{"host-ipc"},
		})
	}
	files[1].Findings = []control.Finding{{
		Control: anonymous, Status: control.Unknown, Severity: control.High, Message: "no kube-apiserver was seen", Reason: "no kube-apiserver was seen",
		Ref: control.Ref{APIVersion: "kubeharden.io/v1alpha1", Kind: "ClusterFacts", Name: "prod"}, Place: at("facts.yaml", 3, "  name: prod", "prod"), Snippet: "  name: prod",
		Folded: []string{"apiserver-token-auth-file-set"},
	}}
	s := &Summary{
		Controls: []control.Counts{
			{control.Unknown: 1},       // apiserver-anonymous-auth-enabled
			{control.Unknown: 1},       // folded into it
			{control.Pass: 1},          // encryption-provider-weak
			{},                         // encryption-identity-provider-first
			{control.Pass: 1, 4},       // host-pid
			{control.Pass: 2},          // namespace-psa-below-baseline
			{0, 4},                     // host-ipc, folded
			{control.NotApplicable: 5}, // host-network
			{control.Waived: 1},        // secret-in-env-var
			{control.NotApplicable: 1}, // kubelet
			{},                         // certificates
		},
		Exempt: []string{9: "the node runs no kubelet", 10: ""},
		Failed: true,
	}
	for _, f := range files {
		s.Add(f)
	}
	return run, files, s
}

func TestBenchmarkOutcomes(t *testing.T) {
	run, files, s := benchmarkRun()
	outcomes := func() map[string]string {
		b := newBenchmark(run)
		for _, f := range files {
			b.add(f)
		}
		got := map[string]string{}
		for _, r := range b.results(s) {
			got[r.Number] = strings.TrimSuffix(r.Status+": "+r.detail(), ": ")
		}
		if len(got) != len(cis.Items()) {
			t.Errorf("%d of %d items", len(got), len(cis.Items()))
		}
		return got
	}
	check := func(got, want map[string]string) {
		t.Helper()
		for number, outcome := range want {
			if got[number] != outcome {
				t.Errorf("%s\ngot  %q\nwant %q", number, got[number], outcome)
			}
		}
	}
	check(outcomes(), map[string]string{
		"1.1.1":  "manual: stat /etc/kubernetes/manifests/kube-apiserver.yaml on each node of the control plane",
		"1.2.1":  "unknown: no kube-apiserver was seen",
		"1.2.2":  "unknown: no kube-apiserver was seen",
		"1.2.3":  "unknown: no control of this run decides it",
		"1.2.28": "unknown: encryption-identity-provider-first found nothing to look at",
		"3.1.1":  "unknown: nothing of this kind was looked at; by hand: who holds certificates of the cluster's authority, in kubeconfigs and the log of its signer",
		"4.2.1":  "not-applicable: the node runs no kubelet",
		"5.2.3":  "fail: 4 subjects: Pod/shop/a (deploy/a.yaml:7:16), Pod/shop/b (deploy/a.yaml:7:16), Pod/shop/c|d\x1b[31m (deploy/a.yaml:7:16) and more",
		"5.2.4":  "fail: 4 subjects: Pod/shop/a (deploy/a.yaml:7:16), Pod/shop/b (deploy/a.yaml:7:16), Pod/shop/c|d\x1b[31m (deploy/a.yaml:7:16) and more",
		"5.2.5":  "pass",
		"5.4.1":  "waived: somebody accepted what fails",
	})
	// What the provider runs is not for the user of the cluster; how people log in is.
	s.Provider = "Amazon EKS"
	s.Controls[0], s.Controls[1] = control.Counts{}, control.Counts{control.Fail: 1}
	check(outcomes(), map[string]string{
		"1.1.1":  "not-applicable: the control plane is run by Amazon EKS",
		"1.2.1":  "not-applicable: the control plane is run by Amazon EKS",
		"1.2.2":  "fail: 1 subject",
		"1.2.28": "unknown: encryption-identity-provider-first found nothing to look at",
		"2.7":    "not-applicable: the control plane is run by Amazon EKS",
		"4.1.1":  "manual: stat the kubelet's unit and its drop-ins on each node",
	})
	run.Framework = "nsa"
	if newBenchmark(run).results(s) != nil {
		t.Error("another framework has items of the benchmark")
	}
}

// TestNothingPassesUnseen: with controls on every item and nothing looked at, no item passes.
func TestNothingPassesUnseen(t *testing.T) {
	run := &Run{Framework: "cis"}
	for _, i := range cis.Items() {
		run.Controls = append(run.Controls, onItem("a-"+i.Number, i.Number))
	}
	s := &Summary{Controls: make([]control.Counts, len(run.Controls))}
	for _, provider := range []string{"", "Google GKE"} {
		s.Provider = provider
		for _, r := range newBenchmark(run).results(s) {
			if r.Status == itemPass || r.Status == itemFail {
				t.Errorf("%s is %s", r.Number, r.Status)
			}
		}
	}
}

func TestBenchmarkGolden(t *testing.T) {
	for name, c := range map[string]struct {
		format string
		opts   Options
	}{
		"cis-pretty": {"pretty", Options{}}, "cis-table": {"table", Options{Width: 120}}, "cis-markdown": {"markdown", Options{}}, "cis-json": {"json", Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			render := func() []byte {
				run, files, s := benchmarkRun()
				var b bytes.Buffer
				w, err := New(c.format, &b, c.opts)
				if err != nil {
					t.Fatal(err)
				}
				write(t, w, run, files, s)
				return b.Bytes()
			}
			got := render()
			golden := filepath.Join("testdata", name+".golden")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs (UPDATE_GOLDEN=1 rewrites it). Got:\n%s", golden, got)
			}
			if !bytes.Equal(got, render()) {
				t.Error("the same run gave other bytes")
			}
			if bytes.ContainsRune(got, '\x1b') {
				t.Error("an escape reaches the terminal")
			}
			switch c.format {
			case "json":
				err = validate(jsonSchema(t), got)
			case "markdown":
				if err = readMarkdown(got); len(got) > maxComment {
					t.Errorf("%d bytes", len(got))
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBenchmarkCommentIsBounded: a comment holds the items and as many findings as there is room for.
func TestBenchmarkCommentIsBounded(t *testing.T) {
	run, files, s := benchmarkRun()
	long := files[0].Findings[0]
	long.Ref.Name = strings.Repeat("x", 500)
	for _, i := range cis.Items() {
		c := onItem("a-"+i.Number, i.Number)
		run.Controls, s.Controls = append(run.Controls, c), append(s.Controls, control.Counts{control.Fail: 3})
		for range 20 {
			long.Control = c
			files[0].Findings = append(files[0].Findings, long)
		}
	}
	s.Exempt = nil
	var b bytes.Buffer
	write(t, NewMarkdown(&b), run, files, s)
	if b.Len() > maxComment || strings.Count(b.String(), "**fail**") < len(cis.Items()) {
		t.Errorf("%d bytes, %d items that fail", b.Len(), strings.Count(b.String(), "**fail**"))
	}
}
