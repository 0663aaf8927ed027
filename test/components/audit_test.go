package components_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/test/cluster"
	"github.com/kubeharden/kubeharden/tree"
)

// event is a line of an audit log.
type event struct {
	Level, Stage, Verb, RequestURI string
	User                           struct {
		Username string
		Groups   []string
	}
	ObjectRef *struct{ Resource, Subresource, Namespace, Name, APIGroup string }
}

func (e *event) attributes(t *testing.T) *audit.Attributes {
	t.Helper()
	u, err := url.ParseRequestURI(e.RequestURI)
	if err != nil {
		t.Fatal(err)
	}
	a := &audit.Attributes{User: e.User.Username, Groups: e.User.Groups, Nobody: e.User.Username == "", Verb: e.Verb, Path: u.Path}
	if o := e.ObjectRef; o != nil {
		a.ResourceRequest, a.Group, a.Resource, a.Subresource, a.Namespace, a.Name = true, o.APIGroup, o.Resource, o.Subresource, o.Namespace, o.Name
	}
	return a
}

// testAudit holds that the log has of each request what package audit says of the policy, and nothing of those that it says leave no trace.
func testAudit(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	text, err := os.ReadFile(c.Path("/etc/kubernetes/audit/policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := tree.NewParser().Parse(text, tree.Document{End: len(text)})
	if err != nil {
		t.Fatal(err)
	}
	policy, flaws := audit.Read(parsed.Root())
	if len(flaws) > 0 {
		t.Fatalf("the policy: %v", flaws)
	}
	stage := map[string]audit.Stages{
		"RequestReceived": audit.RequestReceived, "ResponseStarted": audit.ResponseStarted, "ResponseComplete": audit.ResponseComplete, "Panic": audit.Panic,
	}

	// What the administrator of the bed asks, each with a mark of its own.
	admin := audit.Attributes{User: "kubernetes-super-admin", Groups: []string{"system:masters", "system:authenticated"}}
	asked := map[string]audit.Level{}
	seen := map[audit.Level]int{}
	for n, r := range []struct {
		method, path, body, verb           string
		group, resource, namespace, object string
	}{
		{method: http.MethodGet, path: "/version"},
		{method: http.MethodGet, path: "/readyz"},
		{method: http.MethodGet, path: "/metrics"},
		{http.MethodGet, "/api/v1/namespaces/default/secrets", "", "list", "", "secrets", "default", ""},
		{http.MethodGet, "/api/v1/namespaces/default/configmaps", "", "list", "", "configmaps", "default", ""},
		{http.MethodGet, "/api/v1/namespaces/default/pods", "", "list", "", "pods", "default", ""},
		{http.MethodGet, "/api/v1/namespaces/default/events", "", "list", "", "events", "default", ""},
		{http.MethodPost, "/api/v1/namespaces/default/configmaps", `{"metadata": {"name": "marked"}}`, "create", "", "configmaps", "default", "marked"},
		{http.MethodDelete, "/api/v1/namespaces/default/configmaps/marked", "", "delete", "", "configmaps", "default", "marked"},
		{http.MethodPost, "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", `{"metadata": {"name": "marked"}}`, "create", "rbac.authorization.k8s.io", "roles", "default", "marked"},
		{http.MethodDelete, "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/marked", "", "delete", "rbac.authorization.k8s.io", "roles", "default", "marked"},
	} {
		mark := fmt.Sprintf("%s?mark=%d-%d", r.path, n, time.Now().UnixNano())
		if _, err := c.Do(t.Context(), r.method, mark, "application/json", []byte(r.body)); err != nil {
			t.Fatal(err)
		}
		a := admin
		a.Path, a.Verb = r.path, "get"
		if r.resource != "" {
			a.ResourceRequest, a.Group, a.Resource, a.Namespace, a.Name, a.Verb = true, r.group, r.resource, r.namespace, r.object, r.verb
		}
		asked[mark] = policy.Evaluate(&a).Level
		seen[asked[mark]]++
	}
	if len(seen) < 3 {
		t.Errorf("the requests are of the levels %v only", seen)
	}

	found := map[string]audit.Level{}
	eventually(t, func() error {
		log, err := os.ReadFile(c.AuditLog())
		if err != nil {
			return err
		}
		events := readEvents(t, log)
		for i := range events {
			level, _ := audit.ParseLevel(events[i].Level)
			found[events[i].RequestURI] = level
		}
		for mark, level := range asked {
			if got := found[mark]; got != level {
				return fmt.Errorf("%s is in the log at the level %v, want %v", mark, got, level)
			}
		}
		for i := range events {
			e := &events[i]
			level, ok := audit.ParseLevel(e.Level)
			if d := policy.Evaluate(e.attributes(t)); !ok || d.Level != level || d.OmitStages&stage[e.Stage] != 0 {
				return fmt.Errorf("the log has %+v, and package audit says %v without %v", e, d.Level, d.OmitStages)
			}
		}
		if len(events) < 100 {
			return fmt.Errorf("%d events only", len(events))
		}
		return nil
	})
}

func readEvents(t *testing.T, log []byte) (all []event) {
	t.Helper()
	r := bufio.NewReader(bytes.NewReader(log))
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return all // the last one may be written just now
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(errors.Join(err, fmt.Errorf("%.200s", line)))
		}
		all = append(all, e)
	}
}
