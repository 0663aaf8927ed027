// Package node describes a node of a cluster as one document: NodeFacts. It holds what decides whether the node is hardened and what no API
// tells: what runs there with which arguments, whose the files are and with which modes, certificates, sockets, settings of the kernel.
// `kubeharden node` writes it (package source/node collects it), and controls judge it as they judge every other document.
//
// The package is pure: it reads and writes documents and nothing else. What it promises of a document:
//
//   - No secret is in it. Keys, tokens and passwords are cut out of contents, arguments and environments and a marker put in their place.
//   - What could not be looked at is named in Problems with what that leaves unknown. What is missing without a problem is not there.
//   - The same node gives the same bytes: all lists are sorted.
package node

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The identity of the document.
const (
	Group      = "kubeharden.io"
	Version    = "v1alpha1"
	APIVersion = Group + "/" + Version
	Kind       = "NodeFacts"
)

// Facts is the document.
type Facts struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
}

// Metadata names the node.
type Metadata struct {
	Name string `json:"name"`
}

// Spec is what was seen.
type Spec struct {
	// CollectedAt is when, in RFC 3339; "" if the collector was not told.
	CollectedAt  string        `json:"collectedAt,omitempty"`
	Host         Host          `json:"host"`
	Programs     []Program     `json:"programs"`
	Processes    []Process     `json:"processes"`
	Files        []File        `json:"files"`
	Certificates []Certificate `json:"certificates"`
	Sockets      []Socket      `json:"sockets"`
	Kernel       Kernel        `json:"kernel"`
	Services     []Service     `json:"services"`
	Problems     []Problem     `json:"problems"`
}

// Host is the machine.
type Host struct {
	// OS is ID of os-release, OSVersion its VERSION_ID (or BUILD_ID), OSName its PRETTY_NAME, Variant its VARIANT_ID.
	OS        string `json:"os,omitempty"`
	OSVersion string `json:"osVersion,omitempty"`
	OSName    string `json:"osName,omitempty"`
	Variant   string `json:"osVariant,omitempty"`
	// Kernel is the release of the kernel that runs, as uname -r says it.
	Kernel       string `json:"kernel,omitempty"`
	Architecture string `json:"architecture,omitempty"`
	// Runtime is the container runtime: containerd, cri-o or docker.
	Runtime        string `json:"runtime,omitempty"`
	RuntimeVersion string `json:"runtimeVersion,omitempty"`
	// Distribution is one of kubeadm, k3s, rke2, k0s, microk8s, talos and unknown.
	Distribution string `json:"distribution"`
	// Roles are control-plane, etcd and worker, as far as they apply.
	Roles []string `json:"roles"`
}

// Program is a program of interest on the disk and which release it is, if that can be told without running it.
type Program struct {
	Name    string `json:"name"`
	Path    string `json:"path,omitempty"`
	Version string `json:"version,omitempty"`
	// Source says what told the version: buildinfo, dpkg.
	Source string `json:"source,omitempty"`
}

// Process is a component of Kubernetes, a container runtime, or something else that matters and runs.
type Process struct {
	// Component is the name of the program: kubelet, kube-apiserver, k3s …
	Component string `json:"component"`
	PID       int    `json:"pid"`
	User      string `json:"user,omitempty"`
	UID       int    `json:"uid"`
	Exe       string `json:"exe,omitempty"`
	// Version is the release of the program, v1.31.2; "" if that is not known.
	Version string `json:"version,omitempty"`
	// Arguments are those of the command line with the name of the program in front.
	Arguments []string `json:"arguments"`
	// Environment are the variables of etcd that configure it.
	Environment []Variable `json:"environment,omitempty"`
	// Contained says that it has a file system of its own, as in a container. Mounts are then the files and folders of the host that its file
	// flags name.
	Contained bool    `json:"contained,omitempty"`
	Mounts    []Mount `json:"mounts,omitempty"`
}

// Variable is one of an environment.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Mount says where a path of a process is on the host.
type Mount struct {
	Container string `json:"container"`
	Host      string `json:"host"`
}

// File is a file, folder or socket.
type File struct {
	// Path is absolute from the root of the host.
	Path string `json:"path"`
	// Roles say what it is for: kubelet-config, pki-key …
	Roles []string `json:"roles"`
	// Component is whose it is, where the role leaves that open: kube-apiserver for a static-pod-manifest.
	Component string `json:"component,omitempty"`
	// Type is file, directory, socket or other, of what a link leads to.
	Type string `json:"type"`
	// Target is where a symbolic link leads to; owner, mode and content are of that.
	Target string `json:"target,omitempty"`
	Owner  string `json:"owner"`
	Group  string `json:"group"`
	UID    int    `json:"uid"`
	GID    int    `json:"gid"`
	// Mode is the permission bits in octal: "0600".
	Mode string `json:"mode"`
	// Modified is when it was last written, in RFC 3339; only of an encryption-config.
	Modified string `json:"modified,omitempty"`
	// Format is what an etcd-snapshot begins like; "" if that could not be seen.
	Format string `json:"format,omitempty"`
	// Content is that of a configuration file, without its secrets; nil if it was not read.
	Content *string `json:"content,omitempty"`
}

