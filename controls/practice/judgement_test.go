package practice

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
)

// TestJudgement has what the laws of the catalogue cannot derive: defaults, versions, and what is like a fault but none. failed
// are the paths that are named; "-" means that the control does not apply.
func TestJudgement(t *testing.T) {
	const deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: shop}, spec: "
	const pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: "
	for _, c := range []struct {
		control *control.Control
		version control.Minor // 0 is the latest
		src     string
		failed  string
	}{
		{&ReplicasTooFew, 0, deployment + "{selector: {matchLabels: {a: b}}}}", "spec.replicas"},
		{&ReplicasTooFew, 0, deployment + "{template: {}}}", ""}, // a patch
		{&ReplicasTooFew, 0, deployment + "{replicas: 1, strategy: {type: Recreate}}}", "-"},
		{&ReplicasTooFew, 0, deployment + "{replicas: 0}}", "-"},
		{&TopologySpreadMissing, 0, deployment + "{replicas: 1, template: {spec: {}}}}", "-"},
		{&TopologySpreadMissing, 0, deployment + "{template: {spec: {}}}}", "-"},
		{&TopologySpreadMissing, 0, deployment + "{replicas: 3, template: {spec: {}}}}", "spec.template.spec.topologySpreadConstraints"},
		{&PodAntiAffinityMissing, 0, deployment + `{replicas: 3, template: {metadata: {labels: {app: x}}, spec: {affinity: {podAntiAffinity: {
			requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, namespaces: [bar], labelSelector: {}}]}}}}}}`, "spec.template.spec.affinity.podAntiAffinity"},
		{&PodAntiAffinityMissing, 0, deployment + `{replicas: 3, template: {metadata: {labels: {app: x}}, spec: {affinity: {podAntiAffinity: {
			requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchExpressions: [{key: app, operator: In, values: [x]}]}}]}}}}}}`, ""},
		{&PodAntiAffinityMissing, 0, deployment + `{replicas: 3, template: {metadata: {labels: {app: x}}, spec: {affinity: {podAntiAffinity: {
			requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname}]}}}}}}`, "spec.template.spec.affinity.podAntiAffinity"},
		{&SelectorMismatch, 0, deployment + "{template: {metadata: {labels: {a: b}}, spec: {}}}}", "spec.selector"},
		{&SelectorMismatch, 0, deployment + "{template: {spec: {}}}}", ""}, // a patch
		{&SelectorMismatch, 0, deployment + `{selector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}, {key: a, operator: NotIn, values: [b]}]},
			template: {metadata: {labels: {a: b}}}}}`, "spec.selector.matchExpressions[0] spec.selector.matchExpressions[1]"},
		{&SelectorMismatch, 0, "{apiVersion: extensions/v1beta1, kind: Deployment, spec: {template: {metadata: {labels: {a: b}}}}}", ""},
		{&SelectorMismatch, 0, "{apiVersion: batch/v1, kind: Job, spec: {template: {metadata: {labels: {a: b}}}}}", ""},
		{&DNSNdotsUnset, 0, pod + "{dnsPolicy: Default}}", "-"},
		{&DNSNdotsUnset, 0, pod + "{hostNetwork: true}}", "-"},
		{&DNSNdotsUnset, 0, pod + "{hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet}}", "spec.dnsConfig.options"},
		{&DuplicateEnvVar, 0, pod + "{containers: [{name: a, env: [{name: A, value: x}, {name: B, value: y}, {name: A, value: x}, {name: A}]}]}}", "spec.containers[0].env[0].name spec.containers[0].env[2].name"},
		{&JobTTLMissing, 0, "{apiVersion: batch/v1, kind: Job, metadata: {annotations: {helm.sh/hook-delete-policy: before-hook-creation}}, spec: {}}", "-"},
		{&RestartPolicyUnsuitable, 0, deployment + "{template: {spec: {restartPolicy: Always}}}}", ""},
		{&RestartPolicyUnsuitable, 0, "{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {}}}}}}", "spec.jobTemplate.spec.template.spec.restartPolicy"},
		{&PortNameInvalid, 0, pod + "{containers: [{name: a, ports: [{name: x}, {name: x, protocol: UDP}]}, {name: b, ports: [{name: x}]}]}}", "spec.containers[0].ports[1].name"},
		{&PortNameInvalid, 0, "{apiVersion: v1, kind: Service, spec: {ports: [{targetPort: 8080}, {targetPort: '8080'}, {targetPort: http}]}}", "spec.ports[1].targetPort"},
		{&ProbePortNotExposed, 0, pod + "{containers: [{name: a, ports: [{name: http}], livenessProbe: {httpGet: {port: http}}, startupProbe: {httpGet: {port: 8080}}, readinessProbe: {tcpSocket: {port: x}}}]}}", "spec.containers[0].readinessProbe.tcpSocket.port"},
		{&DeprecatedServiceAccountField, 0, pod + "{serviceAccount: a, serviceAccountName: b}}", "spec.serviceAccount"},
		{&DeprecatedServiceAccountField, 0, pod + "{serviceAccount: a, serviceAccountName: a}}", ""},
		{&InstanceLabelMismatch, 0, "{apiVersion: v1, kind: Pod, metadata: {name: shop-web, labels: {app.kubernetes.io/instance: shop}}}", ""},
		{&HPAMaxEqualsMin, 0, "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, spec: {maxReplicas: 1}}", "spec.maxReplicas"},
		{&PDBUnhealthyEvictionPolicyMissing, 26, "{apiVersion: policy/v1, kind: PodDisruptionBudget, spec: {}}", "-"},
		{&DeprecatedAPIVersion, 20, "{apiVersion: batch/v1beta1, kind: CronJob}", ""},
		{&DeprecatedAPIVersion, 21, "{apiVersion: batch/v1beta1, kind: CronJob}", "apiVersion"},
		{&DeprecatedAPIVersion, 37, "{apiVersion: coordination.k8s.io/v1beta1, kind: LeaseCandidate}", ""},
		{&DeprecatedAPIVersion, 26, "{apiVersion: autoscaling/v2beta2, kind: HorizontalPodAutoscaler}", "apiVersion"},
		{&SchemaInvalid, 0, "{apiVersion: apps/v1, kind: Deployment, $patch: delete}", ""},
		{&SchemaInvalid, 0, "{apiVersion: storage.k8s.io/v1beta1, kind: StorageClass, other: 1}", ""}, // not stable
		{&LabelValueInvalid, 0, deployment + "{template: {metadata: {labels: {a: b c}}, spec: {}}}}", "spec.template.metadata.labels.a"},
		{&VolumeClaimAccessMode, 0, "{apiVersion: apps/v1, kind: StatefulSet, spec: {volumeClaimTemplates: [{spec: {accessModes: [ReadWriteMany]}}]}}", "spec.volumeClaimTemplates[0].spec.accessModes[0]"},
		{&CronJobDeadlineMissing, 0, "{apiVersion: batch/v1, kind: CronJob, spec: {startingDeadlineSeconds: 5}}", "spec.startingDeadlineSeconds"},
	} {
		if got := judge(t, c.control, c.version, c.src); got != c.failed {
			t.Errorf("%s: named %q, want %q: %s", c.control.ID, got, c.failed, c.src)
		}
	}
}

