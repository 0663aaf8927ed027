package helm

// Values and how they are merged, after helm.sh/helm/v4 v4.3.1 pkg/chart/common/values.go, pkg/chart/common/util/coalesce.go
// and pkg/cli/values/options.go (Apache License 2.0, Copyright The Helm Authors).

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"helm.sh/helm/v4/pkg/strvals"
)

const globalKey = "global"

// Values is the type of .Values; charts call its methods.
type Values map[string]any

// YAML encodes the values.
func (v Values) YAML() (string, error) {
	b, err := yaml.Marshal(v)
	return string(b), err
}

// Encode writes the values as YAML.
func (v Values) Encode(w io.Writer) error {
	out, err := yaml.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// AsMap returns the values as a plain map.
func (v Values) AsMap() map[string]any {
	if len(v) == 0 {
		return map[string]any{}
	}
	return v
}

// Table returns the table at a path of keys with dots between them.
func (v Values) Table(name string) (Values, error) {
	table := v
	for key := range strings.SplitSeq(name, ".") {
		switch next := table[key].(type) {
		case map[string]any:
			table = next
		case Values:
			table = next
		default:
			return Values{}, fmt.Errorf("%q is not a table", key)
		}
	}
	return table, nil
}

var errNoValue = errors.New("is not a value")

// PathValue returns the value at a path, which must not be a table.
func (v Values) PathValue(path string) (any, error) {
	if path == "" {
		return nil, errors.New("YAML path cannot be empty")
	}
	table, key := v, path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		var err error
		key = path[i+1:]
		if table, err = v.Table(path[:i]); err != nil {
			return nil, fmt.Errorf("%q %w", key, errNoValue)
		}
	}
	if value, ok := table[key]; ok && !isTable(value) {
		return value, nil
	}
	return nil, fmt.Errorf("%q %w", key, errNoValue)
}

func isTable(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// mergeMaps merges b over a without changing either.
func mergeMaps(a, b map[string]any) map[string]any {
	out := make(map[string]any, len(a)+len(b))
	maps.Copy(out, a)
	for k, v := range b {
		if table, ok := v.(map[string]any); ok {
			if old, ok := out[k].(map[string]any); ok {
				out[k] = mergeMaps(old, table)
				continue
			}
		}
		out[k] = v
	}
	return out
}

func deepCopy(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return map[string]any(nil) // a typed nil is what it was
		}
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = deepCopy(value)
		}
		return out
	case []any:
		if v == nil {
			return []any(nil)
		}
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = deepCopy(value)
		}
		return out
	case map[string]string:
		return maps.Clone(v)
	}
	return v
}

func copyMap(v map[string]any) map[string]any {
	if v == nil {
		return map[string]any{}
	}
	return deepCopy(v).(map[string]any)
}

// merger merges values and tells what it had to leave out.
type merger struct{ warn func(string) }

func (m *merger) printf(format string, args ...any) {
	if m.warn != nil {
		m.warn(fmt.Sprintf(format, args...))
	}
}

// userValues merges what the user gave, in Helm's order.
func (m *merger) userValues(opts *Options) (map[string]any, error) {
	base := map[string]any{}
	for _, name := range opts.ValuesFiles {
		shown := filepath.ToSlash(name)
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, &Error{File: shown, Message: "values file: " + bare(err).Error(), Err: err}
		}
		values, err := loadValues(raw)
		if err != nil {
			return nil, yamlError(shown, "failed to parse", err)
		}
		base = mergeMaps(base, values)
	}
	if len(opts.Overlay) > 0 {
		values, err := loadValues(opts.Overlay)
		if err != nil {
			return nil, yamlError("values", "failed to parse", err)
		}
		base = mergeMaps(base, values)
	}
	for _, text := range opts.SetJSON {
		if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "{") {
			var values map[string]any
			if err := json.Unmarshal([]byte(trimmed), &values); err != nil {
				return nil, fmt.Errorf("failed parsing --set-json data JSON: %w", err)
			}
			base = mergeMaps(base, values)
		} else if err := strvals.ParseJSON(text, base); err != nil {
			return nil, fmt.Errorf("failed parsing --set-json data: %w", err)
		}
	}
	readFile := func(rs []rune) (any, error) {
		data, err := os.ReadFile(string(rs))
		return string(data), err
	}
	for _, set := range []struct {
		flag  string
		texts []string
		parse func(string, map[string]any) error
	}{
		{"--set", opts.Set, strvals.ParseInto},
		{"--set-string", opts.SetString, strvals.ParseIntoString},
		{"--set-file", opts.SetFile, func(s string, to map[string]any) error { return strvals.ParseIntoFile(s, to, readFile) }},
		{"--set-literal", opts.SetLiteral, strvals.ParseLiteralInto},
	} {
		for _, text := range set.texts {
			if err := set.parse(text, base); err != nil {
				return nil, fmt.Errorf("failed parsing %s data: %w", set.flag, err)
			}
		}
	}
	return base, nil
}