// Certificate is one of a file.
type Certificate struct {
	Path string `json:"path"`
	// In is where in the file it stands, if that is no file of certificates: users[0].user.client-certificate-data.
	In                 string   `json:"in,omitempty"`
	Subject            string   `json:"subject"`
	Organizations      []string `json:"organizations,omitempty"`
	Issuer             string   `json:"issuer"`
	NotBefore          string   `json:"notBefore"`
	NotAfter           string   `json:"notAfter"`
	KeyAlgorithm       string   `json:"keyAlgorithm"`
	KeyBits            int      `json:"keyBits,omitempty"`
	SignatureAlgorithm string   `json:"signatureAlgorithm"`
	// SelfSigned says that it is signed with its own key: nobody relies on that signature.
	SelfSigned  bool     `json:"selfSigned,omitempty"`
	DNSNames    []string `json:"dnsNames,omitempty"`
	IPAddresses []string `json:"ipAddresses,omitempty"`
	IsCA        bool     `json:"isCA,omitempty"`
	Usages      []string `json:"usages,omitempty"`
}

// Socket is one that somebody listens on.
type Socket struct {
	// Protocol is tcp, udp or unix; Address an IP address or a path.
	Protocol string `json:"protocol"`
	Address  string `json:"address"`
	Port     int    `json:"port,omitempty"`
	// Program listens; "" if that is not known.
	Program string `json:"program,omitempty"`
	PID     int    `json:"pid,omitempty"`
}

// Kernel is what it is set to.
type Kernel struct {
	// Sysctls are those of interest, by their names with dots. One that is not there the kernel does not have.
	Sysctls []Variable `json:"sysctls"`
	// LSM are the security modules in force.
	LSM []string `json:"lsm"`
	// AppArmor and SELinux are enforcing, permissive or disabled; "" if that could not be seen.
	AppArmor string `json:"appArmor,omitempty"`
	SELinux  string `json:"seLinux,omitempty"`
	Seccomp  bool   `json:"seccomp"`
	// AppArmorProfiles are those that are loaded; nil if they could not be seen.
	AppArmorProfiles []string `json:"appArmorProfiles,omitempty"`
}

// Service is one that matters: sshd.
type Service struct {
	Name string `json:"name"`
	// How says what shows that it runs: process, socket.
	How string `json:"how"`
	PID int    `json:"pid,omitempty"`
}

// Problem is something that could not be looked at.
type Problem struct {
	// Path is what was to be read.
	Path string `json:"path"`
	// Affects are the roles of files, or parts of the document (processes, sockets, kernel …), that are not known in full for that.
	Affects []string `json:"affects"`
	Reason  string   `json:"reason"`
}

// Parts of the document that problems affect, besides roles of files.
const (
	PartHost         = "host"
	PartPrograms     = "programs"
	PartProcesses    = "processes"
	PartEnvironment  = "environment"
	PartCertificates = "certificates"
	PartSockets      = "sockets"
	PartKernel       = "kernel"
	// PartSecurityModules is which security modules are in force.
	PartSecurityModules = "security-modules"
)

// Roles of files.
const (
	RoleKubeletService      = "kubelet-service" // unit and drop-ins
	RoleKubeletEnvironment  = "kubelet-environment"
	RoleKubeletConfig       = "kubelet-config" // with drop-ins
	RoleKubeletKubeconfig   = "kubelet-kubeconfig"
	RoleKubeletClientCA     = "kubelet-client-ca"
	RoleProxyKubeconfig     = "kube-proxy-kubeconfig"
	RoleManagerKubeconfig   = "controller-manager-kubeconfig"
	RoleSchedulerKubeconfig = "scheduler-kubeconfig"
	RoleAdminKubeconfig     = "admin-kubeconfig"
	RoleSuperAdmin          = "super-admin-kubeconfig"
	RoleKubeconfig          = "kubeconfig" // any other
	RoleStaticPod           = "static-pod-manifest"
	RolePKIDirectory        = "pki-directory"
	RolePKICertificate      = "pki-certificate"
	RolePKIKey              = "pki-key"
	RoleEtcdData            = "etcd-data-dir"
	RoleCNIConfig           = "cni-config"
	RoleEncryptionConfig    = "encryption-config"
	RoleAuditLog            = "audit-log"
	RoleAuditPolicy         = "audit-policy"
	RoleRuntimeSocket       = "runtime-socket"
	RoleRuntimeConfig       = "runtime-config"
	RoleComponentConfig     = "component-config" // of the API server, the scheduler, kube-proxy, etcd
	RoleArguments           = "component-arguments"
	RoleService             = "service" // units of other programs
	RoleEnvironment         = "environment"
	RoleDistribution        = "distribution-config"
	RoleSeccompProfile      = "seccomp-profile"
	RoleEtcdSnapshot        = "etcd-snapshot" // and other copies of its data
)

