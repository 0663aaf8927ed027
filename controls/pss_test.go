package controls_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// The Pod Security Standards are what the API server's own library says they are. These tests compare the controls of the two
// levels with it, for every Kubernetes version.

const library = "k8s.io/pod-security-admission"

var levels = []string{"baseline", "restricted"}

// overridden are baseline controls that are not part of the level restricted from a version on, because stricter ones take
// their place there. The difference shows in Windows pods, from which restricted asks for less than baseline does, and in
// volumes with two types.
var overridden = map[string]control.Minor{
	"capability-added-dangerous": 22,
	"capability-sys-admin":       22,
	"capability-sys-module":      22,
	"seccomp-unconfined":         19,
	"host-path-volume":           0,
	"proc-mount-unmasked":        35,
}

// failing returns the controls of a level that fail on a pod.
func failing(pod *object.Pod, level string, version control.Minor) (ids []string) {
	for _, c := range controls.All() {
		in := c.Refs.PSS == level || c.Refs.PSS == "baseline"
		if from, ok := overridden[c.ID]; ok && level == "restricted" && version >= from {
			in = false
		}
		if in && c.From <= version && !holds(c, pod, version) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// holds judges a control on a pod and all that is in it.
func holds(c *control.Control, pod *object.Pod, version control.Minor) bool {
	require := func(rule control.Rule, s *control.Subject) bool {
		return rule == nil || c.Unless != nil && c.Unless.Holds(s, s.Root()) || rule.Holds(s, s.Root())
	}
	s := &control.Subject{Object: pod.Object, Pod: pod, Version: version}
	if c.Scope == control.PodSpecs {
		return require(c.Require, s)
	}
	if !require(c.RequirePod, s) {
		return false
	}
	for container := range pod.Containers() {
		s.Container = container
		if !require(c.Require, s) {
			return false
		}
	}
	return true
}

// refused returns what the library says against a pod.
func refused(e policy.Evaluator, pod *corev1.Pod, level string, version control.Minor) (reasons []string) {
	lv := api.LevelVersion{Level: api.Level(level), Version: api.MajorMinorVersion(1, int(version))}
	for _, r := range e.EvaluatePod(lv, &pod.ObjectMeta, &pod.Spec) {
		if !r.Allowed {
			reasons = append(reasons, r.ForbiddenReason+": "+r.ForbiddenDetail)
		}
	}
	return reasons
}

func newEvaluator(t *testing.T) policy.Evaluator {
	t.Helper()
	e, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// decode reads a pod twice: for the library and for the controls.
func decode(t *testing.T, src []byte) (*corev1.Pod, *object.Pod) {
	t.Helper()
	var theirs corev1.Pod
	if err := yaml.Unmarshal(src, &theirs); err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	// The API server fills in this default before it judges the pod.
	for i := range theirs.Spec.Volumes {
		if v := &theirs.Spec.Volumes[i]; v.VolumeSource == (corev1.VolumeSource{}) {
			v.EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatalf("%v\n%s", err, src)
		}
		for o := range object.Each(parsed.Root()) {
			for pod := range o.Pods() {
				return &theirs, pod
			}
		}
	}
	t.Fatalf("no pod in\n%s", src)
	return nil, nil
}

// compare reports where the two disagree, and whether the library lets the pod pass.
func compare(t *testing.T, e policy.Evaluator, theirs *corev1.Pod, ours *object.Pod, level string, version control.Minor) bool {
	t.Helper()
	reasons, ids := refused(e, theirs, level, version), failing(ours, level, version)
	if (len(reasons) == 0) != (len(ids) == 0) {
		t.Errorf("%s at %s: the library says %q, the controls that fail are %q\n%s",
			level, version, reasons, ids, ours.Object.Root.Tree().Source())
	}
	return len(reasons) == 0
}

func TestPodSecurityFixtures(t *testing.T) {
	t.Parallel()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", library).Output()
	if err != nil {
		t.Fatalf("looking for %s: %v", library, err)
	}
	e := newEvaluator(t)
	files, seen := 0, map[string]bool{}
	err = filepath.WalkDir(filepath.Join(strings.TrimSpace(string(dir)), "test", "testdata"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		files++
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		parts := strings.Split(filepath.ToSlash(path), "/") // …/LEVEL/vVERSION/pass/NAME.yaml
		level, own, want := parts[len(parts)-4], parts[len(parts)-3], parts[len(parts)-2]
		version, err := control.ParseMinor(own)
		if err != nil {
			return err
		}
		theirs, ours := decode(t, src)
		if ids := failing(ours, level, version); (len(ids) == 0) != (want == "pass") {
			t.Errorf("%s: want %s, the controls that fail are %q", path, want, ids)
		}
		if seen[string(src)] {
			return nil
		}
		seen[string(src)] = true
		for _, level := range levels {
			for v := range control.LatestMinor + 1 {
				compare(t, e, theirs, ours, level, v)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 4500 {
		t.Errorf("only %d fixtures found", files)
	}
	t.Logf("%d fixtures, %d different ones, each judged at both levels for 1.0 to %s", files, len(seen), control.LatestMinor)
}

// mutation is a place in a pod and the values that a test puts there; nil is null.
type mutation struct {
	base   control.Base
	path   string
	values []any
}

type m = map[string]any

var mutations = slices.Concat(securityContextMutations(control.OnScope), securityContextMutations(control.OnPodSpec), []mutation{
	{control.OnScope, "securityContext.privileged", []any{true, false, nil}},
	{control.OnScope, "securityContext.allowPrivilegeEscalation", []any{true, false, nil}},
	{control.OnScope, "securityContext.capabilities", []any{nil, m{}, m{"drop": []any{"ALL"}}, m{"drop": nil}, m{"drop": []any{"all"}}}},
	{control.OnScope, "securityContext.capabilities.drop", []any{[]any{}, []any{"NET_RAW"}, []any{"CHOWN", "ALL"}}},
	{control.OnScope, "securityContext.capabilities.add", []any{
		nil,
		[]any{},
		[]any{"NET_BIND_SERVICE"},
		[]any{"CHOWN"},
		[]any{"NET_RAW"},
		[]any{"SYS_ADMIN"},
		[]any{"CAP_SYS_ADMIN"},
		[]any{"sys_module"},
		[]any{"ALL"},
		[]any{"net_bind_service"},
		[]any{"CAP_CHOWN"},
		[]any{"KILL", "SYS_MODULE"},
		[]any{nil},
	}},
	{control.OnScope, "securityContext.procMount", []any{"Default", "Unmasked", "", nil}},
	{control.OnScope, "ports", []any{
		nil,
		[]any{m{"containerPort": 80}},
		[]any{m{"containerPort": 80, "hostPort": 0}},
		[]any{m{"containerPort": 80, "hostPort": nil}},
		[]any{m{"containerPort": 80}, m{"containerPort": 81, "hostPort": 81}},
	}},
	{control.OnScope, "livenessProbe", handlers()},
	{control.OnScope, "readinessProbe", handlers()},
	{control.OnScope, "startupProbe", handlers()},
	{control.OnScope, "lifecycle.postStart", handlers()},
	{control.OnScope, "lifecycle.preStop", handlers()},
	{control.OnPodSpec, "hostNetwork", []any{true, false, nil}},
	{control.OnPodSpec, "hostPID", []any{true, false, nil}},
	{control.OnPodSpec, "hostIPC", []any{true, false, nil}},
	{control.OnPodSpec, "hostUsers", []any{true, false, false, nil}},
	{control.OnPodSpec, "os", []any{m{"name": "windows"}, m{"name": "windows"}, m{"name": "linux"}, nil}},
	{control.OnPodSpec, "volumes", volumes()},
	{control.OnPodSpec, "securityContext.sysctls", sysctls()},
	{control.OnMetadata, "annotations", annotations()},
})

// securityContextMutations are those that containers and pods have in common.
func securityContextMutations(base control.Base) []mutation {
	return []mutation{
		{base, "securityContext", []any{nil, m{}}},
		{base, "securityContext.runAsNonRoot", []any{true, false, nil}},
		{base, "securityContext.runAsUser", []any{0, 1, 1000, nil}},
		{base, "securityContext.seccompProfile", []any{nil, m{}}},
		{base, "securityContext.seccompProfile.type", []any{"RuntimeDefault", "Localhost", "Unconfined", "unknown", "", nil}},
		{base, "securityContext.appArmorProfile", []any{nil, m{}}},
		{base, "securityContext.appArmorProfile.type", []any{"RuntimeDefault", "Localhost", "Unconfined", "unknown", nil}},
		{base, "securityContext.seLinuxOptions", []any{nil, m{}, m{"level": "s0"}, m{"user": "u"}, m{"role": "r"}, m{"user": "", "role": nil}}},
		{base, "securityContext.seLinuxOptions.type", []any{"", nil, "container_t", "container_init_t", "container_kvm_t", "container_engine_t", "spc_t"}},
		{base, "securityContext.windowsOptions.hostProcess", []any{true, false, nil}},
	}
}

// handlers are probes and lifecycle hooks.
func handlers() []any {
	return []any{
		nil,
		m{"exec": m{"command": []any{"true"}}},
		m{"httpGet": nil},
		m{"httpGet": m{"port": 80, "host": nil}},
		m{"httpGet": m{"port": "http", "host": ""}},
		m{"tcpSocket": m{"port": 80}},
		m{"httpGet": m{"port": 80, "host": "127.0.0.1"}},
		m{"tcpSocket": m{"port": 80, "host": "db"}},
	}
}

func volumes() []any {
	list := []any{
		nil,
		[]any{},
		[]any{m{"name": "v"}},
		[]any{m{"name": "v", "emptyDir": nil}},
		[]any{m{"name": "v", "hostPath": nil, "secret": m{}}},
		[]any{m{"name": "v", "emptyDir": m{}, "hostPath": m{"path": "/"}}},
	}
	for _, kind := range []string{
		"hostPath", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "secret", "nfs", "iscsi", "glusterfs", "persistentVolumeClaim",
		"rbd", "flexVolume", "cinder", "cephfs", "flocker", "downwardAPI", "fc", "azureFile", "configMap", "vsphereVolume", "quobyte",
		"azureDisk", "photonPersistentDisk", "projected", "portworxVolume", "scaleIO", "storageos", "csi", "ephemeral", "image", "emptyDir",
	} {
		list = append(list, []any{m{"name": "v", kind: m{}}}, []any{m{"name": "u", "configMap": m{}}, m{"name": "v", kind: m{}}})
	}
	return list
}

func sysctls() []any {
	list := []any{nil, []any{}, []any{m{"value": "1"}}, []any{m{"name": nil, "value": "1"}}}
	for _, name := range []string{
		"kernel.shm_rmid_forced", "kernel/shm_rmid_forced", "kernel.msgmax", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
		"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
		"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
		"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat",
	} {
		list = append(list, []any{m{"name": name, "value": "1"}}, []any{m{"name": "kernel.shm_rmid_forced", "value": "1"}, m{"name": name, "value": "1"}})
	}
	return list
}

func annotations() []any {
	list := []any{nil, m{}, m{"example.com/other": "unconfined"}}
	for _, key := range []string{
		"container.apparmor.security.beta.kubernetes.io/containers0", "container.apparmor.security.beta.kubernetes.io/nobody",
		"seccomp.security.alpha.kubernetes.io/pod", "seccomp.security.alpha.kubernetes.io/podium",
		"container.seccomp.security.alpha.kubernetes.io/initContainers0", "container.seccomp.security.alpha.kubernetes.io/ephemeralContainers0",
		"container.seccomp.security.alpha.kubernetes.io/nobody",
	} {
		for _, value := range []any{"runtime/default", "docker/default", "localhost/profile", "unconfined", "", nil} {
			list = append(list, m{key: value})
		}
	}
	return list
}

// restrictedPod returns a pod of the level restricted, with some containers of every sort. What both pods and containers can
// set is set on the pod, on its containers, or on both.
func restrictedPod(r *rand.Rand) (pod m, containers []m) {
	spec := m{}
	where := r.IntN(3)
	if where != 0 {
		spec["securityContext"] = m{"runAsNonRoot": true, "seccompProfile": m{"type": "RuntimeDefault"}}
	}
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		var items []any
		for i := range 1 + r.IntN(2) {
			c := m{"name": fmt.Sprint(list, i), "image": "registry.k8s.io/pause", "securityContext": m{
				"allowPrivilegeEscalation": false, "capabilities": m{"drop": []any{"ALL"}},
			}}
			if where != 1 {
				set(c, "securityContext.runAsNonRoot", true)
				set(c, "securityContext.seccompProfile.type", "RuntimeDefault")
			}
			if list == "initContainers" && r.IntN(2) == 0 {
				c["restartPolicy"] = "Always"
			}
			items, containers = append(items, c), append(containers, c)
		}
		spec[list] = items
	}
	return m{"apiVersion": "v1", "kind": "Pod", "metadata": m{"name": "random"}, "spec": spec}, containers
}

func TestPodSecurityRandomPods(t *testing.T) {
	t.Parallel()
	const pods, versions = 4000, 5
	r := rand.New(rand.NewPCG(1, 37))
	e := newEvaluator(t)
	passed, judged := map[string]int{}, 0
	for range pods {
		pod, containers := restrictedPod(r)
		for range r.IntN(5) {
			change := mutations[r.IntN(len(mutations))]
			target := containers[r.IntN(len(containers))]
			switch change.base {
			case control.OnPodSpec:
				target = pod["spec"].(m)
			case control.OnMetadata:
				target = pod["metadata"].(m)
			case control.OnScope:
			}
			set(target, change.path, change.values[r.IntN(len(change.values))])
		}
		src, err := yaml.Marshal(pod)
		if err != nil {
			t.Fatal(err)
		}
		theirs, ours := decode(t, src)
		for range versions {
			version := control.Minor(r.UintN(uint(control.LatestMinor) + 1))
			judged++
			for _, level := range levels {
				if compare(t, e, theirs, ours, level, version) {
					passed[level]++
				}
			}
		}
	}
	for _, level := range levels {
		if share := passed[level] * 100 / judged; share < 20 || share > 80 {
			t.Errorf("%d %% of the pods pass %s: the test sees too little of one verdict", share, level)
		}
	}
}

// set puts a value, null included, at a path of a decoded mapping.
func set(at m, path string, value any) {
	keys := control.Keys(path)
	for _, k := range keys[:len(keys)-1] {
		next, ok := at[k].(m)
		if !ok {
			next = m{}
			at[k] = next
		}
		at = next
	}
	at[keys[len(keys)-1]] = value
}

// Where the controls are meant to be stricter than the library.
func TestStricterThanTheLibrary(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ id, path, spec string }{
		{"volume-type-not-allowed", "a volume type that is not known yet", `volumes: [{name: v, newFangled: {}}]`},
		{"unsafe-sysctls", "CVE-2022-0811", `securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: "1+kernel.core_pattern=|/x"}]}`},
	} {
		_, pod := decode(t, []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [], "+test.spec+"}\n"))
		if ids := failing(pod, "restricted", control.LatestMinor); !slices.Contains(ids, test.id) {
			t.Errorf("%s: %s passes; only these fail: %q", test.id, test.path, ids)
		}
	}
}
