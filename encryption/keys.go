package encryption

import (
	"encoding/base64"
	"iter"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

func (r *reader) keys(path strict.Path, body tree.Node, sort Sort) []Key {
	list := body.Get("keys")
	if list.Len() == 0 {
		r.flaws.Field(path, body, "keys", "needs at least one key")
		return nil
	}
	var keys []Key
	for i, at := range list.Items() {
		keys = append(keys, r.key(path.Key("keys").Index(i), at, sort))
	}
	return keys
}

func (r *reader) key(path strict.Path, at tree.Node, sort Sort) Key {
	k := Key{At: at, Path: string(path), Name: text(at.Get("name"))}
	if k.Name == "" {
		r.flaws.Field(path, at, "name", "is missing")
	}
	secret := text(at.Get("secret"))
	if secret == "" {
		r.flaws.Field(path, at, "secret", "is missing")
		return k
	}
	k.Elsewhere = isElsewhere(secret)
	k.Placeholder = !k.Elsewhere && isPlaceholder(secret)
	raw, err := base64.StdEncoding.DecodeString(secret)
	switch lengths, words := sort.sizes(); {
	case k.Elsewhere:
		r.flaws.Field(path, at, "secret", "is put in by another tool and no key yet")
	case err != nil && k.Placeholder:
		r.flaws.Field(path, at, "secret", "is a placeholder, not a key")
	case err != nil:
		r.flaws.Field(path, at, "secret", "is not encoded in base64")
	case !slices.Contains(lengths, len(raw)):
		r.flaws.Field(path, at, "secret", "is a key of %s; %s takes %s", sizeText(len(raw)), sort, words)
	}
	if err != nil {
		return k
	}
	k.Size, k.Weak = len(raw), weakness(raw)
	if k.Weak == "" && k.Placeholder {
		k.Weak = "is a placeholder, not a key"
	}
	clear(raw)
	return k
}

// isElsewhere reports whether a text stands for a key that another tool puts in: ${KEY}, $(KEY), {{ key }}, <path:secret/data/key#key> of the
// Argo CD vault plugin, ref+vault://… of vals, vault:… of bank-vaults, ENC[…] of SOPS.
func isElsewhere(text string) bool {
	for _, mark := range [...]string{"${", "$(", "{{", "<%"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	for _, prefix := range [...]string{"ENC[", "<path:", "ref+", "vault:", "$"} {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

// isPlaceholder reports whether a text asks to be replaced: <base64-encoded-key>, CHANGEME. Some of these are base64.
func isPlaceholder(text string) bool {
	if strings.ContainsAny(text, "<>{}$%[]") {
		return true
	}
	// A random key has one of these words in 32 bytes of base64 once in a hundred million times.
	fold := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(text))
	for _, word := range [...]string{"changeme", "replaceme", "placeholder", "yourkey", "yoursecret", "base64encoded", "encodedsecret", "insertkey", "secretkeyhere"} {
		if strings.Contains(fold, word) {
			return true
		}
	}
	return false
}

// weakness says why the bytes of a key are no secret. What it finds has a random key of 16 bytes with a probability of less than one in a
// million, and one of 32 bytes practically never.
func weakness(key []byte) string {
	if len(key) == 0 {
		return "is empty"
	}
	if steps(key) {
		return "is one byte over and over, or bytes in a row"
	}
	if repeats(key) {
		return "is a short text over and over"
	}
	for _, b := range key {
		if b != '\n' && b != '\t' && (b < ' ' || b > '~') {
			return ""
		}
	}
	// The examples of the documentation are such texts too: "secret is secure", "this is password", "abcdefgh…".
	return "is text that somebody typed or copied, not random bytes"
}

// steps reports whether each byte differs from the one before by the same amount: zeros, 0 1 2 3 ….
func steps(key []byte) bool {
	for i := 2; i < len(key); i++ {
		if key[i]-key[i-1] != key[1]-key[0] {
			return false
		}
	}
	return true
}

// repeats reports whether the key is a shorter one again and again.
func repeats(key []byte) bool {
	for period := 1; period <= len(key)/2; period++ {
		if slices.Equal(key[period:], key[:len(key)-period]) {
			return true
		}
		if period > 32 {
			break
		}
	}
	return false
}

// Secrets yields the keys of an EncryptionConfiguration, which must not be shown: the text of every secret, in whatever version and
// however broken the file is.
func Secrets(root tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		for _, entry := range root.Get("resources").Items() {
			for _, provider := range entry.Get("providers").Items() {
				for _, body := range provider.Pairs() {
					for _, key := range body.Get("keys").Items() {
						if n := key.Get("secret"); n.Exists() && !yield(n) {
							return
						}
					}
				}
			}
		}
	}
}
