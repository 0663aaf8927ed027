package helm

// The functions of templates, after helm.sh/helm/v4 v4.3.1 pkg/engine/funcs.go and engine.go (Apache License 2.0,
// Copyright The Helm Authors), with those bounded that make much of little, and those made repeatable that are random.

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

func (e *engine) funcs(t *template.Template) template.FuncMap {
	f := sprig.TxtFuncMap()
	delete(f, "env")
	delete(f, "expandenv")
	e.bound(f)
	repeatable(f)
	maps.Copy(f, template.FuncMap{
		"toToml":        toTOML,
		"mustToToml":    mustTOML,
		"fromToml":      fromTOML,
		"toYaml":        toYAML,
		"mustToYaml":    mustYAML,
		"toYamlPretty":  toYAMLPretty,
		"fromYaml":      fromYAML,
		"fromYamlArray": fromYAMLArray,
		"toJson":        toJSON,
		"mustToJson":    mustJSON,
		"fromJson":      fromJSON,
		"fromJsonArray": fromJSONArray,

		"mustToDuration":       mustDuration,
		"durationSeconds":      func(v any) float64 { return duration(v).Seconds() },
		"durationMilliseconds": func(v any) int64 { return duration(v).Milliseconds() },
		"durationMicroseconds": func(v any) int64 { return duration(v).Microseconds() },
		"durationNanoseconds":  func(v any) int64 { return duration(v).Nanoseconds() },
		"durationMinutes":      func(v any) float64 { return duration(v).Minutes() },
		"durationHours":        func(v any) float64 { return duration(v).Hours() },
		"durationDays":         func(v any) float64 { return duration(v).Hours() / 24 },
		"durationWeeks":        func(v any) float64 { return duration(v).Hours() / 24 / 7 },
		"durationRoundTo":      func(v, m any) time.Duration { return step(v, m, time.Duration.Round) },
		"durationTruncateTo":   func(v, m any) time.Duration { return step(v, m, time.Duration.Truncate) },

		"include":       e.include(t),
		"tpl":           e.tpl(t),
		"required":      required,
		"fail":          func(message string) (string, error) { return "", errors.New(warnStart + message + warnEnd) },
		"getHostByName": func(string) string { return "" }, // no network
		"lookup":        func(string, string, string, string) (map[string]any, error) { return map[string]any{}, nil },
	})
	return f
}

func required(message string, v any) (any, error) {
	if v == nil || v == "" {
		return v, errors.New(warnStart + message + warnEnd)
	}
	return v, nil
}

const maxItems = 1 << 20 // of lists that a function makes

