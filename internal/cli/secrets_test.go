package cli_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/internal/cli"
	"github.com/kubeharden/kubeharden/report"
)

// TestNoOutputTellsASecret scans manifests with credentials of every sort, in every form of YAML and JSON, and looks for
// them in all that is written.
func TestNoOutputTellsASecret(t *testing.T) {
	const digits = "q7Rk2Lz9Xw4Tn8Vb3Mc6Hd1Yf5Jg0PsKeUaWiO4rq7Rk2Lz9Xw4Tn8Vb3Mc6"
	var values []string
	secret := func(format string, args ...any) string {
		values = append(values, fmt.Sprintf(format, args...))
		return values[len(values)-1]
	}
	encoded := func(v string) string { return secret("%s", base64.StdEncoding.EncodeToString([]byte(v))) }
	key := "-----BEGIN RSA PRIVATE KEY-----\n" + secret("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC") + "\n" + secret(digits) + "\n-----END RSA PRIVATE KEY-----\n"

	object := map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "app"},
		"spec": map[string]any{"containers": []any{map[string]any{
			"name": "app", "image": "nginx",
			"env": []any{
				map[string]any{"name": "DB_PASSWORD", "value": secret("hunter2x%s", digits[:3])},
				map[string]any{"name": "DATABASE_URL", "value": "postgres://app:" + secret("s3cr3t%s", digits[:4]) + "@db/app"},
				map[string]any{"name": "GITHUB", "value": secret("ghp_%s", digits[:36])},
				map[string]any{"name": "KEY", "value": key},
			},
			"command": []any{"sudo", "sh", "-c", "server --password=" + secret("pässw%srd", digits[:5]) + "; dlv exec"},
			"args":    []any{"--api-token", secret("%s", digits[7:40]), "--password=" + secret("%s", digits[3:20])},
			"livenessProbe": map[string]any{"httpGet": map[string]any{"port": 8080, "httpHeaders": []any{
				map[string]any{"name": "Authorization", "value": "Basic " + encoded("admin:"+digits[:9])},
			}}},
		}}},
	}
	configMap := map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "app", "namespace": "default"},
		"data": map[string]any{
			"db_password": secret("first-%s", digits[:6]), "app.ini": "[db]\npassword = " + secret("second-%s", digits[:6]) + "\n",
			"key.pem": key, "kubeconfig": "users:\n- user:\n    client-key-data: " + encoded(key+key) + "\n",
		},
		"binaryData": map[string]any{"x": encoded("password=" + secret("third-%s", digits[:6]))},
	}
	store := map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "app", "namespace": "default"},
		"data":       map[string]any{"password": encoded(secret("fourth-%s", digits[:6])), "user": encoded("somebody" + digits[:4])},
		"stringData": map[string]any{"any": secret("fifth-%s", digits[:6]), "tls.key": key},
	}

	dir := t.TempDir()
	write := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, o := range []map[string]any{object, configMap, store} {
		block, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		one, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := json.MarshalIndent(o, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		write(fmt.Sprintf("%d.yaml", i), block)
		write(fmt.Sprintf("%d-crlf.yaml", i), bytes.ReplaceAll(block, []byte("\n"), []byte("\r\n")))
		write(fmt.Sprintf("%d-one.json", i), one)
		write(fmt.Sprintf("%d-lines.json", i), lines)
		write(fmt.Sprintf("%d-flow.yaml", i), append([]byte("--- "), one...))
	}
	// Short enough to be shown as a whole.
	write("short.yaml", fmt.Appendf(nil, "{apiVersion: v1, kind: Pod, spec: {containers: [{env: [{name: PASSWORD, value: %s}], args: [--password=%s]}]}}",
		secret("s1x-%s", digits[:4]), secret("s2y-%s", digits[:4])))
	run := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		code := cli.Main(t.Context(), cli.Process{
			Args: append([]string{"kubeharden", "scan", dir, "--fail-on", "none", "--color", "never"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
			Getenv: func(string) string { return "" }, Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
		})
		if code != cli.ExitOK {
			t.Errorf("%v: exit %d: %s", args, code, errs.String())
		}
		return out.String() + errs.String()
	}
	for _, format := range []string{"sarif", "json"} {
		out := run("--fixes", "--format", format)
		for _, v := range values {
			if at := strings.Index(out, v); at >= 0 {
				t.Errorf("scan --fixes --format %s tells %s: %s", format, v, out[max(0, at-120):min(len(out), at+len(v)+20)])
			}
		}
	}
	for _, format := range []string{"diff", "json"} {
		for _, chosen := range []string{"", "service-links-injected"} {
			var out, errs bytes.Buffer
			args := []string{"kubeharden", "fix", dir, "--risk", "breaking", "--format", format}
			if chosen != "" {
				args = append(args, "--control", chosen)
			}
			cli.Main(t.Context(), cli.Process{
				Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
				Getenv: func(string) string { return "" }, Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
			})
			text := out.String() + errs.String()
			if !strings.Contains(text, "enableServiceLinks") {
				t.Errorf("fix --format %s changes nothing: %s", format, errs.String())
			}
			for _, v := range values {
				if at := strings.Index(text, v); at >= 0 {
					t.Errorf("fix --format %s %s tells %s: %s", format, chosen, v, text[max(0, at-120):min(len(text), at+len(v)+20)])
				}
			}
		}
	}
	for _, format := range report.Formats() {
		for _, args := range [][]string{{}, {"--no-fold"}, {"--severity", "critical"}} {
			out := run(append(args, "--format", format)...)
			if !strings.Contains(out, "hard-coded-secret-in-env") {
				t.Errorf("%s does not tell the finding", format)
			}
			for _, v := range values {
				if at := strings.Index(out, v); at >= 0 {
					t.Errorf("%s %v tells %s: %s", format, args, v, out[max(0, at-120):min(len(out), at+len(v)+20)])
				}
			}
		}
	}
}
