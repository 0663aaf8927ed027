package secretscan_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/secretscan"
)

// digits are the tail of made-up credentials. They are put together here so that no scanner takes this file for a leak.
const digits = "q7Rk2Lz9Xw4Tn8Vb3Mc6Hd1Yf5Jg0PsKeUaWiO4r"

func tail(n int) string { return strings.Repeat(digits, 3)[:n] }
func upper(n int) string {
	return strings.ToUpper(tail(n))
}
func hex(n int) string { return strings.Repeat("3f9a1c7e5b2d8046", 8)[:n] }
func pem(kind string) string {
	return "-----BEGIN " + kind + "-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" + tail(60) + "\n-----END " + kind + "-----\n"
}

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestNamed(t *testing.T) {
	for _, c := range []struct{ name, value, kind string }{
		{"DB_PASSWORD", "hunter2", "a password"},
		{"password", "abc123", "a password"},
		{"MYSQL_ROOT_PASSWORD", "changeme", "a password"},
		{"MYSQL_ROOT_PASSWORD", "123456", "a password"},
		{"PGPASSWORD", "postgres", "a password"},
		{"dbPassword", "postgres", "a password"},
		{"REDIS_PASS", "s3cr3t!", "a password"},
		{"spring.datasource.password", "tiger", "a password"},
		{"SECRET_KEY", tail(32), "a secret"},
		{"JWT_SECRET", "kj3h4k5jh3k4j5h", "a secret"},
		{"SESSION_SECRET", "correct!horse!battery", "a secret"},
		{"API_KEY", hex(32), "a secret"},
		{"AWS_SECRET_ACCESS_KEY", tail(40), "a secret"},
		{"AUTH_TOKEN", tail(24), "a secret"},
		{"AZURE_BATCH_KEY", tail(44), "a key"},
		{"ANYTHING", "ghp_" + tail(36), "a GitHub token"},
		{"DATABASE_URL", "postgres://app:" + "s3cr3tpw" + "@db:5432/app", "a password in a URL"},
		{"DB_PASSWORD_2", "hunter2", "a password"},
		{"ADMIN_PASSWORD", "  padded99  ", "a password"},

		{"DB_PASSWORD", "", ""},
		{"DB_PASSWORD", "${DB_PASSWORD}", ""},
		{"DB_PASSWORD", "$(DB_PASSWORD)", ""},
		{"DB_PASSWORD", "$DB_PASSWORD", ""},
		{"DB_PASSWORD", "DB_PASSWORD", ""},
		{"DB_PASSWORD", "<password>", ""},
		{"DB_PASSWORD", "{{ .Values.password }}", ""},
		{"DB_PASSWORD", "REPLACE_ME", ""},
		{"DB_PASSWORD", "your-password", ""},
		{"DB_PASSWORD", "xxxxxxxx", ""},
		{"DB_PASSWORD", "********", ""},
		{"DB_PASSWORD", "/run/secrets/db", ""},
		{"DB_PASSWORD", "true", ""},
		{"DB_PASSWORD", "see the vault", ""},
		{"DB_PASSWORD", "vault:secret/data/db#password", ""},
		{"DB_PASSWORD_FILE", "hunter2", ""},
		{"PASSWORD_MIN_LENGTH", "12345", ""},
		{"ALLOW_EMPTY_PASSWORD", "sure", ""},
		{"SECRET_NAME", "my-secret", ""},
		{"TLS_SECRET", "shop-tls", ""},
		{"IMAGE_PULL_SECRET", "regcred", ""},
		{"TOKEN_URL", "https://auth.example.com/token", ""},
		{"API_KEY", "my-api-key", ""},
		{"PUBLIC_KEY", tail(44), ""},
		{"SORT_KEY", "created_at", ""},
		{"MAX_TOKENS", "4096", ""},
		{"TOKEN_TTL", "3600s", ""},
		{"PARTITION_KEY", tail(20), ""},
		{"COMPASS", "north123", ""},
		{"KEYCLOAK_HOST", "keycloak.local", ""},
		{"MONKEY_BUSINESS", tail(20), ""},
		{"DB_URL", "AKIA", ""},
		{"GREETING", tail(40), ""},
		{"azure_batch_key", "Hello from the environment", ""},
		{"PASSWORD_HASH", "$2a$10$" + tail(53), ""},
		{"PASSWORD_CHANGED", "2024-01-02T03:04:05Z", ""},
		{"AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", ""},
		{"CREDENTIALS", "config.json", ""},
	} {
		m, ok := secretscan.Named(c.name, c.value)
		if ok != (c.kind != "") || m.Kind != c.kind {
			t.Errorf("%s=%s: %q, want %q", c.name, c.value, m.Kind, c.kind)
		}
		if ok && (m.Start < 0 || m.End > len(c.value) || m.Start >= m.End) {
			t.Errorf("%s: span %d-%d", c.name, m.Start, m.End)
		}
	}
}

func TestStored(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"foo", "Xy12345!", true},
		{"config", "abc123def", true},
		{"username", "admin123", false},
		{"ca.crt", "-----BEGIN CERTIFICATE-----\n" + tail(60) + "\n-----END CERTIFICATE-----", false},
		{"url", "https://example.com/x1", false},
		{"mode", "enabled", false},
		{"name", "some-words-here", false},
		{"settings", "a: 1\nb: 2\n", false},
		{"settings", "user: x\npassword: hunter2\n", true},
	} {
		if _, ok := secretscan.Stored(c.name, c.value); ok != c.want {
			t.Errorf("%s=%s: %v", c.name, c.value, ok)
		}
	}
}

