package controlplane

import (
	"slices"
	"strings"
)

// The releases in which a control plane can be hardened in another way.
const (
	authenticationFile   = 32 // anonymous requests can be limited to paths without a feature gate
	authenticationFileV1 = 34
)

// ciphers are those of TLS 1.2 that the CIS Kubernetes Benchmark 1.12 allows in 1.2.29 and 4.2.12 and that Go implements, without the ones that are
// no AEAD.
const ciphers = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384," +
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"

// Hardened returns the files of Kubeadm after somebody who knows has worked on them; auditPolicy is the text of the policy that the API
// server is given.
func Hardened(minor int, auditPolicy string) []File {
	k := kubeadm{minor, releases()[minor]}
	api, manager, scheduler, etcd := k.apiServer(), k.controllerManager(), k.scheduler(), k.etcdServer()
	k.hardenAPIServer(api)
	manager.set("profiling=false", "terminated-pod-gc-threshold=1000", "tls-cipher-suites="+ciphers, "tls-min-version=VersionTLS12")
	scheduler.set("profiling=false", "tls-cipher-suites="+ciphers, "tls-min-version=VersionTLS12")
	etcd.set("cipher-suites="+ciphers, "tls-min-version=TLS1.2", "auto-tls=false", "peer-auto-tls=false")
	files := []File{
		{"etc/kubernetes/manifests/kube-apiserver.yaml", api.text()},
		{"etc/kubernetes/manifests/kube-controller-manager.yaml", manager.text()},
		{"etc/kubernetes/manifests/kube-scheduler.yaml", scheduler.text()},
		{"etc/kubernetes/manifests/etcd.yaml", etcd.text()},
		{"etc/kubernetes/kubelet.conf", kubeletKubeconfig},
		{"etc/kubernetes/audit/policy.yaml", auditPolicy},
		{"etc/kubernetes/encryption/config.yaml", encryptionConfig},
		{"etc/kubernetes/admission/config.yaml", admissionConfig},
		{"etc/kubernetes/admission/event-rate-limit.yaml", eventRateLimit},
		{"var/lib/kubelet/config.yaml", k.kubeletConfig() + kubeletHardening},
		{"var/lib/kubelet/kubeadm-flags.env", k.kubeletFlags()},
		{"usr/lib/systemd/system/kubelet.service", kubeletService},
		{"usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", kubeletDropIn},
		{"cluster/kube-proxy.yaml", strings.NewReplacer(`metricsBindAddress: ""`, "metricsBindAddress: 127.0.0.1:10249",
			"nodePortAddresses: null", "nodePortAddresses: [192.0.2.0/24]").Replace(k.proxy())},
	}
	if minor >= authenticationFile {
		files = append(files, File{"etc/kubernetes/authentication/config.yaml", k.authentication()})
	}
	for n := range files {
		if files[n].Path == "var/lib/kubelet/config.yaml" {
			files[n].Text = strings.Replace(files[n].Text, "streamingConnectionIdleTimeout: 0s\n", "streamingConnectionIdleTimeout: 5m0s\n", 1)
		}
	}
	return files
}

// set sets flags, in the place of those that are there.
func (p *staticPod) set(flags ...string) {
	for _, f := range flags {
		name, _, _ := strings.Cut(f, "=")
		if at := slices.IndexFunc(p.flags, func(s string) bool { return strings.HasPrefix(s, name+"=") }); at >= 0 {
			p.flags[at] = f
			continue
		}
		p.flags = append(p.flags, f)
	}
}

func (k *kubeadm) hardenAPIServer(p *staticPod) {
	p.set(
		"profiling=false", "audit-log-path=/var/log/kubernetes/audit/audit.log", "audit-log-maxage=30", "audit-log-maxbackup=10", "audit-log-maxsize=100",
		"audit-policy-file=/etc/kubernetes/audit/policy.yaml", "encryption-provider-config=/etc/kubernetes/encryption/config.yaml",
		"admission-control-config-file=/etc/kubernetes/admission/config.yaml",
		"enable-admission-plugins=NodeRestriction,AlwaysPullImages,EventRateLimit,DenyServiceExternalIPs",
		"kubelet-certificate-authority="+pki+"/ca.crt", "tls-cipher-suites="+ciphers, "tls-min-version=VersionTLS12", "request-timeout=60s",
		"service-account-lookup=true", "service-account-extend-token-expiration=false",
	)
	p.mounts = append(p.mounts,
		mount{name: "admission", path: "/etc/kubernetes/admission"}, mount{name: "audit", path: "/etc/kubernetes/audit"},
		mount{name: "audit-log", path: "/var/log/kubernetes/audit", write: true}, mount{name: "encryption", path: "/etc/kubernetes/encryption"},
	)
	if k.minor >= authenticationFile {
		p.set("authentication-config=/etc/kubernetes/authentication/config.yaml")
		p.mounts = append(p.mounts, mount{name: "authentication", path: "/etc/kubernetes/authentication"})
		return
	}
	// The kubelet's probes are anonymous: without anonymous requests they may only see whether somebody listens.
	p.set("anonymous-auth=false")
	p.scheme = ""
}

func (k *kubeadm) authentication() string {
	return "apiVersion: apiserver.config.k8s.io/" + k.either(authenticationFileV1, "v1", "v1beta1") + `
kind: AuthenticationConfiguration
anonymous:
  enabled: true
  conditions:
  - path: /livez
  - path: /readyz
  - path: /healthz
`
}

const encryptionConfig = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources:
  - secrets
  - configmaps
  providers:
  - kms:
      apiVersion: v2
      name: vault
      endpoint: unix:///var/run/kmsplugin/socket.sock
      timeout: 3s
  - identity: {}
`

const admissionConfig = `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: EventRateLimit
  path: event-rate-limit.yaml
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults:
      enforce: baseline
      enforce-version: latest
      audit: restricted
      audit-version: latest
      warn: restricted
      warn-version: latest
    exemptions:
      usernames: []
      runtimeClasses: []
      namespaces: [kube-system]
`

const eventRateLimit = `apiVersion: eventratelimit.admission.k8s.io/v1alpha1
kind: Configuration
limits:
- type: Server
  qps: 50
  burst: 100
- type: Namespace
  qps: 10
  burst: 50
  cacheSize: 2000
`

const kubeletHardening = `readOnlyPort: 0
enableProfilingHandler: false
enableDebugFlagsHandler: false
protectKernelDefaults: true
makeIPTablesUtilChains: true
eventRecordQPS: 50
serverTLSBootstrap: true
podPidsLimit: 4096
seccompDefault: true
tlsMinVersion: VersionTLS12
tlsCipherSuites:
- TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
- TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
- TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
- TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
- TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
- TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
`
