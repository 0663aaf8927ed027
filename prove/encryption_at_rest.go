package prove

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// encryptionAtRest writes a Secret and looks at what etcd has of it.
//
// https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#verifying-that-data-is-encrypted
func encryptionAtRest() *Probe {
	return &Probe{
		Name: "encryption-at-rest", Title: "Is a Secret encrypted where it is stored?",
		Controls: []string{encryptionMissing, encryptionIdentity, encryptionWeak, encryptionKMS, encryptionRewritten},
		Does: "Makes a Secret with a random value in the namespace of canaries, reads what etcd has stored of it, and deletes it. Canaries of earlier runs " +
			"whose time is over are deleted first. Nothing is made unless etcd can be read. Then reads all Secrets from etcd, page by page, and looks at the " +
			"first bytes of each: they say which key has encrypted it, or that none has. Nothing else of them is looked at or kept.",
		Needs: []string{
			"create, get, delete secrets in the namespace of canaries; list secrets there to find what killed runs have left",
			"--etcd-endpoint, --etcd-cert, --etcd-key and --etcd-cacert: a client certificate with which etcd can be read, and network access to it",
		},
		Leaves: "A Secret kubeharden-canary-… while it runs, labelled kubeharden.io/canary.",
		run:    proveEncryption,
	}
}

const (
	encryptionMissing  = "encryption-provider-config-missing"
	encryptionIdentity = "encryption-identity-provider-first"
	encryptionWeak     = "encryption-provider-weak"
	encryptionKMS      = "encryption-kms-v1-used"
	// encryptionRewritten is about the Secrets that are there.
	encryptionRewritten = "encryption-existing-secrets-not-rewritten"
)

func proveEncryption(ctx context.Context, t *Target) []Outcome {
	subject := control.Ref{APIVersion: "v1", Kind: "Secret", Namespace: t.CanaryNamespace, Name: "canary"}
	c := t.etcd(ctx)
	missing := ""
	switch {
	case t.Etcd.Cert == "" && len(t.Etcd.Endpoints) == 0:
		missing = "what is stored can only be seen in etcd itself: give --etcd-endpoint, --etcd-cert, --etcd-key and --etcd-cacert"
	case len(c.clients) == 0:
		missing = needsEtcd
	}
	if missing != "" {
		return []Outcome{notGiven(encryptionMissing, subject, missing), notGiven(encryptionRewritten, t.apiServer(), missing)}
	}
	bird, err := t.newCanary("secrets")
	if err != nil {
		return []Outcome{unknown(encryptionMissing, subject, err.Error())}
	}
	key := c.prefix + "/secrets/" + bird.namespace + "/" + bird.name
	reader, address, e, reason := t.openEtcd(ctx, c.clients, key)
	if reason != "" {
		all := []Outcome{unknown(encryptionMissing, subject, reason), unknown(encryptionRewritten, t.apiServer(), reason)}
		all[0].Evidence, all[1].Evidence = e, e
		return all
	}
	outcomes, writer := t.proveCanary(ctx, c, bird, reader, address, subject)
	return append(outcomes, t.proveRewritten(ctx, reader, address, c.prefix+"/secrets/", writer))
}

// proveCanary makes the canary and judges what etcd has of it. The writer is what encrypts a Secret that is written now.
func (t *Target) proveCanary(
	ctx context.Context, c *controlPlane, bird *canary, reader *etcdReader, address string, subject control.Ref,
) (outcomes []Outcome, writer writer) {
	key := c.prefix + "/secrets/" + bird.namespace + "/" + bird.name
	t.sweep(ctx, "secrets")
	secret, err := t.random(24)
	if err != nil {
		return []Outcome{unknown(encryptionMissing, subject, err.Error())}, writer
	}
	var stored []byte
	var found bool
	read := control.Exchange{Request: "etcd Range " + key + " at " + address}
	var readErr error
	made, deleted, reason := bird.with(ctx, "Secret", map[string]any{"type": "Opaque", "stringData": map[string]any{"value": secret}}, func() {
		ctx, cancel := context.WithTimeout(ctx, t.timeout())
		defer cancel()
		stored, found, readErr = reader.value(ctx, key)
	})
	evidence := []control.Exchange{made}
	if reason == "" {
		switch {
		case readErr != nil:
			reason, read.Response = "etcd could not be read: "+etcdError(readErr), etcdError(readErr)
		case !found:
			reason, read.Response = "etcd has nothing at "+key+"; --etcd-prefix says where Kubernetes keeps its objects", "no such key"
		default:
			read.Response = storedAs(stored, secret)
		}
		evidence = append(evidence, read)
	}
	if deleted.Request != "" {
		evidence = append(evidence, deleted)
	}
	if reason != "" {
		outcomes = []Outcome{unknown(encryptionMissing, subject, reason)}
	} else {
		outcomes = judgeStored(stored, secret, subject, c.encryptionConfig)
		writer.provider = providerOf(stored)
		writer.known = writer.provider != "" || bytes.Contains(stored, []byte(secret))
	}
	for i := range outcomes {
		outcomes[i].Evidence = evidence
	}
	return outcomes, writer
}

