package workload_test

import (
	"fmt"
	"testing"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/workload"
)

// read reads documents; each is known by its number.
func read(t *testing.T, text string) *workload.Set {
	t.Helper()
	src, set, number := []byte(text), &workload.Set{}, 0
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatal(err)
		}
		for o := range object.Each(parsed.Root()) {
			set.Add(o, number)
			number++
		}
	}
	return set
}

func TestWorkloads(t *testing.T) {
	set := read(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}, annotations: {a: b}}
    spec:
      hostNetwork: true
      serviceAccount: old
      automountServiceAccountToken: false
      initContainers: [{name: i, image: x, restartPolicy: Always}]
      containers: [{name: c, image: y, ports: [{name: http, containerPort: 80}, {containerPort: 53, protocol: UDP, hostPort: 5353}]}]
---
{apiVersion: v1, kind: Pod, metadata: {generateName: job-, ownerReferences: [{kind: Job, controller: true}]}, spec: {containers: []}}
---
{apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: t}, spec: {a: {template: {spec: {containers: [{name: a}]}}}, b: {template: {spec: {containers: [{name: b}]}}}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}
`)
	if len(set.Workloads) != 4 {
		t.Fatalf("%d workloads", len(set.Workloads))
	}
	w := &set.Workloads[0]
	got := fmt.Sprint(w.String(), " ", w.PodPath, " ", w.SpecPath(), " ", w.Labels, " ", w.Annotations, " ", w.ServiceAccount, " ", w.AccountField, " ", *w.AutomountToken, " ", w.HostNetwork, " ", w.Containers)
	want := "Deployment/shop/web spec.template spec.template.spec app=web a=b old serviceAccount false true [{i x sidecar container []} {c y container [{http 80 TCP 0} { 53 UDP 5353}]}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p := &set.Workloads[1]
	if p.String() != "Pod/default/job-*" || !p.Controlled || p.ServiceAccount != "default" || p.PodPath != "" || p.SpecPath() != "spec" || p.AutomountToken != nil {
		t.Errorf("pod %+v", p)
	}
	if a, b := set.Workloads[2], set.Workloads[3]; a.Object != 2 || b.Object != 2 || a.SpecPath() != "spec.a.template.spec" || b.Containers[0].Name != "b" {
		t.Errorf("custom resource %+v %+v", a, b)
	}
}

func TestServices(t *testing.T) {
	set := read(t, `
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: shop, annotations: {x: y}}, spec: {selector: {app: web}, ports: [{port: 80}, {name: n, port: 443, targetPort: https, protocol: TCP, nodePort: 30443, appProtocol: https}, {port: 53, targetPort: 5353, protocol: UDP}, {port: 1, targetPort: ""}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: ExternalName, externalName: x.example.com, clusterIP: None, externalIPs: [1.2.3.4], loadBalancerSourceRanges: [10.0.0.0/8]}}
`)
	a, b := &set.Services[0], &set.Services[1]
	if got, want := fmt.Sprint(a.Type, a.Ports), "ClusterIP[{ 80 TCP 80  0 } {n 443 TCP 0 https 30443 https} { 53 UDP 5353  0 } { 1 TCP 1  0 }]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if b.String() != "default/b" || b.Type != "ExternalName" || !b.Headless || b.ExternalName != "x.example.com" || b.ExternalIPs[0] != "1.2.3.4" || b.SourceRanges[0] != "10.0.0.0/8" {
		t.Errorf("service %+v", b)
	}
	web := read(t, "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, labels: {app: web, x: y}}, spec: {containers: []}}").Workloads[0]
	other := web
	other.Namespace = "other"
	if !a.Selects(&web) || a.Selects(&other) || b.Selects(&web) {
		t.Error("selection")
	}
}

// TestTokens follows the documentation: the pod beats its account, and what says nothing means yes.
func TestTokens(t *testing.T) {
	const container = "containers: [{name: c}]"
	mount := "containers: [{name: c, volumeMounts: [{name: v, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}]"
	token := func(extra string) string {
		return ", volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: token" + extra + "}}]}}]"
	}
	for _, c := range []struct {
		name, account, pod string
		want               bool
	}{
		{"nothing is said", "", container, true},
		{"account says no", "automountServiceAccountToken: false", container, false},
		{"pod says yes, account no", "automountServiceAccountToken: false", container + ", automountServiceAccountToken: true", true},
		{"pod says no, account yes", "automountServiceAccountToken: true", container + ", automountServiceAccountToken: false", false},
		{"projected for the API server", "automountServiceAccountToken: false", container + token(""), true},
		{"projected for somebody else", "automountServiceAccountToken: false", container + token(", audience: vault"), false},
		{"hidden by a volume", "", mount, false},
		{"undeclared account", "-", container, true},
	} {
		account := "{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: shop}, " + c.account + "}\n---\n"
		if c.account == "-" {
			account = ""
		}
		set := read(t, account+"{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {"+c.pod+"}}\n")
		if got := workload.NewIndex(set).HasToken(&set.Workloads[0]); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func TestNodeAccess(t *testing.T) {
	for spec, want := range map[string]string{
		"containers: [{name: a, securityContext: {privileged: yes}}]":                                                "container a is privileged",
		"containers: [{name: a, securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}}]":                           "container a has the capability SYS_ADMIN",
		"containers: [{name: a}], volumes: [{name: h, hostPath: {path: /}}]":                                         "it mounts / of the node",
		"containers: [{name: a}], volumes: [{name: h, hostPath: {path: /run/containerd/containerd.sock}}]":           "it mounts /run/containerd/containerd.sock of the node",
		"containers: [{name: a}], volumes: [{name: h, hostPath: {path: /usr/share/zoneinfo}}]":                       "",
		"containers: [{name: a, securityContext: {capabilities: {add: [SYS_PTRACE]}}}], hostPID: true":               "container a can trace the node's processes",
		"containers: [{name: a, securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}}], hostPID: true":         "",
		"initContainers: [{name: i, securityContext: {privileged: true}}], containers: [{name: a}], hostUsers: true": "init container i is privileged",
	} {
		set := read(t, "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {"+spec+"}}")
		if got := set.Workloads[0].NodeAccess; got != want {
			t.Errorf("%s: got %q, want %q", spec, got, want)
		}
	}
}

func TestMergeAndIndex(t *testing.T) {
	all := read(t, "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {containers: []}}\n")
	all.Merge(read(t, "{apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}}\n---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: shop}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n"), 2)
	if all.Services[0].Object != 2 || all.Accounts[0].Object != 3 || all.Namespaces[1].Object != 4 {
		t.Errorf("numbers %+v", all)
	}
	x := workload.NewIndex(all)
	if ns := x.Namespace("shop"); ns == nil || ns.Object != 0 || !ns.Labels.Has(workload.NameLabel, "shop") || !ns.Labels.Has("team", "a") {
		t.Errorf("namespace %+v", ns)
	}
	if x.Namespace("other") != nil || x.NamespaceLabels("other").String() != workload.NameLabel+"=other" {
		t.Error("a namespace that is not declared")
	}
	if x.Account("shop", "a") == nil || x.Account("other", "a") != nil || len(x.Workloads("shop")) != 1 || len(x.Services("shop")) != 1 {
		t.Error("index")
	}
}
