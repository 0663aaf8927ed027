package component

import (
	"fmt"
	"math"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/tree"
)

// check finds what the component refuses, or ignores, in its configuration.
func (i *Instance) check() {
	for _, w := range i.stray {
		if w.opaque != "" {
			if i.Incomplete == "" {
				i.Incomplete = w.opaque
			}
			continue
		}
		i.refuse(w.place, fmt.Sprintf("%q is neither a flag nor the value of one: %s does not start with it", short(w.text), i.Kind))
	}
	for _, name := range i.order {
		for _, s := range i.flags[name] {
			if len(i.Flaws) >= maxFlaws {
				return
			}
			i.checkFlag(s)
		}
	}
	for _, d := range i.config.docs {
		i.checkDocument(d)
	}
	if i.Kind == Kubelet {
		i.checkConfigDir()
		i.validateKubelet()
	}
}

// checkConfigDir finds drop-ins of a kubelet that asks for a variable before it reads any.
// https://github.com/kubernetes/kubernetes/blob/v1.29.0/cmd/kubelet/app/server.go (NewKubeletCommand)
func (i *Instance) checkConfigDir() {
	dir := lastText(i.flags["config-dir"])
	if dir.text == "" || i.vars == nil || !i.Version.Known() || i.Version.Minor >= 30 {
		return
	}
	if _, ok := i.vars["KUBELET_CONFIG_DROPIN_DIR_ALPHA"]; !ok {
		i.refuse(dir.place, "--config-dir needs the variable KUBELET_CONFIG_DROPIN_DIR_ALPHA before 1.30: the kubelet does not start")
	}
}

// maxFlaws bounds what is said of one instance.
const maxFlaws = 500

// Flaw is something in the configuration of a component that it refuses or ignores.
type Flaw struct {
	Place
	// Message says what is wrong: "kubelet 1.33 has no flag --containr-runtime".
	Message string
	// Fatal reports that the component does not start with it.
	Fatal bool
}

// flaw keeps what the component takes no notice of, refuse what keeps it from starting.
func (i *Instance) flaw(at Place, message string) { i.keepFlaw(Flaw{Place: at, Message: message}) }

func (i *Instance) refuse(at Place, message string) {
	i.keepFlaw(Flaw{Place: at, Message: message, Fatal: true})
}

func (i *Instance) keepFlaw(f Flaw) {
	if len(i.Flaws) < maxFlaws {
		i.Flaws = append(i.Flaws, f)
	}
}

