package component

import (
	"slices"
	"strings"
	"time"
)

// configz returns the node whose kubelet said a configuration: what it answers at /configz is read as a file of this path.
func configz(file string) (node string, ok bool) {
	parts := strings.Split(file, "/")
	n := len(parts)
	if n < 4 || parts[n-1] != "configz" || parts[n-2] != "proxy" || parts[n-4] != "nodes" {
		return "", false
	}
	return parts[n-3], true
}

// running is a setting of the configuration file as the component says that it has it, where it was asked. A file can have changed since the
// component was started. While the files say the same, they are where that stands.
func (i *Instance) running(path string, said Value) Value {
	if i.observed == nil || path == "" || said.Absent {
		return said
	}
	v, ok := i.heard(path, said.Type)
	if !ok || said.Known && equal(&v, &said) || said.Known && !said.Set && v.Text == "0" {
		return said
	}
	if said.Set && said.Place.Exists() {
		v.Beaten = append([]Place{said.Place}, said.Beaten...)
	}
	return v
}

// equal reports whether two texts are the same value: 4h and 4h0m0s are.
func equal(a, b *Value) bool {
	if a.Text == b.Text {
		return true
	}
	if a.Items != nil || b.Items != nil {
		return slices.Equal(a.Items, b.Items) || len(a.Items) == 0 && len(b.Items) == 0 && a.Empty() && b.Empty()
	}
	x, errX := time.ParseDuration(a.Text)
	y, errY := time.ParseDuration(b.Text)
	if errX == nil && errY == nil {
		return x == y
	}
	return strings.EqualFold(a.Text, b.Text) && boolText(a.Text) != a.Text
}

// Difference is a setting that a component runs with otherwise than its files and flags say.
type Difference struct {
	// Path is the field of the configuration file.
	Path string
	// Said is what flags and files say, and where; Running what the component has.
	Said, Running Value
}

// compared are the fields of the kubelet's configuration that decide who may do what, in the order in which differences are told.
var compared = []string{
	"authentication.anonymous.enabled", "authentication.webhook.enabled", "authentication.x509.clientCAFile", "authorization.mode", "readOnlyPort", "staticPodPath",
	"staticPodURL", "tlsCertFile", "tlsPrivateKeyFile", "tlsMinVersion", "tlsCipherSuites", "rotateCertificates", "serverTLSBootstrap",
	"streamingConnectionIdleTimeout", "protectKernelDefaults", "makeIPTablesUtilChains", "eventRecordQPS", "seccompDefault", "podPidsLimit",
	"enableDebuggingHandlers", "enableProfilingHandler", "allowedUnsafeSysctls",
}

// Differences returns the settings that a component runs with otherwise than its files and flags say; ok is false if it was not asked, or if no
// file or flag of it is known.
func (i *Instance) Differences() (found []Difference, ok bool) {
	if i.observed == nil || i.Kind != Kubelet || len(i.flags) == 0 && len(i.config.docs) > 0 && i.config.fields == i.observed {
		return nil, false
	}
	for _, path := range compared {
		said := i.saidOf(path)
		if !said.Known || !said.Set {
			continue // what nobody says is what the release says
		}
		if running, ok := i.heard(path, said.Type); ok && !equal(&running, &said) {
			found = append(found, Difference{path, said, running})
		}
	}
	return found, true
}

// heard is what the component says of a field. Numbers and switches that are zero and no pointers are left out of the answer.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/kubelet/config/v1beta1/types.go (omitempty)
func (i *Instance) heard(path, kind string) (v Value, ok bool) {
	if f := i.observed.path(path); !f.null() {
		return f.value(kind), true
	}
	v = Value{Set: true, Known: true, Type: kind, Place: i.observed.place, Source: FromFile}
	spec, known, _ := FieldSpec(i.Kind, i.Version, path)
	switch {
	case !known || spec.Pointer || !slices.Contains(compared, path):
		return v, false
	case spec.Type == "int":
		v.Text = "0"
	case spec.Type == "bool":
		v.Text = "false"
	default:
		return v, false
	}
	return v, true
}

// saidOf is what flags and files say of a field, whatever runs.
func (i *Instance) saidOf(path string) Value {
	asked := *i
	asked.observed = nil
	return asked.Field(path)
}

// Observed is the place of the configuration that a component says it runs with.
func (i *Instance) Observed() (p Place, ok bool) {
	if i.observed == nil {
		return nowhere(), false
	}
	return i.observed.place, true
}
