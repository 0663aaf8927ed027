package clusterfacts_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

func read(t testing.TB, src []byte) (name string, s clusterfacts.Spec, ok bool) {
	t.Helper()
	doc, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
	if err != nil {
		t.Skip(err)
	}
	for o := range object.Each(doc.Root()) {
		return clusterfacts.Read(o)
	}
	return "", s, false
}

// TestWhatIsWrittenIsRead: nothing that the types hold is lost on the way.
func TestWhatIsWrittenIsRead(t *testing.T) {
	want := clusterfacts.Spec{
		ServerVersion: clusterfacts.ServerVersion{GitVersion: "v1.37.2", Platform: "linux/amd64", EmulationMajor: "1", EmulationMinor: "36"},
		Endpoint: &clusterfacts.Endpoint{
			Host: "api.example.com", Port: 6443, Addresses: []string{"203.0.113.10", "2001:db8::1"}, Proxy: true,
			Certificate: &clusterfacts.Certificate{
				Subject: "CN=kube-apiserver", Issuer: "CN=kubernetes", DNSNames: []string{"kubernetes"}, IPAddresses: []string{"10.96.0.1"},
				EmailAddresses: []string{"a@example.com"}, NotAfter: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC),
			},
		},
		Anonymous: []clusterfacts.Answer{{Path: "/version", Status: 401}},
		Connections: []clusterfacts.Connection{
			{From: clusterfacts.FromPod, To: clusterfacts.ToEtcd, Address: "10.0.0.1:2379"}, {From: clusterfacts.FromPod, To: clusterfacts.ToKubelet, Address: "[fd00::1]:10250", Open: true},
		},
		StoredSecrets: &clusterfacts.StoredSecrets{Total: 7, Plaintext: 1, OtherKey: 2, Names: []string{"shop/db"}},
		Namespaces:    []string{"shop"},
		Unread:        []clusterfacts.Unread{{Group: "apps", Resource: "daemonsets", Reason: "forbidden"}},
	}
	src, err := json.Marshal(clusterfacts.New("prod", want))
	if err != nil {
		t.Fatal(err)
	}
	name, got, ok := read(t, src)
	if !ok || name != "prod" || !reflect.DeepEqual(got, want) {
		t.Errorf("%s\ngot  %+v\nwant %+v", src, got, want)
	}
	src, err = json.Marshal(clusterfacts.New("empty", clusterfacts.Spec{}))
	if err != nil {
		t.Fatal(err)
	}
	if name, got, ok := read(t, src); !ok || name != "empty" || !reflect.DeepEqual(got, clusterfacts.Spec{}) {
		t.Errorf("%s: %+v", src, got)
	}
}

func TestMissed(t *testing.T) {
	s := clusterfacts.Spec{Unread: []clusterfacts.Unread{{Group: "apps", Resource: "daemonsets", Reason: "forbidden"}, {Resource: "nodes"}}}
	for _, c := range [][3]string{
		{"apps", "daemonsets", "daemonsets.apps could not be read: forbidden"}, {"", "nodes", "nodes could not be read"}, {"", "daemonsets", ""}, {"apps", "deployments", ""},
	} {
		if got := s.Missed(c[0], c[1]); got != c[2] {
			t.Errorf("%s/%s: %q", c[0], c[1], got)
		}
	}
	s.Namespaces = []string{"shop"}
	if s.Missed("apps", "deployments") == "" {
		t.Error("a scan of one namespace misses nothing")
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{"apiVersion":"kubeharden.io/v1alpha1","kind":"ClusterFacts","metadata":{"name":"a"},"spec":{"serverVersion":{"gitVersion":"v1"},"endpoint":{"port":-1,"addresses":[1,{}]}}}`,
		"apiVersion: kubeharden.io/v1\nkind: ClusterFacts\nspec: {anonymous: [{status: 9999}], unread: [x], endpoint: {certificate: {notAfter: never}}}",
		"apiVersion: kubeharden.io/v1alpha1\nkind: ClusterFacts\nspec: {connections: [x, {open: 3}, {open: true}], storedSecrets: {total: -4, plaintext: 1e99, names: 7}}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		_, s, ok := read(t, []byte(src))
		if !ok && !reflect.DeepEqual(s, clusterfacts.Spec{}) {
			t.Errorf("%+v of no document", s)
		}
		if n := s.StoredSecrets; n != nil && min(n.Total, n.Plaintext, n.OtherKey) < 0 {
			t.Errorf("%+v", n)
		}
		_ = s.Missed("", "pods")
	})
}