func short(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

func (i *Instance) checkFlag(s statement) {
	if s.source == FromDistribution {
		return // what a distribution sets by itself is its own affair, and stands nowhere
	}
	spec, ok, _ := FlagSpec(i.Kind, i.Version, s.name)
	if !ok {
		if why := i.unknownFlag(s.name); why != "" {
			i.refuse(s.place, why)
		}
		return
	}
	if s.opaque != "" {
		return
	}
	if s.bare && !spec.Optional && i.Kind != Etcd {
		i.refuse(s.place, "--"+s.name+" needs a value")
		return
	}
	if s.bare {
		return
	}
	if why := badValue(s.text, spec.Type); why != "" {
		i.refuse(s.value, fmt.Sprintf("--%s is %s: %q", s.name, why, short(s.text)))
	}
	if s.name == "feature-gates" && i.Kind != Etcd {
		i.checkGates(s)
	}
}

// unknownFlag says that there is no such flag: since when, or which one may be meant; "" if a release that old, or that new, may have it.
func (i *Instance) unknownFlag(name string) string {
	t := tables()[i.Kind]
	text := lacks("", i.Kind.String(), i.Version, t.minors, "flag --"+short(name))
	switch minor := removedEarly(i.Kind, name); {
	case minor == 0:
	case i.Version.Known() && i.Version.Minor < minor:
		return ""
	case minor == Oldest:
		return text + ": it was removed in 1.24 or before"
	default:
		return fmt.Sprintf("%s: it was removed in 1.%d", text, minor)
	}
	names := make([]string, 0, len(t.flags))
	for n := range t.flags {
		if _, ok, _ := FlagSpec(i.Kind, i.Version, n); ok {
			names = append(names, n)
		}
	}
	return i.explain(text, t.flags[name], name, "--", names)
}

// lacks says that a release has no such thing, or if the release is not known, that none of those of the table has.
func lacks(of, who string, v Version, minors uint64, what string) string {
	if v.Known() {
		return of + who + " " + v.String() + " has no " + what
	}
	major := 1
	if who == Etcd.String() {
		major = 3
	}
	return fmt.Sprintf("%sno %s from %d.%d to %d.%d has a %s", of, who, major, bits.TrailingZeros64(minors), major, bits.Len64(minors)-1, what)
}

// explain says more on a flag or field that there is not: when it was removed, or which of the names that there are may be meant. "" if the
// release is none of the table and may have it.
func (i *Instance) explain(text string, specs []ranged, name, lead string, names []string) string {
	if minor, ok := removed(specs, tables()[i.Kind].minors, i.Version); ok {
		return fmt.Sprintf("%s: it was removed in %d.%d", text, i.Version.Major, minor)
	}
	if near := nearest(name, names); near != "" {
		return text + "; is " + lead + near + " meant?"
	}
	if i.Version.Known() && !KnowsFlags(i.Kind, i.Version) {
		return ""
	}
	return text
}

// badValue says why a text is no value of a type, "" if it is one or if the type takes any text.
func badValue(text, kind string) string {
	var err error
	switch kind {
	case "bool":
		if _, err = strconv.ParseBool(text); err != nil {
			return "no bool"
		}
	case "int", "int32", "int64":
		size := 64
		if kind == "int32" {
			size = 32
		}
		if _, err = strconv.ParseInt(text, 0, size); err != nil {
			return "no number"
		}
	case "uint", "uint16", "uint32", "uint64":
		if _, err = strconv.ParseUint(text, 0, 64); err != nil {
			return "no number of at least 0"
		}
	case "float", "float32", "float64":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) {
			return "no number"
		}
	case "duration":
		if _, err = time.ParseDuration(text); err != nil {
			return "no duration"
		}
	case "ip":
		if _, err = netip.ParseAddr(strings.TrimSpace(text)); err != nil {
			return "no IP address"
		}
	case "mapStringBool":
		for _, pair := range splitItems(text, kind) {
			_, value, ok := strings.Cut(pair, "=")
			if _, err = strconv.ParseBool(strings.TrimSpace(value)); err != nil || !ok {
				return "no list of name=bool"
			}
		}
	default:
	}
	return ""
}

// checkGates finds feature gates that the release does not know.
func (i *Instance) checkGates(s statement) {
	for _, pair := range splitItems(s.text, "mapStringBool") {
		name, value, ok := strings.Cut(pair, "=")
		name = gateName(name)
		on, err := strconv.ParseBool(strings.TrimSpace(value))
		if !ok || err != nil {
			i.refuse(s.value, fmt.Sprintf("--feature-gates has %q, which is not name=bool", short(pair)))
			continue
		}
		if why := i.badGate(name, on); why != "" {
			i.refuse(s.value, "--feature-gates: "+why)
		}
	}
}

// badGate says why the release does not take a feature gate, "" if it does or if that is not known.
func (i *Instance) badGate(name string, on bool) string {
	t := tables()[i.Kind]
	if name == "AllAlpha" || name == "AllBeta" || i.Version.Known() && !exactGates(i.Kind, i.Version) {
		return ""
	}
	gate, ok, _ := gateSpec(i.Kind, i.Version, name)
	switch {
	case !ok:
		if minor, gone := removed(t.gates[name], t.gateMinors, i.Version); gone {
			return fmt.Sprintf("Kubernetes %s has no feature gate %s: it was removed in %d.%d", i.Version, name, i.Version.Major, minor)
		}
		names := make([]string, 0, len(t.gates))
		for n := range t.gates {
			names = append(names, n)
		}
		text := lacks("", "Kubernetes", i.Version, t.gateMinors, "feature gate "+short(name))
		if near := nearest(name, names); near != "" {
			text += "; is " + near + " meant?"
		}
		return text
	case i.Version.Known() && gate.Optional && strconv.FormatBool(on) != gate.Default:
		return fmt.Sprintf("the feature gate %s is locked to %s", name, gate.Default)
	default:
		return ""
	}
}

