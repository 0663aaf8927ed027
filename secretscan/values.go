package secretscan

import (
	"math"
	"strings"
)

// judge says what a value under a name of a class is, "" if it is no secret. Bare values stand in a text without quotes, where they
// can be code.
func judge(c class, value string, bare bool) string {
	if c == unknown || c == harmless || !couldBeSecret(value) {
		return ""
	}
	if bare && strings.ContainsAny(value, "()[]{}<>|*") {
		return ""
	}
	switch c {
	case password:
		if isType(value) && bare {
			return ""
		}
		return "a password"
	case secret:
		if len(value) >= 6 && (random(value) || !isWords(value) && len(value) >= 8) {
			return "a secret"
		}
	case unknown, harmless:
	case key:
		if len(value) >= 16 && random(value) {
			return "a key"
		}
	}
	return ""
}

// couldBeSecret rules out what is empty, a placeholder, a reference, a place, a sentence, a switch or a number.
func couldBeSecret(v string) bool {
	if len(v) < 4 || len(v) > maxValue || strings.ContainsAny(v, " \t\n") {
		return false
	}
	for _, part := range [...]string{"${", "$(", "{{", "<%", "%(", "#{", "@{", "...", "…", "://", "EXAMPLE", "<", "**", "••"} {
		if strings.Contains(v, part) {
			return false
		}
	}
	switch v[0] {
	case '/', '.', '~', '<', '[', '{', '@', '%', '*':
		return false
	case '$':
		return false // a variable, or a hash such as $2a$10$…
	}
	return !isSwitch(v) && !isPlaceholder(v) && !isReference(v) && !uniform(v)
}

func isSwitch(v string) bool {
	return is(strings.ToLower(v), "true false null none nil yes no on off enabled disabled undefined empty auto default optional required disable enable prefer allow")
}

// isType reports whether a word is the name of a type in a schema, or of the thing itself.
func isType(v string) bool {
	return is(strings.ToLower(v), "string text bytes byte object integer int bool boolean str file secret password token env hash hidden plain basic bearer")
}

// isPlaceholder reports whether a value says that the real one has to come. "changeme" is none: it is a default that works.
func isPlaceholder(v string) bool {
	lower := strings.ToLower(v)
	for _, prefix := range [...]string{"your", "insert", "replace", "enter", "fill", "todo", "fixme", "tbd", "put-", "put_", "add-", "set-", "set_", "example", "xxx", "redacted", "omitted", "dummy", "my-", "some-", "some_", "generate"} {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	for _, part := range [...]string{"placeholder", "replace-me", "replaceme", "replace_me", "redacted", "-here", "_here", "xxxx", "to-be-", "to_be_", "not-set", "notset", "unset", "insert-", "insert_", "your-", "your_"} {
		if strings.Contains(lower, part) {
			return true
		}
	}
	return false
}

// isReference reports whether a value only leads to a secret.
func isReference(v string) bool {
	for _, prefix := range [...]string{"vault:", "arn:", "projects/", "op:", "ref+", "secret/", "secretsmanager:", "ssm:", "kv/", "file:", "env:", "env.", "ENC[", "enc:", "sops", "!", "azurekeyvault", "gcp:", "aws:", "data:", "sha256:", "sha512:", "{SHA", "pbkdf2", "argon2", "valueFrom", "config.", "process.env", "os.", "self.", "this.", "values.", "Values.", "secrets.", "var.", "local.", "data."} {
		if strings.HasPrefix(v, prefix) {
			return true
		}
	}
	// MY_PASSWORD as the value of a password is the name of a variable. A file has an ending.
	if strings.Contains(v, "_") && strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == "" {
		return true
	}
	if dot := strings.LastIndexByte(v, '.'); dot > 0 && is(strings.ToLower(v[dot+1:]), "txt yaml yml json key crt pem pub conf cfg ini toml properties sh local com org net io svc internal cert csr p12 jks") {
		return true
	}
	if strings.Count(v, "/") > 1 && strings.Count(v, "/")*12 > len(v) {
		return true // a path without a slash in front
	}
	// A time of day or a date.
	return strings.Trim(v, "0123456789-:TZ.+") == "" && strings.ContainsAny(v, "-:T")
}

// uniform reports whether a value is one character over and over.
func uniform(v string) bool {
	return strings.Count(v, v[:1]) == len(v)
}

// isWords reports whether a value looks like a name: words of small letters with dashes, dots or underscores between.
func isWords(v string) bool {
	letters, digits, upper, changes := 0, 0, 0, 0
	for i := range len(v) {
		switch c := v[i]; {
		case isLower(c):
			letters++
		case isUpper(c):
			letters++
			upper++
		case c >= '0' && c <= '9':
			digits++
			if i > 0 && (isLower(v[i-1]) || isUpper(v[i-1])) {
				changes++
			}
		case c == '-' || c == '.' || c == '_' || c == '/' || c == ':':
		default:
			return false
		}
	}
	return digits*4 <= letters && changes <= 1
}

// random reports whether a value looks generated: many different characters, digits among letters.
func random(v string) bool {
	var digits, lower, upper, other int
	for i := range len(v) {
		switch c := v[i]; {
		case c >= '0' && c <= '9':
			digits++
		case isLower(c):
			lower++
		case isUpper(c):
			upper++
		default:
			other++
		}
	}
	if digits == 0 && (lower == 0 || upper == 0 || isCamel(v)) {
		return false
	}
	if digits == len(v) {
		return false
	}
	e := entropy(v)
	switch {
	case len(v) >= 20:
		return e >= 3.3 && !isWords(v)
	case len(v) >= 10:
		return e >= 2.8 && !isWords(v)
	default:
		return other > 0 && digits > 0 && e >= 2.5
	}
}

// isCamel reports whether capitals only start words.
func isCamel(v string) bool {
	upper := 0
	for i := range len(v) {
		if isUpper(v[i]) {
			upper++
			if i > 0 && isUpper(v[i-1]) {
				return false
			}
		}
	}
	return upper*4 <= len(v)
}

// entropy is Shannon's, in bits for each byte.
func entropy(v string) float64 {
	var counts [256]int
	for i := range len(v) {
		counts[v[i]]++
	}
	sum := 0.0
	for _, n := range &counts {
		if n > 0 {
			p := float64(n) / float64(len(v))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