// bound limits the functions that can make much of little in one call. Others take what the chart or its values hold.
func (e *engine) bound(f template.FuncMap) {
	check := func(n int) error {
		if int64(n) > e.limit {
			return errTooMuch
		}
		return nil
	}
	text := func(s string) (string, error) { return s, check(len(s)) }
	repeat := f["repeat"].(func(int, string) string)
	f["repeat"] = func(n int, s string) (string, error) {
		if n > 0 && len(s) > 0 && int64(n) > e.limit/int64(len(s)) {
			return "", errTooMuch
		}
		return repeat(n, s), nil
	}
	f["print"] = func(args ...any) (string, error) { return text(fmt.Sprint(args...)) }
	f["println"] = func(args ...any) (string, error) { return text(fmt.Sprintln(args...)) }
	f["printf"] = func(format string, args ...any) (string, error) {
		if wide(format) {
			return "", errTooMuch
		}
		return text(fmt.Sprintf(format, args...))
	}
	cat := f["cat"].(func(...any) string)
	f["cat"] = func(args ...any) (string, error) { return text(cat(args...)) }
	replace := f["replace"].(func(string, string, string) string)
	f["replace"] = func(old, by, s string) (string, error) {
		if grown := int64(len(by)) * int64(strings.Count(s, old)); grown > e.limit {
			return "", errTooMuch
		}
		return text(replace(old, by, s))
	}
	for _, name := range []string{"indent", "nindent"} {
		indent := f[name].(func(int, string) string)
		f[name] = func(n int, s string) (string, error) {
			if n > 0 && int64(n) > e.limit/int64(strings.Count(s, "\n")+1) {
				return "", errTooMuch
			}
			return text(indent(n, s))
		}
	}
	join := f["join"].(func(string, any) string)
	f["join"] = func(sep string, list any) (string, error) { return text(join(sep, list)) }
	until := f["until"].(func(int) []int)
	f["until"] = func(n int) ([]int, error) {
		if n > maxItems || n < -maxItems {
			return nil, errTooMuch
		}
		return until(n), nil
	}
	untilStep := f["untilStep"].(func(int, int, int) []int)
	f["untilStep"] = func(from, to, by int) ([]int, error) {
		if by != 0 && math.Abs(float64(to)-float64(from))/math.Abs(float64(by)) > maxItems {
			return nil, errTooMuch
		}
		return untilStep(from, to, by), nil
	}
	seq := f["seq"].(func(...int) string)
	f["seq"] = func(args ...int) (string, error) {
		for _, n := range args {
			if n > maxItems || n < -maxItems {
				return "", errTooMuch
			}
		}
		return seq(args...), nil
	}
	concat := f["concat"].(func(...any) any)
	f["concat"] = func(lists ...any) (any, error) {
		n := 0
		for _, list := range lists {
			if v := reflect.ValueOf(list); v.Kind() == reflect.Slice {
				n += v.Len()
			}
		}
		if n > maxItems {
			return nil, errTooMuch
		}
		return concat(lists...), nil
	}
}

// wide reports whether a format pads to a width given in it of more than six digits.
func wide(format string) bool {
	digits := 0
	for _, c := range format {
		if c < '0' || c > '9' {
			digits = 0
		} else if digits++; digits > 6 && strings.Contains(format, "%") {
			return true
		}
	}
	return false
}

// certificate is what sprig's functions for certificates return.
type certificate struct{ Cert, Key string }

// repeatable makes random functions give the same each time: what is scanned must not depend on when. Keys and certificates
// are placeholders; making real ones takes up to seconds.
func repeatable(f template.FuncMap) {
	chars := func(alphabet string) func(int) (string, error) {
		return func(n int) (string, error) {
			if n < 0 || n > maxItems {
				return "", errTooMuch
			}
			return strings.Repeat(alphabet, n/len(alphabet)+1)[:n], nil
		}
	}
	f["randAlphaNum"] = chars("a0b1c2d3e4f5g6h7i8j9")
	f["randAlpha"] = chars("abcdefghijklmnopqrstuvwxyz")
	f["randAscii"] = chars("abcdefghijklmnopqrstuvwxyz")
	f["randNumeric"] = chars("0123456789")
	f["randBytes"] = func(n int) (string, error) {
		if n < 0 || n > maxItems {
			return "", errTooMuch
		}
		return base64.StdEncoding.EncodeToString(make([]byte, n)), nil
	}
	f["randInt"] = func(lowest, _ int) int { return lowest }
	f["shuffle"] = func(s string) string { return s }
	f["uuidv4"] = func() string { return "00000000-0000-4000-8000-000000000000" }
	f["genPrivateKey"] = func(string) string { return "generated-private-key" }
	f["derivePassword"] = func(uint32, string, string, string, string) string { return "derived-password" }
	f["bcrypt"] = func(string) string { return "bcrypt-hash" }
	f["htpasswd"] = func(user, _ string) string { return user + ":bcrypt-hash" }
	f["encryptAES"] = func(string, string) string { return "ciphertext" }
	made := func() certificate { return certificate{Cert: "generated-certificate", Key: "generated-private-key"} }
	f["genCA"] = func(string, int) certificate { return made() }
	f["genCAWithKey"] = func(string, int, string) certificate { return made() }
	f["genSelfSignedCert"] = func(string, []any, []any, int) certificate { return made() }
	f["genSelfSignedCertWithKey"] = func(string, []any, []any, int, string) certificate { return made() }
	f["genSignedCert"] = func(string, []any, []any, int, any) certificate { return made() }
	f["genSignedCertWithKey"] = func(string, []any, []any, int, any, string) certificate { return made() }
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func toYAML(v any) string {
	data, err := yaml.Marshal(v)
	if err != nil {
		return "" // as Helm: a template can't handle it
	}
	return strings.TrimSuffix(string(data), "\n")
}

func mustYAML(v any) (string, error) {
	data, err := yaml.Marshal(v)
	return strings.TrimSuffix(string(data), "\n"), err
}

func toYAMLPretty(v any) string {
	var data bytes.Buffer
	encoder := goyaml.NewEncoder(&data)
	encoder.SetIndent(2)
	if encoder.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(data.String(), "\n")
}

func fromYAML(s string) map[string]any {
	m := map[string]any{}
	if err := yaml.Unmarshal([]byte(s), &m); err != nil {
		m["Error"] = err.Error()
	}
	return m
}

func fromYAMLArray(s string) []any {
	a := []any{}
	if err := yaml.Unmarshal([]byte(s), &a); err != nil {
		a = []any{err.Error()}
	}
	return a
}

func toTOML(v any) string {
	s, err := mustTOML(v)
	if err != nil {
		return err.Error()
	}
	return s
}

func mustTOML(v any) (string, error) {
	var b bytes.Buffer
	err := toml.NewEncoder(&b).Encode(v)
	return b.String(), err
}

func fromTOML(s string) map[string]any {
	m := map[string]any{}
	if err := toml.Unmarshal([]byte(s), &m); err != nil {
		m["Error"] = err.Error()
	}
	return m
}

func toJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}