func judge(t *testing.T, c *control.Control, version control.Minor, src string) string {
	t.Helper()
	if version == 0 {
		version = control.LatestMinor
	}
	if version < c.From {
		return "-"
	}
	var named []string
	applies := false
	one := func(s *control.Subject) {
		if c.Unless != nil && c.Unless.Holds(s, s.Root()) {
			return
		}
		applies = true
		if !c.Require.Holds(s, s.Root()) {
			for _, v := range c.Require.Explain(s, s.Root(), nil) {
				path := s.Object.Root.Path(v.At)
				if len(v.Missing) > 0 {
					path += "." + strings.Join(v.Missing, ".")
				}
				named = append(named, path)
			}
		}
	}
	objects(t, []byte(src), func(o *object.Object) {
		s := control.Subject{Object: o, Version: version, Params: c.ExampleParams()}
		if c.Scope == control.Objects {
			one(&s)
			return
		}
		for s.Pod = range o.Pods() {
			if c.Scope == control.PodSpecs {
				one(&s)
				continue
			}
			for s.Container = range s.Pod.Containers() {
				one(&s)
			}
		}
	})
	if !applies {
		return "-"
	}
	return strings.Join(named, " ")
}

func TestFixOfDuplicateEnvVar(t *testing.T) {
	const src = "{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, env: [{name: A, value: x}, {name: A, value: $(A)y}]}]}}"
	objects(t, []byte(src), func(o *object.Object) {
		at := o.Root.Get("spec").Get("containers").At(0)
		if edits := fixEnv(nil, at, nil); len(edits) > 0 {
			t.Errorf("removes a variable that another one needs: %v", edits)
		}
	})
}

func TestNearest(t *testing.T) {
	const line = "PodSpec hostNetwork:b hostPID:b containers:[1"
	for name, want := range map[string]string{"hostnetwork": "hostNetwork", "container": "containers", "xyz": "", "hostPid": "hostPID"} {
		if got := nearest(line, name); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
	if _, ok := field(line, "PodSpec hostNetwork"); ok {
		t.Error("a name with a blank is no field")
	}
}

func TestAlphabeticalOrder(t *testing.T) {
	for src, want := range map[string]int{
		"{apiVersion: v1, kind: Pod, metadata: {annotations: {}, name: a}}":                    0,
		"{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {}}}":                    1,
		"{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, image: b}]}, metadata: {}}": 2,
	} {
		objects(t, []byte(src), func(o *object.Object) {
			s := control.Subject{Object: o, Params: map[string][]string{"order": {"alphabetical"}}}
			if got := len(YAMLKeysUnsorted.Require.Explain(&s, o.Root, nil)); got != want {
				t.Errorf("%d keys, want %d: %s", got, want, src)
			}
		})
	}
}
