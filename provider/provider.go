// Package provider recognises who runs the control plane of a cluster: a provider of managed Kubernetes, whose API server, controllers and etcd
// nobody else can configure, or the owner of the cluster himself.
//
// A cloud alone is no answer: kubeadm on a virtual machine of Amazon gives nodes the same provider id as EKS does. So only what the managed
// offering itself leaves behind counts: the suffix of the API server's version, labels and annotations that its node pools set, and images of
// its own control plane agents.
package provider

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
)

// Provider is a managed offering.
type Provider struct {
	// ID is eks, gke, aks.
	ID string
	// Name is what people call it, behind "is run by": Amazon EKS.
	Name string
	// Responsibility is where the provider says what is his part.
	Responsibility string
}

// Facts are what is known of a cluster.
type Facts struct {
	// Version is the API server's gitVersion; Host is the name by which it is reached.
	Version, Host string
	Nodes         []Node
}

// Node is what of a node tells.
type Node struct {
	Name, ProviderID, KubeletVersion, OSImage string
	Labels                                    label.Set
}

// Evidence is what a provider was recognised by: "the version of the API server ends in -eks-1a2b3c4".
type Evidence struct {
	Provider *Provider
	Text     string
}

// mark is what an offering leaves behind. Each is enough.
type mark struct {
	provider Provider
	// versions are parts of the API server's version.
	versions []string
	// hosts are ends of the name of the API server, that only the offering uses.
	hosts []string
	// labels are those that node pools of the offering set: "key" or "key=value", a key that ends in * is a prefix.
	labels []string
	// kubelets are parts of the version of its kubelets.
	kubelets []string
}

