package inventory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// gatherText keeps what an inventory keeps of documents.
func gatherText(t testing.TB, src string) *inventory.Inventory {
	t.Helper()
	v, p := inventory.New(), &inventory.Part{}
	for doc := range tree.Split([]byte(src)) {
		parsed, err := tree.NewParser().Parse([]byte(src), doc)
		if err != nil {
			t.Fatal(err)
		}
		for o := range object.Each(parsed.Root()) {
			p.Add(o, object.Origin{File: "a.yaml", Line: 1})
		}
	}
	v.Merge(p)
	return v
}

func TestNodes(t *testing.T) {
	v := gatherText(t, `
apiVersion: v1
kind: ServiceAccount
metadata: {name: first}
---
apiVersion: v1
kind: Node
metadata: {name: a, labels: {kubernetes.io/os: linux}}
spec: {providerID: "aws:///a/i-1", unschedulable: true, taints: [{key: gpu, value: "1", effect: NoSchedule}]}
status:
  addresses: [{type: InternalIP, address: 10.0.0.1}, {type: ExternalIP, address: 203.0.113.1}]
  conditions: [{type: Ready, status: "True"}, {type: DiskPressure, status: "False"}]
  nodeInfo: {kubeletVersion: v1.37.2, containerRuntimeVersion: containerd://2.1.4, osImage: Debian, kernelVersion: 6.12.1, operatingSystem: linux, architecture: amd64}
`)
	nodes := v.Nodes()
	if len(nodes) != 1 {
		t.Fatal(nodes)
	}
	n := &nodes[0]
	if got := v.Objects[n.Object].String(); got != "Node/a" {
		t.Errorf("object %s", got)
	}
	got := fmt.Sprint(n.Name, n.ProviderID, n.KubeletVersion, n.ContainerRuntime, n.OSImage, n.KernelVersion, n.OperatingSystem, n.Architecture, n.Addresses, n.Taints, n.Conditions, n.Unschedulable, n.Labels)
	want := "aaws:///a/i-1v1.37.2containerd://2.1.4Debian6.12.1linuxamd64[{InternalIP 10.0.0.1} {ExternalIP 203.0.113.1}] [{gpu 1 NoSchedule}] map[DiskPressure:False Ready:True] true " +
		fmt.Sprint(n.Labels)
	if got != want || !n.Labels.Has("kubernetes.io/os", "linux") {
		t.Errorf("\n%s\n%s", got, want)
	}
}

func TestClusterAndManaged(t *testing.T) {
	const facts = "apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nmetadata: {name: a}\nspec: {serverVersion: {gitVersion: v1.33.1-gke.1}}\n"
	if v := gatherText(t, "apiVersion: v1\nkind: Node\nmetadata: {name: a, labels: {cloud.google.com/gke-nodepool: x}}\n"); v.Cluster() != nil || v.Managed().Provider != nil {
		t.Error("nodes alone are a cluster")
	}
	v := gatherText(t, facts)
	if c := v.Cluster(); c == nil || c.Name != "a" || c.ServerVersion.GitVersion != "v1.33.1-gke.1" || v.Managed().Provider == nil || v.Managed().Provider.ID != "gke" {
		t.Errorf("%+v", v.Managed())
	}
	if v := gatherText(t, facts+"---\n"+facts); v.Cluster() != nil || v.Managed().Provider != nil {
		t.Error("two clusters are one")
	}
}

