package controls_test

import (
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

const (
	oneNode    = "---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\n"
	ownCluster = "apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nmetadata: {name: prod}\nspec: {serverVersion: {gitVersion: v1.37.2}}\n"
	eksCluster = "apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nmetadata: {name: prod}\nspec: {serverVersion: {gitVersion: v1.37.2-eks-1552ad0}}\n"
)

// outcomeOfCluster judges documents with all controls and returns what is told, as "status control: message", and the summary.
func outcomeOfCluster(t *testing.T, manifests string) (all []string, summary *report.Summary, chosen []*control.Control) {
	t.Helper()
	for _, c := range controls.All() {
		if c.Profile == "" {
			chosen = append(chosen, c)
		}
	}
	var inputs iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		yield(engine.Input{Path: "cluster.yaml", Read: func() ([]byte, error) { return []byte(manifests), nil }})
	}
	summary, err := engine.Scan(t.Context(), inputs, &engine.Options{Controls: chosen, Version: control.LatestMinor, Now: now}, func(f *report.File) error {
		for i := range f.Findings {
			all = append(all, f.Findings[i].Status.String()+" "+f.Findings[i].Message)
		}
		for _, p := range f.Problems {
			t.Errorf("problem: %s", p.Message)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all, summary, chosen
}

// TestComponentsThatWereNotSeen: of a running cluster each component of which nothing was seen is unknown, and told once.
func TestComponentsThatWereNotSeen(t *testing.T) {
	got, summary, chosen := outcomeOfCluster(t, ownCluster+oneNode)
	mirrors, nodeFacts := ": mirror pods are missing and no --node-facts were given", ": its configuration was not read by the API, and no --node-facts were given"
	want := []string{
		"fail no namespace enforces a Pod Security level, and no admission policy refuses anything",
		"fail no sensor that is known watches what containers do",
		"unknown no etcd was seen" + mirrors,
		"unknown no kube-apiserver was seen" + mirrors,
		"unknown no kube-controller-manager was seen" + mirrors,
		"unknown no kube-scheduler was seen" + mirrors,
		"unknown no kubelet was seen" + nodeFacts,
		"unknown whether the network plugin enforces policies is not known: none that is known was seen",
		"unknown whether traffic between nodes is encrypted is not known: no network plugin was seen that is known to do so, and whether the cloud does is not seen from here",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if summary.Provider != "" {
		t.Errorf("provider %q", summary.Provider)
	}
	for i, c := range chosen {
		if _, ok := c.Require.(*control.OnComponents); ok && summary.Controls[i][control.Pass] > 0 {
			t.Errorf("%s passes though nothing was seen", c.ID)
		}
	}
}

// TestManagedControlPlane: what the provider runs is not for the user of the cluster, and his name is told; kubelets are.
func TestManagedControlPlane(t *testing.T) {
	got, summary, chosen := outcomeOfCluster(t, eksCluster+oneNode)
	for _, line := range got {
		if strings.Contains(line, "kube-apiserver was") || strings.Contains(line, "etcd was") || strings.Contains(line, "kube-controller-manager was") || strings.Contains(line, "kube-scheduler was") {
			t.Errorf("told: %s", line)
		}
	}
	if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "unknown no kubelet was seen") }) {
		t.Errorf("nothing of kubelets in %q", got)
	}
	if summary.Provider != "Amazon EKS" {
		t.Errorf("provider %q", summary.Provider)
	}
	n := 0
	for i, c := range chosen {
		if c.ID != "apiserver-anonymous-auth-enabled" && c.ID != "etcd-server-tls-missing" && c.ID != "scheduler-profiling-enabled" && c.ID != "audit-log-not-shipped" {
			continue
		}
		n++
		if summary.Controls[i] != (control.Counts{control.NotApplicable: 1}) || !strings.HasSuffix(summary.Exempt[i], " is run by Amazon EKS") {
			t.Errorf("%s: %v, %q", c.ID, summary.Controls[i], summary.Exempt[i])
		}
	}
	if n != 4 {
		t.Errorf("%d controls were looked at", n)
	}
}

// TestSeenComponentsAreJudged: a mirror pod is looked at, whoever runs the cluster.
func TestSeenComponentsAreJudged(t *testing.T) {
	for _, facts := range []string{ownCluster, eksCluster} {
		got, _, _ := outcomeOfCluster(t, facts+"---\n"+control.ComponentPod(component.APIServer, "v1.37.2", "--profiling=true"))
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "--profiling") }) || slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "no kube-apiserver was seen") }) {
			t.Errorf("%q", got)
		}
	}
}

// TestAbsenceNeedsAWholeCluster: what is not among manifests is somewhere else, and so is what a scan of several clusters does not have.
func TestAbsenceNeedsAWholeCluster(t *testing.T) {
	const plain = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\n"
	for _, documents := range []string{plain, ownCluster + "---\n" + strings.ReplaceAll(eksCluster, "prod", "other") + plain} {
		got, _, _ := outcomeOfCluster(t, documents)
		for _, line := range got {
			for _, absent := range []string{"was seen", "no sensor", "enforces a Pod Security level", "network plugin", "traffic between nodes"} {
				if strings.Contains(line, absent) {
					t.Errorf("told of manifests: %s", line)
				}
			}
		}
	}
}

