package component

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// Volume is a file or folder of the host that a component has to see under the same path.
type Volume struct {
	// Name is what the volume is called if that name is free.
	Name string
	// Path is absolute.
	Path string
	// Type is that of a hostPath volume: File, DirectoryOrCreate …
	Type     string
	ReadOnly bool
}

// Mount returns the changes after which a component sees a file or folder of the host, none if it does already because it runs on the host or a
// volume is there; ok is false if that cannot be written down where the component is configured.
// https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/#kubeadm-k8s-io-v1beta4-HostPathMount
func (i *Instance) Mount(v Volume) (edits []Edit, ok bool) {
	if !i.Contained() || i.covers(v.Path) {
		return nil, true
	}
	name := i.freeVolume(v.Name)
	if i.Distribution == "kubeadm" {
		at, isArgs := strings.CutSuffix(i.list, "extraArgs")
		value := map[string]any{"name": name, "hostPath": v.Path, "mountPath": v.Path, "readOnly": v.ReadOnly, "pathType": v.Type}
		return []Edit{{Op: AppendItem, Object: i.Object, Path: at + "extraVolumes", Value: value}}, isArgs
	}
	spec := strings.LastIndex(i.Path, ".containers[")
	if spec < 0 {
		return nil, false
	}
	volume := map[string]any{"name": name, "hostPath": map[string]any{"path": v.Path, "type": v.Type}}
	mounted := map[string]any{"name": name, "mountPath": v.Path}
	if v.ReadOnly {
		mounted["readOnly"] = true
	}
	return []Edit{
		{Op: AppendItem, Object: i.Object, Path: i.Path[:spec] + ".volumes", Value: volume},
		{Op: AppendItem, Object: i.Object, Path: i.Path + ".volumeMounts", Value: mounted},
	}, true
}

// Contained reports whether the component runs in a container whose volumes are part of what configures it: in a pod of the input, or in one
// that kubeadm writes.
func (i *Instance) Contained() bool {
	return i.Distribution == "kubeadm" || i.Distribution == "" && strings.Contains(i.Path, ".containers[")
}

// Volumes reports whether anything is mounted into the container of a component, so that one may ask what is not.
func (i *Instance) Volumes() bool { return len(i.mounts) > 0 }

// covers reports whether a volume of any sort is where a path leads.
func (i *Instance) covers(file string) bool {
	_, _, covered := i.mounted(path.Clean(file))
	return covered
}

func (i *Instance) freeVolume(name string) string {
	taken := func(s string) bool {
		return slices.ContainsFunc(i.mounts, func(m mount) bool { return m.name == s })
	}
	free := name
	for n := 2; taken(free) && n <= len(i.mounts)+2; n++ {
		free = name + "-" + strconv.Itoa(n)
	}
	return free
}

// mounted finds the volume that a path leads into: the one with the longest path. Then host is the path on the host, if the volume is a folder
// of it.
func (i *Instance) mounted(file string) (host string, onHost, covered bool) {
	best := -1
	host = file
	for _, m := range i.mounts {
		rest, ok := strings.CutPrefix(file, m.container)
		if !ok || rest != "" && m.container != "/" && rest[0] != '/' || len(m.container) <= best {
			continue
		}
		best, host, onHost = len(m.container), file, m.host != ""
		if onHost {
			host = path.Join(m.host, rest)
		}
	}
	return host, onHost, best >= 0
}