func mustJSON(v any) (string, error) {
	data, err := json.Marshal(v)
	return string(data), err
}

func fromJSON(s string) map[string]any {
	m := map[string]any{}
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		m["Error"] = err.Error()
	}
	return m
}

func fromJSONArray(s string) []any {
	a := []any{}
	if err := json.Unmarshal([]byte(s), &a); err != nil {
		a = []any{err.Error()}
	}
	return a
}

func mustDuration(v any) (time.Duration, error) {
	var seconds float64
	switch x := v.(type) {
	case time.Duration:
		return x, nil
	case string:
		s := strings.TrimSpace(x)
		if s == "" {
			return 0, errors.New("empty duration")
		}
		if d, err := time.ParseDuration(s); err == nil {
			return d, nil
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return 0, fmt.Errorf("could not parse duration %q", x)
		}
		seconds = f
	case nil:
		return 0, errors.New("invalid duration")
	default:
		rv := reflect.ValueOf(v)
		switch {
		case rv.CanInt():
			n := rv.Int()
			if most := int64(math.MaxInt64 / time.Second); n > most || n < -most {
				return 0, fmt.Errorf("duration seconds overflow: %d", n)
			}
			return time.Duration(n) * time.Second, nil
		case rv.CanUint():
			seconds = float64(rv.Uint())
		case rv.CanFloat():
			seconds = rv.Float()
		default:
			return 0, fmt.Errorf("unsupported duration type %T", v)
		}
	}
	nanos := seconds * float64(time.Second)
	if math.IsNaN(nanos) || nanos >= math.MaxInt64 || nanos <= math.MinInt64 {
		return 0, fmt.Errorf("duration overflow: %v", seconds)
	}
	return time.Duration(nanos), nil
}

func duration(v any) time.Duration {
	d, err := mustDuration(v)
	if err != nil {
		return 0
	}
	return d
}

func step(v, m any, round func(d, m time.Duration) time.Duration) time.Duration {
	d, err := mustDuration(v)
	if err != nil {
		return 0
	}
	mul, err := mustDuration(m)
	if err != nil {
		return d
	}
	return round(d, mul)
}
