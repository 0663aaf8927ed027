package apiserverconfig

import (
	"iter"
	"net/url"
	"strings"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

var kubeconfigType = strict.Struct{
	"apiVersion": strict.String, "kind": strict.String, "current-context": strict.String,
	"clusters": strict.List{Of: strict.Struct{"name": strict.String, "cluster": strict.Struct{
		"server": strict.String, "tls-server-name": strict.String, "insecure-skip-tls-verify": strict.Bool, "certificate-authority": strict.String,
		"certificate-authority-data": strict.Bytes, "proxy-url": strict.String, "disable-compression": strict.Bool,
	}}},
	"users": strict.List{Of: strict.Struct{"name": strict.String, "user": strict.Struct{
		"client-certificate": strict.String, "client-certificate-data": strict.Bytes, "client-key": strict.String, "client-key-data": strict.Bytes,
		"token": strict.String, "tokenFile": strict.String, "username": strict.String, "password": strict.String,
		"as": strict.String, "as-uid": strict.String, "as-groups": strict.List{Of: strict.String},
		"as-user-extra": strict.Dict{Of: strict.List{Of: strict.String}},
		"auth-provider": strict.Struct{"name": strict.String, "config": strict.Dict{Of: strict.String}},
		"exec": strict.Struct{
			"command": strict.String, "args": strict.List{Of: strict.String}, "apiVersion": strict.String, "installHint": strict.String,
			"env":                strict.List{Of: strict.Struct{"name": strict.String, "value": strict.String}},
			"provideClusterInfo": strict.Bool, "interactiveMode": strict.String,
		},
	}}},
	"contexts": strict.List{Of: strict.Struct{"name": strict.String, "context": strict.Struct{
		"cluster": strict.String, "user": strict.String, "namespace": strict.String,
	}}},
}

// Kubeconfig is a v1 Config, the file by which clients find a cluster and prove who they are. It is valid as long as the tree that it was
// read from. Source: https://github.com/kubernetes/client-go/blob/v0.37.2/tools/clientcmd/api/v1/types.go.
type Kubeconfig struct {
	Clusters []KubeCluster
	Users    []KubeUser
	// certificates says that a user of the file has a client certificate.
	certificates bool
}

// KubeCluster is how a cluster is reached.
type KubeCluster struct {
	// At is the mapping below cluster, Path leads to it.
	At           tree.Node
	Path         string
	Name, Server string
}

// KubeUser is how a client proves who it is.
type KubeUser struct {
	At   tree.Node
	Path string
	Name string
	// Exec is the command that is run for credentials; it is run with the rights of whoever uses the file.
	Exec string
}

// IsKubeconfig reports whether the document at root is a kubeconfig: a Config of v1, or one without the two, which clients take too,
// that has clusters and users.
func IsKubeconfig(root tree.Node) bool {
	kind, version := root.Get("kind"), root.Get("apiVersion")
	if kind.StrIs("Config") && version.StrIs("v1") {
		return true
	}
	return !kind.Exists() && !version.Exists() && root.Get("clusters").Kind() == tree.Sequence && root.Get("users").Kind() == tree.Sequence &&
		root.Get("contexts").Kind() == tree.Sequence
}

// ReadKubeconfig reads a kubeconfig and says what makes clients refuse it, or the cluster or user that is wrong. Unknown fields are no
// reason: the decoder is not strict. Files that it names are not looked at. Source:
// https://github.com/kubernetes/client-go/blob/v0.37.2/tools/clientcmd/validation.go.
func ReadKubeconfig(root tree.Node) (*Kubeconfig, []Flaw) {
	var flaws strict.Flaws
	k := &Kubeconfig{}
	strict.CheckLoose(root, kubeconfigType, &flaws)
	clusters, users, contexts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, item := range root.Get("clusters").Items() {
		c := KubeCluster{At: item.Get("cluster"), Path: string(strict.Path("clusters").Index(i).Key("cluster")), Name: text(item.Get("name"))}
		c.Server = text(c.At.Get("server"))
		if !named(&flaws, strict.Path("clusters").Index(i), item, "cluster", clusters) {
			continue
		}
		checkCluster(&flaws, &c)
		k.Clusters = append(k.Clusters, c)
	}
	for i, item := range root.Get("users").Items() {
		u := KubeUser{At: item.Get("user"), Path: string(strict.Path("users").Index(i).Key("user")), Name: text(item.Get("name"))}
		u.Exec = text(u.At.Get("exec").Get("command"))
		if !named(&flaws, strict.Path("users").Index(i), item, "user", users) {
			continue
		}
		checkUser(&flaws, &u)
		k.certificates = k.certificates || text(u.At.Get("client-certificate")) != "" || text(u.At.Get("client-certificate-data")) != ""
		k.Users = append(k.Users, u)
	}
	for i, item := range root.Get("contexts").Items() {
		path, at := strict.Path("contexts").Index(i).Key("context"), item.Get("context")
		if !named(&flaws, strict.Path("contexts").Index(i), item, "context", contexts) {
			continue
		}
		for _, ref := range [...]struct {
			key   string
			names map[string]bool
		}{{"cluster", clusters}, {"user", users}} {
			if name := text(at.Get(ref.key)); name == "" || !ref.names[name] {
				flaws.Field(path, at, ref.key, "names no %s of the file", ref.key)
			}
		}
	}
	if current := text(root.Get("current-context")); current != "" && !contexts[current] {
		flaws.Field("", root, "current-context", "names no context of the file")
	}
	return k, flaws.List()
}

// named checks the entry of a list of names. Without a body there is nothing to read.
func named(flaws *strict.Flaws, path strict.Path, item tree.Node, key string, names map[string]bool) bool {
	name := text(item.Get("name"))
	if names[name] {
		flaws.Field(path, item, "name", "is there twice")
	}
	names[name] = true
	if name == "" && key == "context" {
		flaws.Field(path, item, "name", "is missing")
	}
	if given(item.Get(key)) {
		return true
	}
	if key != "user" {
		// A user without anything is anonymous.
		flaws.Field(path, item, key, "is missing")
	}
	return false
}

func checkCluster(flaws *strict.Flaws, c *KubeCluster) {
	path := strict.Path(c.Path)
	if c.Server == "" {
		flaws.Field(path, c.At, "server", "is missing")
	} else if _, err := url.Parse(c.Server); err != nil {
		flaws.Field(path, c.At, "server", "is no URL")
	}
	if text(c.At.Get("certificate-authority")) != "" && text(c.At.Get("certificate-authority-data")) != "" {
		flaws.Field(path, c.At, "certificate-authority", "is there as data too, which wins")
	}
	if skip, _ := c.At.Get("insecure-skip-tls-verify").Bool(); skip && (text(c.At.Get("certificate-authority")) != "" || text(c.At.Get("certificate-authority-data")) != "") {
		flaws.Field(path, c.At, "insecure-skip-tls-verify", "is true and there is a certificate authority; clients refuse both")
	}
	checkProxy(flaws, path, c.At)
}

func checkProxy(flaws *strict.Flaws, path strict.Path, at tree.Node) {
	proxy := text(at.Get("proxy-url"))
	if proxy == "" {
		return
	}
	u, err := url.Parse(proxy)
	if err != nil {
		flaws.Field(path, at, "proxy-url", "is no URL")
		return
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		flaws.Field(path, at, "proxy-url", "has to begin with http, https or socks5")
	}
}

func checkUser(flaws *strict.Flaws, u *KubeUser) {
	path := strict.Path(u.Path)
	filled := func(keys ...string) bool {
		for _, key := range keys {
			if text(u.At.Get(key)) != "" {
				return true
			}
		}
		return false
	}
	if filled("token") && filled("username", "password") {
		flaws.Field(path, u.At, "token", "is there beside a user name and a password; only one is possible")
	}
	if filled("client-certificate", "client-certificate-data") {
		if !filled("client-key", "client-key-data") {
			flaws.Field(path, u.At, "client-key", "is missing for the client certificate")
		}
		for _, key := range [...]string{"client-certificate", "client-key"} {
			if filled(key) && filled(key+"-data") {
				flaws.Field(path, u.At, key, "is there as data too, which wins")
			}
		}
	}
	if exec := u.At.Get("exec"); given(exec) {
		checkExec(flaws, path, u.At, exec)
	}
	if given(u.At.Get("as-uid")) || u.At.Get("as-groups").Len() > 0 || u.At.Get("as-user-extra").Len() > 0 {
		if !filled("as") {
			flaws.Field(path, u.At, "as", "is missing, and somebody is impersonated by uid or groups")
		}
	}
}

func checkExec(flaws *strict.Flaws, path strict.Path, user, exec tree.Node) {
	if given(user.Get("auth-provider")) {
		flaws.Field(path, user, "exec", "is not possible beside an auth-provider")
	}
	path = path.Key("exec")
	if text(exec.Get("command")) == "" {
		flaws.Field(path, exec, "command", "is missing")
	}
	version := text(exec.Get("apiVersion"))
	if version == "" {
		flaws.Field(path, exec, "apiVersion", "is missing")
	}
	switch text(exec.Get("interactiveMode")) {
	case "Never", "IfAvailable", "Always":
	case "":
		// v1 has no default for it.
		if strings.HasSuffix(version, "/v1") {
			flaws.Field(path, exec, "interactiveMode", "is missing and has to be Never, IfAvailable or Always")
		}
	default:
		flaws.Field(path, exec, "interactiveMode", "has to be Never, IfAvailable or Always")
	}
	for i, n := range exec.Get("env").Items() {
		if text(n.Get("name")) == "" {
			flaws.Field(path.Key("env").Index(i), n, "name", "is missing")
		}
	}
}

// Unverified returns the clusters of which a client does not check who they are: everybody on the way can read and change what is sent,
// tokens included.
func (k *Kubeconfig) Unverified() []Weakness {
	var found []Weakness
	for i := range k.Clusters {
		c := &k.Clusters[i]
		path := strict.Path(c.Path)
		if skip, _ := c.At.Get("insecure-skip-tls-verify").Bool(); skip {
			found = append(found, weakField(path, c.At, "insecure-skip-tls-verify", "is true, so nobody knows who answers"))
		}
		if k.plain(c) {
			found = append(found, weakField(path, c.At, "server", "is reached without TLS"))
		}
	}
	return found
}

// plain reports whether a client speaks HTTP without TLS, and not only with its own machine, as to kubectl proxy. An address without
// https:// or http:// gets the first if there is something that speaks of TLS. Source: DefaultServerURL and defaultServerUrlFor of
// https://github.com/kubernetes/client-go/tree/v0.37.2/rest.
func (k *Kubeconfig) plain(c *KubeCluster) bool {
	u, err := url.Parse(c.Server)
	if err != nil || u.Scheme == "" || u.Host == "" {
		skip, _ := c.At.Get("insecure-skip-tls-verify").Bool()
		if c.Server == "" || skip || text(c.At.Get("certificate-authority")) != "" || text(c.At.Get("certificate-authority-data")) != "" || k.certificates {
			return false
		}
		if u, err = url.Parse("http://" + c.Server); err != nil {
			return false
		}
	}
	host := u.Hostname()
	return strings.EqualFold(u.Scheme, "http") && host != "localhost" && host != "::1" && !strings.HasPrefix(host, "127.")
}

// Static returns the credentials in the file that stay valid when it is copied: tokens, passwords and private keys.
func (k *Kubeconfig) Static() []Weakness {
	var found []Weakness
	for i := range k.Users {
		u := &k.Users[i]
		for _, field := range [...]struct{ key, what string }{
			{"token", "holds a token"},
			{"password", "holds a password; basic authentication is gone since Kubernetes 1.19"},
			{"client-key-data", "holds a private key, which cannot be revoked"},
		} {
			if text(u.At.Get(field.key)) != "" {
				found = append(found, weakField(strict.Path(u.Path), u.At, field.key, field.what))
			}
		}
	}
	return found
}

// Secrets yields the values of a kubeconfig that must not be shown. The same fields are marked in its Go type (datapolicy), and what exec
// plugins and auth providers are given counts too.
func Secrets(root tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		for _, item := range root.Get("users").Items() {
			user := item.Get("user")
			for _, key := range [...]string{"token", "password", "client-key-data"} {
				if n := user.Get(key); given(n) && !yield(n) {
					return
				}
			}
			for _, n := range user.Get("auth-provider").Get("config").Pairs() {
				if given(n) && !yield(n) {
					return
				}
			}
			for _, variable := range user.Get("exec").Get("env").Items() {
				if n := variable.Get("value"); given(n) && !yield(n) {
					return
				}
			}
		}
	}
}
