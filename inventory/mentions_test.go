package inventory

import (
	"testing"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

func TestMentioned(t *testing.T) {
	const text = `
{apiVersion: v1, kind: ConfigMap, metadata: {name: own, annotations: {a: "x, annotated.", kubectl.kubernetes.io/last-applied-configuration: applied}}, data: {a: "--secret=shop/flag; web.example.com -hyphen-"}}
---
{apiVersion: v1, kind: Pod, metadata: {name: pod, labels: {a: label}}, spec: {containers: [{name: container, image: image, env: [{name: A, value: valued}]}], volumes: [{name: volume, secret: {secretName: typed}}, {name: v, iscsi: {secretRef: {name: disk}}}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: service}, spec: {selector: {a: selected}}}
---
{apiVersion: example.com/v1, kind: Shop, metadata: {name: custom, namespace: space}, spec: {a: [{b: deep}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: own-secret}, stringData: {a: told}, data: {a: covered}}
`
	src, inventory := []byte(text), New()
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatal(err)
		}
		// A part each, so that what is merged counts.
		part := &Part{Mentions: true}
		for o := range object.Each(parsed.Root()) {
			part.Add(o, object.Origin{})
		}
		inventory.Merge(part)
	}
	for name, want := range map[string]bool{
		"annotated": true, "flag": true, "shop": true, "web.example.com": true, "hyphen": true, "valued": true, "disk": true, "custom": true, "deep": true, "told": true,
		"own": false, "applied": false, "example.com": false, "pod": false, "label": false, "container": false, "image": false, "volume": false, "typed": false,
		"service": false, "selected": false, "space": false, "own-secret": false, "covered": false,
	} {
		if inventory.Mentioned(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
	silent := New()
	part := &Part{}
	silent.Merge(part)
	if silent.Mentioned("flag") {
		t.Error("nothing was read, and something is mentioned")
	}
}