// The sources are the providers' own documentation of versions, node labels and endpoints, read in November 2026.
var marks = []mark{
	{
		provider: Provider{ID: "eks", Name: "Amazon EKS", Responsibility: "https://docs.aws.amazon.com/eks/latest/best-practices/security.html"},
		versions: []string{"-eks-"},
		hosts:    []string{".eks.amazonaws.com", ".eks.amazonaws.com.cn"},
		// eksctl and self-managed node groups set none of these; Karpenter runs elsewhere too.
		labels:   []string{"eks.amazonaws.com/nodegroup", "eks.amazonaws.com/compute-type", "eks.amazonaws.com/capacityType", "alpha.eksctl.io/cluster-name"},
		kubelets: nil, // the same binaries are in EKS Distro, whose control plane everybody runs himself
	},
	{
		provider: Provider{ID: "gke", Name: "Google GKE", Responsibility: "https://cloud.google.com/kubernetes-engine/docs/concepts/shared-responsibility"},
		versions: []string{"-gke."},
		hosts:    []string{".gke.goog"},
		labels:   []string{"cloud.google.com/gke-nodepool", "cloud.google.com/gke-os-distribution"},
		kubelets: []string{"-gke."},
	},
	{
		provider: Provider{ID: "aks", Name: "Azure AKS", Responsibility: "https://learn.microsoft.com/azure/aks/support-policies"},
		hosts:    []string{".azmk8s.io", ".azmk8s.us", ".azmk8s.cn"},
		labels:   []string{"kubernetes.azure.com/cluster", "kubernetes.azure.com/agentpool", "kubernetes.azure.com/nodepool-type"},
	},
	{
		provider: Provider{ID: "aro", Name: "Azure Red Hat OpenShift", Responsibility: "https://learn.microsoft.com/azure/openshift/responsibility-matrix"},
		hosts:    []string{".aroapp.io"},
		labels:   []string{"aro.openshift.io/*"},
	},
	{
		provider: Provider{ID: "rosa", Name: "Red Hat OpenShift Service on AWS", Responsibility: "https://docs.openshift.com/rosa/rosa_architecture/rosa_policy_service_definition/rosa-policy-responsibility-matrix.html"},
		hosts:    []string{".openshiftapps.com"}, // hosted control planes have the same labels wherever they run
	},
	{
		provider: Provider{ID: "oke", Name: "Oracle OKE", Responsibility: "https://docs.oracle.com/iaas/Content/ContEng/Concepts/contengoverview.htm"},
		hosts:    []string{".clusters.oci.oraclecloud.com"},
		labels:   []string{"oke.oraclecloud.com/*", "oci.oraclecloud.com/oke-is-preemptible"},
	},
	{
		provider: Provider{ID: "doks", Name: "DigitalOcean Kubernetes", Responsibility: "https://docs.digitalocean.com/products/kubernetes/details/"},
		hosts:    []string{".k8s.ondigitalocean.com"},
		labels:   []string{"doks.digitalocean.com/node-pool", "doks.digitalocean.com/node-id"},
	},
	{
		provider: Provider{ID: "iks", Name: "IBM Cloud Kubernetes Service", Responsibility: "https://cloud.ibm.com/docs/containers?topic=containers-responsibilities_iks"},
		versions: []string{"+IKS"},
		hosts:    []string{".containers.cloud.ibm.com", ".containers.appdomain.cloud"},
		labels:   []string{"ibm-cloud.kubernetes.io/worker-pool-id", "ibm-cloud.kubernetes.io/worker-id"},
		kubelets: []string{"+IKS"},
	},
	{
		provider: Provider{ID: "ack", Name: "Alibaba Cloud ACK", Responsibility: "https://www.alibabacloud.com/help/en/ack/product-overview/shared-responsibility-model"},
		versions: []string{"-aliyun."},
		// ACK dedicated clusters have the same version and the same labels, but nodes of the control plane: see Detect.
		labels:   []string{"alibabacloud.com/nodepool-id"},
		kubelets: []string{"-aliyun."},
	},
	{
		provider: Provider{ID: "tke", Name: "Tencent TKE", Responsibility: "https://www.tencentcloud.com/document/product/457"},
		versions: []string{"-tke."},
		labels:   []string{"tke.cloud.tencent.com/nodepool-id"},
		kubelets: []string{"-tke."},
	},
	{
		provider: Provider{ID: "lke", Name: "Akamai LKE", Responsibility: "https://techdocs.akamai.com/cloud-computing/docs/linode-kubernetes-engine"},
		hosts:    []string{".linodelke.net"},
		labels:   []string{"lke.linode.com/pool-id"},
	},
	{
		provider: Provider{ID: "kapsule", Name: "Scaleway Kapsule", Responsibility: "https://www.scaleway.com/en/docs/kubernetes/"},
		hosts:    []string{".api.k8s.fr-par.scw.cloud", ".api.k8s.nl-ams.scw.cloud", ".api.k8s.pl-waw.scw.cloud"},
		labels:   []string{"k8s.scaleway.com/kapsule", "k8s.scaleway.com/pool"},
	},
	{
		provider: Provider{ID: "mks", Name: "OVHcloud Managed Kubernetes", Responsibility: "https://help.ovhcloud.com/csm/en-public-cloud-kubernetes-responsibility-model"},
		hosts:    []string{".k8s.ovh.net"},
		labels:   []string{"nodepool.k8s.ovh.net/*"},
	},
	{
		provider: Provider{ID: "vke", Name: "Vultr Kubernetes Engine", Responsibility: "https://docs.vultr.com/products/kubernetes"},
		hosts:    []string{".vultr-k8s.com"},
		labels:   []string{"vke.vultr.com/node-pool"},
	},
	{
		provider: Provider{ID: "civo", Name: "Civo Kubernetes", Responsibility: "https://www.civo.com/docs/kubernetes"},
		hosts:    []string{".k8s.civo.com"},
		labels:   []string{"kubernetes.civo.com/civo-node-pool"},
	},
	{
		provider: Provider{ID: "ske", Name: "STACKIT Kubernetes Engine", Responsibility: "https://docs.stackit.cloud/products/runtime/kubernetes-engine/"},
		hosts:    []string{".ske.eu01.onstackit.cloud"},
	},
}

