// Package clusterfacts is the document in which a scan of a running cluster keeps what no object of its API says: which release the API server
// is, where it answers and with which certificate, and what could not be read. It looks like a Kubernetes object, so that it is judged, shown
// and kept in a file as other objects are:
//
//	apiVersion: kubeharden.io/v1alpha1
//	kind: ClusterFacts
//	metadata:
//	  name: prod
//	spec:
//	  serverVersion: {gitVersion: v1.37.2, platform: linux/amd64}
//	  endpoint: {host: api.example.com, addresses: [203.0.113.10]}
//
// It also says that the whole cluster was looked at: only where one is among the input is something missing that is not there. What could not
// be read is in spec.unread, and a scan of some namespaces says so in spec.namespaces; then nothing is missing that may be there.
package clusterfacts

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// What the document calls itself.
const (
	Group      = "kubeharden.io"
	APIVersion = Group + "/v1alpha1"
	Kind       = "ClusterFacts"
)

// Document is the whole document, for those who write one.
type Document struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
}

// Metadata names the cluster: by its context, or by its endpoint where there is none.
type Metadata struct {
	Name string `json:"name"`
}

// New returns a document with its name.
func New(name string, spec Spec) Document {
	return Document{APIVersion: APIVersion, Kind: Kind, Metadata: Metadata{Name: name}, Spec: spec}
}

// Spec is what is known of the cluster.
type Spec struct {
	ServerVersion ServerVersion `json:"serverVersion"`
	// Endpoint is the API server as the scan reached it; nil if that is not known.
	Endpoint *Endpoint `json:"endpoint,omitempty"`
	// Anonymous are answers to requests without a login; nothing if none was made.
	Anonymous []Answer `json:"anonymous,omitempty"`
	// Connections are attempts to open a TCP connection to what is not for everybody; nothing if none was made.
	Connections []Connection `json:"connections,omitempty"`
	// StoredSecrets is what etcd has of the Secrets; nil if nobody looked.
	StoredSecrets *StoredSecrets `json:"storedSecrets,omitempty"`
	// Namespaces are those that the scan was limited to; nothing is all.
	Namespaces []string `json:"namespaces,omitempty"`
	// Unread are the resources that could not be read in full.
	Unread []Unread `json:"unread,omitempty"`
}

// ServerVersion is what /version says.
type ServerVersion struct {
	// GitVersion is v1.37.2, v1.33.1-eks-1234567.
	GitVersion string `json:"gitVersion,omitempty"`
	Platform   string `json:"platform,omitempty"`
	// EmulationMajor and EmulationMinor are the release that the server behaves as, if it says so.
	// https://kubernetes.io/docs/concepts/cluster-administration/compatibility-version/
	EmulationMajor string `json:"emulationMajor,omitempty"`
	EmulationMinor string `json:"emulationMinor,omitempty"`
}

// Endpoint is how the API server is reached.
type Endpoint struct {
	// Host is the name or address of the kubeconfig, without the port.
	Host string `json:"host,omitempty"`
	Port int    `json:"port,omitempty"`
	// Addresses are the IP addresses that Host stands for.
	Addresses []string `json:"addresses,omitempty"`
	// Proxy says that requests go through a proxy or a tunnel, so that Host tells nothing of where the API server is.
	Proxy bool `json:"proxy,omitempty"`
	// Certificate is the one that it answers with; nil if none was seen.
	Certificate *Certificate `json:"certificate,omitempty"`
}

// Certificate is a certificate without its key.
type Certificate struct {
	Subject        string    `json:"subject,omitempty"`
	Issuer         string    `json:"issuer,omitempty"`
	DNSNames       []string  `json:"dnsNames,omitempty"`
	IPAddresses    []string  `json:"ipAddresses,omitempty"`
	EmailAddresses []string  `json:"emailAddresses,omitempty"`
	NotAfter       time.Time `json:"notAfter,omitzero"`
}

// Answer is what a request without a login got.
type Answer struct {
	Path   string `json:"path"`
	Status int    `json:"status"`
}

// Where connections come from and what they lead to.
const (
	FromPod   = "pod"
	ToEtcd    = "etcd"
	ToKubelet = "kubelet"
)

// Connection is an attempt to open a TCP connection.
type Connection struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Address is host:port.
	Address string `json:"address"`
	Open    bool   `json:"open"`
}

// StoredSecrets counts how Secrets are stored in etcd. Nothing of what is in them is here.
type StoredSecrets struct {
	Total int `json:"total"`
	// Plaintext are those that are not encrypted, OtherKey those under another key than the one that writes now.
	Plaintext int `json:"plaintext"`
	OtherKey  int `json:"otherKey,omitempty"`
	// Names are the first of both, as namespace/name.
	Names []string `json:"names,omitempty"`
}

