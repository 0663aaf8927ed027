package secretscan

import (
	"encoding/base64"
	"strings"
)

// known is a format that starts with a prefix, followed by characters of a set.
type known struct {
	prefix   string
	set      func(byte) bool
	min, max int
	kind     string
}

// formats are by the first byte of the prefix.
var formats = func() (byFirst [128][]known) {
	for _, k := range [...]known{
		{"AKIA", isUpperDigit, 16, 16, "an AWS access key"},
		{"ASIA", isUpperDigit, 16, 16, "an AWS access key"},
		{"ghp_", isAlnum, 36, 251, "a GitHub token"},
		{"gho_", isAlnum, 36, 251, "a GitHub token"},
		{"ghu_", isAlnum, 36, 251, "a GitHub token"},
		{"ghs_", isAlnum, 36, 251, "a GitHub token"},
		{"ghr_", isAlnum, 36, 251, "a GitHub token"},
		{"github_pat_", isWord, 60, 120, "a GitHub token"},
		{"glpat-", isURLSafe, 20, 300, "a GitLab token"},
		{"gldt-", isURLSafe, 20, 64, "a GitLab token"},
		{"glrt-", isURLSafe, 20, 64, "a GitLab token"},
		{"glptt-", isURLSafe, 40, 64, "a GitLab token"},
		{"xoxb-", isURLSafe, 20, 200, "a Slack token"},
		{"xoxp-", isURLSafe, 20, 200, "a Slack token"},
		{"xoxa-", isURLSafe, 20, 200, "a Slack token"},
		{"xoxr-", isURLSafe, 20, 200, "a Slack token"},
		{"xoxs-", isURLSafe, 20, 200, "a Slack token"},
		{"xapp-", isURLSafe, 30, 200, "a Slack token"},
		{"hooks.slack.com/services/", isPath, 30, 120, "a Slack webhook"},
		{"sk_live_", isAlnum, 16, 250, "a Stripe key"},
		{"rk_live_", isAlnum, 16, 250, "a Stripe key"},
		{"whsec_", isBase64, 30, 100, "a Stripe webhook secret"},
		{"npm_", isAlnum, 36, 36, "an npm token"},
		{"pypi-AgEIcHlwaS5vcmc", isURLSafe, 50, 1000, "a PyPI token"},
		{"SG.", isURLSafeDot, 60, 80, "a SendGrid key"},
		{"SK", isHex, 32, 32, "a Twilio key"},
		{"AIza", isURLSafe, 35, 35, "a Google API key"},
		{"ya29.", isURLSafe, 30, 2000, "a Google OAuth token"},
		{"GOCSPX-", isURLSafe, 28, 28, "a Google OAuth secret"},
		{"hvs.", isURLSafe, 24, 300, "a Vault token"},
		{"hvb.", isURLSafe, 24, 1000, "a Vault token"},
		{"dop_v1_", isHex, 64, 64, "a DigitalOcean token"},
		{"dckr_pat_", isURLSafe, 27, 64, "a Docker token"},
		{"shpat_", isHex, 32, 32, "a Shopify token"},
		{"sk-ant-", isURLSafe, 40, 200, "an Anthropic key"},
		{"sk-proj-", isURLSafe, 40, 300, "an OpenAI key"},
		{"hf_", isAlnum, 34, 40, "a Hugging Face token"},
		{"NRAK-", isUpperDigit, 27, 27, "a New Relic key"},
		{"glsa_", isWord, 41, 41, "a Grafana token"},
		{"AGE-SECRET-KEY-1", isUpperDigit, 58, 58, "an age key"},
		{"ATATT3", isURLSafeEq, 150, 250, "an Atlassian token"},
		{"pul-", isHex, 40, 40, "a Pulumi token"},
		{"rubygems_", isHex, 48, 48, "a RubyGems key"},
		{"PMAK-", isURLSafe, 59, 59, "a Postman key"},
		{"dapi", isHex, 32, 34, "a Databricks token"},
		{"sq0csp-", isURLSafe, 43, 43, "a Square secret"},
		{"tskey-", isURLSafe, 20, 100, "a Tailscale key"},
		{"dp.pt.", isAlnum, 40, 44, "a Doppler token"},
		{"lin_api_", isAlnum, 40, 40, "a Linear key"},
	} {
		byFirst[k.prefix[0]] = append(byFirst[k.prefix[0]], k)
	}
	return byFirst
}()

