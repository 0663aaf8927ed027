package tree

import (
	"math"
	"strconv"
	"strings"
	"unsafe"
)

// ScalarType is what the text of a scalar means.
type ScalarType uint8

// The types of scalars. Uint is an integer too large for int64. Nodes that are not scalars have NotScalar.
const (
	NotScalar ScalarType = iota
	Null
	Bool
	Int
	Uint
	Float
	String
)

func (t ScalarType) String() string {
	switch t {
	case Null:
		return "null"
	case Bool:
		return "bool"
	case Int:
		return "int"
	case Uint:
		return "uint"
	case Float:
		return "float"
	case String:
		return "string"
	default:
		return "not a scalar"
	}
}

// resolved is the meaning of a plain scalar. bits holds the value as bool, int64, uint64 or float64 bits.
type resolved struct {
	typ  ScalarType
	bits uint64
}

func resolvedBool(v bool) resolved {
	if v {
		return resolved{Bool, 1}
	}
	return resolved{Bool, 0}
}

func (r resolved) float() float64 {
	switch r.typ {
	case Int:
		return float64(int64(r.bits))
	case Uint:
		return float64(r.bits)
	default:
		return math.Float64frombits(r.bits)
	}
}

// text views bytes as a string without copying them.
func text(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// unsafeBytes views a string as bytes, which must not be changed.
func unsafeBytes(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// resolve finds out what a plain scalar means, by the rules of go.yaml.in/yaml/v2 (resolve.go): YAML 1.1, but without
// sexagesimal numbers, and dates stay text.
func resolve(b []byte) resolved {
	if len(b) == 0 {
		return resolved{typ: Null}
	}
	switch c := b[0]; {
	case c >= '0' && c <= '9':
		return resolveNumber(b)
	case c == '+' || c == '-' || c == '.':
		if r, ok := resolveWord(b); ok {
			return r
		}
		if c != '.' {
			return resolveNumber(b)
		}
		// No check of the form here: v2 takes what strconv takes.
		if f, err := strconv.ParseFloat(text(b), 64); err == nil {
			return resolved{Float, math.Float64bits(f)}
		}
	default:
		if r, ok := resolveWord(b); ok {
			return r
		}
	}
	return resolved{typ: String}
}

// resolveWord knows the words that are not strings.
func resolveWord(b []byte) (resolved, bool) {
	if len(b) > 5 {
		return resolved{}, false
	}
	switch text(b) {
	case "~", "null", "Null", "NULL":
		return resolved{typ: Null}, true
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return resolvedBool(true), true
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return resolvedBool(false), true
	case ".nan", ".NaN", ".NAN":
		return resolved{Float, math.Float64bits(math.NaN())}, true
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return resolved{Float, math.Float64bits(math.Inf(1))}, true
	case "-.inf", "-.Inf", "-.INF":
		return resolved{Float, math.Float64bits(math.Inf(-1))}, true
	}
	return resolved{}, false
}

// resolveNumber reads text that begins with a digit or a sign.
func resolveNumber(b []byte) resolved {
	// strconv makes garbage of what it refuses; most of that can be told by its bytes.
	for _, c := range b {
		if !numberByte(c) {
			return resolved{typ: String}
		}
	}
	plain := text(b)
	if strings.IndexByte(plain, '_') >= 0 {
		plain = strings.ReplaceAll(plain, "_", "")
	}
	if v, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return resolved{Int, uint64(v)}
	}
	if v, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return resolved{Uint, v}
	}
	if isYAMLFloat(plain) {
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return resolved{Float, math.Float64bits(f)}
		}
	}
	// ParseInt knows 0b by itself; what is left are forms like 0b+1 that v2 takes too.
	if digits, ok := strings.CutPrefix(plain, "0b"); ok {
		if v, err := strconv.ParseInt(digits, 2, 64); err == nil {
			return resolved{Int, uint64(v)}
		}
		if v, err := strconv.ParseUint(digits, 2, 64); err == nil {
			return resolved{Uint, v}
		}
	} else if digits, ok := strings.CutPrefix(plain, "-0b"); ok {
		if v, err := strconv.ParseInt("-"+digits, 2, 64); err == nil {
			return resolved{Int, uint64(v)}
		}
	}
	return resolved{typ: String}
}

// numberByte reports whether c can be part of a number: digits, hexadecimal digits, bases, exponents, signs, _ and dots.
func numberByte(c byte) bool {
	switch c {
	case '+', '-', '.', '_', 'x', 'X', 'o', 'O':
		return true
	}
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// isYAMLFloat is v2's ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$.
func isYAMLFloat(s string) bool {
	i := 0
	sign := func() {
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
	}
	digits := func() int {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i - from
	}
	sign()
	whole := digits()
	if i < len(s) && s[i] == '.' {
		i++
		if digits() == 0 && whole == 0 {
			return false
		}
	} else if whole == 0 {
		return false
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		sign()
		if digits() == 0 {
			return false
		}
	}
	return i == len(s)
}