// Formats of etcd snapshots.
const (
	FormatBbolt   = "bbolt" // the database as it is
	FormatGzip    = "gzip"
	FormatZip     = "zip"
	FormatZstd    = "zstd"
	FormatXz      = "xz"
	FormatAge     = "age" // from here on encrypted
	FormatOpenPGP = "openpgp"
	FormatOpenSSL = "openssl"
	FormatOther   = "other" // none of these
)

// New returns an empty document.
func New(name string) *Facts {
	return &Facts{APIVersion: APIVersion, Kind: Kind, Metadata: Metadata{Name: name}}
}

// Sort puts all lists in order and makes those that are missing empty, so that equal facts are equal bytes.
func (f *Facts) Sort() {
	s := &f.Spec
	slices.Sort(s.Host.Roles)
	s.Host.Roles = whole(s.Host.Roles)
	s.Programs = sorted(s.Programs, func(a, b Program) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Version, b.Version))
	})
	s.Processes = sorted(s.Processes, func(a, b Process) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), cmp.Compare(a.PID, b.PID))
	})
	for i := range s.Processes {
		p := &s.Processes[i]
		p.Arguments = whole(p.Arguments)
		slices.SortFunc(p.Environment, byName)
		slices.SortFunc(p.Mounts, func(a, b Mount) int {
			return cmp.Or(cmp.Compare(a.Container, b.Container), cmp.Compare(a.Host, b.Host))
		})
	}
	s.Files = sorted(s.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	for i := range s.Files {
		slices.Sort(s.Files[i].Roles)
		s.Files[i].Roles = whole(slices.Compact(s.Files[i].Roles))
	}
	s.Certificates = sorted(s.Certificates, func(a, b Certificate) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.In, b.In)) })
	s.Sockets = sorted(s.Sockets, func(a, b Socket) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Address, b.Address), cmp.Compare(a.PID, b.PID))
	})
	s.Kernel.Sysctls = sorted(s.Kernel.Sysctls, byName)
	s.Kernel.LSM = whole(s.Kernel.LSM)
	s.Services = sorted(s.Services, func(a, b Service) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.PID, b.PID)) })
	s.Problems = sorted(s.Problems, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason)) })
	for i := range s.Problems {
		slices.Sort(s.Problems[i].Affects)
		s.Problems[i].Affects = whole(slices.Compact(s.Problems[i].Affects))
	}
}

func byName(a, b Variable) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
}

func sorted[T any](list []T, compare func(a, b T) int) []T {
	slices.SortStableFunc(list, compare)
	return whole(list)
}

// whole is the list, or an empty one that is written as [] and not as null.
func whole[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Write writes the document, sorted.
func (f *Facts) Write(w io.Writer) error {
	f.Sort()
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("write facts of node %s: %w", f.Metadata.Name, err)
	}
	return nil
}

// Is reports whether a document with these keys is one of facts, of whatever version.
func Is(apiVersion, kind string) bool {
	group, _, _ := strings.Cut(apiVersion, "/")
	return group == Group && kind == Kind
}

// ValidName reports whether a name can be that of a node: a DNS subdomain, which is no way out of a folder.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
func ValidName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// Carried reports whether a file with these roles is one that configures a component, and so is judged by itself besides being listed here.
func Carried(roles []string) bool {
	return slices.ContainsFunc(roles, func(role string) bool {
		switch role {
		case RoleKubeletService, RoleKubeletEnvironment, RoleKubeletConfig, RoleKubeletKubeconfig, RoleProxyKubeconfig, RoleManagerKubeconfig,
			RoleSchedulerKubeconfig, RoleAdminKubeconfig, RoleSuperAdmin, RoleKubeconfig, RoleStaticPod, RoleEncryptionConfig, RoleAuditPolicy,
			RoleComponentConfig, RoleArguments, RoleService, RoleEnvironment, RoleDistribution:
			return true
		}
		return false
	})
}