func TestSettings(t *testing.T) {
	v := gatherText(t, `
{apiVersion: v1, kind: ConfigMap, metadata: {name: cilium-config, namespace: kube-system}, data: {enable-ipsec: "true", debug: "false"}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: cilium-config, namespace: other}, data: {debug: "false"}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: kube-flannel-cfg}, data: {net-conf.json: '{"Backend": {"Type": "vxlan"}}'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: kube-flannel-cfg}, data: {net-conf.json: '{broken'}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: antrea-config}, data: {antrea-agent.conf: "trafficEncryptionMode: wireGuard"}}
---
{apiVersion: projectcalico.org/v3, kind: FelixConfiguration, metadata: {name: default}, spec: {wireguardEnabled: true}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: falco}, data: {falco.yaml: "http_output: {enabled: true}\nload_plugins: [k8saudit, json]"}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {enable-wireguard: "true"}}
`)
	got := ""
	for _, s := range v.Settings() {
		got += fmt.Sprintf("%d %s %s=%s at %s\n", s.Object, s.Of, s.Name, s.Value, s.Path)
	}
	want := `0 cilium enable-ipsec=true at data.enable-ipsec
1 cilium = at data
2 flannel Backend.Type=vxlan at data["net-conf.json"]
3 flannel Backend.Type= at data["net-conf.json"]
4 antrea trafficEncryptionMode=wireGuard at data["antrea-agent.conf"]
5 calico wireguardEnabled=true at spec.wireguardEnabled
6 falco http_output=true at data["falco.yaml"]
6 falco plugin=k8saudit at data["falco.yaml"]
6 falco plugin=json at data["falco.yaml"]
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestBootstrapTokens(t *testing.T) {
	v := gatherText(t, `
{apiVersion: v1, kind: Secret, type: bootstrap.kubernetes.io/token, metadata: {name: bootstrap-token-abcdef, namespace: kube-system, creationTimestamp: "2026-01-01T00:00:00Z"}, data: {expiration: MjAyNi0wMS0wMlQwMDowMDowMFo=}}
---
{apiVersion: v1, kind: Secret, metadata: {name: bootstrap-token-abcdef, namespace: kube-system, uid: "1"}}
---
{apiVersion: v1, kind: Secret, metadata: {name: bootstrap-token-abcdef, namespace: kube-system}}
---
{apiVersion: v1, kind: Secret, type: Opaque, metadata: {name: bootstrap-token-abcdef, namespace: kube-system, uid: "1"}}
---
{apiVersion: v1, kind: Secret, type: bootstrap.kubernetes.io/token, metadata: {name: a}, stringData: {expiration: never}}
`)
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	tokens := v.BootstrapTokens()
	if len(tokens) != 3 || !tokens[0].Made.Equal(at("2026-01-01T00:00:00Z")) || !tokens[0].End.Equal(at("2026-01-02T00:00:00Z")) || tokens[0].Expiration != "data.expiration" ||
		tokens[1].Data || tokens[2].Expiration != "stringData.expiration" || !tokens[2].End.IsZero() {
		t.Errorf("%+v", tokens)
	}
}

func TestOpenPrograms(t *testing.T) {
	pod := func(image, more string) string {
		return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"" + image + "\"" + more + "}]}\n"
	}
	for _, c := range []struct{ image, more, want string }{
		{"redis", "", "Redis"},
		{"redis:8", ", args: [--requirepass, x]", "Redis, login"},
		{"bitnami/redis:8", "", ""},
		{"example.com/not-redis", "", ""},
		{"valkey/valkey:8", ", volumeMounts: [{name: a, mountPath: /etc/valkey}]", "Valkey, file"},
		{"redis:8", `, command: [sh, -c, "redis-server --x; true"]`, "Redis, file"},
		{"memcached", ", args: [-S]", "Memcached, login"},
		{"memcached", ", args: [-Size]", "Memcached"},
		{"mongo:8", ", env: [{name: MONGO_INITDB_ROOT_USERNAME, value: root}]", "MongoDB, login"},
		{"docker.elastic.co/elasticsearch/elasticsearch:7.17.1", "", "Elasticsearch"},
		{"docker.elastic.co/elasticsearch/elasticsearch:8.1.0", "", "Elasticsearch, login"},
		{"docker.elastic.co/elasticsearch/elasticsearch:8.1.0", `, env: [{name: xpack.security.enabled, value: "false"}]`, "Elasticsearch"},
		{"registry:3", ", envFrom: [{secretRef: {name: a}}]", "a registry of images, file"},
	} {
		got := ""
		for _, o := range gatherText(t, pod(c.image, c.more)).OpenPrograms() {
			got = o.Program
			if o.Login != "" {
				got += ", login"
			}
			if o.File {
				got += ", file"
			}
		}
		if got != c.want {
			t.Errorf("%s%s: %q, want %q", c.image, c.more, got, c.want)
		}
	}
}
