package component

import (
	"slices"
	"strconv"
	"strings"
)

// FeatureGate returns whether a feature gate is on, which flag or file decides, or else the default of the release.
func (i *Instance) FeatureGate(name string) Value {
	given := i.flags["feature-gates"]
	for _, s := range slices.Backward(given) {
		if s.opaque != "" {
			return Value{Reason: s.opaque, Type: "bool", Place: s.place}
		}
		items := splitItems(s.text, "mapStringBool")
		for _, pair := range slices.Backward(items) {
			gate, value, _ := strings.Cut(pair, "=")
			if gateName(gate) == name {
				return Value{Set: true, Known: true, Text: strings.TrimSpace(value), Type: "bool", Source: s.source, Place: s.place}
			}
		}
	}
	if i.Incomplete != "" {
		return unknown(i.Incomplete)
	}
	if i.Kind == Kubelet || i.Kind == Proxy {
		if i.config.missing != "" {
			return unknown(i.config.missing)
		}
		if f := i.config.fields.get("featureGates").get(name); !f.null() {
			return f.value("bool")
		}
	}
	return i.gateDefault(name)
}

// gateName takes the component from the name of a gate: kube:PodSecurity.
func gateName(text string) string {
	name := strings.TrimSpace(text)
	if _, after, ok := strings.Cut(name, ":"); ok {
		return after
	}
	return name
}

func (i *Instance) gateDefault(name string) Value {
	if name == "AllAlpha" || name == "AllBeta" {
		return Value{Known: true, Text: "false", Type: "bool", Place: nowhere()}
	}
	g, ok, same := gateSpec(i.Kind, i.Version, name)
	switch {
	case !ok && i.Version.Known():
		v := unknown("Kubernetes " + i.Version.String() + " has no feature gate " + name)
		v.Absent = exactGates(i.Kind, i.Version) || youngerGate(i.Kind, i.Version, name)
		return v
	case !ok || !same:
		return unknown("the default of the feature gate " + name + " depends on the release")
	}
	for _, all := range []struct{ gate, stage string }{{"AllAlpha", "ALPHA"}, {"AllBeta", "BETA"}} {
		if g.Type == all.stage && name != all.gate {
			if v := i.FeatureGate(all.gate); v.Set || !v.Known {
				return v
			}
		}
	}
	return Value{Known: true, Text: g.Default, Type: "bool", Place: nowhere()}
}

// GateStage returns the stage that a release has a feature gate in, ALPHA, BETA, GA or DEPRECATED, and its default; ok is
// false if the release is not known or has no such gate.
func GateStage(k Kind, v Version, name string) (stage string, on, ok bool) {
	g, ok, same := gateSpec(k, v, name)
	return g.Type, g.Default == "true", ok && same && v.Known()
}

// exactGates reports whether the gates of a release were asked of the release itself.
func exactGates(k Kind, v Version) bool {
	return v.Known() && ranged{minors: tables()[k].gateMinors}.in(v.Minor)
}

// gateSpec returns the gate of a release: Default, Type (its stage) and Optional (it is locked). What a release that was not asked has is told
// by the history that the next newer one keeps.
func gateSpec(k Kind, v Version, name string) (s Spec, ok, same bool) {
	t := tables()[k]
	if !v.Known() || exactGates(k, v) {
		return pick(t.gates[name], t.gateMinors, v)
	}
	for _, h := range t.histories[name] {
		if h.minors>>v.Minor == 0 {
			continue
		}
		return gateInHistory(name, h.Default, v.Minor)
	}
	return Spec{}, false, false
}

// youngerGate reports whether a gate came only after a release, as the history that a newer one keeps tells.
func youngerGate(k Kind, v Version, name string) bool {
	for _, h := range tables()[k].histories[name] {
		if h.minors>>v.Minor != 0 {
			_, had, _ := gateInHistory(name, h.Default, v.Minor)
			return !had
		}
	}
	return false
}

// gateInHistory reads since:default:stage[:locked], … of one gate.
func gateInHistory(name, history string, minor int) (s Spec, ok, same bool) {
	for part := range strings.SplitSeq(history, ",") {
		cells := append(strings.Split(part, ":"), "", "", "")
		since, err := strconv.Atoi(strings.TrimPrefix(cells[0], "1."))
		if err != nil || since > minor {
			continue
		}
		s, ok = Spec{Name: name, Default: cells[1], Type: cells[2], Optional: cells[3] == "locked"}, true
	}
	return s, ok, ok
}

// mergeGates adds the gates of the configuration file to those of the flag, which beats them gate by gate, as the kubelet does.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubelet/app/server.go (kubeletConfigFlagPrecedence)
func (i *Instance) mergeGates(name string, spec Spec, v *Value) {
	f := i.config.fields.path(spec.Field)
	if i.Kind != Kubelet || name != "feature-gates" || f.null() || !v.Known {
		return
	}
	said, _ := v.Map()
	for n, gate := range f.keys {
		if _, ok := said[gate]; !ok {
			v.Items = append(v.Items, gate+"="+boolText(f.items[n].text))
		}
	}
	v.Text = strings.Join(v.Items, ",")
}
