package object_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// parse reads one document.
func parse(t *testing.T, text string) tree.Node {
	t.Helper()
	src := []byte(text)
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Root()
	}
	t.Fatal("no document")
	return tree.Node{}
}

func TestIdentity(t *testing.T) {
	root := parse(t, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  generateName: web-\n  namespace: shop\n")
	o, ok := object.Parse(root)
	if !ok || o.Group() != "apps" || o.Version() != "v1" || o.Kind != "Deployment" || o.Namespace != "shop" || o.DisplayName() != "web-*" {
		t.Errorf("got %+v %v", o, ok)
	}
	for _, text := range []string{"kind: Pod\n", "apiVersion: v1\n", "- a\n", "text\n", "kind: null\napiVersion: v1\n", "kind: [Pod]\napiVersion: v1\n"} {
		if o, ok := object.Parse(parse(t, text)); ok {
			t.Errorf("%q is an object: %+v", text, o)
		}
	}
}

func TestListsAreUnpacked(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"List", "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: a}}, {apiVersion: v1, kind: Secret, metadata: {name: b}}]}", "v1 Pod a, v1 Secret b"},
		{"typed list leaves out kinds", "{apiVersion: v1, kind: PodList, items: [{metadata: {name: a}}, {metadata: {name: b}}]}", "v1 Pod a, v1 Pod b"},
		{"group of a typed list", "{apiVersion: apps/v1, kind: DeploymentList, items: [{metadata: {name: a}}]}", "apps/v1 Deployment a"},
		{"list in a list", "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: a}}]}]}", "v1 Pod a"},
		{"items that are no objects", "{apiVersion: v1, kind: List, items: [1, null, {a: b}, {apiVersion: v1, kind: Pod, metadata: {name: a}}]}", "v1 Pod a"},
		{"empty list", "{apiVersion: v1, kind: List, items: []}", ""},
		{"kind that only sounds like a list", "{apiVersion: x/v1, kind: AllowList, spec: {}}", "x/v1 AllowList "},
		{"no object", "{a: b}", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for o := range object.Each(parse(t, test.text)) {
				got = append(got, o.APIVersion+" "+o.Kind+" "+o.Name)
			}
			if s := strings.Join(got, ", "); s != test.want {
				t.Errorf("got %q, want %q", s, test.want)
			}
		})
	}
}

