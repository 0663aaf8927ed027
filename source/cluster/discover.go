package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/kubeclient"
)

// resource is one sort of object that an API server serves, in the version that it prefers.
type resource struct {
	group, version, kind, plural string
	namespaced                   bool
	verbs                        []string
}

// String names the resource as kubectl does: deployments.apps.
func (r *resource) String() string {
	if r.group == "" {
		return r.plural
	}
	return r.plural + "." + r.group
}

// path is where the objects of all namespaces are listed.
func (r *resource) path() string {
	if r.group == "" {
		return "/api/" + r.version + "/" + r.plural
	}
	return "/apis/" + r.group + "/" + r.version + "/" + r.plural
}

func (r *resource) apiVersion() string {
	if r.group == "" {
		return r.version
	}
	return r.group + "/" + r.version
}

// aggregated asks for the discovery of all groups in one answer: v2 from Kubernetes 1.30 on, v2beta1 from 1.27 on.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

// discovery is an APIGroupDiscoveryList.
type discovery struct {
	Kind  string `json:"kind"`
	Items []struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Versions []struct {
			Version   string `json:"version"`
			Freshness string `json:"freshness"`
			Resources []struct {
				Resource     string `json:"resource"`
				ResponseKind struct {
					Kind string `json:"kind"`
				} `json:"responseKind"`
				Scope string   `json:"scope"`
				Verbs []string `json:"verbs"`
			} `json:"resources"`
		} `json:"versions"`
	} `json:"items"`
}

// errNoAggregation says that the server is older than 1.27, or a proxy that does not pass on what is asked for.
var errNoAggregation = errors.New("the server has no aggregated discovery: Kubernetes before 1.27")

// staleGroup is a group whose own API server does not answer, so that nobody knows what it serves.
type staleGroup struct{ group, version string }

// discover returns what the server serves: each resource once, in the server's order, which puts what it prefers first.
func discover(ctx context.Context, client *kubeclient.Client) (all []resource, stale []staleGroup, err error) {
	seen := map[[2]string]bool{}
	for _, path := range []string{"/api", "/apis"} {
		body, err := client.Get(ctx, path, nil, aggregated)
		if err != nil {
			return nil, nil, fmt.Errorf("ask what the API server serves: %w", err)
		}
		var list discovery
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, nil, fmt.Errorf("ask what the API server serves: %s: %w", path, err)
		}
		if list.Kind != "APIGroupDiscoveryList" {
			return nil, nil, errNoAggregation
		}
		for _, group := range list.Items {
			for _, v := range group.Versions {
				if v.Freshness == "Stale" {
					stale = append(stale, staleGroup{group.Metadata.Name, v.Version})
				}
				for _, r := range v.Resources {
					key := [2]string{group.Metadata.Name, r.Resource}
					if seen[key] || strings.Contains(r.Resource, "/") || r.ResponseKind.Kind == "" {
						continue
					}
					seen[key] = true
					all = append(all, resource{
						group: group.Metadata.Name, version: v.Version, kind: r.ResponseKind.Kind, plural: r.Resource,
						namespaced: r.Scope == "Namespaced", verbs: r.Verbs,
					})
				}
			}
		}
	}
	return all, stale, nil
}

func (r *resource) can(verb string) bool { return slices.Contains(r.verbs, verb) }

// serverVersion is the answer of /version. https://kubernetes.io/docs/reference/kubernetes-api/
type serverVersion struct {
	Major      string `json:"major"`
	Minor      string `json:"minor"`
	GitVersion string `json:"gitVersion"`
	Platform   string `json:"platform"`
	// What it behaves as, if that is another release.
	EmulationMajor string `json:"emulationMajor"`
	EmulationMinor string `json:"emulationMinor"`
}

func version(ctx context.Context, client *kubeclient.Client) (v serverVersion, err error) {
	body, err := client.Get(ctx, "/version", nil, "")
	if err != nil {
		return v, fmt.Errorf("ask the API server for its version: %w", err)
	}
	if err := json.Unmarshal(body, &v); err != nil || v.GitVersion == "" {
		return v, errors.New("what answers is no API server of Kubernetes: its /version names none")
	}
	return v, nil
}
