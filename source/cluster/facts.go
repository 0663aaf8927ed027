package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/tree"
)

// lookupTime bounds the question what addresses the name of the API server has.
const lookupTime = 2 * time.Second

// facts is what no object says: which release answers where, and what could not be read.
func (c *reading) facts(ctx context.Context) (Object, error) {
	spec := clusterfacts.Spec{
		ServerVersion: clusterfacts.ServerVersion{
			GitVersion: c.version.GitVersion, Platform: c.version.Platform,
			EmulationMajor: c.version.EmulationMajor, EmulationMinor: c.version.EmulationMinor,
		},
		Endpoint: c.endpoint(ctx),
		Unread:   c.unread,
	}
	slices.SortFunc(spec.Unread, func(a, b clusterfacts.Unread) int { return compareUnread(&a, &b) })
	text, err := json.Marshal(clusterfacts.New(c.client.Name(), spec))
	if err != nil {
		return Object{}, fmt.Errorf("write the facts of the cluster: %w", err)
	}
	t, err := tree.NewParser().Parse(text, tree.Document{End: len(text)})
	if err != nil {
		return Object{}, fmt.Errorf("write the facts of the cluster: %w", err)
	}
	w := writer{}
	w.mapping(t.Root(), 0, false)
	return Object{Path: clusterfacts.Kind + "/" + c.client.Name(), YAML: w.out}, nil
}

func compareUnread(a, b *clusterfacts.Unread) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Resource, b.Resource))
}

// endpoint is how the API server was reached.
func (c *reading) endpoint(ctx context.Context) *clusterfacts.Endpoint {
	server := c.client.Server()
	e := &clusterfacts.Endpoint{Host: server.Hostname(), Proxy: c.client.Proxied()}
	if port, err := strconv.Atoi(server.Port()); err == nil {
		e.Port = port
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	// A name that stands for nothing here leaves the addresses unknown.
	if addresses, err := net.DefaultResolver.LookupHost(ctx, e.Host); err == nil && !e.Proxy {
		slices.Sort(addresses)
		e.Addresses = slices.Compact(addresses)
	}
	if cert := c.client.Certificate(); cert != nil {
		e.Certificate = &clusterfacts.Certificate{
			Subject: cert.Subject.String(), Issuer: cert.Issuer.String(), DNSNames: cert.DNSNames, EmailAddresses: cert.EmailAddresses, NotAfter: cert.NotAfter.UTC(),
		}
		for _, ip := range cert.IPAddresses {
			e.Certificate.IPAddresses = append(e.Certificate.IPAddresses, ip.String())
		}
	}
	return e
}