// Unread is a resource that could not be read.
type Unread struct {
	// Group and Resource are "apps" and "daemonsets"; the core group is "".
	Group    string `json:"group,omitempty"`
	Resource string `json:"resource"`
	// Reason says why, in one line: "forbidden: list is not granted".
	Reason string `json:"reason,omitempty"`
}

// Bounds on what is read of a document.
const maxItems, maxText = 1000, 4096

// Is reports whether an object is such a document.
func Is(o *object.Object) bool { return o.Kind == Kind && o.Group() == Group }

// Read reads the document that an object is; ok is false if it is none.
func Read(o *object.Object) (name string, s Spec, ok bool) {
	if !Is(o) {
		return "", s, false
	}
	spec := o.Root.Get("spec")
	version := spec.Get("serverVersion")
	s.ServerVersion = ServerVersion{
		GitVersion: text(version.Get("gitVersion")), Platform: text(version.Get("platform")),
		EmulationMajor: text(version.Get("emulationMajor")), EmulationMinor: text(version.Get("emulationMinor")),
	}
	if e := spec.Get("endpoint"); e.Kind() == tree.Mapping {
		s.Endpoint = readEndpoint(e)
	}
	for i, a := range spec.Get("anonymous").Items() {
		if status, known := a.Get("status").Int(); known && i < maxItems && status > 0 && status < 1000 {
			s.Anonymous = append(s.Anonymous, Answer{Path: text(a.Get("path")), Status: int(status)})
		}
	}
	for i, c := range spec.Get("connections").Items() {
		if open, known := c.Get("open").Bool(); known && i < maxItems {
			s.Connections = append(s.Connections, Connection{From: text(c.Get("from")), To: text(c.Get("to")), Address: text(c.Get("address")), Open: open})
		}
	}
	if stored := spec.Get("storedSecrets"); stored.Kind() == tree.Mapping {
		s.StoredSecrets = &StoredSecrets{
			Total: counted(stored.Get("total")), Plaintext: counted(stored.Get("plaintext")), OtherKey: counted(stored.Get("otherKey")),
			Names: texts(stored.Get("names")),
		}
	}
	s.Namespaces = texts(spec.Get("namespaces"))
	for i, u := range spec.Get("unread").Items() {
		if i < maxItems {
			s.Unread = append(s.Unread, Unread{Group: text(u.Get("group")), Resource: text(u.Get("resource")), Reason: text(u.Get("reason"))})
		}
	}
	return text(o.Root.Get("metadata").Get("name")), s, true
}

func readEndpoint(n tree.Node) *Endpoint {
	e := &Endpoint{Host: text(n.Get("host")), Addresses: texts(n.Get("addresses"))}
	if port, ok := n.Get("port").Int(); ok && port > 0 && port < 1<<16 {
		e.Port = int(port)
	}
	e.Proxy, _ = n.Get("proxy").Bool()
	c := n.Get("certificate")
	if c.Kind() != tree.Mapping {
		return e
	}
	e.Certificate = &Certificate{
		Subject: text(c.Get("subject")), Issuer: text(c.Get("issuer")), DNSNames: texts(c.Get("dnsNames")),
		IPAddresses: texts(c.Get("ipAddresses")), EmailAddresses: texts(c.Get("emailAddresses")),
	}
	if at, err := time.Parse(time.RFC3339, text(c.Get("notAfter"))); err == nil {
		e.Certificate.NotAfter = at
	}
	return e
}

// text returns a scalar that does not hold on to the file, cut to what such a document needs.
func text(n tree.Node) string {
	if n.Kind() != tree.Scalar || n.IsNull() {
		return ""
	}
	s := n.Text()
	return strings.Clone(strings.ToValidUTF8(s[:min(len(s), maxText)], ""))
}

// counted is a number of objects; 0 if it is none.
func counted(n tree.Node) int {
	count, _ := n.Int()
	return int(min(max(count, 0), math.MaxInt32))
}

func texts(n tree.Node) (all []string) {
	for i, item := range n.Items() {
		if i == maxItems {
			break
		}
		all = append(all, text(item))
	}
	return all
}

// Missed returns why objects of a resource may be there that were not read; "" if all were read.
func (s *Spec) Missed(group, resource string) string {
	if i := slices.IndexFunc(s.Unread, func(u Unread) bool { return u.Group == group && u.Resource == resource }); i >= 0 {
		name := resource
		if group != "" {
			name += "." + group
		}
		if reason := s.Unread[i].Reason; reason != "" {
			return name + " could not be read: " + reason
		}
		return name + " could not be read"
	}
	if len(s.Namespaces) > 0 {
		return "only some namespaces were looked at"
	}
	return ""
}
