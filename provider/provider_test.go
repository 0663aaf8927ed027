package provider_test

import (
	"testing"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/provider"
)

func TestDetect(t *testing.T) {
	node := func(labels ...string) []provider.Node {
		n := provider.Node{Name: "a"}
		m := map[string]string{}
		for i := 0; i < len(labels); i += 2 {
			m[labels[i]] = labels[i+1]
		}
		n.Labels = label.New(m)
		return []provider.Node{n}
	}
	for name, c := range map[string]struct {
		facts provider.Facts
		want  string
	}{
		"nothing":                  {provider.Facts{}, ""},
		"upstream":                 {provider.Facts{Version: "v1.37.2", Host: "10.0.0.1"}, ""},
		"EKS by its version":       {provider.Facts{Version: "v1.33.1-eks-1552ad0"}, "eks"},
		"EKS by its endpoint":      {provider.Facts{Version: "v1.33.1", Host: "ABCDEF.gr7.eu-central-1.eks.amazonaws.com"}, "eks"},
		"EKS by a node group":      {provider.Facts{Nodes: node("eks.amazonaws.com/nodegroup", "main")}, "eks"},
		"EKS Fargate":              {provider.Facts{Nodes: node("eks.amazonaws.com/compute-type", "fargate")}, "eks"},
		"GKE by its version":       {provider.Facts{Version: "v1.34.1-gke.2541000"}, "gke"},
		"GKE by a node pool":       {provider.Facts{Nodes: node("cloud.google.com/gke-nodepool", "default-pool")}, "gke"},
		"AKS by its endpoint":      {provider.Facts{Version: "v1.33.2", Host: "shop-dns-1a2b.hcp.westeurope.azmk8s.io."}, "aks"},
		"AKS by a node":            {provider.Facts{Version: "v1.33.2", Nodes: node("kubernetes.azure.com/cluster", "MC_shop")}, "aks"},
		"OKE":                      {provider.Facts{Nodes: node("oke.oraclecloud.com/pool.id", "x")}, "oke"},
		"DOKS":                     {provider.Facts{Nodes: node("doks.digitalocean.com/node-pool", "x")}, "doks"},
		"IKS":                      {provider.Facts{Version: "v1.32.3+IKS"}, "iks"},
		"ACK":                      {provider.Facts{Version: "v1.32.1-aliyun.1"}, "ack"},
		"ROSA":                     {provider.Facts{Host: "api.shop.a1b2.p1.openshiftapps.com"}, "rosa"},
		"ROSA sees its masters":    {provider.Facts{Host: "api.shop.a1b2.p1.openshiftapps.com", Nodes: node("node-role.kubernetes.io/master", "")}, "rosa"},
		"ARO":                      {provider.Facts{Host: "api.shop.westeurope.aroapp.io"}, "aro"},
		"kubeadm on EC2":           {provider.Facts{Version: "v1.33.1", Nodes: []provider.Node{{Name: "a", ProviderID: "aws:///eu-central-1a/i-0abc", KubeletVersion: "v1.33.1"}}}, ""},
		"kubeadm on Azure":         {provider.Facts{Version: "v1.33.1", Nodes: []provider.Node{{Name: "a", ProviderID: "azure:///subscriptions/x", KubeletVersion: "v1.33.1"}}}, ""},
		"EKS Anywhere runs itself": {provider.Facts{Version: "v1.33.1-eks-1552ad0", Nodes: node("node-role.kubernetes.io/control-plane", "")}, ""},
		"EKS Distro kubelets":      {provider.Facts{Version: "v1.33.1", Nodes: []provider.Node{{Name: "a", KubeletVersion: "v1.33.1-eks-1552ad0"}}}, ""},
		"GKE on premises":          {provider.Facts{Version: "v1.33.1-gke.100", Nodes: node("node-role.kubernetes.io/control-plane", "", "cloud.google.com/gke-nodepool", "x")}, ""},
		"a name that looks alike":  {provider.Facts{Host: "eks.amazonaws.com.evil.example"}, ""},
		"k3s":                      {provider.Facts{Version: "v1.33.1+k3s1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := provider.Detect(&c.facts)
			got := ""
			if e.Provider != nil {
				got = e.Provider.ID
				if e.Text == "" || e.Provider.Name == "" || e.Provider.Responsibility == "" {
					t.Errorf("%+v says too little", e)
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q: %s", got, c.want, e.Text)
			}
		})
	}
}

// TestDetectByMost: nodes of another cloud that were joined do not decide.
func TestDetectByMost(t *testing.T) {
	aks := provider.Node{Name: "a", Labels: label.New(map[string]string{"kubernetes.azure.com/agentpool": "x"})}
	eks := provider.Node{Name: "b", Labels: label.New(map[string]string{"eks.amazonaws.com/nodegroup": "x"})}
	if e := provider.Detect(&provider.Facts{Nodes: []provider.Node{eks, aks, aks}}); e.Provider == nil || e.Provider.ID != "aks" {
		t.Errorf("%+v", e)
	}
}

func TestCloud(t *testing.T) {
	for id, want := range map[string]string{
		"aws:///eu-central-1a/i-0abc": "Amazon EC2", "gce://p/z/n": "Google Compute Engine", "azure:///x": "Azure", "kind://docker/kind/a": "kind", "": "", "own": "", "own://x": "",
	} {
		if got := provider.Cloud(id); got != want {
			t.Errorf("%q: %q", id, got)
		}
	}
}
