package secretscan

import "strings"

// class is what a name says of its value.
type class uint8

const (
	unknown  class = iota
	harmless       // a file, a user, a length: no secret, whatever else the name says
	password       // any value is one
	secret         // a value is one if it does not look like a name or a word
	key            // a value is one if it looks random
)

// maxWords bounds how much of a name is read.
const maxWords = 12

// nameOf classifies a name by its words: DB_PASSWORD, dbPassword and db-password are the same.
func nameOf(name string) class {
	if len(name) > maxName || !mayBeSecret(name) {
		return unknown
	}
	var buf [maxWords]string
	words := split(name, buf[:0])
	for len(words) > 0 && strings.Trim(words[len(words)-1], "0123456789") == "" {
		words = words[:len(words)-1]
	}
	for i, w := range words { // PASSWORD2 is another password
		if trimmed := strings.TrimRight(w, "0123456789"); trimmed != "" {
			words[i] = trimmed
		}
	}
	if len(words) == 0 {
		return unknown
	}
	last := words[len(words)-1]
	if is(last, harmlessLast) || is(words[0], harmlessFirst) && len(words) > 1 {
		return harmless
	}
	found := unknown
	for i, w := range words {
		c := unknown
		before := ""
		if i > 0 {
			before = words[i-1]
		}
		switch {
		case is(w, harmlessAnywhere):
			return harmless
		case is(w, passwordWords), strings.HasSuffix(w, "password"):
			c = password
		case is(w, secretWords), strings.HasSuffix(w, "secret"), is(w, tokenWords), strings.HasSuffix(w, "token"):
			c = secret
		case w == "key" && is(before, keyBefore):
			c = secret
		case w == "key" && i == len(words)-1 && len(words) > 1, w == "content" && before == "key":
			c = key
		case is(w, "apikey accesskey secretkey privatekey"):
			c = secret
		}
		if c != unknown && (found == unknown || c < found) {
			found = c
		}
	}
	if found == secret && last == "id" {
		return harmless
	}
	return found
}

// isHarmless reports whether a name is about something other than a secret, whether or not it speaks of secrets at all.
func isHarmless(name string) bool {
	if nameOf(name) == harmless {
		return true
	}
	var buf [maxWords]string
	words := split(name, buf[:0])
	return len(words) > 0 && is(words[len(words)-1], harmlessLast)
}

var (
	passwordWords = "password passwd passphrase passcode pwd pass userpass dbpass requirepass masterauth"
	secretWords   = "secret secrets credential credentials creds"
	tokenWords    = "token pat bearer"
	keyBefore     = "api access private secret encryption signing master account storage auth service app application ssh gpg license webhook hmac session cookie crypto cipher"
	// A name that ends in one of these tells where the secret is, or something about it.
	harmlessLast = "file files path paths dir directory location name names url uri urls host hosts hostname port user username users email " +
		"id ids ref refs reference type kind length len size ttl timeout expiry expiration expires enabled disabled required policy algorithm alg " +
		"header headers field fields format min max count namespace version endpoint issuer issuers audience audiences prefix suffix regex regexp pattern rule rules hint provider " +
		"store engine backend class mode rotation interval age period lifetime duration seconds minutes days hours scope scopes mount volume env var variable " +
		"selector label labels annotation attribute attributes column arn region manager command cmd script generator encoder hasher hash digest checksum " +
		"salt iv nonce mtime time date limit limits strategy service server client mechanism method source template schema status state text title " +
		"description message placeholder example validator validation reset change auth authentication exists check checks changed support"
	// A name that starts with one of these is a switch.
	harmlessFirst = "enable disable use allow is has no skip require requires show force with without ignore max min num no default update create generate change reset forgot validate check"
	// A name with one of these anywhere is about something public, or about many.
	harmlessAnywhere = "public pub primary foreign partition sort cache ctrl sealed encrypted hashed csrf xsrf keyboard tokenizer tokens per test dummy fake bypass compass"
)

// is reports whether a word is one of a list of words with blanks between.
func is(word, list string) bool {
	for word != "" {
		i := strings.Index(list, word)
		if i < 0 {
			return false
		}
		end := i + len(word)
		if (i == 0 || list[i-1] == ' ') && (end == len(list) || list[end] == ' ') {
			return true
		}
		list = list[end:]
	}
	return false
}

// mayBeSecret is a cheap look at a name before it is cut into words.
func mayBeSecret(name string) bool {
	for i := 0; i+2 < len(name); i++ {
		switch name[i] | 0x20 {
		case 'p': // pass, pwd, pat
			if a, b := name[i+1]|0x20, name[i+2]|0x20; a == 'a' && (b == 's' || b == 't') || a == 'w' && b == 'd' {
				return true
			}
		case 's': // secret
			if name[i+1]|0x20 == 'e' && name[i+2]|0x20 == 'c' {
				return true
			}
		case 't', 'k': // token, key
			if a, b := name[i+1]|0x20, name[i+2]|0x20; a == 'o' && b == 'k' || a == 'e' && b == 'y' {
				return true
			}
		case 'c', 'b': // cred, bearer
			if a, b := name[i+1]|0x20, name[i+2]|0x20; a == 'r' && b == 'e' || a == 'e' && b == 'a' {
				return true
			}
		}
	}
	return false
}

// split cuts a name into lower-case words at separators and where a capital follows a small letter.
func split(name string, words []string) []string {
	start := 0
	flush := func(end int) {
		if end > start && len(words) < cap(words) {
			words = append(words, strings.ToLower(name[start:end]))
		}
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case !isWord(c) || c == '_':
			flush(i)
			start = i + 1
		case i > start && isUpper(c) && (!isUpper(name[i-1]) || i+1 < len(name) && isLower(name[i+1])):
			flush(i)
			start = i
		}
	}
	flush(len(name))
	return words
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
