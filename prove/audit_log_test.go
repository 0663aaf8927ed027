package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// auditTo makes an audit log, and tells the target of it.
func auditTo(t *testing.T, target *Target) string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(log, []byte("{\"kind\":\"Event\",\"level\":\"Metadata\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	target.AuditLog, target.AuditWrite = log, true
	return log
}

// writes appends to a file.
func writes(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Error(err)
	}
}

// auditEvent is an event as an API server writes it.
func auditEvent(level, stage string, r *http.Request) string {
	verb := map[string]string{http.MethodGet: "get", http.MethodPost: "create", http.MethodDelete: "delete"}[r.Method]
	parts := strings.Split(r.URL.Path, "/")
	b, _ := json.Marshal(map[string]any{
		"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": level, "stage": stage, "verb": verb, "requestURI": r.URL.Path, "userAgent": r.UserAgent(),
		"objectRef": map[string]any{"resource": parts[5], "name": parts[len(parts)-1]}, "responseStatus": map[string]any{"code": 404},
	})
	return string(b) + "\n"
}

func TestAudit(t *testing.T) {
	const policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
	metadata := policy + "- level: Metadata\n"
	request := policy + "- {level: None, users: [other]}\n- {level: Request, resources: [{group: '', resources: [secrets]}], users: [jane]}\n- level: Metadata\n"
	secret := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/secrets/kubeharden-audit-") }
	complete := func(level string) func(string, *http.Request) string {
		return func(_ string, r *http.Request) string {
			return auditEvent("Metadata", "RequestReceived", r) + auditEvent(level, "ResponseComplete", r)
		}
	}
	for name, c := range map[string]struct {
		policy string
		write  func(log string, r *http.Request) string
		want   string
	}{
		"logged":         {"", complete("Metadata"), "pass " + auditMissing + ",pass " + auditIncomplete},
		"as promised":    {request, complete("Request"), "pass " + auditMissing + ",pass " + auditIncomplete},
		"more than that": {metadata, complete("RequestResponse"), "pass " + auditMissing + ",pass " + auditIncomplete},
		"less than that": {request, complete("Metadata"), "pass " + auditMissing + ",fail " + auditIncomplete},
		"not logged":     {metadata, func(string, *http.Request) string { return "" }, "fail " + auditMissing},
		"not promised":   {policy + "- {level: None}\n", func(string, *http.Request) string { return "" }, "fail " + auditIncomplete},
		"another policy": {policy + "- {level: None}\n", complete("Metadata"), "fail " + auditIncomplete},
		"received only":  {"", func(_ string, r *http.Request) string { return auditEvent("Metadata", "RequestReceived", r) }, "pass " + auditMissing + ",pass " + auditIncomplete},
		"others":         {"", func(string, *http.Request) string { return "{\"kind\":\"Event\",\"level\":\"Metadata\"}\n{broken\n" }, "fail " + auditMissing},
		"legacy":         {"", func(_ string, r *http.Request) string { return "AUDIT: id=\"x\" uri=\"" + r.URL.Path + "\"\n" }, "unknown " + auditMissing},
		"behind long ones": {"", func(_ string, r *http.Request) string {
			return strings.Repeat("x", 3<<20) + "\n" + auditEvent("Metadata", "ResponseComplete", r)
		}, "pass " + auditMissing + ",pass " + auditIncomplete},
		"rotated": {"", func(log string, r *http.Request) string {
			if err := os.Rename(log, log+".1"); err != nil {
				t.Error(err)
			}
			return auditEvent("Metadata", "ResponseComplete", r)
		}, "pass " + auditMissing + ",pass " + auditIncomplete},
		"cut off": {"", func(log string, r *http.Request) string {
			if err := os.Truncate(log, 0); err != nil {
				t.Error(err)
			}
			time.Sleep(3 * pollEvery) // an event that is longer than all before hides that the file was cut off
			return auditEvent("Metadata", "ResponseComplete", r)[:10] + "\n" + auditEvent("Metadata", "ResponseComplete", r)
		}, "pass " + auditMissing + ",pass " + auditIncomplete},
		"no policy":      {"kind: ConfigMap\n", complete("Metadata"), "unknown " + auditIncomplete},
		"broken policy":  {"rules: [", complete("Metadata"), "unknown " + auditIncomplete},
		"refused policy": {policy + "- level: All\n", complete("Metadata"), "unknown " + auditIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeAPI(t)
			target := target(t, f.Server)
			log := auditTo(t, target)
			target.AuditWrite, target.AuditPolicy = false, []byte(c.policy)
			f.disturb = func(_ int, w http.ResponseWriter, r *http.Request, _ func()) bool {
				switch {
				case secret(r):
					f.late.Go(func() {
						time.Sleep(20 * time.Millisecond)
						writes(t, log, c.write(log, r))
					})
				case strings.HasSuffix(r.URL.Path, "/endpointslices"):
					fmt.Fprint(w, `{"items":[]}`)
					return true
				case strings.HasSuffix(r.URL.Path, "/selfsubjectreviews"):
					fmt.Fprint(w, `{"status":{"userInfo":{"username":"jane","groups":["system:authenticated"]}}}`)
					return true
				}
				return false
			}
			outcomes := run(t, "audit", target)
			var got []string
			for _, o := range outcomes {
				got = append(got, o.Status.String()+" "+o.Control)
			}
			if strings.Join(got, ",") != c.want {
				t.Errorf("%s\nwant %s", lines(outcomes), c.want)
			}
		})
	}
}

