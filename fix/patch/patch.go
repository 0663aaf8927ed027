// Package patch writes the difference between a rendered object and what it is to become as a patch for Kustomize, and registers patches in
// kustomization files. Whether a patch does what it should is for its user to prove, by building with it.
package patch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Object identifies what a patch is for.
type Object struct {
	Group, Version, Kind string
	// Namespace is "" if the object does not name one.
	Namespace, Name string
}

// APIVersion is group and version as objects write them.
func (o *Object) APIVersion() string {
	if o.Group == "" {
		return o.Version
	}
	return o.Group + "/" + o.Version
}

// Identify reads what an object is from its value.
func Identify(v any) Object {
	m, _ := v.(map[string]any)
	metadata, _ := m["metadata"].(map[string]any)
	text := func(m map[string]any, key string) string { s, _ := m[key].(string); return s }
	o := Object{Kind: text(m, "kind"), Name: text(metadata, "name"), Namespace: text(metadata, "namespace")}
	apiVersion := text(m, "apiVersion")
	if group, version, ok := strings.Cut(apiVersion, "/"); ok {
		o.Group, o.Version = group, version
	} else {
		o.Version = apiVersion
	}
	return o
}

// Value reads a YAML document as the value that JSON would give; numbers are json.Number.
func Value(doc []byte) (any, error) {
	t, err := tree.NewParser().Parse(doc, tree.Document{End: len(doc)})
	if err != nil {
		return nil, fmt.Errorf("read an object: %w", err)
	}
	text, err := t.Root().AppendJSON(nil)
	if err != nil {
		return nil, fmt.Errorf("read an object: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read an object: %w", err)
	}
	return v, nil
}

// Equal reports whether two values are the same; the order of keys is none.
func Equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// Header is the first line of every patch file that is written here. A file without it is somebody else's.
const Header = "# Written by kubeharden fix --emit kustomize, which may write it again: your changes stay, your comments do not.\n"

// IsOurs reports whether a file was written here.
func IsOurs(file []byte) bool { return bytes.HasPrefix(file, []byte(Header)) }

// FileName is the name of the patch file for an object, in the folder of the kustomization: "patches/harden-deployment-web.yaml". Characters
// that file systems may not like are replaced, so two objects can get the same name; number tells them apart and begins at 1.
func FileName(o *Object, number int) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '.':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, o.Kind+"-"+o.Name)
	name = "patches/harden-" + name[:min(len(name), maxFileName)]
	if number > 1 {
		name = fmt.Sprintf("%s-%d", name, number)
	}
	return name + ".yaml"
}

// maxFileName keeps names below what file systems allow (255 bytes).
const maxFileName = 200

// builtIn are the API groups whose kinds Kustomize knows the merge keys of: those of k8s.io/api.
var builtIn = []string{
	"", "admissionregistration.k8s.io", "apps", "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
	"events.k8s.io", "extensions", "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io",
	"scheduling.k8s.io", "storage.k8s.io",
}

// mergeKey is the key by which a strategic merge finds the items of a list, "" for a list that it replaces as a whole: the patchMergeKey of
// the fields in k8s.io/api. Ports are left out, as their key is two fields.
func mergeKey(field string) string {
	switch field {
	case "containers", "initContainers", "ephemeralContainers", "volumes", "env", "imagePullSecrets", "webhooks":
		return "name"
	case "volumeMounts":
		return "mountPath"
	case "volumeDevices":
		return "devicePath"
	}
	return ""
}

