package controlplane

// Distributions returns the files of a server as other installers leave them, or as people write them for these, by name.
func Distributions() map[string][]File {
	return map[string][]File{
		"k3s":      k3s("# the file of a server whose administrator has not set anything that hardens it\n"),
		"k3s-cis":  k3s(k3sHardening),
		"rke2":     {{"etc/rancher/rke2/config.yaml", "write-kubeconfig-mode: \"0600\"\ntls-san:\n- rke2.example.com\ncni: canal\n"}, {"usr/local/lib/systemd/system/rke2-server.service", rke2Service}},
		"rke2-cis": {{"etc/rancher/rke2/config.yaml", rke2Hardening}, {"usr/local/lib/systemd/system/rke2-server.service", rke2Service}},
		"k0s":      {{"etc/k0s/k0s.yaml", k0sConfig}, {"etc/systemd/system/k0scontroller.service", k0sService}},
		"microk8s": {
			{microk8sArgs + "kube-apiserver", microk8sAPIServer},
			{microk8sArgs + "kube-controller-manager", microk8sControllerManager},
			{microk8sArgs + "kube-scheduler", "--kubeconfig=${SNAP_DATA}/credentials/scheduler.config\n--profiling=false\n--leader-elect-lease-duration=60s\n--leader-elect-renew-deadline=30s\n"},
			{microk8sArgs + "kubelet", microk8sKubelet},
			{microk8sArgs + "kube-proxy", "--kubeconfig=${SNAP_DATA}/credentials/proxy.config\n--cluster-cidr=10.1.0.0/16\n--healthz-bind-address=127.0.0.1\n--profiling=false\n"},
		},
		"talos": {{"controlplane.yaml", talosConfig}},
	}
}

func k3s(config string) []File {
	return []File{
		{"etc/rancher/k3s/config.yaml", "write-kubeconfig-mode: \"0600\"\ntls-san:\n- k3s.example.com\n" + config},
		{"etc/systemd/system/k3s.service", k3sService},
		{"etc/systemd/system/k3s.service.env", ""},
	}
}

// https://github.com/k3s-io/k3s/blob/master/install.sh (create_systemd_service_file)
const k3sService = `[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-/etc/systemd/system/k3s.service.env
KillMode=process
Delegate=yes
User=root
LimitNOFILE=1048576
Restart=always
RestartSec=5s
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/k3s \
    server \

`

// https://docs.k3s.io/security/hardening-guide
const k3sHardening = `protect-kernel-defaults: true
secrets-encryption: true
kube-apiserver-arg:
- enable-admission-plugins=NodeRestriction,EventRateLimit
- admission-control-config-file=/var/lib/rancher/k3s/server/psa.yaml
- audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log
- audit-policy-file=/var/lib/rancher/k3s/server/audit.yaml
- audit-log-maxage=30
- audit-log-maxbackup=10
- audit-log-maxsize=100
kube-controller-manager-arg:
- terminated-pod-gc-threshold=10
kubelet-arg:
- streaming-connection-idle-timeout=5m
- tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
`

// https://docs.rke2.io/security/hardening_guide
const rke2Hardening = `write-kubeconfig-mode: "0600"
profile: cis
secrets-encryption: true
kube-apiserver-arg:
- admission-control-config-file=/etc/rancher/rke2/rke2-pss.yaml
- audit-policy-file=/etc/rancher/rke2/audit-policy.yaml
- audit-log-path=/var/lib/rancher/rke2/server/logs/audit.log
- audit-log-maxage=30
- audit-log-maxbackup=10
- audit-log-maxsize=100
kubelet-arg:
- protect-kernel-defaults=true
`

const rke2Service = `[Unit]
Description=Rancher Kubernetes Engine v2 (server)
Documentation=https://github.com/rancher/rke2#readme
Wants=network-online.target
After=network-online.target
Conflicts=rke2-agent.service

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-/usr/local/lib/systemd/system/%N.env
KillMode=process
Delegate=yes
LimitNOFILE=1048576
Restart=always
RestartSec=5s
ExecStart=/usr/local/bin/rke2 server
`

// https://docs.k0sproject.io/stable/configuration/
const k0sConfig = `apiVersion: k0s.k0sproject.io/v1beta1
kind: ClusterConfig
metadata:
  name: k0s
  namespace: kube-system
spec:
  api:
    address: 192.0.2.10
    k0sApiPort: 9443
    port: 6443
    sans:
    - 192.0.2.10
  controllerManager: {}
  scheduler: {}
  network:
    provider: kuberouter
    podCIDR: 10.244.0.0/16
    serviceCIDR: 10.96.0.0/12
    kubeProxy:
      disabled: false
      mode: iptables
  storage:
    type: etcd
    etcd:
      peerAddress: 192.0.2.10
  telemetry:
    enabled: false
`

const k0sService = `[Unit]
Description=k0s - Zero Friction Kubernetes
Documentation=https://docs.k0sproject.io
ConditionFileIsExecutable=/usr/local/bin/k0s
After=network-online.target
Wants=network-online.target

[Service]
StartLimitInterval=5
StartLimitBurst=10
ExecStart=/usr/local/bin/k0s controller --config=/etc/k0s/k0s.yaml --enable-worker
RestartSec=10
Delegate=yes
KillMode=process
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
LimitNOFILE=999999
Restart=always

[Install]
WantedBy=multi-user.target
`

const microk8sArgs = "var/snap/microk8s/current/args/"

