package values_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix/values"
	"github.com/kubeharden/kubeharden/source/kustomize"
)

// TestPostRender has charts that no value reaches: Kustomize has to make of them what is not found fault with.
func TestPostRender(t *testing.T) {
	for _, c := range []struct {
		name     string
		controls []string
		template string
		// want are lines of the kustomization, in order; none if there is nothing to patch.
		want []string
	}{
		{
			name: "two containers", controls: []string{"privilege-escalation-allowed"},
			template: head + "  containers:\n  - name: a\n  - name: b\n    securityContext: {runAsUser: 10001}\n",
			want: []string{
				"op: test", "path: /spec/containers/0/name", "value: a", "op: test", "path: /spec/containers/1/name", "value: b",
				"op: add", "path: /spec/containers/0/securityContext", "allowPrivilegeEscalation: false",
				"op: add", "path: /spec/containers/1/securityContext/allowPrivilegeEscalation", "value: false",
			},
		},
		{
			name: "a field that goes", controls: []string{"host-network"},
			template: head + "  hostNetwork: true\n  containers: [{name: a}]\n",
			want:     []string{"op: remove", "path: /spec/hostNetwork"},
		},
		{
			name: "an item that goes", controls: []string{"capability-added-beyond-net-bind-service"},
			template: head + "  containers:\n  - name: a\n    securityContext: {capabilities: {add: [SYS_ADMIN, NET_BIND_SERVICE]}}\n",
			want:     []string{"op: replace", "path: /spec/containers/0/securityContext/capabilities/add", "- NET_BIND_SERVICE"},
		},
		{
			name: "an item that comes", controls: []string{"capabilities-not-dropped"},
			template: head + "  containers:\n  - name: a\n    securityContext: {capabilities: {drop: [KILL]}}\n",
			want:     []string{"path: /spec/containers/0/securityContext/capabilities/drop"},
		},
		{
			name: "a document of several", controls: []string{"host-network"},
			template: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n" + head + "  hostNetwork: true\n  containers: [{name: a}]\n",
			want:     []string{"kind: Pod", "name: p", "op: remove"},
		},
		{
			name: "a name with a dot", controls: []string{"host-network"},
			template: strings.ReplaceAll(head, "name: p", "name: p.q") + "  hostNetwork: true\n  containers: [{name: a}]\n",
			want:     []string{`name: p\.q`},
		},
		{
			name: "nothing", controls: []string{"host-network"},
			template: head + "  containers: [{name: a}]\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			unpack(t, []txtar.File{
				{Name: "chart/Chart.yaml", Data: []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n")},
				{Name: "chart/templates/pod.yaml", Data: []byte(c.template)},
			})
			opts := &values.Options{Judge: judge(t, c.controls...), Most: control.Breaking}
			out, err := values.Harden(t.Context(), "chart", opts)
			if err != nil {
				t.Fatal(err)
			}
			post, err := values.PostRender(t.Context(), out, opts, "r")
			if err != nil {
				t.Fatal(err)
			}
			text := string(post.Files["kustomization.yaml"])
			if (text == "") != (len(c.want) == 0) || (post.Patched == 0) != (len(c.want) == 0) {
				t.Fatalf("%d objects are patched:\n%s", post.Patched, text)
			}
			rest := text
			for _, line := range c.want {
				_, after, ok := strings.Cut(rest, line)
				if !ok {
					t.Fatalf("%q is not there, or not in order:\n%s", line, text)
				}
				rest = after
			}
			if len(c.want) == 0 {
				return
			}
			for name, text := range map[string][]byte{"kustomization.yaml": post.Files["kustomization.yaml"], values.RenderedName: post.Rendered} {
				if err := os.WriteFile(name, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			built, err := kustomize.Build(t.Context(), ".", kustomize.Options{})
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			found, err := opts.Judge(t.Context(), built, false)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				t.Errorf("%s is still there:\n%s", f.Control.ID, text)
			}
		})
	}
}
