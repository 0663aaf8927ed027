package live_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/report"
)

// TestSecrets puts values into Secrets. None reaches the program, in the end, nor a report; what is around them is judged.
func TestSecrets(t *testing.T) {
	c := examples(t)
	const value, encoded = "b4nanaBoat-1977", "YjRuYW5hQm9hdC0xOTc3"
	c.Namespace(t, "vault")
	c.Apply(t, `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "applied", "namespace": "vault", "annotations": {
		"kubectl.kubernetes.io/last-applied-configuration": "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"stringData\":{\"password\":\"`+value+`\"}}"}},
		"stringData": {"password": "`+value+`"}}`)
	c.Apply(t, `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": "vault", "annotations": {"kubernetes.io/service-account.name": "default"}},
		"type": "kubernetes.io/service-account-token"}`)
	c.Apply(t, `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls", "namespace": "vault"}, "type": "kubernetes.io/tls",
		"stringData": {"tls.crt": "", "tls.key": "`+value+`"}}`)
	var answers bytes.Buffer
	p, kubeconfig := between(t, c.Kubeconfig(), nil)
	p.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		r.Header.Set("Accept-Encoding", "identity") // what is kept has to be readable
		return false
	}
	p.tee = &answers
	dir := t.TempDir()
	args := []string{"scan", "--cluster", "--kubeconfig", kubeconfig, "--no-config", "--format", "json", "--profile", "best-practice"}
	for _, format := range report.Formats() {
		args = append(args, "--output", format+"="+filepath.Join(dir, format))
	}
	r := run(t, args...)
	d, _ := decoded(t, r)
	var controls []string
	for _, f := range d.findings() {
		if f.Object.Kind == "Secret" && f.Object.Namespace == "vault" {
			controls = append(controls, f.Control)
		}
	}
	if !strings.Contains(strings.Join(controls, " "), "service-account-long-lived-token") {
		t.Errorf("the token is not found: %q", controls)
	}
	unknown := false
	for _, f := range d.findings() {
		unknown = unknown || f.Control == "tls-secret-expired-or-weak" && f.Status == "unknown" && strings.Contains(f.Reason, "only metadata")
		if f.Control == "secret-manifest-in-repository" {
			t.Errorf("%s is called a manifest in a repository", f.subject())
		}
	}
	if !unknown {
		t.Error("certificates in Secrets are not unknown")
	}
	if i := strings.Index(answers.String(), encoded); i >= 0 {
		t.Error("the API server was asked for values of Secrets")
	}
	check := func(name, text string) {
		if strings.Contains(text, value) || strings.Contains(text, encoded) {
			t.Errorf("%s shows the value of a Secret", name)
		}
	}
	check("standard output", r.stdout)
	check("standard error", r.stderr)
	for _, format := range report.Formats() {
		text, err := os.ReadFile(filepath.Join(dir, format))
		if err != nil {
			t.Fatal(err)
		}
		check(format, string(text))
	}
}
