package cluster

import (
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// TestReloadOnlyIsUnknown: whether the API server reloads the file is a flag that the file does not tell.
func TestReloadOnlyIsUnknown(t *testing.T) {
	src := []byte("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n" +
		"  providers: [{kms: {name: a, endpoint: 'unix:///a'}}, {kms: {name: a, endpoint: 'unix:///b'}}]\n")
	parsed, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
	if err != nil {
		t.Fatal(err)
	}
	got := EncryptionConfigInvalid.Require.Explain(&control.Subject{}, parsed.Root(), nil)
	if len(got) != 1 || !got[0].Unknown {
		t.Errorf("got %+v", got)
	}
}

// TestFilledInLater: what another tool puts in is neither a failure nor a pass.
func TestFilledInLater(t *testing.T) {
	for text, controls := range map[string][]*control.Control{
		"- {resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: '${KEY}'}]}}]}\n": {&EncryptionConfigInvalid},
		"- {resources: ['ENC[AES256_GCM,data:a]'], providers: [{aescbc: {keys: [{name: 'ENC[AES256_GCM,data:a]', secret: 'ENC[AES256_GCM,data:a]'}]}}]}\nsops: {version: 3.9.0}\n": {
			&EncryptionConfigInvalid, &EncryptionResourcesIncomplete,
		},
	} {
		src := []byte("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n" + text)
		parsed, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range controls {
			s := control.Subject{Params: map[string][]string{"resources": {"secrets"}}}
			if got := c.Require.Explain(&s, parsed.Root(), nil); len(got) != 1 || !got[0].Unknown {
				t.Errorf("%s: %+v", c.ID, got)
			}
		}
	}
}

// TestControlPlaneTaints: kubeadm sets the taint only where no list of taints is given, and only on the control plane.
func TestControlPlaneTaints(t *testing.T) {
	for text, want := range map[string]int{
		"kind: InitConfiguration\nnodeRegistration: {taints: []}\n":                                                                                      1,
		"kind: InitConfiguration\nnodeRegistration: {taints: [{key: gpu, effect: NoSchedule}]}\n":                                                        1,
		"kind: InitConfiguration\nnodeRegistration: {taints: [{key: node-role.kubernetes.io/control-plane, effect: PreferNoSchedule}]}\n":                1,
		"kind: InitConfiguration\nnodeRegistration: {taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}, {key: a, effect: b}]}\n": 0,
		"kind: InitConfiguration\nnodeRegistration: {taints: null}\n":                                                                                    0,
		"kind: InitConfiguration\nnodeRegistration: {name: a}\n":                                                                                         0,
		"kind: JoinConfiguration\nnodeRegistration: {taints: []}\n":                                                                                      0,
		"kind: JoinConfiguration\ncontrolPlane: {}\nnodeRegistration: {taints: []}\n":                                                                    1,
	} {
		src := []byte("apiVersion: kubeadm.k8s.io/v1beta4\n" + text)
		parsed, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
		if err != nil {
			t.Fatal(err)
		}
		s := control.Subject{Object: &object.Object{Root: parsed.Root(), Kind: parsed.Root().Get("kind").Text()}}
		if got := NodeWorkloadsOnControlPlane.RequireObject.Explain(&s, parsed.Root(), nil); len(got) != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// TestTaintsOfAgents: DaemonSets, their pods and the system may run anywhere.
func TestTaintsOfAgents(t *testing.T) {
	const spec = "{tolerations: [{operator: Exists}]}"
	for text, want := range map[string]bool{
		"{kind: Pod, metadata: {name: a}, spec: " + spec + "}":                                                                    false,
		"{kind: Pod, metadata: {name: a, ownerReferences: [{kind: DaemonSet, name: b}]}, spec: " + spec + "}":                     true,
		"{kind: Pod, metadata: {name: a, ownerReferences: [{kind: ReplicaSet, name: b}]}, spec: " + spec + "}":                    false,
		"{kind: Pod, metadata: {name: a}, spec: {hostNetwork: true, tolerations: [{operator: Exists}]}}":                          true,
		"{kind: Pod, metadata: {name: a, namespace: kube-system}, spec: " + spec + "}":                                            true,
		"{kind: Pod, metadata: {name: a}, spec: {priorityClassName: system-cluster-critical, tolerations: [{operator: Exists}]}}": true,
	} {
		src := []byte(text)
		parsed, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
		if err != nil {
			t.Fatal(err)
		}
		s := control.Subject{Object: &object.Object{Root: parsed.Root(), Kind: "Pod"}, Params: map[string][]string{"namespaces": {"kube-system"}}}
		if got := NodeWorkloadsOnControlPlane.Require.Holds(&s, parsed.Root().Get("spec")); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