// https://github.com/canonical/microk8s/tree/master/microk8s-resources/default-args
const (
	microk8sAPIServer = `--cert-dir=${SNAP_DATA}/certs
--service-cluster-ip-range=10.152.183.0/24
--authorization-mode=RBAC,Node
--service-account-key-file=${SNAP_DATA}/certs/serviceaccount.key
--client-ca-file=${SNAP_DATA}/certs/ca.crt
--tls-cert-file=${SNAP_DATA}/certs/server.crt
--tls-private-key-file=${SNAP_DATA}/certs/server.key
--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305
--kubelet-client-certificate=${SNAP_DATA}/certs/apiserver-kubelet-client.crt
--kubelet-client-key=${SNAP_DATA}/certs/apiserver-kubelet-client.key
--kubelet-certificate-authority=${SNAP_DATA}/certs/ca.crt
--kubelet-preferred-address-types=InternalIP,Hostname,InternalDNS,ExternalDNS,ExternalIP
--secure-port=16443
--etcd-servers="unix://${SNAP_DATA}/var/kubernetes/backend/kine.sock:12379"
--allow-privileged=true
--service-account-issuer='https://kubernetes.default.svc'
--service-account-signing-key-file=${SNAP_DATA}/certs/serviceaccount.key
--event-ttl=5m
--profiling=false
# Enable the aggregation layer
--requestheader-client-ca-file=${SNAP_DATA}/certs/front-proxy-ca.crt
--requestheader-allowed-names=front-proxy-client
--requestheader-extra-headers-prefix=X-Remote-Extra-
--requestheader-group-headers=X-Remote-Group
--requestheader-username-headers=X-Remote-User
--proxy-client-cert-file=${SNAP_DATA}/certs/front-proxy-client.crt
--proxy-client-key-file=${SNAP_DATA}/certs/front-proxy-client.key
--enable-admission-plugins=EventRateLimit
--admission-control-config-file=${SNAP_DATA}/args/admission-control-config-file.yaml
`
	microk8sControllerManager = `--kubeconfig=${SNAP_DATA}/credentials/controller.config
--service-account-private-key-file=${SNAP_DATA}/certs/serviceaccount.key
--root-ca-file=${SNAP_DATA}/certs/ca.crt
--cluster-signing-cert-file=${SNAP_DATA}/certs/ca.crt
--cluster-signing-key-file=${SNAP_DATA}/certs/ca.key
--use-service-account-credentials
--leader-elect-lease-duration=60s
--leader-elect-renew-deadline=30s
--profiling=false
`
	microk8sKubelet = `--resolv-conf=/run/systemd/resolve/resolv.conf
--kubeconfig=${SNAP_DATA}/credentials/kubelet.config
--cert-dir=${SNAP_DATA}/certs
--client-ca-file=${SNAP_DATA}/certs/ca.crt
--anonymous-auth=false
--root-dir=${SNAP_COMMON}/var/lib/kubelet
--fail-swap-on=false
--eviction-hard="memory.available<100Mi,nodefs.available<1Gi,imagefs.available<1Gi"
--container-runtime-endpoint=${SNAP_COMMON}/run/containerd.sock
--node-labels="microk8s.io/cluster=true,node.kubernetes.io/microk8s-controlplane=microk8s-controlplane"
--authentication-token-webhook=true
--read-only-port=0
--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
--serialize-image-pulls=false
--cluster-domain=cluster.local
--cluster-dns=10.152.183.10
`
)

// https://docs.siderolabs.com/talos/latest/reference/configuration/v1alpha1/config, as talosctl gen config writes it, without the keys.
const talosConfig = `version: v1alpha1
debug: false
persist: true
machine:
  type: controlplane
  token: abcdef.0123456789abcdef
  certSANs: []
  kubelet:
    image: ghcr.io/siderolabs/kubelet:v1.37.0
    defaultRuntimeSeccompProfileEnabled: true
    disableManifestsDirectory: true
  network: {}
  install:
    disk: /dev/sda
    image: ghcr.io/siderolabs/installer:v1.13.0
    wipe: false
  features:
    diskQuotaSupport: true
    kubePrism:
      enabled: true
      port: 7445
    hostDNS:
      enabled: true
      forwardKubeDNSToHost: true
cluster:
  controlPlane:
    endpoint: https://192.0.2.10:6443
  clusterName: example
  network:
    dnsDomain: cluster.local
    podSubnets:
    - 10.244.0.0/16
    serviceSubnets:
    - 10.96.0.0/12
  apiServer:
    image: registry.k8s.io/kube-apiserver:v1.37.0
    certSANs:
    - 192.0.2.10
    disablePodSecurityPolicy: true
    admissionControl:
    - name: PodSecurity
      configuration:
        apiVersion: pod-security.admission.config.k8s.io/v1alpha1
        defaults:
          audit: restricted
          audit-version: latest
          enforce: baseline
          enforce-version: latest
          warn: restricted
          warn-version: latest
        exemptions:
          namespaces:
          - kube-system
          runtimeClasses: []
          usernames: []
        kind: PodSecurityConfiguration
    auditPolicy:
      apiVersion: audit.k8s.io/v1
      kind: Policy
      rules:
      - level: Metadata
  controllerManager:
    image: registry.k8s.io/kube-controller-manager:v1.37.0
  proxy:
    image: registry.k8s.io/kube-proxy:v1.37.0
  scheduler:
    image: registry.k8s.io/kube-scheduler:v1.37.0
  discovery:
    enabled: true
  etcd: {}
`