func isAlnum(c byte) bool      { return isWord(c) && c != '_' }
func isUpperDigit(c byte) bool { return isUpper(c) || c >= '0' && c <= '9' }
func isHex(c byte) bool        { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }
func isURLSafe(c byte) bool    { return isWord(c) || c == '-' }
func isURLSafeDot(c byte) bool { return isURLSafe(c) || c == '.' }
func isURLSafeEq(c byte) bool  { return isURLSafe(c) || c == '=' }
func isPath(c byte) bool       { return isAlnum(c) || c == '/' }
func isBase64(c byte) bool     { return isAlnum(c) || c == '+' || c == '/' || c == '=' }

// run counts the bytes of a set from i on, at most limit+1 of them.
func run(text string, i int, set func(byte) bool, limit int) int {
	n := 0
	for i+n < len(text) && n <= limit && set(text[i+n]) {
		n++
	}
	return n
}

// format finds a credential of a known format that starts at i, the start of a word.
func format(text string, i int) (Match, bool) {
	c := text[i]
	if c >= 128 {
		return Match{}, false
	}
	for _, k := range formats[c] {
		if !strings.HasPrefix(text[i:], k.prefix) {
			continue
		}
		start := i + len(k.prefix)
		n := run(text, start, k.set, k.max)
		if n < k.min || n > k.max || start+n < len(text) && isWord(text[start+n]) {
			continue
		}
		if body := text[start : start+n]; !uniform(body) && entropy(body) >= 2.5 && !strings.Contains(body, "EXAMPLE") && !isPlaceholder(body) {
			return Match{k.kind, i, start + n}, true
		}
	}
	switch c {
	case '-':
		return privateKey(text, i)
	case 'e':
		return webToken(text, i)
	case 'L':
		return encodedKey(text, i)
	case 'A', 'S', 'B', 'b':
		if m, ok := azure(text, i); ok {
			return m, true
		}
		return header(text, i)
	}
	return Match{}, false
}

// maxKey bounds how far the end of a private key is looked for.
const maxKey = 8 << 10

// privateKey finds a PEM block. One without a body, as in documentation, is none.
func privateKey(text string, i int) (Match, bool) {
	const begin, dashes = "-----BEGIN ", "-----"
	rest := text[i:]
	if !strings.HasPrefix(rest, begin) {
		return Match{}, false
	}
	head, _, found := strings.Cut(rest[len(begin):min(len(rest), 80)], dashes)
	if !found || !strings.HasSuffix(head, "PRIVATE KEY") && !strings.HasSuffix(head, "PRIVATE KEY BLOCK") {
		return Match{}, false
	}
	body := rest[len(begin)+len(head)+len(dashes):]
	body = body[:min(len(body), maxKey)]
	end := strings.Index(body, "-----END")
	if end < 0 {
		end = len(body)
	}
	var sample []byte
	for j := 0; j < end && len(sample) < 64; j++ {
		switch c := body[j]; {
		case c == '\\' && j+1 < end && body[j+1] == 'n': // a JSON text
			j++
		case isBase64(c):
			sample = append(sample, c)
		case c != '\n' && c != '\r' && c != ' ':
			sample = sample[:0] // headers such as Proc-Type: 4,ENCRYPTED
		}
	}
	if len(sample) < 16 || entropy(string(sample)) < 3 {
		return Match{}, false
	}
	stop := len(begin) + len(head) + len(dashes) + end
	if tail := strings.Index(body[end:], "KEY"); tail >= 0 && tail < 40 {
		stop = min(stop+tail+len("KEY-----"), len(rest))
	}
	return Match{"a private key", i, i + stop}, true
}

// encodedKey finds a private key in base64, as kubeconfig files have it.
func encodedKey(text string, i int) (Match, bool) {
	if !strings.HasPrefix(text[i:], "LS0tLS1CRUdJTi") {
		return Match{}, false
	}
	n := run(text, i, isBase64, 1<<20)
	head, _ := base64.StdEncoding.DecodeString(text[i : i+min(n, 64)/4*4])
	if !strings.Contains(string(head), "PRIVATE KEY") || n < 120 {
		return Match{}, false
	}
	return Match{"a private key", i, i + n}, true
}

