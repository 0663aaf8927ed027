package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/test/controlplane"
)

// Flags are settings of a component, without their dashes. A flag that is set takes the place of the one that is there; Remove takes it away.
//
// The folders /etc/kubernetes, /var/lib/etcd, /var/lib/kubelet and /var/log/kubernetes in a value are those of the cluster, wherever it is.
type Flags map[string]string

// Remove as the value of a flag means that it is not set, whatever the base says.
const Remove = "\x00remove"

// with returns the flags after changes.
func (f Flags) with(changes Flags) Flags {
	all := maps.Clone(f)
	for name, value := range changes {
		if value == Remove {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	return all
}

// args is the command line, in a fixed order.
func (f Flags) args() []string {
	var args []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		args = append(args, "--"+name+"="+f[name])
	}
	return args
}

// manifest is what is wanted of a static pod's.
type manifest struct {
	Spec struct {
		Containers []struct {
			Command []string `json:"command"`
		} `json:"containers"`
	} `json:"spec"`
}

// command returns the flags of a static pod.
func command(file controlplane.File) (Flags, error) {
	var m manifest
	if err := yaml.Unmarshal([]byte(file.Text), &m); err != nil {
		return nil, fmt.Errorf("%s: %w", file.Path, err)
	}
	if len(m.Spec.Containers) != 1 || len(m.Spec.Containers[0].Command) < 2 {
		return nil, fmt.Errorf("%s: no command of one container", file.Path)
	}
	flags := Flags{}
	for _, arg := range m.Spec.Containers[0].Command[1:] {
		name, value, ok := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if !ok {
			return nil, fmt.Errorf("%s: argument %q is no --name=value", file.Path, arg)
		}
		flags[name] = value
	}
	return flags, nil
}

// roots are the folders of a cluster, as its components call them.
func roots() []string {
	return []string{"/etc/kubernetes", "/var/lib/etcd", "/var/lib/kubelet", "/var/log/kubernetes"}
}

// rooted puts the folders of a text where those of the cluster are; folders that are there already stay.
func rooted(root string) *strings.Replacer {
	var pairs []string
	if root != "" {
		for _, r := range roots() {
			pairs = append(pairs, root+r, root+r)
		}
		for _, r := range roots() {
			pairs = append(pairs, r, root+r)
		}
	}
	return strings.NewReplacer(pairs...)
}

// replace replaces in the values of all flags.
func (f Flags) replace(r *strings.Replacer) Flags {
	placed := make(Flags, len(f))
	for name, value := range f {
		placed[name] = r.Replace(value)
	}
	return placed
}

// merge changes a mapping as a JSON merge patch does.
func merge(into, changes map[string]any) {
	for name, value := range changes {
		below, ok := value.(map[string]any)
		there, also := into[name].(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case ok && also:
			merge(there, below)
		default:
			into[name] = value
		}
	}
}
