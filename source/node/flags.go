package node

import (
	"strings"

	facts "github.com/kubeharden/kubeharden/node"
)

// want is what is wanted of a file: its role, whose it is, and whether its content is carried.
type want struct {
	role, component string
	kind            wantKind
}

type wantKind uint8

const (
	plain     wantKind = iota // owner and mode
	yamlFile                  // content that is YAML or JSON
	textFile                  // content of lines
	folder                    // owner and mode of a folder
	keyTree                   // a folder of certificates and keys
	dropIns                   // a folder of *.conf
	manifests                 // a folder of static pods
	trust                     // a certificate that may be in a bundle
	profiles                  // a folder of seccomp profiles
	socket                    // a path, or a unix:// URL
)

// certificate and key are what most flags name.
var (
	certificate = want{facts.RolePKICertificate, "", trust}
	key         = want{facts.RolePKIKey, "", plain}
	config      = want{facts.RoleComponentConfig, "", yamlFile}
	kubeconfig  = want{facts.RoleKubeconfig, "", yamlFile}
)

// fileFlags are the flags that name files, by component. The names of the files are those that the component sees.
// https://kubernetes.io/docs/reference/command-line-tools-reference/
// https://etcd.io/docs/v3.6/op-guide/configuration/
var fileFlags = map[string]map[string]want{
	"kubelet": {
		"config":                           {facts.RoleKubeletConfig, "kubelet", yamlFile},
		"config-dir":                       {facts.RoleKubeletConfig, "kubelet", dropIns},
		"kubeconfig":                       {facts.RoleKubeletKubeconfig, "kubelet", yamlFile},
		"bootstrap-kubeconfig":             kubeconfig,
		"client-ca-file":                   {facts.RoleKubeletClientCA, "kubelet", trust},
		"tls-cert-file":                    certificate,
		"tls-private-key-file":             key,
		"cert-dir":                         {facts.RolePKIDirectory, "kubelet", keyTree},
		"pod-manifest-path":                {facts.RoleStaticPod, "", manifests},
		"image-credential-provider-config": config,
		"container-runtime-endpoint":       {facts.RoleRuntimeSocket, "", socket},
	},
	"kube-apiserver": {
		"client-ca-file":                           certificate,
		"tls-cert-file":                            certificate,
		"tls-private-key-file":                     key,
		"etcd-cafile":                              certificate,
		"etcd-certfile":                            certificate,
		"etcd-keyfile":                             key,
		"kubelet-certificate-authority":            certificate,
		"kubelet-client-certificate":               certificate,
		"kubelet-client-key":                       key,
		"proxy-client-cert-file":                   certificate,
		"proxy-client-key-file":                    key,
		"requestheader-client-ca-file":             certificate,
		"service-account-key-file":                 {facts.RolePKICertificate, "", plain},
		"service-account-signing-key-file":         key,
		"token-auth-file":                          key,
		"encryption-provider-config":               {facts.RoleEncryptionConfig, "kube-apiserver", yamlFile},
		"audit-policy-file":                        {facts.RoleAuditPolicy, "kube-apiserver", yamlFile},
		"audit-log-path":                           {facts.RoleAuditLog, "kube-apiserver", plain},
		"audit-webhook-config-file":                kubeconfig,
		"authentication-token-webhook-config-file": kubeconfig,
		"authorization-webhook-config-file":        kubeconfig,
		"authentication-config":                    config,
		"authorization-config":                     config,
		"admission-control-config-file":            config,
		"egress-selector-config-file":              config,
		"tracing-config-file":                      config,
		"experimental-encryption-provider-config":  {facts.RoleEncryptionConfig, "kube-apiserver", yamlFile},
		"experimental-authentication-config-file":  config,
		"oidc-ca-file":                             certificate,
	},
	"kube-controller-manager": {
		"kubeconfig":                       {facts.RoleManagerKubeconfig, "kube-controller-manager", yamlFile},
		"authentication-kubeconfig":        kubeconfig,
		"authorization-kubeconfig":         kubeconfig,
		"client-ca-file":                   certificate,
		"root-ca-file":                     certificate,
		"requestheader-client-ca-file":     certificate,
		"tls-cert-file":                    certificate,
		"tls-private-key-file":             key,
		"service-account-private-key-file": key,
		"cluster-signing-cert-file":        certificate,
		"cluster-signing-key-file":         key,
	},
	"kube-scheduler": {
		"kubeconfig":                {facts.RoleSchedulerKubeconfig, "kube-scheduler", yamlFile},
		"authentication-kubeconfig": kubeconfig,
		"authorization-kubeconfig":  kubeconfig,
		"config":                    config,
		"tls-cert-file":             certificate,
		"tls-private-key-file":      key,
	},
	"kube-proxy": {
		"config":     config,
		"kubeconfig": {facts.RoleProxyKubeconfig, "kube-proxy", yamlFile},
	},
	"etcd": {
		"data-dir":             {facts.RoleEtcdData, "etcd", folder},
		"cert-file":            certificate,
		"key-file":             key,
		"trusted-ca-file":      certificate,
		"peer-cert-file":       certificate,
		"peer-key-file":        key,
		"peer-trusted-ca-file": certificate,
		"config-file":          config,
	},
	"containerd": {
		"config":  {facts.RoleRuntimeConfig, "containerd", textFile},
		"c":       {facts.RoleRuntimeConfig, "containerd", textFile},
		"address": {facts.RoleRuntimeSocket, "containerd", socket},
		"a":       {facts.RoleRuntimeSocket, "containerd", socket},
	},
	"dockerd": {
		"config-file": {facts.RoleRuntimeConfig, "docker", yamlFile},
		"host":        {facts.RoleRuntimeSocket, "docker", socket},
		"H":           {facts.RoleRuntimeSocket, "docker", socket},
	},
	"crio": {
		"config": {facts.RoleRuntimeConfig, "cri-o", textFile},
		"c":      {facts.RoleRuntimeConfig, "cri-o", textFile},
		"listen": {facts.RoleRuntimeSocket, "cri-o", socket},
	},
	"k3s":  {"config": {facts.RoleDistribution, "k3s", yamlFile}, "c": {facts.RoleDistribution, "k3s", yamlFile}},
	"rke2": {"config": {facts.RoleDistribution, "rke2", yamlFile}, "c": {facts.RoleDistribution, "rke2", yamlFile}},
	"k0s":  {"config": {facts.RoleDistribution, "k0s", yamlFile}, "c": {facts.RoleDistribution, "k0s", yamlFile}},
	"kubelite": {
		"apiserver-args-file":          {facts.RoleArguments, "kube-apiserver", textFile},
		"controller-manager-args-file": {facts.RoleArguments, "kube-controller-manager", textFile},
		"scheduler-args-file":          {facts.RoleArguments, "kube-scheduler", textFile},
		"kubelet-args-file":            {facts.RoleArguments, "kubelet", textFile},
		"proxy-args-file":              {facts.RoleArguments, "kube-proxy", textFile},
	},
}

