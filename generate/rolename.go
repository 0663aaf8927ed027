package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/rbac"
)

// maxRoleName is shorter than what any name may have, so that a suffix has room. Role names have no limit of their own, but they
// stand in URLs and in the keys of etcd.
const maxRoleName = 200

// roleName makes a name of the subject: "kubeharden:NAMESPACE:NAME" for a service account, "kubeharden:user:NAME" and
// "kubeharden:group:NAME" for others. What would be awkward in a URL or in a shell becomes a dash, and then a hash keeps apart
// what the dashes made equal.
func roleName(s rbac.Subject) string {
	name := strings.ToLower(s.Kind) + ":" + s.Name
	if s.Kind == kindServiceAccount {
		name = s.Namespace + ":" + s.Name
	}
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(":.-_@", r):
			return r
		default:
			return '-'
		}
	}, name)
	if clean != name || len(clean) > maxRoleName {
		sum := sha256.Sum256([]byte(name))
		clean = clean[:min(len(clean), maxRoleName)] + "-" + hex.EncodeToString(sum[:4])
	}
	return "kubeharden:" + clean
}

// checkRoleName is ValidateRBACName of k8s.io/kubernetes/pkg/apis/rbac/validation, which takes any path segment.
func checkRoleName(name string) error {
	switch {
	case name == "":
		return errors.New("the name of the role is empty")
	case name == "." || name == "..":
		return fmt.Errorf("the name of the role is %q", name)
	case strings.ContainsAny(name, "/%"):
		return fmt.Errorf("the name of the role is %q, and may not have / or %% in it", name)
	default:
		return nil
	}
}
