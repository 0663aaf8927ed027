package falco

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// version is a version of Falco's engine or of a plugin.
type version struct{ major, minor, patch uint64 }

// parseVersion reads x.y.z; what follows is of no account (libs, userspace/libsinsp/version.h).
func parseVersion(s string) (v version, ok bool) {
	rest := s
	for i, part := range []*uint64{&v.major, &v.minor, &v.patch} {
		if i > 0 {
			if !strings.HasPrefix(rest, ".") {
				return version{}, false
			}
			rest = rest[1:]
		}
		n := 0
		for n < len(rest) && digit(rest[n]) {
			n++
		}
		number, err := strconv.ParseUint(rest[:n], 10, 32)
		if err != nil {
			return version{}, false
		}
		*part, rest = number, rest[n:]
	}
	return v, true
}

func (v version) String() string {
	return strconv.FormatUint(v.major, 10) + "." + strconv.FormatUint(v.minor, 10) + "." + strconv.FormatUint(v.patch, 10)
}

func (v version) compare(w version) int {
	return cmp.Or(cmp.Compare(v.major, w.major), cmp.Compare(v.minor, w.minor), cmp.Compare(v.patch, w.patch))
}

// unreleased is a minor version that no engine has: Falco had 0.62.0 in 2026 after eight years.
const unreleased = 1000

// engineVersion reads required_engine_version. A number n stands for 0.n.0.
func (l *loader) engineVersion(n tree.Node) bool {
	v, ok := l.decode(n, "required_engine_version", "")
	if !ok {
		return false
	}
	text := v.Text()
	required, ok := version{}, false
	if number, err := strconv.ParseUint(text, 0, 32); err == nil && !strings.Contains(text, "_") {
		required, ok = version{minor: number}, true
	} else {
		required, ok = parseVersion(text)
	}
	if !ok {
		return l.fail(v, "", "Unable to parse engine version '"+text+"' as a semver string. Expected \"x.y.z\" semver format.")
	}
	engine, known := parseVersion(l.options.EngineVersion)
	switch {
	case known && (required.major != engine.major || required.compare(engine) > 0):
		return l.invalid(l.at(n), "", "Rules require engine version "+required.String()+", but engine version is "+engine.String(), "")
	case !known && (required.major > 0 || required.minor >= unreleased):
		return l.invalid(l.at(n), "", "Rules require engine version "+required.String()+", which no engine has", "")
	}
	if highest, ok := parseVersion(l.result.EngineVersion); !ok || required.compare(highest) > 0 {
		l.result.EngineVersion = required.String()
	}
	return true
}

// pluginVersions reads required_plugin_versions.
func (l *loader) pluginVersions(n tree.Node) bool {
	v := value(n, "required_plugin_versions")
	if v.Kind() != tree.Sequence {
		return l.fail(v, "", "Value of required_plugin_versions must be a sequence")
	}
	for _, plugin := range v.Items() {
		if plugin.Kind() != tree.Mapping {
			return l.fail(plugin, "", "Plugin version must be a mapping")
		}
		r := PluginRequirement{Place: l.at(plugin)}
		if !l.plugin(plugin, &r) {
			return false
		}
		alternatives := value(plugin, "alternatives")
		if alternatives.Exists() && alternatives.Kind() != tree.Sequence {
			return l.fail(alternatives, "", "Value of plugin version alternatives must be a sequence")
		}
		for _, a := range alternatives.Items() {
			if a.Kind() != tree.Mapping {
				return l.fail(a, "", "Plugin version alternative must be a mapping")
			}
			if !l.plugin(a, &r) {
				return false
			}
		}
		names := map[string]bool{}
		for _, p := range r.Alternatives {
			if _, ok := parseVersion(p.Version); !ok {
				return l.invalid(r.Place, "", "Invalid required version '"+p.Version+"' for plugin '"+p.Name+"'", "a version is x.y.z")
			}
			if names[p.Name] {
				return l.invalid(r.Place, "", "Defined multiple alternative version requirements for plugin '"+p.Name+"'", "")
			}
			names[p.Name] = true
		}
		l.result.Plugins = append(l.result.Plugins, r)
	}
	return true
}

func (l *loader) plugin(n tree.Node, r *PluginRequirement) bool {
	name, ok := l.decode(n, "name", "")
	if !ok {
		return false
	}
	v, ok := l.decode(n, "version", "")
	if !ok {
		return false
	}
	r.Alternatives = append(r.Alternatives, PluginVersion{strings.Clone(name.Text()), strings.Clone(v.Text())})
	return true
}