// checkDocument finds fields that the configuration file cannot have, and values that are of no use to their fields.
func (i *Instance) checkDocument(d *document) {
	want := map[Kind]string{Kubelet: "v1beta1", Proxy: "v1alpha1", Scheduler: "v1"}[i.Kind]
	if want == "" {
		return
	}
	if d.version != want && (i.Kind != Scheduler || i.Version.Known() && i.Version.Minor > 28) {
		f := d.fields.get("apiVersion")
		i.refuse(f.place, fmt.Sprintf("%s reads %s/%s, not %s", i.Kind, d.group, want, short(d.version)))
		return
	}
	i.checkFields(d.fields, "", 0)
}

func (i *Instance) checkFields(f *field, path string, depth int) {
	if depth > 20 {
		return
	}
	t := tables()[i.Kind]
	for n, key := range f.keys {
		if len(i.Flaws) >= maxFlaws {
			return
		}
		value := f.items[n]
		next := key
		if path != "" {
			next = path + "." + key
		}
		if path == "" && (key == "apiVersion" || key == "kind" || key == "metadata") {
			continue
		}
		spec, ok, _ := FieldSpec(i.Kind, i.Version, next)
		if !ok {
			if why := i.unknownField(t, next, key, path); why != "" {
				i.unread(value.place, why)
			}
			continue
		}
		if value.null() {
			continue
		}
		if why := badField(value, spec.Type); why != "" {
			i.refuse(value.place, next+" "+why)
			continue
		}
		i.checkBelow(value, spec.Type, next, depth)
	}
}

// unread keeps a field that there is not. The kubelet and kube-proxy decode such a file again, without it, and warn; the scheduler stops.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/kubeletconfig/util/codec/codec.go (DecodeKubeletConfiguration)
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kube-proxy/app/options.go (loadConfig)
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kube-scheduler/app/options/configfile.go (loadConfig)
func (i *Instance) unread(at Place, message string) {
	if i.Kind == Scheduler {
		i.refuse(at, message)
		return
	}
	i.flaw(at, message)
}

func (i *Instance) checkBelow(value *field, kind, path string, depth int) {
	switch {
	case kind == "object" && value.kind == tree.Mapping:
		i.checkFields(value, path, depth+1)
	case kind == "list":
		if _, ok := tables()[i.Kind].fields[path+"[]"]; !ok {
			return
		}
		for _, item := range value.items {
			if item.kind == tree.Mapping {
				i.checkFields(item, path+"[]", depth+1)
			}
		}
	default:
	}
}

func (i *Instance) unknownField(t *table, next, key, path string) string {
	text := lacks("the configuration of ", i.Kind.String(), i.Version, t.minors, "field "+short(next))
	var names []string
	for name := range t.fields {
		parent, last := "", name
		if at := strings.LastIndexByte(name, '.'); at >= 0 {
			parent, last = name[:at], name[at+1:]
		}
		if parent == path && !strings.HasSuffix(last, "[]") {
			names = append(names, last)
		}
	}
	return i.explain(text, t.fields[next], key, "", names)
}

// badField says why a value is none of a field's type.
func badField(f *field, kind string) string {
	scalar := f.kind == tree.Scalar
	switch kind {
	case "bool":
		if !scalar || f.scalar != tree.Bool {
			return "is no boolean"
		}
	case "int":
		if !scalar || f.scalar != tree.Int {
			return "is no whole number"
		}
	case "float":
		if !scalar || f.scalar != tree.Int && f.scalar != tree.Float {
			return "is no number"
		}
	case "string":
		if !scalar || f.scalar != tree.String {
			return "is no string"
		}
	case "duration":
		if !scalar || f.scalar != tree.String && f.scalar != tree.Int {
			return "is no duration"
		}
		if f.scalar == tree.String {
			if _, err := time.ParseDuration(f.text); err != nil {
				return "is no duration"
			}
		}
	case "list":
		if f.kind != tree.Sequence {
			return "is no list"
		}
	case "map", "object":
		if f.kind != tree.Mapping {
			return "is no mapping"
		}
	default:
	}
	return ""
}
