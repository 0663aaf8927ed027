package values

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/source/render"
	"github.com/kubeharden/kubeharden/tree"
)

// PostRenderer is patches of what a chart renders, for what its values do not reach.
type PostRenderer struct {
	// Files are the files of a folder by name: a kustomization, and what Helm 3 and Helm 4 call it by. The kustomization has the resource
	// RenderedName, which the script writes.
	Files map[string][]byte
	// Rendered is what the chart renders with the values: the file RenderedName for a proof.
	Rendered []byte
	// Patched counts the objects with a patch.
	Patched int
}

// Names of files of a post-renderer.
const (
	RenderedName = "rendered.yaml"
	scriptName   = "post-render.sh"
)

// PostRender makes patches for what is left after r. The patches name objects as release renders them.
func PostRender(ctx context.Context, r *Result, opts *Options, release string) (*PostRenderer, error) {
	after, mended, err := mendRendered(ctx, r.Rest, opts)
	if err != nil {
		return nil, err
	}
	out := &PostRenderer{Files: map[string][]byte{}}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Patches what the values of the chart %s do not reach, in the release %s.\n", printable(strings.TrimSpace(r.Name+" "+r.Version)), printable(release))
	b.WriteString("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - " + RenderedName + "\n")
	var patches bytes.Buffer
	for i := range r.Rest {
		out.Rendered = append(append(out.Rendered, "---\n"...), bytes.TrimRight(r.Rest[i].Source, "\n")...)
		out.Rendered = append(out.Rendered, '\n')
		if bytes.Equal(r.Rest[i].Source, after[i].Source) {
			continue
		}
		was, _ := documents(r.Rest[i:i+1], unchanged)
		now, _ := documents(after[i:i+1], unchanged)
		if len(was) != len(now) {
			return nil, fmt.Errorf("patch %s: its documents are not those that they were", r.Rest[i].Path)
		}
		for k := range was {
			ops, err := difference(was[k].root, now[k].root)
			if err != nil {
				return nil, fmt.Errorf("patch %s: %w", was[k], err)
			}
			if len(ops) == 0 {
				continue
			}
			out.Patched++
			if err := writePatch(&patches, was[k], ops, mended[was[k].id]); err != nil {
				return nil, fmt.Errorf("patch %s: %w", was[k], err)
			}
		}
	}
	if out.Patched == 0 {
		return out, nil
	}
	b.WriteString("patches:\n")
	b.Write(patches.Bytes())
	out.Files["kustomization.yaml"] = b.Bytes()
	out.Files[scriptName] = []byte(script)
	out.Files["plugin.yaml"] = plugin(r)
	if r.Text != nil {
		out.Files["values-hardened.yaml"] = r.Text
	}
	return out, nil
}

// script is a post-renderer of Helm 3, and the command of one of Helm 4: it gets what the chart renders and gives back what is to be applied.
// https://helm.sh/docs/topics/advanced/#post-rendering
const script = `#!/bin/sh
# Helm 3: helm upgrade --install RELEASE CHART --values values-hardened.yaml --post-renderer ./post-render.sh
# Helm 4: helm plugin install THIS_FOLDER, then the same with --post-renderer and the name in plugin.yaml
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$(dirname "$0")/kustomization.yaml" "$dir/"
cat >"$dir/` + RenderedName + `"
kubectl kustomize "$dir"
`

// plugin is the description of a post-renderer of Helm 4.
// https://github.com/helm/helm/blob/v4.3.1/pkg/postrenderer/testdata/plugins/postrenderer-v1/plugin.yaml
func plugin(r *Result) []byte {
	name := "harden-" + regexp.MustCompile(`[^A-Za-z0-9_-]`).ReplaceAllString(r.Name, "-")
	return []byte("apiVersion: v1\nname: " + name + "\nversion: \"1.0.0\"\ntype: postrenderer/v1\nruntime: subprocess\nruntimeConfig:\n" +
		"  platformCommand:\n    - command: \"${HELM_PLUGIN_DIR}/" + scriptName + "\"\n")
}

