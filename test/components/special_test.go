package components_test

import (
	"maps"

	"github.com/kubeharden/kubeharden/test/cluster"
)

// specials are the bad settings that need more than themselves, by their names.
func specials() map[string]special {
	all := map[string]special{}
	for _, some := range []map[string]special{apiServerSpecials(), etcdSpecials(), kubeletSpecials()} {
		maps.Copy(all, some)
	}
	return all
}

func apiServerSpecials() map[string]special {
	return map[string]special{
		// One of the flag and the file may say it.
		// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubeapiserver/options/authentication.go (Validate)
		"apiserver-anonymous-auth-enabled: --anonymous-auth=true":      {with: cluster.Flags{"authentication-config": nothing}},
		"apiserver-anonymous-auth-enabled: --anonymous-auth not given": {with: cluster.Flags{"authentication-config": nothing}},

		// Gone from the releases that run here.
		"apiserver-admission-pod-security-disabled: --enable-admission-plugins=PodSecurityPolicy": {refused: `plugin \\"PodSecurityPolicy\\" is unknown`},
		"apiserver-basic-auth-file-set: --basic-auth-file=/etc/kubernetes/passwords.csv":          {refused: `unknown flag: --basic-auth-file`},
		"apiserver-insecure-bind-address-set: --insecure-bind-address=0.0.0.0":                    {refused: `unknown flag: --insecure-bind-address`},
		"apiserver-insecure-port-open: --insecure-port=8080":                                      {refused: `unknown flag: --insecure-port`},
		"apiserver-kubelet-https-disabled: --kubelet-https=false":                                 {refused: `unknown flag: --kubelet-https`},
		"apiserver-secure-port-zero: --secure-port=0":                                             {refused: `--secure-port 0 must be between 1 and 65535`},
		"apiserver-service-account-key-file-missing: --service-account-key-file not given":        {refused: `either .--service-account-key-file. or .--service-account-signing-endpoint. must be set`},
		"apiserver-risky-feature-gates: --feature-gates=AuthorizeNodeWithSelectors=false":         {refused: `unrecognized feature gate: AuthorizeNodeWithSelectors|AuthorizeNodeWithSelectors to false, feature is locked to true`},

		// Some alpha features need others that are off by themselves and no alpha ones. With all of them 1.37 runs and does not become ready.
		"apiserver-risky-feature-gates: --feature-gates=AllAlpha=true": {
			with: cluster.Flags{"feature-gates": "AllAlpha=true,AllBeta=true"}, deaf: `answers 500|connection refused`,
		},
		// With no time at all the server does not answer itself either, and ends.
		"apiserver-request-timeout-unsuitable: --request-timeout=0s": {with: cluster.Flags{"request-timeout": "1h"}},

		"apiserver-token-auth-file-set: --token-auth-file=/etc/kubernetes/tokens.csv": {files: map[string]string{"/etc/kubernetes/tokens.csv": "0123456789abcdef,eve,1\n"}},
		// Without the files the server makes some in this folder.
		"apiserver-tls-cert-missing: --tls-cert-file not given": {
			with: cluster.Flags{"tls-private-key-file": nothing, "cert-dir": "/etc/kubernetes/made"},
			deaf: `x509: certificate signed by unknown authority`,
		},
		"apiserver-tls-cert-missing: --tls-private-key-file not given": {like: "apiserver-tls-cert-missing: --tls-cert-file not given"},

		// It cannot believe an etcd of an authority that the system does not know, and etcd does not believe it.
		"apiserver-etcd-ca-missing: --etcd-cafile not given":                                   {deaf: `certificate signed by unknown authority`},
		"apiserver-etcd-ca-missing: --etcd-servers=http://127.0.0.1:2379":                      {deaf: `error reading server preface`},
		"apiserver-etcd-ca-missing: --etcd-servers=https://10.0.0.1:2379,http://10.0.0.2:2379": {like: "apiserver-etcd-ca-missing: --etcd-servers=http://127.0.0.1:2379"},
		"apiserver-etcd-client-cert-missing: --etcd-certfile not given":                        {with: cluster.Flags{"etcd-keyfile": nothing}, deaf: `certificate required|bad certificate`},
		"apiserver-etcd-client-cert-missing: --etcd-keyfile not given":                         {refused: `KeyFile and CertFile must both be present`},
		// What is encrypted already it cannot read any more.
		"encryption-provider-config-missing: --encryption-provider-config not given": {
			deaf: `identity transformer tried to read encrypted data`,
		},
	}
}