// Strategic returns the strategic merge patch that makes before into after. ok is false if it cannot say the difference by the smallest
// change: items of lists that have no merge key, nulls, and kinds whose lists Kustomize does not know.
func Strategic(o *Object, before, after any) (doc []byte, ok bool) {
	if !slices.Contains(builtIn, o.Group) {
		return nil, false
	}
	b, isMap := before.(map[string]any)
	a, isMapToo := after.(map[string]any)
	if !isMap || !isMapToo {
		return nil, false
	}
	patch, ok := mergeMaps(b, a)
	if !ok || len(patch) == 0 {
		return nil, false
	}
	metadata, _ := patch["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
	}
	for _, identity := range []string{"name", "namespace"} {
		if _, changed := metadata[identity]; changed {
			return nil, false
		}
	}
	// With a target Kustomize takes the labels and annotations of a patch over as texts first, so that null is one:
	// CopyMergeMetaDataFieldsFrom in sigs.k8s.io/kustomize/api/resource.
	for _, texts := range []string{"labels", "annotations"} {
		if hasNull(anyMap(metadata[texts])) {
			return nil, false
		}
	}
	if _, changed := patch["kind"]; changed || patch["apiVersion"] != nil {
		return nil, false
	}
	metadata["name"] = o.Name
	patch["apiVersion"], patch["kind"], patch["metadata"] = o.APIVersion(), o.Kind, metadata
	return write(patch), true
}

// anyMap is an empty mapping in place of none.
func anyMap(v any) any {
	if v == nil {
		return map[string]any{}
	}
	return v
}

func mergeMaps(before, after map[string]any) (patch map[string]any, ok bool) {
	patch = map[string]any{}
	for key, old := range before {
		now, stays := after[key]
		switch {
		case !stays && old == nil:
			return nil, false // null takes away what is there, and cannot take away null
		case !stays:
			patch[key] = nil
		case !Equal(old, now):
			if patch[key], ok = mergeValue(key, old, now); !ok {
				return nil, false
			}
		}
	}
	for key, now := range after {
		if _, known := before[key]; !known {
			if hasNull(now) {
				return nil, false
			}
			patch[key] = now
		}
	}
	return patch, true
}

func mergeValue(field string, old, now any) (any, bool) {
	switch now := now.(type) {
	case nil:
		return nil, false
	case map[string]any:
		if before, ok := old.(map[string]any); ok {
			return mergeMaps(before, now)
		}
		return now, old == nil && !hasNull(now)
	case []any:
		if old == nil {
			return now, !hasNull(now)
		}
		before, ok := old.([]any)
		key := mergeKey(field)
		if !ok || key == "" {
			return nil, false
		}
		return mergeLists(key, before, now)
	}
	return now, true
}

// mergeLists patches the items of a list by their key. Kustomize puts the items of a patch before those that only the object has, so all items
// up to the last one that changes are named, and the order stays.
func mergeLists(key string, before, after []any) ([]any, bool) {
	old, ok := byKey(key, before)
	if !ok {
		return nil, false
	}
	now, ok := byKey(key, after)
	if !ok {
		return nil, false
	}
	var patch []any
	last := 0
	for _, item := range after {
		m, _ := item.(map[string]any)
		was, known := old[m[key]]
		var change map[string]any
		switch {
		case !known && hasNull(item):
			return nil, false
		case !known:
			change = m
		default:
			if change, ok = mergeMaps(was, m); !ok {
				return nil, false
			}
		}
		if len(change) > 0 {
			last = len(patch) + 1
		}
		if known {
			change[key] = m[key]
		}
		patch = append(patch, change)
	}
	patch = patch[:last]
	for _, item := range before {
		m, _ := item.(map[string]any)
		if _, stays := now[m[key]]; !stays {
			patch = append(patch, map[string]any{key: m[key], "$patch": "delete"})
		}
	}
	return patch, true
}

// byKey finds the items of a list; ok is false if one has no key of its own.
func byKey(key string, list []any) (items map[any]map[string]any, ok bool) {
	items = make(map[any]map[string]any, len(list))
	for _, item := range list {
		m, _ := item.(map[string]any)
		name, isText := m[key].(string)
		if _, twice := items[name]; !isText || twice {
			return nil, false
		}
		items[name] = m
	}
	return items, true
}

// hasNull reports whether a value has a null in it, which a merge would take for a removal.
func hasNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		for _, inner := range v {
			if hasNull(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, hasNull)
	}
	return false
}