func concatPrefix(a, b string) string {
	if a == "" {
		return b
	}
	return a + "." + b
}

// coalesceValues merges the values of a chart and its subcharts below the given ones and drops nulls.
func (m *merger) coalesceValues(c *chart, vals map[string]any) (Values, error) {
	return m.coalesce(c, copyMap(vals), "", false)
}

// mergeValues is coalesceValues with nulls kept.
func (m *merger) mergeValues(c *chart, vals map[string]any) (Values, error) {
	return m.coalesce(c, copyMap(vals), "", true)
}

func (m *merger) coalesce(c *chart, dest map[string]any, prefix string, merge bool) (map[string]any, error) {
	m.coalesceChart(c, dest, prefix, merge)
	for _, sub := range c.dependencies {
		name := sub.name()
		if old, ok := dest[name]; !ok {
			dest[name] = map[string]any{}
		} else if !isTable(old) {
			return dest, fmt.Errorf("type mismatch on %s: the values of a subchart must be a table", name)
		}
		table := dest[name].(map[string]any)
		subPrefix := concatPrefix(prefix, c.name())
		m.coalesceGlobals(table, dest, subPrefix)
		merged, err := m.coalesce(sub, table, subPrefix, merge)
		dest[name] = merged
		if err != nil {
			return dest, err
		}
	}
	return dest, nil
}

func (m *merger) coalesceGlobals(dest, src map[string]any, prefix string) {
	to, ok := dest[globalKey].(map[string]any)
	if _, exists := dest[globalKey]; !exists {
		to = map[string]any{}
	} else if !ok {
		m.printf("warning: skipping globals because destination %s is not a table.", globalKey)
		return
	}
	from, ok := src[globalKey].(map[string]any)
	if _, exists := src[globalKey]; exists && !ok {
		m.printf("warning: skipping globals because source %s is not a table.", globalKey)
		return
	}
	for key, val := range from {
		if table, ok := val.(map[string]any); ok {
			table = maps.Clone(table)
			old, exists := to[key]
			oldTable, isMap := old.(map[string]any)
			switch {
			case !exists:
				to[key] = table
			case !isMap:
				m.printf("Conflict: cannot merge map onto non-map for %q. Skipping.", key)
			default:
				m.coalesceTables(table, oldTable, concatPrefix(prefix, key), true)
				to[key] = table
			}
		} else if old, ok := to[key]; ok && isTable(old) {
			m.printf("key %s is table. Skipping", key)
		} else {
			to[key] = val
		}
	}
	dest[globalKey] = to
}

// coalesceChart merges the chart's own values below v.
func (m *merger) coalesceChart(c *chart, v map[string]any, prefix string, merge bool) {
	subPrefix := concatPrefix(prefix, c.name())
	for key, val := range copyMap(c.Values) {
		value, ok := v[key]
		dest, isMap := value.(map[string]any)
		switch {
		case !ok:
			if !merge {
				if val == nil {
					continue
				}
				if table, ok := val.(map[string]any); ok {
					cleanNils(table)
				}
			}
			v[key] = val
		case value == nil && !merge:
			delete(v, key) // null removes the chart's default
		case isMap:
			src, ok := val.(map[string]any)
			if !ok {
				if val != nil {
					m.printf("warning: skipped value for %s.%s: Not a table.", subPrefix, key)
				}
				continue
			}
			keep := merge || c.hasDependency(key)
			if !keep {
				cleanNils(src)
			}
			m.coalesceTables(dest, src, concatPrefix(subPrefix, key), keep)
		}
	}
}

func (c *chart) hasDependency(name string) bool {
	for _, sub := range c.dependencies {
		if sub.name() == name {
			return true
		}
	}
	return false
}

// coalesceTables merges src below dst.
func (m *merger) coalesceTables(dst, src map[string]any, prefix string, merge bool) map[string]any {
	if src == nil {
		return dst
	}
	if dst == nil {
		return src
	}
	nonNil := map[string]bool{}
	for key, val := range src {
		if val != nil {
			nonNil[key] = true
		}
	}
	for key, val := range dst {
		if val == nil {
			src[key] = nil
		}
	}
	for key, val := range src {
		full := concatPrefix(prefix, key)
		old, ok := dst[key]
		switch {
		case ok && !merge && old == nil && nonNil[key]:
			delete(dst, key)
		case !ok:
			dst[key] = val
		case isTable(val):
			if isTable(old) {
				m.coalesceTables(old.(map[string]any), val.(map[string]any), full, merge)
			} else {
				m.printf("warning: cannot overwrite table with non table for %s", full)
			}
		case isTable(old) && val != nil:
			m.printf("warning: destination for %s is a table. Ignoring non-table value", full)
		}
	}
	return dst
}

func cleanNils(table map[string]any) {
	for key, val := range table {
		if val == nil {
			delete(table, key)
		} else if sub, ok := val.(map[string]any); ok {
			cleanNils(sub)
		}
	}
}
