package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"sigs.k8s.io/yaml"
)

// settle makes what kubeadm makes as soon as the API server is there: who is an administrator.
//
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go
func (c *Cluster) settle(ctx context.Context) error {
	if c.components[APIServer].flags["client-ca-file"] == "" {
		return nil // nobody is an administrator
	}
	return c.apply(ctx, `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: kubeadm:cluster-admins
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
- apiGroup: rbac.authorization.k8s.io
  kind: Group
  name: kubeadm:cluster-admins
`)
}

// staticPod is the pod that kubeadm would run a component in, with the flags that it has.
func (c *Cluster) staticPod(k *component) (map[string]any, error) {
	var pod map[string]any
	if err := yaml.Unmarshal([]byte(c.here().Replace(k.file.Text)), &pod); err != nil {
		return nil, fmt.Errorf("%s: %w", k.file.Path, err)
	}
	spec, _ := pod["spec"].(map[string]any)
	containers, _ := spec["containers"].([]any)
	if len(containers) != 1 {
		return nil, fmt.Errorf("%s: no single container", k.file.Path)
	}
	container, ok := containers[0].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: the container is no mapping", k.file.Path)
	}
	container["command"] = append([]string{k.name}, k.flags.args()...)
	return pod, nil
}

// writeManifest writes the static pod of a component into its file, where kubeadm has it.
func (c *Cluster) writeManifest(k *component) error {
	pod, err := c.staticPod(k)
	if err != nil {
		return err
	}
	text, err := yaml.Marshal(pod)
	if err != nil {
		return fmt.Errorf("%s: %w", k.file.Path, err)
	}
	// The kubelet may look at any time: it sees the whole file or none.
	whole := c.path("var/log/components/" + k.name + ".yaml")
	return errors.Join(writeFile(whole, text, 0o600), os.MkdirAll(filepath.Dir(c.path(k.file.Path)), 0o755), os.Rename(whole, c.path(k.file.Path)))
}

// mirror shows the control plane in the API: its Node, and the pods that its kubelet would show.
func (c *Cluster) mirror(ctx context.Context) error {
	node := map[string]any{
		"apiVersion": "v1", "kind": "Node",
		"metadata": map[string]any{"name": c.NodeName, "labels": map[string]string{
			"kubernetes.io/hostname": c.NodeName, "kubernetes.io/os": "linux", "node-role.kubernetes.io/control-plane": "",
		}},
		"spec": map[string]any{"taints": []any{map[string]any{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}}},
	}
	res, err := c.Do(ctx, http.MethodGet, "/version", "", nil)
	if err != nil {
		return err
	}
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	if err := json.Unmarshal(res.Body, &version); err != nil {
		return err
	}
	room := map[string]string{"cpu": "2", "memory": "4Gi", "ephemeral-storage": "10Gi", "pods": "110"}
	status := map[string]any{
		"capacity": room, "allocatable": room,
		"addresses":  []any{map[string]any{"type": "InternalIP", "address": c.address}, map[string]any{"type": "Hostname", "address": c.NodeName}},
		"conditions": []any{map[string]any{"type": "Ready", "status": "True", "reason": "KubeletReady"}},
		"nodeInfo":   map[string]any{"kubeletVersion": version.GitVersion, "operatingSystem": "linux"},
	}
	if err := c.show(ctx, "/api/v1/nodes", node, status); err != nil {
		return err
	}
	for _, name := range c.Running() {
		pod, err := c.staticPod(c.components[name])
		if err != nil {
			return err
		}
		meta, _ := pod["metadata"].(map[string]any)
		meta["name"] = name + "-" + c.NodeName
		annotations, _ := meta["annotations"].(map[string]any)
		if annotations == nil {
			annotations = map[string]any{}
		}
		// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/types/pod_update.go
		for _, a := range []string{"kubernetes.io/config.mirror", "kubernetes.io/config.hash"} {
			annotations[a] = fmt.Sprintf("%032x", len(name))
		}
		annotations["kubernetes.io/config.source"] = "file"
		meta["annotations"] = annotations
		spec, _ := pod["spec"].(map[string]any)
		spec["nodeName"] = c.NodeName
		spec["tolerations"] = []any{map[string]any{"effect": "NoExecute", "operator": "Exists"}}
		status := map[string]any{"phase": "Running", "conditions": []any{map[string]any{"type": "Ready", "status": "True"}}}
		if err := c.show(ctx, "/api/v1/namespaces/kube-system/pods", pod, status); err != nil {
			return err
		}
	}
	return nil
}

// show makes an object, in the place of the one that is there, and sets its status.
func (c *Cluster) show(ctx context.Context, path string, object, status map[string]any) error {
	body, err := json.Marshal(object)
	if err != nil {
		return err
	}
	meta, _ := object["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	one := path + "/" + url.PathEscape(name)
	if res, err := c.Do(ctx, http.MethodDelete, one+"?gracePeriodSeconds=0", "", nil); err != nil {
		return err
	} else if !slices.Contains([]int{http.StatusOK, http.StatusNotFound}, res.Status) {
		return fmt.Errorf("removing %s: %d %.500s", one, res.Status, res.Body)
	}
	res, err := c.Do(ctx, http.MethodPost, path, "application/json", body)
	if err != nil {
		return err
	}
	if res.Status != http.StatusCreated {
		return fmt.Errorf("creating %s: %d %.500s", one, res.Status, res.Body)
	}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	if res, err = c.Do(ctx, http.MethodPatch, one+"/status", "application/merge-patch+json", patch); err != nil {
		return err
	}
	if res.Status != http.StatusOK {
		return fmt.Errorf("status of %s: %d %.500s", one, res.Status, res.Body)
	}
	return nil
}
