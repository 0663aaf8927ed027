package cluster

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"
)

// startKubelet starts the kubelet.
func (n *Node) startKubelet(ctx context.Context) error {
	p, err := n.start(ctx, Kubelet, "/usr/bin/kubelet", n.flags.args())
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.kubelet = p
	return nil
}

// await waits until the node is ready and the kubelet answers.
func (n *Node) await(ctx context.Context) error {
	began := time.Now()
	n.mu.Lock()
	p := n.kubelet
	n.mu.Unlock()
	err := poll(ctx, 3*time.Minute, func(ctx context.Context) error {
		if err := p.ended(); err != nil {
			return &finalError{err}
		}
		if err := n.approve(ctx); err != nil {
			return err
		}
		if err := n.ready(ctx); err != nil {
			return err
		}
		return n.serves(ctx)
	})
	if err != nil {
		return fmt.Errorf("waiting for the kubelet of %s: %w\n%s", n.Name, err, tail(p.log, 15))
	}
	n.c.opts.Log("%s ready after %v", n.Name, time.Since(began).Round(time.Millisecond))
	return nil
}

// ready asks the API whether the node is ready.
func (n *Node) ready(ctx context.Context) error {
	res, err := n.c.Do(ctx, http.MethodGet, "/api/v1/nodes/"+n.Name, "", nil)
	if err != nil {
		return err
	}
	var node struct {
		Status struct {
			Conditions []struct{ Type, Status, Message string } `json:"conditions"`
		} `json:"status"`
	}
	if res.Status != http.StatusOK {
		return fmt.Errorf("node %s: %d", n.Name, res.Status)
	}
	if err := json.Unmarshal(res.Body, &node); err != nil {
		return err
	}
	for _, c := range node.Status.Conditions {
		if c.Type == "Ready" && c.Status == "True" {
			return nil
		} else if c.Type == "Ready" {
			return fmt.Errorf("node %s is not ready: %s", n.Name, c.Message)
		}
	}
	return fmt.Errorf("node %s has no condition Ready yet", n.Name)
}

// serves asks the kubelet, as the API server would, so that somebody listens there with a certificate, and at the read-only port if it has one.
func (n *Node) serves(ctx context.Context) error {
	cert, key := n.c.KubeletClient()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}, //nolint:gosec // its certificate is for the tests to judge
	}}}
	defer client.CloseIdleConnections()
	if err := healthy(ctx, client, n.KubeletURL()+"/healthz"); err != nil {
		return err
	}
	res, err := do(ctx, client, http.MethodGet, n.KubeletURL()+"/configz", "", nil)
	if err != nil || res.Status != http.StatusOK {
		return err // it does not tell when its debugging handlers are off
	}
	var configz struct {
		KubeletConfig struct {
			ReadOnlyPort int `json:"readOnlyPort"`
		} `json:"kubeletconfig"`
	}
	if err := json.Unmarshal(res.Body, &configz); err != nil || configz.KubeletConfig.ReadOnlyPort == 0 {
		return err
	}
	return healthy(ctx, client, "http://"+net.JoinHostPort(n.Address, strconv.Itoa(configz.KubeletConfig.ReadOnlyPort))+"/healthz")
}

// approve approves the certificates that the kubelet of the node asks for to serve with, which no controller of Kubernetes does.
//
// https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/#certificate-rotation
func (n *Node) approve(ctx context.Context) error {
	const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
	res, err := n.c.Do(ctx, http.MethodGet, path+"?fieldSelector=spec.signerName%3Dkubernetes.io/kubelet-serving", "", nil)
	if err != nil {
		return err
	}
	var list struct {
		Items []map[string]any `json:"items"`
	}
	if err := json.Unmarshal(res.Body, &list); err != nil || res.Status != http.StatusOK {
		return fmt.Errorf("requests for certificates: %d %.200s", res.Status, res.Body)
	}
	for _, r := range list.Items {
		meta, _ := r["metadata"].(map[string]any)
		spec, _ := r["spec"].(map[string]any)
		status, _ := r["status"].(map[string]any)
		if spec["username"] != "system:node:"+n.Name || status["conditions"] != nil {
			continue
		}
		r["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Approved", "status": "True", "reason": "TestBed", "message": "the node is ours"}}}
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		name, _ := meta["name"].(string)
		if res, err = n.c.Do(ctx, http.MethodPut, path+"/"+name+"/approval", "application/json", body); err != nil {
			return err
		}
		if res.Status != http.StatusOK {
			return fmt.Errorf("approving %s: %d %.300s", name, res.Status, res.Body)
		}
	}
	return nil
}

// RestartKubelet starts the kubelet again with changed flags, after its files were changed for instance, and waits until the node is ready.
func (n *Node) RestartKubelet(tb testing.TB, changes Flags) {
	tb.Helper()
	if err := n.TryKubelet(tb.Context(), changes); err != nil {
		tb.Fatal(err)
	}
}

// TryKubelet is RestartKubelet for a kubelet that may not start: the error has its last words.
func (n *Node) TryKubelet(ctx context.Context, changes Flags) error {
	n.mu.Lock()
	p := n.kubelet
	n.mu.Unlock()
	if err := p.stop(); err != nil {
		return err
	}
	n.flags = n.flags.with(changes)
	if err := n.startKubelet(ctx); err != nil {
		return err
	}
	return n.await(ctx)
}

// Flags are those of the kubelet.
func (n *Node) Flags() Flags { return n.flags.with(nil) }

// Configure changes the kubelet's configuration file, as NodeOptions.KubeletConfig does. It does not start the kubelet again.
func (n *Node) Configure(tb testing.TB, changes string) {
	tb.Helper()
	file := n.path("var/lib/kubelet/config.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	n.opts.KubeletConfig = changes
	changed, err := n.kubeletConfig(string(text))
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// KubeletPID is the kubelet's number among the processes of the node.
func (n *Node) KubeletPID() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.kubelet.pid
}