func etcdSpecials() map[string]special {
	const here, peer = "https://10.0.0.4:2380", "http://10.0.0.4:2380"
	return map[string]special{
		// Without the authority etcd asks for certificates of those that the system trusts, and nobody has one.
		"etcd-client-cert-auth-disabled: --trusted-ca-file not given": {deaf: `certificate signed by unknown authority`},
		"etcd-server-tls-missing: --cert-file not given": {
			with: cluster.Flags{
				"key-file": nothing, "client-cert-auth": nothing, "trusted-ca-file": nothing,
				"listen-client-urls": "http://127.0.0.1:2379", "advertise-client-urls": "http://127.0.0.1:2379",
			},
			also: []string{"etcd-plaintext-listen-url", "etcd-client-cert-auth-disabled"},
		},
		"etcd-server-tls-missing: --key-file not given": {refused: `KeyFile and CertFile must both be present`},
		"etcd-peer-tls-missing: --peer-cert-file not given": {
			with: cluster.Flags{
				"peer-key-file": nothing, "peer-client-cert-auth": nothing, "peer-trusted-ca-file": nothing, "listen-peer-urls": peer, "initial-advertise-peer-urls": peer,
			},
			also: []string{"etcd-plaintext-listen-url", "etcd-peer-client-cert-auth-disabled"},
		},
		"etcd-peer-tls-missing: --peer-key-file not given": {refused: `KeyFile and CertFile must both be present`},
		"etcd-weak-tls: --tls-min-version=TLS1.1":          {refused: `TLS1.1`},

		"etcd-plaintext-listen-url: --listen-client-http-urls=http://10.0.0.4:2379 --cert-file=/etc/kubernetes/pki/etcd/server.crt": {
			with: cluster.Flags{"listen-client-http-urls": "http://10.0.0.4:2381"},
		},
		"etcd-plaintext-listen-url: --listen-client-http-urls=https://10.0.0.4:2379,http://10.0.0.5:2379 --cert-file=/etc/kubernetes/pki/etcd/server.crt": {
			like: "etcd-plaintext-listen-url: --listen-client-http-urls=http://10.0.0.4:2379 --cert-file=/etc/kubernetes/pki/etcd/server.crt",
		},
		"etcd-plaintext-listen-url: --listen-peer-urls=http://10.0.0.4:2379 --peer-cert-file=/etc/kubernetes/pki/etcd/server.crt": {
			with: cluster.Flags{"listen-peer-urls": peer, "peer-cert-file": "/etc/kubernetes/pki/etcd/peer.crt"},
		},
		"etcd-plaintext-listen-url: --listen-peer-urls=https://10.0.0.4:2379,http://10.0.0.5:2379 --peer-cert-file=/etc/kubernetes/pki/etcd/server.crt": {
			with: cluster.Flags{"listen-peer-urls": here + ",http://127.0.0.1:2380", "peer-cert-file": "/etc/kubernetes/pki/etcd/peer.crt"},
			like: "etcd-plaintext-listen-url: --listen-peer-urls=http://10.0.0.4:2379 --peer-cert-file=/etc/kubernetes/pki/etcd/server.crt",
		},
		"etcd-plaintext-listen-url: --initial-advertise-peer-urls=http://10.0.0.4:2379 --peer-cert-file=/etc/kubernetes/pki/etcd/server.crt": {
			with: cluster.Flags{"initial-advertise-peer-urls": peer, "peer-cert-file": "/etc/kubernetes/pki/etcd/peer.crt"},
		},
		"etcd-plaintext-listen-url: --initial-advertise-peer-urls=https://10.0.0.4:2379,http://10.0.0.5:2379 --peer-cert-file=/etc/kubernetes/pki/etcd/server.crt": {
			with: cluster.Flags{"initial-advertise-peer-urls": here + "," + peer, "peer-cert-file": "/etc/kubernetes/pki/etcd/peer.crt"},
		},
	}
}

func kubeletSpecials() map[string]special {
	return map[string]special{
		// The API server's certificate says nothing to it any more.
		"kubelet-client-ca-missing: --client-ca-file not given":                         {config: "authentication: {x509: {clientCAFile: null}}", deaf: `answers 401: Unauthorized`},
		"kubelet-fine-grained-authz-off: --feature-gates=KubeletFineGrainedAuthz=false": {refused: `cannot set feature gate KubeletFineGrainedAuthz to false, feature is locked to true`},
		"kubelet-rotate-server-certificate-disabled: --feature-gates=RotateKubeletServerCertificate=false": {
			config: "serverTLSBootstrap: false", also: []string{"kubelet-serving-cert-missing"},
		},
		// One of the flag and the field is enough to turn it on.
		// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubelet/app/server.go (RunKubelet)
		"kubelet-seccomp-default-disabled: --seccomp-default=false": {config: "seccompDefault: false"},
	}
}
