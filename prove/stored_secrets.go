package prove

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

const (
	// maxStored bounds how many Secrets are looked at, maxNamed how many are named.
	maxStored = 100_000
	maxNamed  = 5
)

// writer is what encrypts a Secret that is written now: a provider, or nothing. known says that a canary has shown it.
type writer struct {
	provider string
	known    bool
}

// storedSecrets is how the Secrets are stored that are there: numbers, and the first names.
type storedSecrets struct {
	total int
	// plain are those that are not encrypted, odd those of which it cannot be said.
	plain, odd named
	// keys are those that are encrypted, by provider, version and name of the key.
	keys map[string]*named
	// whole says that all were looked at.
	whole bool
}

// named counts Secrets and has the names of the first.
type named struct {
	count int
	names []string
}

func (n *named) add(name string) {
	if n.count++; len(n.names) < maxNamed {
		n.names = append(n.names, name)
	}
}

// String is "3 Secrets (shop/a, shop/b, ...)".
func (n *named) String() string {
	text := secretsIn(n.count)
	if n.count == 0 {
		return text
	}
	text += " (" + strings.Join(n.names, ", ")
	if n.count > len(n.names) {
		text += ", ..."
	}
	return text + ")"
}

func secretsIn(n int) string {
	if n == 1 {
		return "1 Secret"
	}
	return fmt.Sprintf("%d Secrets", n)
}

// proveRewritten looks at how all Secrets are stored.
//
// https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#ensure-all-secrets-are-encrypted
func (t *Target) proveRewritten(ctx context.Context, reader *etcdReader, address, prefix string, now writer) Outcome {
	e := control.Exchange{Request: "etcd Range " + prefix + " at " + address + ", page by page"}
	s, err := t.storedSecrets(ctx, reader, prefix)
	if err != nil {
		e.Response = etcdError(err)
		o := unknown(encryptionRewritten, t.apiServer(), "the Secrets in etcd could not be read: "+e.Response)
		o.Evidence = []control.Exchange{e}
		return o
	}
	e.Response = s.String()
	o := s.judge(now)
	o.Control, o.Ref, o.Evidence = encryptionRewritten, t.apiServer(), []control.Exchange{e}
	return o
}

func (t *Target) storedSecrets(ctx context.Context, reader *etcdReader, prefix string) (*storedSecrets, error) {
	s := &storedSecrets{keys: map[string]*named{}}
	last, more := "", true
	for more && s.total < maxStored {
		short, cancel := context.WithTimeout(ctx, t.timeout())
		var err error
		last, more, err = reader.page(short, prefix, last, func(key string, head []byte) error {
			s.add(oneLine(strings.TrimPrefix(key, prefix)), head)
			return nil
		})
		cancel()
		if err != nil {
			return nil, err
		}
	}
	s.whole = !more
	return s, nil
}

// add counts a Secret by how its value begins. What is not encrypted is protobuf with the mark of Kubernetes, or JSON.
// https://github.com/kubernetes/apimachinery/blob/v0.37.2/pkg/runtime/serializer/protobuf/protobuf.go (protoEncodingPrefix)
func (s *storedSecrets) add(name string, head []byte) {
	s.total++
	provider := providerOf(head)
	switch {
	case provider != "":
		if s.keys[provider] == nil {
			s.keys[provider] = &named{}
		}
		s.keys[provider].add(name)
	case bytes.HasPrefix(head, []byte("k8s\x00")), bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")):
		s.plain.add(name)
	default:
		s.odd.add(name)
	}
}

// String says how many Secrets are stored in which way.
func (s *storedSecrets) String() string {
	parts := []string{fmt.Sprintf("%d not encrypted", s.plain.count)}
	for _, key := range slices.Sorted(maps.Keys(s.keys)) {
		if len(parts) > maxNamed {
			parts = append(parts, "and others")
			break
		}
		parts = append(parts, fmt.Sprintf("%d with %s", s.keys[key].count, key))
	}
	if s.odd.count > 0 {
		parts = append(parts, fmt.Sprintf("%d in another form", s.odd.count))
	}
	text := secretsIn(s.total) + ": " + strings.Join(parts, ", ")
	if !s.whole {
		text += "; there are more"
	}
	return oneLine(text)
}

// judge compares what is stored with what is written now.
func (s *storedSecrets) judge(now writer) Outcome {
	var old named
	for _, key := range slices.Sorted(maps.Keys(s.keys)) {
		if key == now.provider || !now.known && len(s.keys) == 1 {
			continue
		}
		old.count += s.keys[key].count
		old.names = append(old.names, s.keys[key].names[:min(len(s.keys[key].names), maxNamed-len(old.names))]...)
	}
	encryptedAny := len(s.keys) > 0 || now.provider != ""
	switch {
	case s.plain.count > 0 && encryptedAny:
		message := s.plain.String() + " of " + fmt.Sprint(s.total) + " stored in plain text, from before encryption was turned on"
		if now.known && now.provider == "" {
			message = s.plain.String() + " of " + fmt.Sprint(s.total) + " stored in plain text, which is how Secrets are written now"
		}
		if old.count > 0 && now.provider != "" {
			message += "; " + old.String() + " with another key than " + now.provider
		}
		return Outcome{Status: control.Fail, Message: message}
	case old.count > 0 && now.provider != "":
		return Outcome{Status: control.Fail, Message: old.String() + " of " + fmt.Sprint(s.total) + " encrypted with another key than " + now.provider + ", which writes now"}
	case old.count > 0 && !now.known:
		return Outcome{Status: control.Fail, Message: oneLine("several keys are in use: " + s.String())}
	case s.odd.count > 0:
		return unknown("", control.Ref{}, "of "+s.odd.String()+" it cannot be said whether they are encrypted")
	case !s.whole:
		return unknown("", control.Ref{}, fmt.Sprintf("there are more than %d Secrets, and none of these is stored in an old form", s.total))
	case s.plain.count > 0 && !now.known:
		return unknown("", control.Ref{}, "no Secret is encrypted, and whether those are that are written now could not be seen")
	case s.plain.count > 0:
		return Outcome{Status: control.NotApplicable, Message: "no Secret is encrypted, nor are those that are written now"}
	case old.count > 0:
		return Outcome{Status: control.NotApplicable, Message: "every Secret is encrypted, though those that are written now are not"}
	case s.total == 0 && !now.known:
		return unknown("", control.Ref{}, "etcd has no Secret there; --etcd-prefix says where Kubernetes keeps its objects")
	case s.total == 0:
		return Outcome{Status: control.NotApplicable, Message: "no Secret is stored"}
	}
	return Outcome{Message: fmt.Sprintf("%s stored, encrypted all with %s", secretsIn(s.total), slices.Sorted(maps.Keys(s.keys))[0])}
}
