package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/tree"
)

const base = `
serviceAccountName: app
securityContext: {runAsNonRoot: true}
initContainers: [{name: init, image: a:1}]
containers:
- name: app
  image: b:1
  args: [--x=1]
  env: [{name: MODE, value: on}]
  securityContext: {allowPrivilegeEscalation: false}
volumes: [{name: data, emptyDir: {}}]
`

// TestDrift changes a pod in one way at a time.
func TestDrift(t *testing.T) {
	for _, test := range []struct {
		name, from, to string
		want           string
	}{
		{"nothing", "", "", ""},
		{"what every pod gets", "serviceAccountName: app", "serviceAccountName: app\nserviceAccount: app\nnodeName: n1\npriority: 0\ntolerations: [{key: a}]\ndnsPolicy: ClusterFirst", ""},
		{"the token", "volumes: [", "volumes: [{name: kube-api-access-x, projected: {}}, ", ""},
		{"defaults of a container", "  image: b:1", "  image: b:1\n  imagePullPolicy: Always\n  terminationMessagePath: /dev/termination-log\n  resources: {limits: {cpu: 1}}", ""},
		{"a variable more", "value: on}", "value: on}, {name: B, value: c}", ""},
		{"another image", "image: b:1", "image: c:2", "spec.containers[0].image is c:2, b:1 in the template"},
		{"another argument", "--x=1", "--x=2", "spec.containers[0].args[0] is not what the template says"},
		{"an argument more", "[--x=1]", "[--x=1, --y]", "spec.containers[0].args has 2 items, 1 in the template"},
		{"another value", "value: on}", "value: off}", "spec.containers[0].env[0].value is not what the template says"},
		{"another account", "serviceAccountName: app", "serviceAccountName: root", "spec.serviceAccountName is not what the template says"},
		{"the host's network", "serviceAccountName: app", "serviceAccountName: app\nhostNetwork: true", "spec.hostNetwork is true, and not so in the template"},
		{"a container more", "containers:\n", "containers:\n- {name: proxy, image: p}\n", "spec.containers[0] container proxy is not in the template"},
		{"a container less", "[{name: init, image: a:1}]", "[]", "spec.initContainers container init of the template is not in the pod"},
		{"a debug container", "volumes:", "ephemeralContainers: [{name: debug, image: d}]\nvolumes:", "spec.ephemeralContainers container debug was added for debugging"},
		{"a volume more", "volumes: [", "volumes: [{name: host, hostPath: {path: /}}, ", "spec.volumes[0] volume host is not in the template"},
		{"another volume", "emptyDir: {}", "hostPath: {path: /}", "spec.volumes[0].hostPath is set, and not in the template"},
		{"a weaker setting", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "spec.containers[0].securityContext.allowPrivilegeEscalation is not what the template says"},
		{"a setting more", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: false, privileged: true", "spec.containers[0].securityContext.privileged is true, and not in the template"},
		{"of the pod", "runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 0", "spec.securityContext.runAsUser is 0, and not in the template"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPods()
			o := &owned{template: asJSON(t, "spec:\n"+indented(base))}
			text := asJSON(t, "spec:\n"+indented(strings.Replace(base, test.from, test.to, 1)))
			doc, err := tree.NewParser().Parse(text, tree.Document{End: len(text)})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range p.compare(o, doc.Root()) {
				got = append(got, d.path+" "+d.text)
			}
			if strings.Join(got, "\n") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

func asJSON(t *testing.T, text string) []byte {
	t.Helper()
	out, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestManyPodsThatDiffer holds the bound on what is told of one owner, and that pods that differ alike are one.
func TestManyPodsThatDiffer(t *testing.T) {
	p := newPods()
	deployment := resource{group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true}
	pod := resource{version: "v1", kind: "Pod", plural: "pods", namespaced: true}
	add := func(r *resource, text string) (Object, bool) {
		raw := asJSON(t, text)
		doc, err := tree.NewParser().Parse(raw, tree.Document{End: len(raw)})
		if err != nil {
			t.Fatal(err)
		}
		if r == &pod {
			return p.pod(r, doc.Root())
		}
		p.add(r, doc.Root())
		return Object{}, false
	}
	add(&deployment, "metadata: {name: web, namespace: a, uid: u1}\nspec: {template: {spec: {containers: [{name: app, image: b}]}}}")
	judged := 0
	for i := range 3 * maxDrift {
		image := "c"
		if i%2 == 0 {
			image = fmt.Sprintf("d:%d", i)
		}
		if _, ok := add(&pod, fmt.Sprintf("metadata: {name: p%02d, namespace: a, ownerReferences: [{controller: true, kind: Deployment, apiVersion: apps/v1, uid: u1}]}\n"+
			"spec: {containers: [{name: app, image: '%s'}]}", i, image)); ok {
			judged++
		}
	}
	out := p.emit()
	if judged != maxDrift || len(out) != 1 || !out[0].Differs {
		t.Fatalf("%d pods are judged of %d owners", judged, len(out))
	}
	text := string(out[0].YAML)
	if n := strings.Count(text, "- pod: "); n != maxDrift || !strings.Contains(text, fmt.Sprintf("pods: %d", 3*maxDrift)) || !strings.Contains(text, "alike: 40") {
		t.Errorf("%d are told:\n%s", n, text)
	}
}

func TestPlural(t *testing.T) {
	for kind, want := range map[string]string{
		"Pod": "pods", "Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "Gateway": "gateways", "Endpoints": "endpoints", "ServiceEntry": "serviceentries",
		"Prometheus": "prometheuses", "ServiceDefaults": "servicedefaults", "StorageClass": "storageclasses", "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
		"SecurityContextConstraints": "securitycontextconstraints", "Mesh": "meshes", "*": "*",
	} {
		if got := plural(kind); got != want {
			t.Errorf("%s is %s, want %s", kind, got, want)
		}
	}
}

// TestNeededRules leaves out what no API server has.
func TestNeededRules(t *testing.T) {
	rules := Needed([]Kind{{"", "Pod"}, {"", "File"}, {"", "Endpoints"}, {"audit.k8s.io", "Policy"}, {"kubelet.config.k8s.io", "KubeletConfiguration"}, {"example.com", "*"}, {"example.com", "Thing"}},
		func(group, resource string) (own, served bool) {
			return group == "", resource == "pods" || resource == "endpoints"
		})
	var got []string
	for _, r := range rules {
		got = append(got, r.Verb+" "+strings.Join(r.Resources, ",")+" of "+r.Group)
	}
	if want := []string{"list pods of ", "list * of example.com"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