// TestAuditWrites holds that what is made and deleted is looked for too.
func TestAuditWrites(t *testing.T) {
	f := newFakeAPI(t)
	target := target(t, f.Server)
	log := auditTo(t, target)
	f.disturb = func(_ int, _ http.ResponseWriter, r *http.Request, _ func()) bool {
		if r.Method == http.MethodDelete || strings.Contains(r.URL.Path, "/secrets/kubeharden-audit-") {
			if r.Method == http.MethodDelete {
				create := r.Clone(t.Context())
				create.Method = http.MethodPost
				writes(t, log, auditEvent("Request", "ResponseComplete", create))
			}
			writes(t, log, auditEvent("Metadata", "ResponseComplete", r))
		}
		return false
	}
	outcomes := run(t, "audit", target)
	if got := statuses(outcomes, auditMissing) + "," + statuses(outcomes, auditIncomplete); got != "pass pass pass,pass pass pass" {
		t.Errorf("%s\n%s", got, lines(outcomes))
	}
	if left := f.names(); len(left) > 0 || f.most != 1 {
		t.Errorf("left %v, made %d", left, f.most)
	}
}

// TestOneLogOfMany holds that a request which another API server may have logged is unknown.
func TestOneLogOfMany(t *testing.T) {
	f := newFakeAPI(t)
	target := target(t, f.Server)
	auditTo(t, target)
	target.AuditWrite = false
	f.handle = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/endpointslices") {
			fmt.Fprint(w, `{"items":[{"endpoints":[{"addresses":["10.0.0.4"]},{"addresses":["10.0.0.5"]}]}]}`)
		}
	}
	if got := lines(run(t, "audit", target)); !strings.HasPrefix(got, "unknown "+auditMissing) || !strings.Contains(got, "2 API servers") {
		t.Error(got)
	}
	f.handle = func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusForbidden, "no") }
	if got := lines(run(t, "audit", target)); !strings.HasPrefix(got, "unknown "+auditMissing) || !strings.Contains(got, "could not be seen") {
		t.Error(got)
	}
}

func TestAuditLogsThatCannotBeRead(t *testing.T) {
	f := newFakeAPI(t)
	target := target(t, f.Server)
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), t.TempDir(), os.DevNull} {
		target.AuditLog = path
		outcomes := run(t, "audit", target)
		if len(outcomes) != 1 || outcomes[0].Status.String() != "unknown" || outcomes[0].NotGiven {
			t.Errorf("%s: %s", path, lines(outcomes))
		}
	}
	if f.count() > 0 {
		t.Errorf("sent %v", f.requests)
	}
}
