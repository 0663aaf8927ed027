package cluster

import (
	"strings"
	"testing"
)

func TestReadList(t *testing.T) {
	for _, test := range []struct{ name, body, next, items, err string }{
		{"a page", `{"kind":"PodList","metadata":{"resourceVersion":"1","continue":"abc"},"items":[{"a":1},{"b":[2]}]}`, "abc", `{"a":1}|{"b":[2]}`, ""},
		{"the last page", `{"items":[],"metadata":{}}`, "", "", ""},
		{"null", `{"items":null}`, "", "", ""},
		{"a table", `{"kind":"Table","columnDefinitions":[{"name":"Name"}],"rows":[{"cells":["x"]}]}`, "", `{"cells":["x"]}`, ""},
		{"no list", `{"kind":"Pod"}`, "", "", "the answer is no list"},
		{"an array", `[]`, "", "", "the answer is no list"},
		{"items of another kind", `{"items":{}}`, "", "", "the items of the answer are no list"},
		{"cut off", `{"items":[{"a":1},{"b"`, "", `{"a":1}`, "the answer stops in the middle"},
		{"nothing", ``, "", "", "the answer stops in the middle"},
		{"no end", `{"items":[{"a":1}]`, "", `{"a":1}`, "the answer stops in the middle"},
		{"an object without end", `{"items":[{"a":"` + strings.Repeat("x", 2*maxObject), "", "", "an object is larger"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var items []string
			next, err := readList(strings.NewReader(test.body), func(item []byte) error {
				items = append(items, string(item))
				return nil
			})
			switch {
			case test.err == "" && err != nil, test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("error %v, want %q", err, test.err)
			case next != test.next || strings.Join(items, "|") != test.items:
				t.Errorf("next %q items %q", next, items)
			}
		})
	}
}

// FuzzReadList reads whatever a server may send: it ends, and what it gives out is JSON that can be rendered or is refused.
func FuzzReadList(f *testing.F) {
	f.Add(`{"kind":"PodList","metadata":{"continue":"abc"},"items":[{"metadata":{"name":"a","ownerReferences":[{"controller":true,"uid":"x"}]},"spec":{"containers":[{"name":"a","image":"b"}]}}]}`)
	f.Add(`{"rows":[{"cells":["a","Opaque"],"object":{"kind":"PartialObjectMetadata","metadata":{"name":"a"}}}]}`)
	f.Fuzz(func(_ *testing.T, body string) {
		p := newPods()
		pod := resource{version: "v1", kind: "Pod", plural: "pods", namespaced: true}
		set := resource{group: "apps", version: "v1", kind: "ReplicaSet", plural: "replicasets", namespaced: true}
		_, _ = readList(strings.NewReader(body), func(item []byte) error {
			_, _ = secretOf(item)
			root, err := parse(p.parser, item)
			if err != nil {
				return err
			}
			p.add(&set, root)
			p.pod(&pod, root)
			return nil
		})
		p.emit()
	})
}

// TestSecretOf takes what a table says of a Secret, and what kubectl keeps of one without its values.
func TestSecretOf(t *testing.T) {
	item, err := secretOf([]byte(`{"cells":["a","kubernetes.io/tls",2,"5m"],"object":{"kind":"PartialObjectMetadata","metadata":{"name":"a","annotations":{` +
		`"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"key\":\"c2VjcmV0\"},\"kind\":\"Secret\"}"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	root, err := parse(newPods().parser, item)
	if err != nil {
		t.Fatal(err)
	}
	got := string(render(&resource{version: "v1", kind: "Secret", plural: "secrets"}, root))
	for _, want := range []string{"type: kubernetes.io/tls", "name: a", `\"data\":{\"key\":\"(not shown)\"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "c2VjcmV0") {
		t.Errorf("the value is shown:\n%s", got)
	}
	for _, row := range []string{`{`, `{"cells":[]}`, `{"cells":["a","b"],"object":{"kind":"Secret","data":{"a":"b"}}}`} {
		if _, err := secretOf([]byte(row)); err == nil {
			t.Errorf("%s is taken", row)
		}
	}
}
