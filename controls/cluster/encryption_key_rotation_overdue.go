package cluster

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// EncryptionKeyRotationOverdue: a key that never changes opens every backup that was ever made.
var EncryptionKeyRotationOverdue = control.Control{
	ID: "encryption-key-rotation-overdue", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:   "Rotate encryption keys regularly and drop old keys",
	Scope:   control.Objects,
	Kinds:   nodeFacts,
	Unless:  &control.Func{Check: findKeysInFiles, Text: "no encryption configuration of the node has keys in it"},
	Require: &control.Func{Check: checkKeyAge, Text: "an encryption configuration with keys in it must have been changed within days"},
	Params: []control.Param{{
		Name: "days", Doc: "after how many days a file that was not changed has keys that are too old", Default: []string{"365"}, Example: []string{"365"}, Valid: isDays,
	}},
	Risk: "While keys change, an API server that has not yet the new one cannot read what the others write: one step at a time, on all of them.",
	Fix:  control.Generate,
	NoFix: `A rotation is done in steps, with all API servers started again and all Secrets written again in between; 'kubeharden generate encryption-config --rotate' writes the
file of the next step.`,
	NoPolicy: noPolicyForFacts,
	Remedy: `Add a new key in second place and restart every API server, put it in first place and restart them, write all Secrets again (kubectl get secrets -A -o json |
kubectl replace -f -), then remove the old key. 'kubeharden generate encryption-config --rotate' writes each of these files; 'k3s secrets-encrypt rotate-keys' and
'rke2 secrets-encrypt rotate-keys' do it all.`,
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaSecrets},
		MITRE:  []string{"T1552.001"},
		Source: []string{encryptionDocs + "#rotating-a-decryption-key", "https://docs.k3s.io/cli/secrets-encrypt"},
	},
	Why: `Whoever once had the file, or a backup of the node, reads the Secrets of every later backup of etcd until there is a new key. A file that was not changed
for a year got no new key in that year: its keys are at least as old. It can not be told the other way round, since a file may be changed, restored or copied
with the keys that it had: a younger one passes, and that proves nothing. The keys of a KMS are rotated there, so files that have no others are left out.`,
	Bad: []control.Change{
		{Path: "spec.files", Name: "two years", Value: []any{encryptionFact("2024-01-01T00:00:00Z", fileWithKey)}},
		{Path: "spec.files", Name: "a KMS in front of a key", Value: []any{encryptionFact("2024-12-31T00:00:00Z", fileWithKMS+"  - aescbc: {keys: [{name: a, secret: "+strongKey+"}]}\n")}},
	},
	Good: []control.Change{
		{Path: "spec.files", Name: "changed a year ago", Value: []any{encryptionFact("2025-01-01T00:00:00Z", fileWithKey)}},
		{Path: "spec.files", Name: "a KMS", Value: []any{encryptionFact("2020-01-01T00:00:00Z", fileWithKMS)}},
	},
}

// The start of an EncryptionConfiguration, with which kind of provider.
const (
	encryptionHead = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n"
	fileWithKey    = encryptionHead + "  - secretbox: {keys: [{name: a, secret: " + strongKey + "}]}\n"
	fileWithKMS    = encryptionHead + "  - kms: {apiVersion: v2, name: vault, endpoint: 'unix:///run/kms/vault.sock'}\n"
)

func encryptionFact(modified, content string) mapping {
	return mapping{
		"path": "/etc/kubernetes/encryption/config.yaml", "roles": []any{node.RoleEncryptionConfig}, "component": "kube-apiserver", "type": "file",
		"owner": "root", "group": "root", "uid": 0, "gid": 0, "mode": "0600", "modified": modified, "content": content,
	}
}

// encryptionFiles calls do for the encryption configurations of a node, and says whether the keys are in them, as far as that is known.
func encryptionFiles(at tree.Node, do func(file tree.Node, keys, known bool) bool) bool {
	for _, file := range at.Get("spec").Get("files").Items() {
		if !slices.Contains(texts(file.Get("roles")), node.RoleEncryptionConfig) {
			continue
		}
		keys, known := keysIn(file.Get("content"))
		if !do(file, keys, known) {
			return false
		}
	}
	return true
}

// keysIn reports whether a file has keys in it.
func keysIn(content tree.Node) (keys, known bool) {
	if content.Kind() != tree.Scalar {
		return false, false
	}
	src := []byte(content.Text())
	parser := tree.NewParser()
	for doc := range tree.Split(src) {
		t, err := parser.Parse(src, doc)
		if err != nil {
			return false, false
		}
		config, _ := encryption.Read(t.Root())
		for _, e := range config.Entries {
			known = true
			for _, p := range e.Providers {
				if p.Sort.Local() || p.Sort == encryption.Unknown {
					return p.Sort.Local(), p.Sort.Local()
				}
			}
		}
	}
	return false, known
}

func findKeysInFiles(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	found := !encryptionFiles(at, func(file tree.Node, keys, known bool) bool {
		if keys || !known {
			fail(control.Violation{At: file, Problem: "may have keys in it"})
			return false
		}
		return true
	})
	if !found {
		knownFiles(at, node.RoleEncryptionConfig, fail)
	}
}

// knownFiles calls fail for what keeps the files of a node with a role from being known.
func knownFiles(at tree.Node, role string, fail control.FailFunc) {
	if spec := at.Get("spec"); spec.Get("files").Kind() != tree.Sequence {
		fail(control.Violation{At: spec, Missing: []string{"files"}, Problem: "is missing, so nothing is known of files", Unknown: true})
		return
	}
	control.NodeUnknown(at, []string{role}, fail)
}

func checkKeyAge(s *control.Subject, at tree.Node, fail control.FailFunc) {
	days := 365
	if given := s.Params["days"]; len(given) > 0 && isDays(given[0]) {
		days, _ = strconv.Atoi(given[0])
	}
	// What was done to the file after it was looked at nobody knows.
	now := s.Now
	if t, err := time.Parse(time.RFC3339, at.Get("spec").Get("collectedAt").Text()); err == nil {
		now = t
	}
	whole := encryptionFiles(at, func(file tree.Node, keys, known bool) bool {
		if known && !keys {
			return true
		}
		if v, bad := keyAge(file, now, days); bad {
			if !known && !v.Unknown {
				v.Problem, v.Unknown = v.Problem+", if it has any: its content is not known", true
			}
			return fail(v)
		}
		return true
	})
	if whole {
		knownFiles(at, node.RoleEncryptionConfig, fail)
	}
}

// keyAge judges when a file with keys was changed.
func keyAge(file tree.Node, now time.Time, days int) (v control.Violation, bad bool) {
	name := file.Get("path").Text()
	v.At = file.Get("modified")
	changed, err := time.Parse(time.RFC3339, v.At.Text())
	age := now.Sub(changed)
	switch {
	case !v.At.Exists():
		v.At, v.Missing = file, []string{"modified"}
		v.Problem, v.Unknown = "is not known of "+name+", so neither is how old its keys are", true
	case err != nil:
		v.Problem, v.Unknown = "of "+name+" is no time", true
	case now.IsZero():
		v.Problem, v.Unknown = "of "+name+" cannot be compared: neither the facts nor the run have a time", true
	case age < -24*time.Hour:
		v.Problem, v.Unknown = "of "+name+" is in the future, so a clock is wrong", true
	case age >= time.Duration(days+1)*24*time.Hour:
		v.Problem = fmt.Sprintf("is %s: %s was last changed %d days ago, so its keys are at least that old", changed.UTC().Format(time.DateOnly), name, int(age/(24*time.Hour)))
	default:
		return v, false
	}
	return v, true
}
