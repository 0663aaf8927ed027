package component

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/tree"
)

// Instance is one component as one set of files configures it.
type Instance struct {
	Kind Kind
	// Name says which one it is, for people: kube-apiserver of Pod/kube-system/kube-apiserver-a.
	Name    string
	Version Version
	// Object is the number of the object or file that defines it, and Path what in it: the container, the unit's command, the extra
	// arguments. Findings on what nobody wrote belong there.
	Object int
	Path   string
	// File is the path that the defining object was read from, and Node the folder that stands for the node's root; "" if neither is known.
	File, Node string
	// Distribution is kubeadm, k3s, rke2, k0s, microk8s or talos, "" if the component was found itself.
	Distribution string
	// Image is the container's image.
	Image string
	// Probed reports that the kubelet asks the component for its health over HTTP without credentials.
	Probed bool
	// Incomplete says why the command line is not known in full; then a flag that was not seen is unknown. "" if it is.
	Incomplete string
	// Assumed are files that could say more and were not among the input, but may as well not exist.
	Assumed []string
	// Flaws are what the component refuses or ignores in its configuration.
	Flaws []Flaw

	flags  map[string][]statement
	order  []string // the names of flags as given
	stray  []word
	config config
	env    map[string]statement // etcd
	vars   map[string]variable  // of a unit; nil if they are not all known
	mounts []mount
	list   string // the path of the list that another flag can be appended to
	end    *Place // the text that another flag can be written behind
	edits  editStyle
	files  *index
	// observed is the configuration that the component says it runs with; nil if nobody asked it.
	observed *field
	// mirror is the node of a static pod as the API shows it; "" for everything else.
	mirror string
}

// config is the configuration file of an instance.
type config struct {
	// path is where the component looks for it, "" if it is told of none.
	path string
	// fields are what the file and its drop-ins say; nil if there is none, or if it was not read.
	fields *field
	// base is set if there is a file and not only drop-ins: then other defaults hold for a kubelet.
	base bool
	// missing says why the file is not known though there is one.
	missing string
	// partial is set if drop-ins may be all that was read.
	partial bool
	// forced are fields that a distribution sets whatever the file says.
	forced map[string]Value
	// distribution are values that a distribution fills in where the file says nothing.
	distribution map[string]Value
	docs         []*document
	// at is where the fields of the file begin.
	at Place
}

// Options are what the input does not say.
type Options struct {
	// Version is the Kubernetes release of what names none itself, v1.31; "" if that is not known.
	Version string
}

// add puts statements behind those that are there.
func (i *Instance) add(statements ...statement) {
	if i.flags == nil {
		i.flags = map[string][]statement{}
	}
	for _, s := range statements {
		if i.flags[s.name] == nil {
			i.order = append(i.order, s.name)
		}
		i.flags[s.name] = append(i.flags[s.name], s)
	}
}

// Flags returns the names of the flags that are set, in their order.
func (i *Instance) Flags() []string { return slices.Clone(i.order) }

// Flag returns the setting that a flag makes, whichever source decides it: Flag("anonymous-auth") of a kubelet is
// authentication.anonymous.enabled of its file if the flag is not given.
func (i *Instance) Flag(name string) Value {
	name = normal(strings.TrimLeft(name, "-"))
	spec, ok, same := FlagSpec(i.Kind, i.Version, name)
	if !ok && i.flags[name] == nil {
		return i.absent(name)
	}
	return i.running(spec.Field, i.said(name, spec, same))
}

// said is what flags, files and defaults come to.
func (i *Instance) said(name string, spec Spec, same bool) Value {
	given, ignored := i.given(name, spec)
	switch {
	case len(given) > 0:
		v := accumulate(given, spec)
		i.mergeGates(name, spec, &v)
		if f := i.config.fields.path(spec.Field); spec.Field != "" && !f.null() {
			v.Beaten = append(v.Beaten, f.place)
		}
		return v
	case i.Incomplete != "":
		return unknown(i.Incomplete)
	}
	v := i.configured(name, spec, same)
	for _, s := range ignored {
		v.Beaten = append(v.Beaten, s.place)
	}
	return v
}

