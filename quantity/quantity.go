// Package quantity reads Kubernetes resource quantities (100m, 1.5, 512Mi, 1e3) exactly and without allocating.
package quantity

import (
	"math/bits"
	"strconv"
	"strings"
)

// Value is a quantity that is not negative, in billionths, saturated at 2^127. Like the API server it rounds what is finer
// than a billionth up.
type Value struct{ hi, lo uint64 }

var max128 = Value{hi: 1 << 63}

// mul multiplies by m and saturates.
func (v Value) mul(m uint64) Value {
	carry, lo := bits.Mul64(v.lo, m)
	over, hi := bits.Mul64(v.hi, m)
	hi, c := bits.Add64(hi, carry, 0)
	if over != 0 || c != 0 || hi >= max128.hi {
		return max128
	}
	return Value{hi, lo}
}

func (v Value) add(d uint64) Value {
	lo, c := bits.Add64(v.lo, d, 0)
	return Value{v.hi + c, lo}
}

// div divides and rounds up.
func (v Value) div(d uint64) Value {
	hi, r := v.hi/d, v.hi%d
	lo, r := bits.Div64(r, v.lo, d)
	if r != 0 {
		return Value{hi, lo}.add(1)
	}
	return Value{hi, lo}
}

// binary are the suffixes that stand for powers of 1024, decimal those for powers of 1000.
const (
	binary  = "KMGTPE"
	decimal = "num kMGTPE" // from -3, with the empty suffix in the middle
)

// Parse reads a quantity. ok is false if text is no quantity or a negative one.
func Parse(text string) (v Value, ok bool) {
	text = strings.TrimPrefix(text, "+")
	digits, places, point, i := 0, 0, false, 0
	inexact := false
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		digits++
		// What lies this far behind the point is only worth a rounding up.
		if point && places >= 18 {
			inexact = inexact || c != '0'
			continue
		}
		if v = v.mul(10); v != max128 {
			v = v.add(uint64(c - '0'))
		}
		if point {
			places++
		}
	}
	if digits == 0 {
		return Value{}, false // the API server takes "m" for 0; nobody means that
	}
	ten, two, ok := suffix(text[i:])
	if !ok {
		return Value{}, false
	}
	for ; two > 0; two-- {
		v = v.mul(1024)
	}
	shift := ten + 9 - places
	for ; shift > 0; shift-- {
		v = v.mul(10)
	}
	if v == max128 {
		return v, true
	}
	for ; shift < 0; shift++ {
		inexact = inexact || v.rem10() != 0
		v = v.floor10()
	}
	if inexact {
		v = v.add(1)
	}
	return v, true
}

func (v Value) rem10() uint64 {
	_, r := bits.Div64(v.hi%10, v.lo, 10)
	return r
}

func (v Value) floor10() Value {
	lo, _ := bits.Div64(v.hi%10, v.lo, 10)
	return Value{v.hi / 10, lo}
}

// suffix returns the powers of 10 and of 1024 that a suffix stands for.
func suffix(s string) (ten, two int, ok bool) {
	switch {
	case s == "":
		return 0, 0, true
	case len(s) == 2 && s[1] == 'i' && strings.IndexByte(binary, s[0]) >= 0:
		return 0, strings.IndexByte(binary, s[0]) + 1, true
	case len(s) == 1 && s != " " && strings.Contains(decimal, s):
		return 3 * (strings.IndexByte(decimal, s[0]) - 3), 0, true
	case s[0] == 'e' || s[0] == 'E':
		n, err := strconv.ParseInt(s[1:], 10, 64)
		return int(min(max(n, -100), 100)), 0, err == nil // beyond that all is 0 or saturated
	}
	return 0, 0, false
}

// Compare returns -1, 0 or 1 as v is smaller than, equal to or greater than w.
func (v Value) Compare(w Value) int {
	switch {
	case v == w:
		return 0
	case v.hi < w.hi || v.hi == w.hi && v.lo < w.lo:
		return -1
	}
	return 1
}

// IsZero reports whether v is 0.
func (v Value) IsZero() bool { return v == Value{} }

// Exceeds reports whether v is more than ratio times w.
func (v Value) Exceeds(ratio, w Value) bool {
	// ratio is in billionths; thousandths are as fine as a ratio needs to be and keep the product small.
	milli := ratio.div(1e6)
	if milli.hi != 0 {
		return false
	}
	return v.mul(1000).Compare(w.mul(milli.lo)) > 0
}

// Share returns v divided by ratio, rounded up.
func (v Value) Share(ratio Value) Value {
	milli := ratio.div(1e6)
	if milli.hi != 0 || milli.lo == 0 {
		return v
	}
	return v.mul(1000).div(milli.lo)
}

// String writes the quantity, rounded up to thousandths if it is no whole number.
func (v Value) String() string {
	milli := v.div(1e6)
	if milli.hi != 0 {
		whole := v.div(1e9)
		if whole.hi != 0 {
			return "9223372036854775807"
		}
		return strconv.FormatUint(whole.lo, 10)
	}
	if milli.lo%1000 != 0 {
		return strconv.FormatUint(milli.lo, 10) + "m"
	}
	n := milli.lo / 1000
	for i := len(binary) - 1; i >= 0; i-- {
		if unit := uint64(1) << (10 * (i + 1)); n >= unit && n%unit == 0 {
			return strconv.FormatUint(n/unit, 10) + binary[i:i+1] + "i"
		}
	}
	return strconv.FormatUint(n, 10)
}