// openEtcd finds an address of etcd that can be read, by asking for a key that is not there.
func (t *Target) openEtcd(ctx context.Context, addresses []string, key string) (r *etcdReader, address string, evidence []control.Exchange, reason string) {
	for _, address := range addresses {
		e := control.Exchange{Request: "etcd Range " + key + " at " + address}
		r, err := t.reader(address)
		if err != nil {
			return nil, "", nil, oneLine(err.Error())
		}
		short, cancel := context.WithTimeout(ctx, t.timeout())
		_, _, err = r.value(short, key)
		cancel()
		if err == nil {
			return r, address, nil, ""
		}
		e.Response = etcdError(err)
		evidence = append(evidence, e)
		reason = "etcd cannot be read: " + e.Response
	}
	return nil, "", evidence, reason
}

func etcdError(err error) string {
	if isRefusal(err) {
		return handshakeError(err)
	}
	return connectionError(err)
}

// encrypted is how values begin that the API server has encrypted.
// https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/server/options/encryptionconfig/config.go
const encrypted = "k8s:enc:"

// providerOf returns what a stored value says of its provider: "secretbox:v1:key1" or "kms:v2:name"; "" if it says nothing.
func providerOf(stored []byte) string {
	rest, ok := bytes.CutPrefix(stored, []byte(encrypted))
	if !ok {
		return ""
	}
	parts := bytes.SplitN(rest, []byte(":"), 4)
	if len(parts) < 4 {
		return ""
	}
	return oneLine(string(bytes.Join(parts[:3], []byte(":"))))
}

// storedAs says what a stored value looks like, and nothing of what is in it.
func storedAs(stored []byte, secret string) string {
	plain := "the value is not readable in them"
	if bytes.Contains(stored, []byte(secret)) {
		plain = "the value of the Secret stands in them as it is"
	}
	if p := providerOf(stored); p != "" {
		return fmt.Sprintf("%d bytes that begin with %s%s:, %s", len(stored), encrypted, p, plain)
	}
	return fmt.Sprintf("%d bytes that do not begin with %s, %s", len(stored), encrypted, plain)
}

// judgeStored judges what etcd has of a Secret.
func judgeStored(stored []byte, secret string, subject control.Ref, configured bool) []Outcome {
	provider := providerOf(stored)
	switch {
	case bytes.Contains(stored, []byte(secret)) && configured:
		return []Outcome{{Control: encryptionIdentity, Ref: subject, Status: control.Fail, Message: "Secrets are stored in plain text although there is an EncryptionConfiguration"}}
	case bytes.Contains(stored, []byte(secret)):
		return []Outcome{{Control: encryptionMissing, Ref: subject, Status: control.Fail, Message: "Secrets are stored in plain text"}}
	case provider == "":
		return []Outcome{unknown(encryptionMissing, subject, "what is stored does not hold the value and is not marked as encrypted by Kubernetes: "+storedAs(stored, secret))}
	}
	name, rest, _ := strings.Cut(provider, ":")
	version, _, _ := strings.Cut(rest, ":")
	outcomes := []Outcome{
		{Control: encryptionMissing, Ref: subject, Message: "Secrets are stored encrypted, by " + provider},
		{Control: encryptionIdentity, Ref: subject, Message: "the provider that writes encrypts: " + name},
	}
	weak := Outcome{Control: encryptionWeak, Ref: subject, Message: "the provider that writes is " + name}
	if !slices.Contains([]string{"kms", "secretbox", "aescbc"}, name) {
		weak.Status = control.Fail
	}
	outcomes = append(outcomes, weak)
	if name == "kms" {
		kms := Outcome{Control: encryptionKMS, Ref: subject, Message: "the KMS plugin speaks " + version}
		if version == "v1" {
			kms.Status = control.Fail
		}
		outcomes = append(outcomes, kms)
	}
	return outcomes
}