// given returns the statements on a flag that count, and those that a configuration file makes void.
func (i *Instance) given(name string, spec Spec) (given, ignored []statement) {
	given = i.flags[name]
	if len(given) == 0 && i.Kind == Etcd {
		if s, ok := i.env[name]; ok {
			given = []statement{s}
		}
	}
	if i.config.path != "" && fileVoids(i.Kind, name, spec) {
		return nil, given
	}
	return given, nil
}

// fileVoids reports whether a flag has no effect beside a configuration file. kube-proxy reads a few flags beside its file, etcd none,
// the scheduler all but the deprecated ones.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kube-proxy/app/options.go (Complete)
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kube-scheduler/app/options/options.go (ApplyTo)
// https://etcd.io/docs/v3.6/op-guide/configuration/#configuration-file
func fileVoids(k Kind, name string, spec Spec) bool {
	switch k {
	case Proxy:
		return spec.Field != "" && name != "v" && name != "vmodule" && !strings.HasPrefix(name, "log")
	case Scheduler:
		return spec.Deprecated != "" && !strings.HasPrefix(name, "leader-elect")
	case Etcd:
		return name != "config-file"
	case APIServer, ControllerManager, Kubelet:
		return false
	default:
		return false
	}
}

// accumulate returns what several statements on one flag come to: lists add up, else the last counts.
func accumulate(given []statement, spec Spec) Value {
	last := given[len(given)-1]
	v := Value{Set: true, Known: true, Type: spec.Type, Source: last.source, Place: last.place}
	for n, s := range given {
		list := isList(spec.Type)
		if s.opaque != "" && (list || n == len(given)-1) {
			return Value{Set: true, Reason: s.opaque, Type: spec.Type, Source: s.source, Place: s.place}
		}
		switch {
		case list:
			v.Items = append(v.Items, splitItems(s.text, spec.Type)...)
		case n < len(given)-1:
			v.Beaten = append(v.Beaten, s.place)
		}
	}
	slices.Reverse(v.Beaten)
	switch {
	case isList(spec.Type):
		v.Text = strings.Join(v.Items, ",")
	case last.bare && spec.Optional:
		v.Text = "true"
	default:
		v.Text = last.text
	}
	return v
}

// splitItems splits a list as pflag does. Quotes around items with commas in them, which pflag reads as CSV, are taken off.
func splitItems(text, kind string) []string {
	switch {
	case text == "":
		return nil
	case kind == "stringArray" || kind == "namedCertKey":
		return []string{text}
	case strings.Contains(text, `"`):
		if items, ok := splitCSV(text); ok {
			return items
		}
	}
	items := strings.Split(text, ",")
	if strings.HasPrefix(kind, "map") || strings.HasPrefix(kind, "colon") {
		items = slices.DeleteFunc(items, func(s string) bool { return strings.TrimSpace(s) == "" })
		for i := range items {
			items[i] = strings.TrimSpace(items[i])
		}
	}
	return items
}