// named is a file that a flag names.
type named struct {
	want
	path string
}

// namedFiles returns the files that the arguments of a component name, the program's name in front of them left out.
func namedFiles(component string, args []string) []named {
	flags := fileFlags[component]
	var out []named
	for i := range args {
		dashed := strings.TrimLeft(args[i], "-")
		if dashed == args[i] || dashed == "" {
			continue
		}
		name, value, ok := strings.Cut(dashed, "=")
		name = strings.ReplaceAll(name, "_", "-")
		if !ok && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			value = args[i+1]
		}
		w, known := flags[name]
		if !known || w.role == "" {
			continue
		}
		if w.kind == socket {
			if value, ok = strings.CutPrefix(value, "unix://"); !ok && strings.Contains(value, "://") {
				continue
			}
		}
		if strings.HasPrefix(value, "/") {
			out = append(out, named{w, value})
		}
	}
	return out
}

// namedVariables returns the files that the environment of etcd names: ETCD_TRUSTED_CA_FILE is --trusted-ca-file.
func namedVariables(environment []facts.Variable) []named {
	var args []string
	for _, v := range environment {
		if name, ok := strings.CutPrefix(v.Name, "ETCD_"); ok {
			args = append(args, "--"+strings.ToLower(strings.ReplaceAll(name, "_", "-"))+"="+v.Value)
		}
	}
	return namedFiles("etcd", args)
}