// mendRendered makes all fixes in rendered text, and tells which, by document.
func mendRendered(ctx context.Context, manifests []render.Manifest, opts *Options) ([]render.Manifest, map[string][]*change, error) {
	now := slices.Clone(manifests)
	mended := map[string][]*change{}
	for range maxRounds {
		found, err := opts.Judge(ctx, now, false)
		if err != nil {
			return nil, nil, err
		}
		by := map[string][]control.Finding{}
		for i := range found {
			if fix.Reason(&found[i].Finding, opts.Most) == "" {
				by[found[i].Manifest] = append(by[found[i].Manifest], found[i].Finding)
			}
		}
		changed := false
		for i := range now {
			if len(by[now[i].Path]) == 0 {
				continue
			}
			docs, _ := documents(now[i:i+1], unchanged)
			file := fix.Apply(now[i].Path, now[i].Source, by[now[i].Path], opts.Most)
			delete(by, now[i].Path)
			if !file.Changed() {
				continue
			}
			changed, now[i].Source = true, file.After
			for _, o := range file.Outcomes {
				for _, d := range docs {
					if o.Reason == "" && d.start == o.Finding.Fix.Document {
						mended[d.id] = append(mended[d.id], &change{found: Found{Manifest: now[i].Path, Finding: *o.Finding}})
					}
				}
			}
		}
		if !changed {
			break
		}
	}
	return now, mended, nil
}

// patchOp is an operation of a JSON patch, RFC 6902.
type patchOp struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"` // false and 0 are values, and not empty in an interface
}

func writePatch(b *bytes.Buffer, d *document, ops []patchOp, mended []*change) error {
	for _, line := range comments(mended, map[string]bool{}) {
		b.WriteString("  # " + line + "\n")
	}
	meta := d.root.Get("metadata")
	group, version, ok := strings.Cut(d.root.Get("apiVersion").Text(), "/")
	if !ok {
		group, version = "", group
	}
	b.WriteString("  - target:\n")
	// Kustomize reads names as regular expressions.
	for _, part := range [][2]string{
		{"group", group},
		{"version", version},
		{"kind", d.root.Get("kind").Text()},
		{"namespace", regexp.QuoteMeta(meta.Get("namespace").Text())},
		{"name", regexp.QuoteMeta(meta.Get("name").Text())},
	} {
		if part[1] != "" {
			b.WriteString("      " + part[0] + ": " + scalarText(part[1]) + "\n")
		}
	}
	text, err := yaml.Marshal(ops)
	if err != nil {
		return err
	}
	b.WriteString("    patch: |-\n")
	for line := range strings.Lines(string(text)) {
		b.WriteString("      " + line)
	}
	return nil
}

var pointer = strings.NewReplacer("~", "~0", "/", "~1")

// difference is what makes a document another one. Items of lists that have names are tested first, so that no other item is changed.
func difference(was, now tree.Node) ([]patchOp, error) {
	before, err := decoded(was)
	if err != nil {
		return nil, err
	}
	after, err := decoded(now)
	if err != nil {
		return nil, err
	}
	p := &patcher{}
	p.differ(before, after, "")
	if p.secret {
		return nil, fmt.Errorf("it holds what looks like a secret, which the patch would repeat")
	}
	return append(p.tests, p.ops...), nil
}

func decoded(n tree.Node) (any, error) {
	text, err := n.AppendJSON(nil)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	err = dec.Decode(&v)
	return v, err
}

type patcher struct {
	tests, ops []patchOp
	secret     bool
}

func (p *patcher) differ(was, now any, path string) {
	if reflect.DeepEqual(was, now) {
		return
	}
	switch a := was.(type) {
	case map[string]any:
		if b, ok := now.(map[string]any); ok {
			p.tables(a, b, path)
			return
		}
	case []any:
		if b, ok := now.([]any); ok {
			p.lists(a, b, path)
			return
		}
	}
	p.ops = append(p.ops, patchOp{"replace", path, now})
}

func (p *patcher) tables(was, now map[string]any, path string) {
	for _, name := range slices.Sorted(maps.Keys(was)) {
		inner := path + "/" + pointer.Replace(name)
		if _, ok := now[name]; !ok {
			p.ops = append(p.ops, patchOp{Op: "remove", Path: inner})
			continue
		}
		p.differ(was[name], now[name], inner)
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, ok := was[name]; !ok {
			p.ops = append(p.ops, patchOp{"add", path + "/" + pointer.Replace(name), now[name]})
		}
	}
}

func (p *patcher) lists(was, now []any, path string) {
	switch {
	case len(was) == len(now):
		for i := range was {
			p.item(was[i], now[i], path+"/"+strconv.Itoa(i))
		}
	case len(now) > len(was) && reflect.DeepEqual(was, now[:len(was)]):
		for _, v := range now[len(was):] {
			p.ops = append(p.ops, patchOp{"add", path + "/-", v})
		}
	default:
		p.secret = p.secret || holdsSecret(path, now, 0)
		p.ops = append(p.ops, patchOp{"replace", path, now})
	}
}

func (p *patcher) item(was, now any, path string) {
	before := len(p.ops)
	p.differ(was, now, path)
	m, _ := was.(map[string]any)
	if name, ok := m["name"].(string); ok && len(p.ops) > before {
		p.tests = append(p.tests, patchOp{"test", path + "/name", name})
	}
}