func splitCSV(text string) (items []string, ok bool) {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && quoted && i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			items = append(items, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(items, b.String()), !quoted
}

// Field returns the setting that a field of the configuration file makes: authentication.anonymous.enabled. A flag beats it.
func (i *Instance) Field(path string) Value {
	if flag := tables()[i.Kind].flagOf[path]; flag != "" {
		if len(i.flags[flag]) > 0 {
			return i.Flag(flag)
		}
		if _, ok, _ := FlagSpec(i.Kind, i.Version, flag); ok {
			return i.Flag(flag)
		}
	}
	spec, ok, same := FieldSpec(i.Kind, i.Version, path)
	if !ok && i.config.fields.path(path).null() {
		return i.absent(path)
	}
	return i.running(path, i.configured("", Spec{Type: spec.Type, Default: spec.Default, Field: path}, same))
}

// configured returns what decides a setting that no flag makes: file, distribution, release.
func (i *Instance) configured(flag string, spec Spec, same bool) (v Value) {
	if spec.Field == "" {
		return i.derived(flag, i.defaultValue(flag, spec, same))
	}
	if v, ok := i.config.forced[spec.Field]; ok {
		if f := i.config.fields.path(spec.Field); !f.null() && f.text != v.Text {
			v.Beaten = []Place{f.place}
		}
		return v
	}
	if i.config.missing != "" {
		return unknown(i.config.missing)
	}
	if f := i.config.fields.path(spec.Field); !f.null() {
		field, _, _ := FieldSpec(i.Kind, i.Version, spec.Field)
		if !zero(f, field) {
			return f.value(cmp.Or(field.Type, spec.Type))
		}
		defer func() { v.Beaten = append(v.Beaten, f.place) }()
	}
	if v, ok := i.config.distribution[spec.Field]; ok {
		return v
	}
	if i.config.partial {
		return unknown("only a drop-in was read, not the file that it belongs to")
	}
	if i.config.base {
		if field, ok, same := FieldSpec(i.Kind, i.Version, spec.Field); ok {
			return i.defaultValue(spec.Field, field, same)
		}
	}
	return i.derived(flag, i.defaultValue(flag, spec, same))
}

// zero reports whether a field says what its type has anyway where the component takes that for nothing said: streamingConnectionIdleTimeout: 0s
// is four hours.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/apis/config/v1beta1/defaults.go
func zero(f *field, spec Spec) bool {
	if spec.Pointer || spec.Default == "" || f.kind != tree.Scalar {
		return false
	}
	switch spec.Type {
	case "string":
		return f.text == ""
	case "int", "float":
		n, err := strconv.ParseFloat(f.text, 64)
		return err == nil && n == 0
	case "duration":
		d, err := time.ParseDuration(f.text)
		return f.text == "" || err == nil && d == 0
	default:
		return false
	}
}

// absent is the value of what the release does not have.
func (i *Instance) absent(name string) Value {
	v := unknown(i.Kind.String() + " " + i.Version.String() + " has no " + name)
	v.Absent = i.Version.Known() && KnowsFlags(i.Kind, i.Version) || !known(i.Kind, name)
	return v
}

func (i *Instance) defaultValue(name string, spec Spec, same bool) Value {
	if !same {
		why := "releases of " + i.Kind.String() + " differ in the default of " + name
		if i.Version.Known() {
			why = "the defaults of " + i.Kind.String() + " " + i.Version.String() + " are not known"
		}
		return Value{Reason: why, Type: spec.Type, Place: nowhere()}
	}
	v := Value{Known: true, Text: spec.Default, Type: spec.Type, Place: nowhere()}
	if isList(spec.Type) {
		v.Items = splitItems(strings.Trim(spec.Default, "[]"), spec.Type)
		v.Text = strings.Join(v.Items, ",")
	}
	return v
}

// derived gives the defaults that a component works out from other flags.
func (i *Instance) derived(flag string, v Value) Value {
	if i.Kind == APIServer && flag == "authorization-mode" && len(v.Items) == 0 {
		// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubeapiserver/options/authorization.go (Complete)
		switch config := i.Flag("authorization-config"); {
		case config.Set && !config.Known:
			return unknown(config.Reason)
		case !config.Set || config.Text == "":
			return Value{Known: true, Text: "AlwaysAllow", Items: []string{"AlwaysAllow"}, Type: v.Type, Place: nowhere()}
		default:
			return Value{Known: true, Type: v.Type, Place: nowhere()}
		}
	}
	return v
}

// ConfigurationFile returns the object that is the component's configuration file; ok is false if it has none of its own among the input.
func (i *Instance) ConfigurationFile() (object int, ok bool) {
	if len(i.config.docs) == 0 || i.config.docs[0].inner || i.config.docs[0].group == "" || !i.config.base {
		return 0, false
	}
	return i.config.docs[0].object, true
}