func TestText(t *testing.T) {
	header := "eyJ" + encode(`{"alg":"HS256","typ":"JWT"}`)[3:]
	jwt := strings.TrimRight(header, "=") + ".eyJ" + tail(30) + "." + tail(43)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"id AKIA" + upper(16) + " ok", []string{"an AWS access key"}},
		{"xAKIA" + upper(16), nil},
		{"AKIA" + upper(17), nil},
		{"github_pat_" + tail(82), []string{"a GitHub token"}},
		{"token: glpat-" + tail(20), []string{"a GitLab token"}},
		{"xoxb-" + "123456789012-" + tail(24), []string{"a Slack token"}},
		{"https://hooks.slack.com/services/T0" + upper(8) + "/B0" + upper(8) + "/" + tail(24), []string{"a Slack webhook"}},
		{"sk_live_" + tail(24), []string{"a Stripe key"}},
		{"sk_test_" + tail(24), nil},
		{"npm_" + tail(36), []string{"an npm token"}},
		{"SG." + tail(22) + "." + tail(40) + "abc", []string{"a SendGrid key"}},
		{"AIza" + tail(35), []string{"a Google API key"}},
		{"ghp_" + strings.Repeat("x", 36), nil},
		{"a " + jwt + " b", []string{"a JSON web token"}},
		{pem("RSA PRIVATE KEY"), []string{"a private key"}},
		{pem("OPENSSH PRIVATE KEY"), []string{"a private key"}},
		{strings.ReplaceAll(pem("PRIVATE KEY"), "\n", `\n`), []string{"a private key"}},
		{pem("CERTIFICATE"), nil},
		{pem("PUBLIC KEY"), nil},
		{"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", nil},
		{"client-key-data: " + encode(pem("PRIVATE KEY")), []string{"a private key"}},
		{"client-certificate-data: " + encode(pem("CERTIFICATE")), nil},
		{"AccountName=x;AccountKey=" + encode(digits + digits)[:86] + "==;EndpointSuffix=core", []string{"an Azure access key"}},
		{"Authorization: Basic " + encode("admin:hunter22"), []string{"the password of a basic authorization"}},
		{"Authorization: Basic auth", nil},
		{"Authorization: Bearer " + tail(32), []string{"a bearer token"}},
		{"Authorization: Bearer ${TOKEN}", nil},
		{"mongodb+srv://root:" + "hunter22" + "@mongo/", []string{"a password in a URL"}},
		{"amqp://user:password@host", nil},
		{"http://localhost:8080/x@y", nil},
		{"https://user@host/", nil},

		{"password: hunter2", []string{"a password"}},
		{"password=hunter2\nuser=x", []string{"a password"}},
		{`{"user": "x", "password": "hunter2"}`, []string{"a password"}},
		{`{\"password\": \"hunter2\"}`, []string{"a password"}},
		{"host=db user=app password=hunter2 dbname=x", []string{"a password"}},
		{"server --password=hunter2 --user x", []string{"a password"}},
		{"server --password hunter2", []string{"a password"}},
		{"export DB_PASSWORD='hunter2'", []string{"a password"}},
		{"  password = \"hunter2\"  # default", []string{"a password"}},
		{"password: hunter2 # default", []string{"a password"}},
		{"https://x/?api_key=" + hex(32) + "&a=b", []string{"a secret"}},

		{"password: the user's password", nil},
		{"password := os.Getenv(\"PASSWORD\")", nil},
		{"password = getPassword()", nil},
		{"password: string", nil},
		{"password: ${PASSWORD}", nil},
		{"password: \"\"", nil},
		{"password:", nil},
		{"password:\n  secretKeyRef: x", nil},
		{"password_file: /etc/x", nil},
		{"--password-file=/etc/x", nil},
		{"token: $TOKEN", nil},
		{"if password == nil {", nil},
		{"secretName: my-secret", nil},
		{"key: value", nil},
		{"tokens: 12345678", nil},
		{"", nil},
	} {
		var got []string
		end := 0
		for m := range secretscan.Text(c.text) {
			got = append(got, m.Kind)
			if m.Start < end || m.End > len(c.text) || m.Start >= m.End {
				t.Errorf("%q: span %d-%d behind %d", c.text, m.Start, m.End, end)
			}
			end = m.End
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// TestLinear guards the time that hostile texts take.
func TestLinear(t *testing.T) {
	for _, part := range []string{"password=", "a://b:c", "eyJ", "-----BEGIN PRIVATE KEY-----", "LS0tLS1CRUdJTi", "password: \"", " --token ", "bearer aaaa", "password=a "} {
		text := strings.Repeat(part, 1<<20/len(part))
		start := time.Now()
		for range secretscan.Text(text) {
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q over and over took %v", part, d)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("password: hunter2")
	f.Add("a://b:c@d -----BEGIN PRIVATE KEY-----")
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for m := range secretscan.Text(text) {
			if m.Start < end || m.End > len(text) || m.Start >= m.End {
				t.Fatalf("%q: span %d-%d behind %d", text, m.Start, m.End, end)
			}
			end = m.End
		}
		secretscan.Stored(text, text)
	})
}

func BenchmarkText(b *testing.B) {
	text := strings.Repeat("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-config\n  namespace: shop\ndata:\n  LOG_LEVEL: info\n  password_file: /x\n", 200)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		for range secretscan.Text(text) {
		}
	}
}