func TestPods(t *testing.T) {
	const spec = "spec: {containers: [{name: c, image: i}]}"
	tests := []struct{ name, text, want string }{
		{"Pod", "{apiVersion: v1, kind: Pod, " + spec + "}", "spec"},
		{"Deployment", "{apiVersion: apps/v1, kind: Deployment, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"StatefulSet", "{apiVersion: apps/v1, kind: StatefulSet, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"DaemonSet", "{apiVersion: apps/v1, kind: DaemonSet, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"ReplicaSet", "{apiVersion: apps/v1, kind: ReplicaSet, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"ReplicationController", "{apiVersion: v1, kind: ReplicationController, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"Job", "{apiVersion: batch/v1, kind: Job, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"CronJob", "{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {" + spec + "}}}}}", "spec.jobTemplate.spec.template.spec"},
		{"PodTemplate", "{apiVersion: v1, kind: PodTemplate, template: {" + spec + "}}", "template.spec"},
		{"DeploymentConfig", "{apiVersion: apps.openshift.io/v1, kind: DeploymentConfig, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"Deployment of long ago", "{apiVersion: extensions/v1beta1, kind: Deployment, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"Deployment in the wrong group", "{apiVersion: v1, kind: Deployment, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"Deployment of somebody else", "{apiVersion: example.com/v1, kind: Deployment, spec: {podTemplate: {" + spec + "}}}", "spec.podTemplate.spec"},
		{"Argo Rollout", "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"Knative Service", "{apiVersion: serving.knative.dev/v1, kind: Service, spec: {template: {" + spec + "}}}", "spec.template.spec"},
		{"several templates", "{apiVersion: kubeflow.org/v1, kind: PyTorchJob, spec: {replicas: {Master: {template: {" + spec + "}}, Worker: {template: {" + spec + "}}}}}", "spec.replicas.Master.template.spec spec.replicas.Worker.template.spec"},
		{"template in a list", "{apiVersion: x.io/v1, kind: Set, spec: {groups: [{podTemplate: {" + spec + "}}]}}", "spec.groups[0].podTemplate.spec"},
		{"patch of a custom resource", "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {template: {spec: {containers: [{name: c}]}}}}", "spec.template.spec"},
		{"containers that are merged into pods", "{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, " + spec + "}", ""},
		{"pattern of a policy", "{apiVersion: kyverno.io/v1, kind: ClusterPolicy, spec: {rules: [{validate: {pattern: {" + spec + "}}}]}}", ""},
		{"schema", "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {template: {" + spec + "}}}", ""},
		{"Deployment without a template", "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 2}}", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := parse(t, test.text)
			o, _ := object.Parse(root)
			var got []string
			for pod := range o.Pods() {
				got = append(got, root.Path(pod.Spec))
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("got %q, want %q", s, test.want)
			}
			if test.want != "" && !object.MayHavePods(o.Group(), o.Kind) {
				t.Error("would be passed over unread")
			}
		})
	}
}

func TestContainersOfEverySort(t *testing.T) {
	root := parse(t, `
apiVersion: v1
kind: Pod
spec:
  ephemeralContainers: [{name: debug}]
  containers: [{name: app}, null, {image: x}]
  initContainers: [{name: setup}, {name: proxy, restartPolicy: Always}, {name: other, restartPolicy: Never}]
`)
	o, _ := object.Parse(root)
	var got []string
	for pod := range o.Pods() {
		for c := range pod.Containers() {
			got = append(got, fmt.Sprintf("%s %s", c.Sort, c.Name))
		}
	}
	want := []string{"init container setup", "sidecar container proxy", "init container other", "container app", "container ", "ephemeral container debug"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMalformed(t *testing.T) {
	tests := []struct{ text, want string }{
		{"{apiVersion: v1, kind: Pod, spec: {containers: [{name: a}]}}", ""},
		{"{apiVersion: v1, kind: Pod, spec: null}", ""},
		{"{apiVersion: v1, kind: Pod, spec: text}", "spec is a scalar, not a mapping"},
		{"{apiVersion: apps/v1, kind: Deployment, spec: {template: []}}", "spec.template is a sequence, not a mapping"},
		{"{apiVersion: v1, kind: Pod, spec: {containers: {name: a}}}", "spec.containers is a mapping, not a list"},
		{"{apiVersion: v1, kind: Pod, spec: {containers: [a], initContainers: [[]]}}", "spec.initContainers[0] is a sequence, not a container; spec.containers[0] is a scalar, not a container"},
		{"{apiVersion: example.com/v1, kind: Thing, spec: text}", ""},
		{"{apiVersion: v1, kind: pod, spec: {containers: [{name: a}]}}", "kind is pod; the kind is called Pod"},
		{"{apiVersion: v1, kind: List, items: {apiVersion: v1}}", "items is a mapping, not a list"},
		{"{apiVersion: v1, kind: Pod, spec: {volumes: {a: b}, containers: [{name: a, securityContext: privileged, ports: {}}]}}", "spec.volumes is a mapping, not a sequence; spec.containers[0].securityContext is a scalar, not a mapping; spec.containers[0].ports is a mapping, not a sequence"},
	}
	for _, test := range tests {
		root := parse(t, test.text)
		o, _ := object.Parse(root)
		var got []string
		for at, problem := range o.Malformed() {
			got = append(got, root.Path(at)+" "+problem)
		}
		if s := strings.Join(got, "; "); s != test.want {
			t.Errorf("%s\ngot  %q\nwant %q", test.text, s, test.want)
		}
	}
}
