package rbac

import (
	"errors"
	"fmt"
	"strings"
)

// The names that Kubernetes gives by itself.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/
const (
	GroupMasters         = "system:masters"
	GroupAuthenticated   = "system:authenticated"
	GroupUnauthenticated = "system:unauthenticated"
	GroupAccounts        = "system:serviceaccounts"
	UserAnonymous        = "system:anonymous"

	accountPrefix = "system:serviceaccount:"
)

// User is who makes a request, as the API server's authenticators see it.
type User struct {
	Name   string
	Groups []string
}

// Account returns the user that a service account is, with the groups that it always has.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
func Account(namespace, name string) User {
	return User{
		Name:   accountPrefix + namespace + ":" + name,
		Groups: []string{GroupAccounts, GroupAccounts + ":" + namespace, GroupAuthenticated},
	}
}

// User returns the user that a subject stands for, with the groups that Kubernetes itself gives: which others somebody is in, the
// authenticator knows and not the cluster. A group stands for a member that has no name.
func (s Subject) User() User {
	switch s.Kind {
	case KindServiceAccount:
		return Account(s.Namespace, s.Name)
	case KindGroup:
		return User{Groups: append([]string{s.Name}, s.implicit()...)}
	}
	if account, ok := accountOf(s.Name); ok {
		return Account(account.Namespace, account.Name)
	}
	return User{Name: s.Name, Groups: s.implicit()}
}

// implicit returns the groups that a subject is always in.
func (s Subject) implicit() []string {
	switch {
	case s.Kind == KindServiceAccount:
		return []string{GroupAccounts, GroupAccounts + ":" + s.Namespace, GroupAuthenticated}
	case s.Kind == KindUser && s.Name == UserAnonymous:
		return []string{GroupUnauthenticated}
	case s.Kind == KindUser:
		return []string{GroupAuthenticated}
	case s.Kind != KindGroup, s.Name == GroupAuthenticated, s.Name == GroupUnauthenticated:
		return nil
	case strings.HasPrefix(s.Name, GroupAccounts+":"):
		return []string{GroupAccounts, GroupAuthenticated}
	}
	return []string{GroupAuthenticated}
}

// accountOf returns the account whose user name is name (k8s.io/apiserver/pkg/authentication/serviceaccount, SplitUsername).
func accountOf(name string) (Subject, bool) {
	rest, ok := strings.CutPrefix(name, accountPrefix)
	if !ok {
		return Subject{}, false
	}
	namespace, account, ok := strings.Cut(rest, ":")
	if !ok || namespace == "" || account == "" || strings.Contains(account, ":") {
		return Subject{}, false
	}
	return Subject{Kind: KindServiceAccount, Namespace: namespace, Name: account}, true
}

// canonical returns the subject itself, or the account of which a User subject has the name.
func (s Subject) canonical() Subject {
	if s.Kind == KindUser {
		if account, ok := accountOf(s.Name); ok {
			return account
		}
	}
	return s
}

// ParseSubject reads a subject as people write it:
//
//	system:serviceaccount:NS:NAME  NS/NAME  ServiceAccount/NS/NAME   a service account
//	group:NAME  Group/NAME  system:masters (and the other groups of Kubernetes)   a group
//	user:NAME  User/NAME  NAME   a user
func ParseSubject(text string) (Subject, error) {
	lower := strings.ToLower(text)
	cut := func(prefixes ...string) (string, bool) {
		for _, p := range prefixes {
			if strings.HasPrefix(lower, p) {
				return text[len(p):], true
			}
		}
		return "", false
	}
	s := Subject{Kind: KindUser, Name: text}
	if name, ok := cut("group:", "group/"); ok {
		s = Subject{Kind: KindGroup, Name: name}
	} else if name, ok := cut("user:", "user/"); ok {
		s.Name = name
	} else if text == GroupMasters || text == GroupAuthenticated || text == GroupUnauthenticated ||
		text == GroupAccounts || strings.HasPrefix(text, GroupAccounts+":") {
		s.Kind = KindGroup
	} else if rest, ok := cut("serviceaccount/", "serviceaccount:", ""); ok && strings.Contains(rest, "/") && !strings.Contains(rest, "@") {
		namespace, name, _ := strings.Cut(rest, "/")
		if namespace == "" || name == "" || strings.Contains(name, "/") {
			return Subject{}, fmt.Errorf("reading subject %q: a service account is written NAMESPACE/NAME", text)
		}
		s = Subject{Kind: KindServiceAccount, Namespace: namespace, Name: name}
	}
	if s.Name == "" {
		return Subject{}, errors.New("reading a subject: it has no name")
	}
	return s.canonical(), nil
}
