package generate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/rbac"
)

// The kinds of rbac.Subject. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
const (
	kindUser           = "User"
	kindGroup          = "Group"
	kindServiceAccount = "ServiceAccount"
)

const serviceAccountPrefix = "system:serviceaccount:"

// ParseSubject reads whom a role is for: "system:serviceaccount:NAMESPACE:NAME" or "NAMESPACE/NAME" is a service account,
// "group:NAME" a group, everything else the name of a user; "user:NAME" is a user whatever the name looks like.
func ParseSubject(text string) (rbac.Subject, error) {
	if name, ok := strings.CutPrefix(text, "group:"); ok && name != "" {
		return rbac.Subject{Kind: kindGroup, Name: name}, nil
	}
	if name, ok := strings.CutPrefix(text, "user:"); ok && name != "" {
		return userSubject(name), nil
	}
	if namespace, name, ok := strings.Cut(text, "/"); ok && isLabel(namespace) && isSubdomain(name) {
		return rbac.Subject{Kind: kindServiceAccount, Namespace: namespace, Name: name}, nil
	}
	if text == "" || text == "group:" || text == "user:" {
		return rbac.Subject{}, errors.New("parsing subject: the name is empty")
	}
	return userSubject(text), nil
}

// userSubject returns the subject that a binding names to reach the user.
func userSubject(name string) rbac.Subject {
	if namespace, account, ok := splitAccount(name); ok {
		return rbac.Subject{Kind: kindServiceAccount, Namespace: namespace, Name: account}
	}
	return rbac.Subject{Kind: kindUser, Name: name}
}

// splitAccount is SplitUsername of k8s.io/apiserver/pkg/authentication/serviceaccount.
func splitAccount(user string) (namespace, name string, ok bool) {
	rest, ok := strings.CutPrefix(user, serviceAccountPrefix)
	if !ok {
		return "", "", false
	}
	namespace, name, ok = strings.Cut(rest, ":")
	return namespace, name, ok && isLabel(namespace) && isSubdomain(name)
}

// checkSubject returns an error for a subject that no binding can have.
func checkSubject(s rbac.Subject) error {
	switch {
	case s.Name == "":
		return errors.New("subject has no name")
	case s.Kind == kindServiceAccount && (!isLabel(s.Namespace) || !isSubdomain(s.Name)):
		return fmt.Errorf("service account %q in namespace %q: not a name that a service account can have", s.Name, s.Namespace)
	case s.Kind == kindUser, s.Kind == kindGroup, s.Kind == kindServiceAccount:
		return nil
	default:
		return fmt.Errorf("subject %q: kind %q is not User, Group or ServiceAccount", s.Name, s.Kind)
	}
}

// subjectIs reports whether the user is the subject, or one of the group.
func subjectIs(s rbac.Subject, user *AuditUser) bool {
	switch s.Kind {
	case kindUser:
		return user.Name == s.Name
	case kindGroup:
		return slices.Contains(user.Groups, s.Name)
	case kindServiceAccount:
		rest, ok := strings.CutPrefix(user.Name, serviceAccountPrefix)
		return ok && len(rest) == len(s.Namespace)+1+len(s.Name) && rest[len(s.Namespace)] == ':' &&
			strings.HasPrefix(rest, s.Namespace) && strings.HasSuffix(rest, s.Name)
	default:
		return false
	}
}

// subjectText is how a subject is written for people.
func subjectText(s rbac.Subject) string {
	if s.Kind == kindServiceAccount {
		return s.Kind + " " + s.Namespace + "/" + s.Name
	}
	return s.Kind + " " + s.Name
}

// isLabel reports whether s is a DNS label (RFC 1123), as the name of a namespace has to be.
func isLabel(s string) bool {
	return len(s) > 0 && len(s) <= 63 && !strings.Contains(s, ".") && isSubdomain(s)
}

// isSubdomain reports whether s is a DNS subdomain (RFC 1123), as the name of a service account has to be.
func isSubdomain(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || part[0] == '-' || part[len(part)-1] == '-' {
			return false
		}
		for i := range len(part) {
			if ch := part[i]; (ch < 'a' || ch > 'z') && (ch < '0' || ch > '9') && ch != '-' {
				return false
			}
		}
	}
	return true
}
