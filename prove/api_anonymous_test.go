package prove

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAPIAnonymous(t *testing.T) {
	const id = "apiserver-anonymous-auth-enabled"
	anonymous := func(w http.ResponseWriter, path string) {
		status(w, http.StatusForbidden, `namespaces is forbidden: User "system:anonymous" cannot list `+path)
	}
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, path string)
		want   string
	}{
		"off": {func(w http.ResponseWriter, _ string) { status(w, http.StatusUnauthorized, "Unauthorized") }, strings.Repeat("pass ", 9)},
		"health only": {func(w http.ResponseWriter, path string) {
			if strings.HasSuffix(path, "z") {
				_, _ = w.Write([]byte("ok"))
				return
			}
			status(w, http.StatusUnauthorized, "Unauthorized")
		}, strings.Repeat("pass ", 9)},
		// In the order of paths: /api /api/v1/namespaces /api/v1/secrets /apis /healthz /livez /metrics /readyz /version
		"refused by authorization": {anonymous, "fail fail fail fail pass pass fail pass fail "},
		"answered":                 {func(w http.ResponseWriter, _ string) { _, _ = w.Write([]byte("{}")) }, "fail fail fail fail pass pass fail pass fail "},
		"forbidden by a proxy":     {func(w http.ResponseWriter, _ string) { status(w, http.StatusForbidden, "go away") }, strings.Repeat("pass ", 9)},
		"broken":                   {func(w http.ResponseWriter, _ string) { status(w, http.StatusBadGateway, "") }, "unknown unknown unknown unknown pass pass unknown pass unknown "},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "" {
					t.Errorf("%s was sent with credentials", r.URL)
				}
				c.answer(w, r.URL.Path)
			}))
			defer s.Close()
			outcomes := run(t, "api-anonymous", target(t, s))
			if got := statuses(outcomes, id); got+" " != c.want {
				t.Errorf("got %s\nwant %s\n%s", got, c.want, lines(outcomes))
			}
			noSecrets(t, outcomes, "secret-token")
		})
	}
}

func TestAPIAnonymousUnreachable(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	target := target(t, s)
	s.Close()
	for _, o := range run(t, "api-anonymous", target) {
		if o.Status.String() != "unknown" || o.Reason != "connection refused" {
			t.Error(lines([]Outcome{o}))
		}
	}
}
