package component

import (
	"maps"
	"slices"
	"strings"
)

// environment takes the variables that etcd reads: ETCD_CLIENT_CERT_AUTH is --client-cert-auth. A flag beats its variable.
// https://etcd.io/docs/v3.6/op-guide/configuration/#environment-variables
func (i *Instance) environment(env map[string]variable) {
	i.env = map[string]statement{}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		key, ok := strings.CutPrefix(name, "ETCD_")
		if !ok {
			continue
		}
		v := env[name]
		flag := strings.ToLower(normal(key))
		i.env[flag] = statement{name: flag, text: v.text, place: v.place, value: v.place, source: FromEnvironment}
	}
}

// etcdField returns the path in etcd's configuration file of what a flag sets: TLS settings stand in two sections, all else has the flag's name.
// https://github.com/etcd-io/etcd/blob/v3.6.0/etcd.conf.yml.sample
func etcdField(flag string) string {
	switch flag {
	case "cert-file", "key-file", "client-cert-auth", "trusted-ca-file", "auto-tls":
		return "client-transport-security." + flag
	case "client-cert-file", "client-key-file":
		return "client-transport-security." + flag
	case "client-crl-file":
		return "client-transport-security.crl-file"
	case "client-cert-allowed-hostname":
		return "client-transport-security.allowed-hostname"
	case "peer-cert-file", "peer-key-file", "peer-client-cert-auth", "peer-trusted-ca-file", "peer-auto-tls", "peer-client-cert-file", "peer-client-key-file":
		if flag == "peer-client-cert-auth" {
			return "peer-transport-security.client-cert-auth"
		}
		return "peer-transport-security." + strings.TrimPrefix(flag, "peer-")
	case "peer-cert-allowed-cn":
		return "peer-transport-security.allowed-cn"
	case "peer-cert-allowed-hostname":
		return "peer-transport-security.allowed-hostname"
	case "peer-crl-file":
		return "peer-transport-security.crl-file"
	default:
		return flag
	}
}