// TestNodePoolsOfOneCause: as many kubelets of one version are one finding, which names some of them.
func TestNodePoolsOfOneCause(t *testing.T) {
	manifests := ownCluster
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		manifests += "---\napiVersion: v1\nkind: Node\nmetadata: {name: " + name + "}\nstatus: {nodeInfo: {kubeletVersion: v1.28.4}}\n"
	}
	c := controls.Find("kubernetes-version-unsupported")[0]
	found, summary := findings(t, manifests, c)
	if len(found) != 1 || !strings.HasPrefix(found[0].Message, "the kubelet of 8 nodes is v1.28.4") || len(found[0].Related) != 5 {
		t.Errorf("%+v", found)
	}
	if summary.Controls[0][control.Fail] != 1 || summary.Controls[0][control.Pass] != 1 {
		t.Errorf("%v", summary.Controls[0])
	}
}

// TestUnknownOfLiveControls: what the API did not say is unknown, with the reason.
func TestUnknownOfLiveControls(t *testing.T) {
	for id, manifest := range map[string]string{
		"apiserver-endpoint-public":          "apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nmetadata: {name: a}\nspec: {endpoint: {host: api, proxy: true, addresses: [203.0.113.1]}}\n",
		"auth-client-certificates-for-users": "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: a}\nspec: {signerName: kubernetes.io/kube-apiserver-client, request: aGVsbG8=}\n",
		"rbac-system-masters-certificate":    "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: a}\nspec: {signerName: kubernetes.io/kube-apiserver-client}\n",
		"image-running-digest-differs": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"a@sha256:" + strings.Repeat("0", 64) +
			"\"}]}\nstatus: {containerStatuses: [{name: a, imageID: \"sha256:" + strings.Repeat("1", 64) + "\"}]}\n",
		"kubernetes-known-cve":           "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {nodeInfo: {kubeletVersion: main}}\n",
		"kubernetes-version-unsupported": "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus: {nodeInfo: {kubeletVersion: v1.99.0}}\n",
	} {
		found, _ := findings(t, manifest, controls.Find(id)[0])
		if len(found) != 1 || found[0].Status != control.Unknown || found[0].Reason == "" {
			t.Errorf("%s: %+v", id, found)
		}
	}
	// A request that was denied is nobody's certificate.
	found, summary := findings(t, "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: a}\nspec: {signerName: kubernetes.io/kube-apiserver-client, request: aGVsbG8=}\n"+
		"status: {conditions: [{type: Denied, status: \"True\"}]}\n", controls.Find("auth-client-certificates-for-users")[0])
	if len(found) != 0 || summary.Controls[0][control.NotApplicable] != 1 {
		t.Errorf("%+v", found)
	}
}

// TestLastAppliedIsNotShown: the copy of a Secret reaches no finding.
func TestLastAppliedIsNotShown(t *testing.T) {
	found, _ := findings(t, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{\"kind\":\"Secret\",\"data\":{\"password\":\"aHVudGVyMmh1bnRlcjI=\"}}'\n",
		controls.Find("secret-in-last-applied-annotation")[0])
	if len(found) != 1 || !found[0].Secret || found[0].Value != "" || strings.Contains(found[0].Snippet+found[0].Message, "aHVudGVy") {
		t.Errorf("%+v", found)
	}
}

// TestEveryKubeletCounts: what is seen of the kubelet of one node says nothing of the others.
func TestEveryKubeletCounts(t *testing.T) {
	const file = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication: {anonymous: {enabled: false}}\n"
	c := controls.Find("kubelet-anonymous-auth-enabled")[0]
	nodes := strings.ReplaceAll(oneNode, "name: a", "name: node-a") + strings.ReplaceAll(oneNode, "name: a", "name: node-b")
	for name, want := range map[string]struct {
		path, manifests, told string
		passed, exempt        int
	}{
		"both unseen":  {"", ownCluster + nodes, "no kubelet was seen: its configuration was not read by the API, and no --node-facts were given", 0, 0},
		"one unseen":   {"facts/node-a/var/lib/kubelet/config.yaml", ownCluster + nodes, "the kubelets of 1 of 2 nodes (node-b) were not seen: its configuration was not read by the API, and no --node-facts were given", 1, 0},
		"the only one": {"node-a.yaml", ownCluster + strings.ReplaceAll(oneNode, "name: a", "name: node-a"), "", 1, 0},
		"no nodes":     {"", ownCluster, "", 0, 1},
		"manifests":    {"config.yaml", oneNode, "", 1, 0},
		"nodes unread": {"", ownCluster[:len(ownCluster)-2] + ", unread: [{resource: nodes}]}\n", "no kubelet was seen: its configuration was not read by the API, and no --node-facts were given", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var inputs iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
				if want.path != "" && !yield(engine.Input{Path: want.path, Read: func() ([]byte, error) { return []byte(file), nil }}) {
					return
				}
				yield(engine.Input{Path: "cluster.yaml", Read: func() ([]byte, error) { return []byte(want.manifests), nil }})
			}
			told := ""
			summary, err := engine.Scan(t.Context(), inputs, &engine.Options{Controls: []*control.Control{c}, Version: control.LatestMinor, Now: now}, func(f *report.File) error {
				for i := range f.Findings {
					told += f.Findings[i].Message
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if told != want.told || summary.Controls[0][control.Pass] != want.passed || summary.Controls[0][control.NotApplicable] != want.exempt {
				t.Errorf("%q, %v", told, summary.Controls[0])
			}
		})
	}
}

// TestEtcdOfAnApplication: it is not the cluster's, which then was not seen.
func TestEtcdOfAnApplication(t *testing.T) {
	found, _ := findings(t, ownCluster+"---\n"+strings.ReplaceAll(control.ComponentPod(component.Etcd, "3.6.5-0"), "kube-system", "shop"), controls.Find("etcd-server-tls-missing")[0])
	if len(found) != 1 || found[0].Status != control.Unknown || !strings.HasPrefix(found[0].Message, "no etcd was seen") {
		t.Errorf("%+v", found)
	}
}
