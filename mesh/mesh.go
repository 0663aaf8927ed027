// Package mesh resolves what a service mesh does to every workload and port: whether the workload is in the mesh, whether its ports
// take mutual TLS only, which object decides that, with what clients call, and who is let in. Istio (sidecar and ambient) and
// Linkerd are resolved as their control planes resolve them; what Cilium and Consul say of encryption is recognised.
//
// Objects are known by the number that they were read under, so that every answer can name its place. What cannot be known from
// what was read is Unknown, never an answer.
package mesh

// Nobody is the number of an object that is not there: nothing says so, it is the mesh's default.
const Nobody = -1

// Mode is the mutual TLS mode of a port, as PeerAuthentication has it:
// https://istio.io/latest/docs/reference/config/security/peer_authentication/#PeerAuthentication-MutualTLS-Mode
type Mode string

// The modes. Unset inherits; it is what an object says, never what is in effect.
const (
	Unset      Mode = "UNSET"
	Disable    Mode = "DISABLE"    // plain text only
	Permissive Mode = "PERMISSIVE" // plain text and mutual TLS
	Strict     Mode = "STRICT"     // mutual TLS only
	Unknown    Mode = "UNKNOWN"    // cannot be known
)

// Level is where the deciding setting stands.
type Level string

// The levels, from wide to narrow. Outside: the workload is not in the mesh, or its port goes around the proxy.
const (
	LevelDefault   Level = "default"
	LevelMesh      Level = "mesh"
	LevelNamespace Level = "namespace"
	LevelWorkload  Level = "workload"
	LevelPort      Level = "port"
	LevelOutside   Level = "outside"
)

// Options are what files cannot say. The zero value has Istio's defaults.
type Options struct {
	// RootNamespace is the mesh's root namespace; "" is the one of the mesh configuration that was read, else istio-system.
	RootNamespace string
	// Revisions are the revisions and revision tags of Istio that are installed. Without any, those of the injection webhooks
	// that were read count; if none was read either, every revision that a label names is taken to be installed.
	Revisions []string
	// InjectAll says that the mesh injects pods of namespaces without any label (sidecarInjectorWebhook.enableNamespacesByDefault).
	InjectAll bool
	// DisabledPolicy says that the injector's policy is "disabled": only pods that ask for it are injected.
	DisabledPolicy bool
	// LinkerdDefaultPolicy is the cluster's default inbound policy; "" is all-unauthenticated.
	LinkerdDefaultPolicy string
	// ClusterDomain is "" for cluster.local.
	ClusterDomain string
}

const defaultRootNamespace = "istio-system"
