package controls_test

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/controls/fixture"
)

// TestJudgement has what the laws cannot derive: where a field counts elsewhere, or a version or a kind of pod matters. Each spec
// is that of a pod in the namespace "shop"; failed are the paths that are named.
func TestJudgement(t *testing.T) {
	for _, c := range []struct {
		name    string
		control string
		version control.Minor // 0 is the latest
		spec    string
		failed  []string
	}{
		{"a limit is a request", "cpu-request-missing", 0, `containers: [{name: a, resources: {limits: {cpu: 1}}}]`, nil},
		{
			"requests are no limits", "memory-limit-missing", 0, `containers: [{name: a, resources: {requests: {memory: 1Gi}}}]`,
			[]string{"spec.containers[0].resources.limits.memory"},
		},
		{
			"no limit is 0", "memory-limit-missing", 0, `containers: [{name: a, resources: {limits: {memory: 0}}}, {name: b, resources: {limits: {memory: 0Mi}}}, {name: c, resources: {limits: {memory: 10Mi}}}]`,
			[]string{"spec.containers[0].resources.limits.memory", "spec.containers[1].resources.limits.memory"},
		},
		{
			"a request of 0 beside a limit", "cpu-request-missing", 0, `containers: [{name: a, resources: {requests: {cpu: "0"}, limits: {cpu: 1}}}]`,
			[]string{"spec.containers[0].resources.requests.cpu"},
		},
		{"limits of the pod", "memory-limit-missing", 34, `{resources: {limits: {memory: 1Gi}}, containers: [{name: a}], initContainers: [{name: b}]}`, nil},
		{
			"limits of the pod before 1.34", "memory-limit-missing", 33, `{resources: {limits: {memory: 1Gi}}, containers: [{name: a}]}`,
			[]string{"spec.containers[0].resources.limits.memory"},
		},
		{"limits of the pod are its requests", "memory-request-missing", 34, `{resources: {limits: {memory: 1Gi}}, containers: [{name: a}]}`, nil},
		{
			"init containers and sidecars count, ephemeral ones cannot", "cpu-limit-missing", 0,
			`{containers: [{name: a, resources: {limits: {cpu: 1}}}], initContainers: [{name: b}, {name: c, restartPolicy: Always}], ephemeralContainers: [{name: d}]}`,
			[]string{"spec.initContainers[0].resources.limits.cpu", "spec.initContainers[1].resources.limits.cpu"},
		},
		{
			"storage of the pod is none of the container", "ephemeral-storage-limit-missing", 0, `{resources: {limits: {ephemeral-storage: 1Gi}}, containers: [{name: a}]}`,
			[]string{"spec.containers[0].resources.limits.ephemeral-storage"},
		},

		{"an emptyDir on disk", "empty-dir-unbounded", 0, `{containers: [{name: a}], volumes: [{name: v, emptyDir: {}}, {name: w, secret: {}}]}`, []string{"spec.volumes[0].emptyDir.sizeLimit"}},
		{
			"an emptyDir on disk with a container's limit", "empty-dir-unbounded", 0,
			`{containers: [{name: a, resources: {limits: {ephemeral-storage: 1Gi}}}], volumes: [{name: v, emptyDir: {}}]}`, nil,
		},
		{
			"an emptyDir in memory", "empty-dir-unbounded", 0,
			`{containers: [{name: a, resources: {limits: {ephemeral-storage: 1Gi, memory: 1Gi}}}], volumes: [{name: v, emptyDir: {medium: Memory}}]}`,
			[]string{"spec.volumes[0].emptyDir.sizeLimit"},
		},

		{
			"ids of the pod", "run-as-low-uid", 0, `{securityContext: {runAsUser: 20000}, containers: [{name: a}, {name: b, securityContext: {runAsUser: 10000}}]}`,
			[]string{"spec.containers[1].securityContext.runAsUser"},
		},
		{"no id at all", "run-as-low-uid", 0, `containers: [{name: a, securityContext: {}}]`, []string{"spec.containers[0].securityContext.runAsUser"}},
		{"a low id of the pod", "run-as-low-gid", 0, `{securityContext: {runAsGroup: 1000}, containers: [{name: a}]}`, []string{"spec.securityContext.runAsGroup"}},
		{"ids in a user namespace", "run-as-low-uid", 35, `{hostUsers: false, containers: [{name: a}]}`, nil},
		{"ids on Windows", "run-as-low-uid", 0, `{os: {name: windows}, containers: [{name: a}]}`, nil},
		{"ids on Windows by node selector", "run-as-low-gid", 0, `{nodeSelector: {kubernetes.io/os: windows}, containers: [{name: a}]}`, nil},
		{"no group", "run-as-root-group", 0, `{securityContext: {runAsUser: 5}, containers: [{name: a}]}`, nil},
		{"a root group that is overridden", "run-as-root-group", 0, `{securityContext: {runAsGroup: 0}, containers: [{name: a, securityContext: {runAsGroup: 5}}]}`, nil},
		{
			"a root group that is not", "run-as-root-group", 0, `{securityContext: {runAsGroup: 0, fsGroup: 0, supplementalGroups: [1, 0]}, containers: [{name: a}]}`,
			[]string{"spec.securityContext.fsGroup", "spec.securityContext.supplementalGroups[1]", "spec.securityContext.runAsGroup"},
		},
		{"groups before the field", "supplemental-groups-policy-not-strict", 32, `containers: [{name: a}]`, nil},
		{"a user namespace beside one of the host", "user-namespace-not-used", 0, `{hostPID: true, containers: [{name: a}]}`, nil},
		{"a user namespace beside block devices", "user-namespace-not-used", 0, `containers: [{name: a, volumeDevices: [{name: d, devicePath: /dev/x}]}]`, nil},
		{"no user namespace", "user-namespace-not-used", 0, `{hostPID: false, containers: [{name: a}]}`, []string{"spec.hostUsers"}},

		{
			"Windows without a user", "windows-container-administrator", 0, `{os: {name: windows}, containers: [{name: a}]}`,
			[]string{"spec.containers[0].securityContext.windowsOptions.runAsUserName"},
		},
		{
			"Windows with a user of the pod", "windows-container-administrator", 0,
			`{nodeSelector: {kubernetes.io/os: windows}, securityContext: {windowsOptions: {runAsUserName: ContainerUser}}, containers: [{name: a}]}`, nil,
		},
		{
			"Windows with an administrator", "windows-container-administrator", 0,
			`{os: {name: windows}, securityContext: {windowsOptions: {runAsUserName: containeradministrator}}, containers: [{name: a}]}`,
			[]string{"spec.securityContext.windowsOptions.runAsUserName"},
		},
		{"Linux", "windows-container-administrator", 0, `containers: [{name: a}]`, nil},

		{"latest by default is always pulled", "image-pull-policy-not-always", 0, `containers: [{name: a, image: nginx}, {name: b, image: "nginx:latest"}]`, nil},
		{
			"latest is not pulled", "image-pull-policy-not-always", 0, `containers: [{name: a, image: nginx, imagePullPolicy: Never}, {name: b, image: "nginx:1.2", imagePullPolicy: Never}]`,
			[]string{"spec.containers[0].imagePullPolicy"},
		},
		{"other moving tags are not pulled by default", "image-pull-policy-not-always", 0, `containers: [{name: a, image: "nginx:stable"}]`, []string{"spec.containers[0].imagePullPolicy"}},
		{"no image", "image-tag-latest-or-missing", 0, `containers: [{name: a}]`, nil},
		{"image placeholders", "image-digest-missing", 0, `containers: [{name: a, image: "${IMAGE}"}]`, []string{"spec.containers[0].image ?"}},
		{"critical workloads of the system", "priority-class-not-allowed", 0, `{priorityClassName: system-node-critical, containers: [{name: a}]}`, []string{"spec.priorityClassName"}},
		{
			"terminals for debugging", "interactive-terminal-requested", 0, `{containers: [{name: a, tty: true}], ephemeralContainers: [{name: d, tty: true, stdin: true}]}`,
			[]string{"spec.containers[0].tty"},
		},
		{
			"requests of pods that are not critical", "resource-requests-differ-from-limits", 0,
			`containers: [{name: a, resources: {requests: {cpu: 1}, limits: {cpu: 2}}}]`, nil,
		},
		{
			"requests of critical pods", "resource-requests-differ-from-limits", 0,
			`{priorityClassName: business-critical, containers: [{name: a, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 1024Mi}}}]}`,
			[]string{"spec.containers[0].resources.requests.cpu"},
		},
		{
			"critical pods with resources of their own", "resource-requests-differ-from-limits", 34,
			`{priorityClassName: business-critical, resources: {limits: {cpu: 2, memory: 1Gi}}, containers: [{name: a, resources: {requests: {cpu: 1}, limits: {cpu: 2}}}]}`, nil,
		},
		{"limits of the pod above the maximum", "resource-limit-too-high", 34, `{resources: {limits: {cpu: 5}}, containers: [{name: a}]}`, []string{"spec.resources.limits.cpu"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var spec fixture.Map
			if err := yaml.Unmarshal([]byte(c.spec), &spec); err != nil {
				t.Fatal(err)
			}
			p := parse(t, fixture.Wrap("Pod", fixture.Map{"metadata": fixture.Map{"name": "x", "namespace": "shop"}, "spec": spec}))
			version := c.version
			if version == 0 {
				version = control.LatestMinor
			}
			var got []string
			for _, j := range failuresOf(p.judge(controls.Find(c.control)[0], version)) {
				for _, v := range j.explain() {
					path := j.path(&v)
					if v.Unknown {
						path += " ?"
					}
					if !slices.Contains(got, path) {
						got = append(got, path)
					}
				}
			}
			if strings.Join(got, " ") != strings.Join(c.failed, " ") {
				t.Errorf("named %q, want %q", got, c.failed)
			}
		})
	}
}

// TestSystemPriorityClasses are allowed where the system lives.
func TestSystemPriorityClasses(t *testing.T) {
	pod := fixture.Pod(fixture.Linux)
	pod["spec"].(fixture.Map)["priorityClassName"] = "system-node-critical"
	pod["metadata"].(fixture.Map)["namespace"] = "kube-system"
	c := controls.Find("priority-class-not-allowed")[0]
	if bad := failuresOf(parse(t, fixture.Wrap("Pod", pod)).judge(c, control.LatestMinor)); len(bad) > 0 {
		t.Error(reasons(bad[0]))
	}
}