// runsControlPlane are the labels of nodes that a control plane runs on. Who sees those nodes in his cluster runs them himself, or could: EKS
// Anywhere, GKE on premises and ACK dedicated have the versions of their managed siblings.
var runsControlPlane = []string{"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}

// Detect returns who runs the control plane, with what says so; Provider is nil if it is nobody known, so that the owner may run it himself.
func Detect(f *Facts) Evidence {
	for i := range f.Nodes {
		for _, key := range runsControlPlane {
			// The nodes of OpenShift's control plane are in the cluster even where Red Hat runs them.
			if _, ok := f.Nodes[i].Labels.Get(key); ok && !redHat(&f.Nodes[i], f.Host) {
				return Evidence{Text: "node " + f.Nodes[i].Name + " is labelled as one of the control plane"}
			}
		}
	}
	host := strings.TrimSuffix(strings.ToLower(f.Host), ".")
	for i := range marks {
		m := &marks[i]
		if part := partOf(f.Version, m.versions); part != "" {
			return Evidence{&m.provider, "the version of the API server, " + f.Version + ", is one of " + m.provider.Name}
		}
		for _, end := range m.hosts {
			if strings.HasSuffix(host, end) {
				return Evidence{&m.provider, "the API server is reached at a name below " + strings.TrimPrefix(end, ".")}
			}
		}
	}
	return detectByNodes(f.Nodes)
}

// detectByNodes looks at the nodes; the offering that most of them are of wins, and among equals the first of marks.
func detectByNodes(nodes []Node) Evidence {
	counts := make([]int, len(marks))
	first := make([]string, len(marks))
	for i := range nodes {
		for k := range marks {
			if text := marks[k].on(&nodes[i]); text != "" {
				counts[k]++
				first[k] = cmp.Or(first[k], text)
			}
		}
	}
	best := slices.Index(counts, slices.Max(counts))
	if counts[best] == 0 {
		return Evidence{}
	}
	return Evidence{&marks[best].provider, first[best]}
}

// on returns what says that a node is one of the offering; "" if nothing does.
func (m *mark) on(n *Node) string {
	for _, want := range m.labels {
		if prefix, ok := strings.CutSuffix(want, "*"); ok {
			if key := keyWith(n.Labels, prefix); key != "" {
				return "node " + n.Name + " has the label " + key
			}
		} else if _, ok := n.Labels.Get(want); ok {
			return "node " + n.Name + " has the label " + want
		}
	}
	if partOf(n.KubeletVersion, m.kubelets) != "" {
		return "node " + n.Name + " runs the kubelet " + n.KubeletVersion
	}
	return ""
}

// keyWith returns the first key that begins with a prefix.
func keyWith(labels label.Set, prefix string) string {
	for _, l := range labels {
		if strings.HasPrefix(l.Key, prefix) {
			return l.Key
		}
	}
	return ""
}

func partOf(text string, parts []string) string {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return p
		}
	}
	return ""
}

func redHat(n *Node, host string) bool {
	return keyWith(n.Labels, "aro.openshift.io/") != "" || strings.HasSuffix(host, ".aroapp.io") || strings.HasSuffix(host, ".openshiftapps.com")
}

// Cloud returns the cloud that a node's provider id names, for people: "Amazon EC2"; "" if it names none. It says nothing of who runs the
// control plane. https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/#NodeSpec
func Cloud(providerID string) string {
	scheme, _, found := strings.Cut(providerID, "://")
	if !found {
		return ""
	}
	switch scheme {
	case "aws":
		return "Amazon EC2"
	case "gce":
		return "Google Compute Engine"
	case "azure":
		return "Azure"
	case "oci", "ocid1":
		return "Oracle Cloud"
	case "digitalocean":
		return "DigitalOcean"
	case "ibm":
		return "IBM Cloud"
	case "linode":
		return "Akamai"
	case "hcloud":
		return "Hetzner Cloud"
	case "openstack":
		return "OpenStack"
	case "vsphere":
		return "vSphere"
	case "kind":
		return "kind"
	case "k3s":
		return "k3s"
	default:
		return ""
	}
}