// webToken finds a signed JSON web token.
func webToken(text string, i int) (Match, bool) {
	if !strings.HasPrefix(text[i:], "eyJ") {
		return Match{}, false
	}
	header := run(text, i, isURLSafe, maxValue)
	j := i + header
	if header < 16 || !strings.HasPrefix(text[j:], ".eyJ") {
		return Match{}, false
	}
	payload := run(text, j+1, isURLSafe, 4*maxValue)
	j += 1 + payload
	if payload < 16 || j >= len(text) || text[j] != '.' {
		return Match{}, false
	}
	signature := run(text, j+1, isURLSafe, maxValue)
	decoded, err := base64.RawURLEncoding.DecodeString(text[i : i+header])
	if signature < 20 || err != nil || !strings.Contains(string(decoded), `"alg"`) {
		return Match{}, false
	}
	return Match{"a JSON web token", i, j + 1 + signature}, true
}

// azure finds the keys of connection strings.
func azure(text string, i int) (Match, bool) {
	for _, prefix := range [...]string{"AccountKey=", "SharedAccessKey=", "SharedSecret="} {
		if strings.HasPrefix(text[i:], prefix) {
			start := i + len(prefix)
			if n := run(text, start, isBase64, 200); n >= 40 && entropy(text[start:start+n]) >= 3.5 {
				return Match{"an Azure access key", start, start + n}, true
			}
		}
	}
	return Match{}, false
}

// header finds what stands behind Basic or Bearer in an HTTP header.
func header(text string, i int) (Match, bool) {
	rest := text[i:]
	switch {
	case len(rest) > 6 && strings.EqualFold(rest[:6], "basic "):
		if n := run(rest, 6, isBase64, maxValue); isUserAndPassword(rest[6 : 6+n]) {
			return Match{"the password of a basic authorization", i + 6, i + 6 + n}, true
		}
	case len(rest) > 7 && strings.EqualFold(rest[:7], "bearer "):
		n := run(rest, 7, func(c byte) bool { return isURLSafeDot(c) || isBase64(c) }, maxValue)
		if v := rest[7 : 7+n]; n >= 16 && couldBeSecret(v) && random(v) {
			return Match{"a bearer token", i + 7, i + 7 + n}, true
		}
	}
	return Match{}, false
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// userInfo finds the password of scheme://user:password@host; i is the colon behind the scheme.
func userInfo(text string, i int) (Match, bool) {
	if !strings.HasPrefix(text[i:], "://") || i == 0 || !isWord(text[i-1]) {
		return Match{}, false
	}
	start := i + 3
	colon := -1
	for j := start; j < len(text) && j-start < 512; j++ {
		switch c := text[j]; {
		case c == ':' && colon < 0:
			colon = j
		case c == '@':
			if colon < 0 || j == colon+1 {
				return Match{}, false
			}
			pass := text[colon+1 : j]
			if !couldBeSecret(pass) || isType(pass) || is(strings.ToLower(pass), "pass passwd pwd credentials user username") {
				return Match{}, false
			}
			return Match{"a password in a URL", colon + 1, j}, true
		case c == '/' || c == '?' || c == '#' || c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '`':
			return Match{}, false
		}
	}
	return Match{}, false
}

// isUserAndPassword reports whether a text in base64 is user:password.
func isUserAndPassword(encoded string) bool {
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	user, pass, found := strings.Cut(string(decoded), ":")
	return err == nil && found && user != "" && printable(string(decoded)) && couldBeSecret(pass)
}

// registryAuth judges the value of auth in the files of Docker and npm.
func registryAuth(text string, i int) (Match, bool) {
	start, stop, _ := valueAt(text, i)
	return Match{"the password of a registry", start, stop}, isUserAndPassword(text[start:stop])
}

// userOption judges what stands behind -u of curl.
func userOption(text string, i int) (Match, bool) {
	start, stop, _ := valueAt(text, i)
	if stop == start { // more words follow
		stop = start + run(text, start, func(c byte) bool { return c > ' ' && c != '"' && c != '\'' && c != ';' }, maxValue)
	}
	user, pass, found := strings.Cut(text[start:stop], ":")
	// Numbers are the ids of docker run -u, and what follows another colon is no password.
	if !found || user == "" || strings.Trim(pass, "0123456789") == "" || strings.Contains(user, "/") || !couldBeSecret(pass) {
		return Match{}, false
	}
	return Match{"a password", start + len(user) + 1, stop}, true
}
