package generate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// line is an event of the log as the API server writes it.
func line(id string) string {
	return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"` + id + `","stage":"ResponseComplete",` +
		`"requestURI":"/api/v1/namespaces/shop/pods?limit=500","verb":"list","user":{"username":"alice","groups":["dev","system:authenticated"],` +
		`"extra":{"k":["v"]}},"sourceIPs":["10.0.0.1"],"userAgent":"kubectl/v1.37 \"x\"","objectRef":{"resource":"pods","namespace":"shop",` +
		`"apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-03-01T10:00:00.000000Z",` +
		`"stageTimestamp":"2026-03-01T10:00:00.010000Z","annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}`
}

// item is an event of a list, which does not say its kind.
func item(id string) string {
	return strings.Replace(line(id), `"kind":"Event","apiVersion":"audit.k8s.io/v1",`, "", 1)
}

func list(items ...string) string {
	return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[` + strings.Join(items, ",") + `]}`
}

// indented is JSON as tools print it.
func indented(text string) string {
	return strings.NewReplacer("{", "{\n  ", "},", "},\n  ", ",\"", ",\n  \"", "}", "\n  }").Replace(text)
}

func compressed(parts ...string) string {
	var out bytes.Buffer
	for _, part := range parts {
		z := gzip.NewWriter(&out)
		io.WriteString(z, part)
		z.Close()
	}
	return out.String()
}

func TestAuditReader(t *testing.T) {
	pad := func(n int) string { return `{"pad":"` + strings.Repeat("x", n) + `"}` }
	for _, c := range []struct {
		name, log string
		ids       string // of the events read
		skipped   string // the lines of what was not
	}{
		{"lines", line("a") + "\n" + line("b") + "\n", "a b", ""},
		{"no line break at the end", line("a") + "\r\n\n" + line("b"), "a b", ""},
		{"byte order mark", "\xef\xbb\xbf" + line("a"), "a", ""},
		{"gzip", compressed(line("a")+"\n", line("b")+"\n"), "a b", ""},
		{"half a gzip", compressed(line("a") + "\n" + line("b") + "\n")[:len(compressed(line("a")+"\n"+line("b")+"\n"))-9], "a b", "3"},
		{"a list", list(item("a"), item("b")), "a b", ""},
		{"an empty list between", list() + "\n" + line("a"), "a", ""},
		{"lists, one a line", list(item("a"), item("b")) + "\n" + list(line("c")) + "\n", "a b c", ""},
		{"a list, indented", indented(list(item("a"), item("b"))) + "\n" + line("c"), "a b c", ""},
		{"an event, indented", indented(line("a")) + "\n" + indented(line("b")), "a b", ""},
		{"an array", "[" + item("a") + "," + line("b") + "]", "a b", ""},
		{"an array, one a line", "[\n" + item("a") + ",\n" + line("b") + "\n]\n" + line("c"), "a b c", ""},
		{"no line breaks", line("a") + line("b") + " " + line("c"), "a b c", ""},
		{"half a line at the end", line("a") + "\n" + line("b")[:300], "a", "2"},
		{"half a line at the beginning", line("a")[300:] + "\n" + line("b") + "\n", "b", "1"},
		{"half a line in the middle", line("a") + "\n" + line("b")[:300] + "\n" + line("c"), "a c", "2"},
		{"half a line outside of a text", line("a") + "\n" + line("b")[:strings.Index(line("b"), `"verb"`)] + "\n" + line("c") + "\n" + line("d"), "a c d", "2"},
		{"half a list", list(item("a"), item("b"))[:len(list(item("a")))+200] + "\n" + list(item("c"), item("d")) + "\n" + line("e"), "a c d e", "1 3"},
		{"text between", "I0301 starting\n" + line("a") + "\n\"text\"\n17\nnull\n" + line("b"), "a b", "1 3 4 5"},
		{"not JSON", line("a") + "\n" + strings.Replace(line("b"), `"code":200`, `"code":2x0`, 1) + "\n" + line("c"), "a c", "2"},
		{"of another shape", line("a") + "\n" + strings.Replace(line("b"), `"verb":"list"`, `"verb":["list"]`, 1) + "\n" + line("c"), "a c", "2"},
		{"other objects", `{"kind":"Event","apiVersion":"v1"}` + "\n{}\n" + line("a") + "\n" + `{"items":[{"kind":"Pod"}]}`, "a", "1 2 4"},
		{"other versions", strings.Replace(line("a"), "k8s.io/v1", "k8s.io/v2", 1) + "\n" + strings.Replace(line("b"), "k8s.io/v1", "k8s.io/v1beta1", 1) +
			"\n" + strings.Replace(line("c"), "k8s.io/v1", "k8s.io/v1alpha1", 1), "b c", "1"},
		{"other kinds", strings.Replace(line("a"), `"Event"`, `"Policy"`, 1) + "\n" + list(strings.Replace(line("b"), `"Event"`, `"Policy"`, 1), item("c")), "c", "1 2"},
		{"brackets in texts", list(strings.Replace(item("a"), `"v"`, `"}]\\\"}]{["`, 1), item("b")), "a b", ""},
		{"deep", line("a") + "\n" + strings.Replace(line("b"), `{"k":["v"]}`, strings.Repeat("[", 1002)+strings.Repeat("]", 1002), 1) + "\n" + line("c"), "a c", "2"},
		{"too long", line("a") + "\n" + strings.Replace(line("b"), `{"k":["v"]}`, pad(5000), 1) + "\n" + line("c"), "a c", "2"},
		{"too long in a list", list(item("a"), strings.Replace(item("b"), `{"k":["v"]}`, pad(5000), 1), item("c")), "a c", "1"},
		{"a list longer than an event may be", list(item("a"), item("b"), item("c"), item("d"), item("e"), item("f")), "a b c d e f", ""},
		{"too long and not JSON", strings.Repeat("x", 10_000) + "\n" + line("a"), "a", "1"},
		{"too long and without end", line("a") + "\n" + strings.Repeat("[{", 5000), "a", "2"},
		{"lists in lists", `{"items":[{"items":[{"items":[` + item("a") + `]}]},` + item("b") + "]}", "b", "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, src := range map[string]io.Reader{"whole": strings.NewReader(c.log), "bytes": iotest.OneByteReader(strings.NewReader(c.log))} {
				r := NewAuditReader(src)
				r.limit = 4000
				var ids []string
				for e := range r.Events() {
					ids = append(ids, e.AuditID)
				}
				if got := strings.Join(ids, " "); got != c.ids || r.Err() != nil || r.Count() != len(ids) {
					t.Errorf("%s: events %q, want %q; error %v", name, got, c.ids, r.Err())
				}
				var lines []string
				count, first := r.Skipped()
				for _, p := range first {
					lines = append(lines, fmt.Sprint(p.Line))
				}
				if got := strings.Join(lines, " "); got != c.skipped || count != len(first) {
					t.Errorf("%s: skipped %q, want %q: %v", name, got, c.skipped, first)
				}
			}
		})
	}
}

func TestAuditReaderErrors(t *testing.T) {
	for _, log := range []string{"", "\n\n", "text\n", "{}", list()} {
		r := NewAuditReader(strings.NewReader(log))
		for range r.Events() {
			t.Fatal("an event")
		}
		if !errors.Is(r.Err(), ErrNoEvents) {
			t.Errorf("%q: error %v", log, r.Err())
		}
	}
	broken := errors.New("disk on fire")
	r := NewAuditReader(iotest.ErrReader(broken))
	for range r.Events() {
		t.Fatal("an event")
	}
	if !errors.Is(r.Err(), broken) {
		t.Errorf("error %v", r.Err())
	}
	// What was read before stays, and what was not is said.
	r = NewAuditReader(io.MultiReader(strings.NewReader(line("a")+"\n"), iotest.ErrReader(broken)))
	for range r.Events() {
	}
	if n, problems := r.Skipped(); r.Err() != nil || r.Count() != 1 || n != 1 || problems[0].Reason != "cannot be read further: disk on fire" {
		t.Errorf("error %v, %d skipped: %v", r.Err(), n, problems)
	}
	// Stopping early is no error.
	r = NewAuditReader(strings.NewReader(list(item("a"), item("b"))))
	for range r.Events() {
		break
	}
	if r.Err() != nil || r.Count() != 1 {
		t.Errorf("error %v after %d events", r.Err(), r.Count())
	}
}

func TestAuditReaderNamesTheFirstProblems(t *testing.T) {
	r := NewAuditReader(strings.NewReader(strings.Repeat("x\n", 1000) + line("a")))
	for range r.Events() {
	}
	if n, first := r.Skipped(); n != 1000 || len(first) != maxProblems {
		t.Errorf("%d skipped, %d named", n, len(first))
	}
}

func TestDecodeEvent(t *testing.T) {
	const text = `{"kind":"Event","apiVersion":"audit.k8s.io/v1beta1","timestamp":"2017-09-11T19:55:05Z","stage":"Panic","auditID":"id","verb":"get",` +
		`"requestURI":"/a\u002fb?c","user":{"username":"al\u0069ce\ud83d\ude00","uid":"1","groups":["a","b"],"extra":{"x":["y"]}},` +
		`"impersonatedUser":{"username":"bob","uid":"2","groups":["c"],"extra":{"scopes":["r","w"]}},` +
		`"authenticationMetadata":{"impersonationConstraint":"impersonate:user-info"},` +
		`"objectRef":{"resource":"pods","subresource":"exec","namespace":"n","name":"p","apiVersion":"apps/v1"},"responseStatus":{"code":101},` +
		`"annotations":{"authorization.k8s.io/decision":"forbid"},"requestObject":{"a":[1,{"b":null}]}}`
	var d eventDecoder
	if kind := d.decode([]byte(text), false); kind != isEvent {
		t.Fatalf("kind %d", kind)
	}
	e := d.event
	if e.Time != "2017-09-11T19:55:05Z" || e.Stage != "Panic" || e.AuditID != "id" || e.Verb != "get" || e.RequestURI != "/a/b?c" || e.Code != 101 ||
		e.Decision != "forbid" || e.Constraint != "impersonate:user-info" {
		t.Errorf("event %+v", e)
	}
	if e.User.Name != "alice\U0001F600" || !slices.Equal(e.User.Groups, []string{"a", "b"}) {
		t.Errorf("user %+v", e.User)
	}
	if i := e.Impersonated; i == nil || i.Name != "bob" || i.UID != "2" || !slices.Equal(i.Groups, []string{"c"}) || !slices.Equal(i.Extra["scopes"], []string{"r", "w"}) {
		t.Errorf("impersonated %+v", i)
	}
	if o := e.Object; o == nil || o.Group != "apps" || o.Resource != "pods" || o.Subresource != "exec" || o.Namespace != "n" || o.Name != "p" {
		t.Errorf("object %+v", o)
	}
	// Nothing of an event is left for the next.
	d.decode([]byte(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","stage":"Panic","impersonatedUser":{},"objectRef":{},"user":null}`), false)
	if e := d.event; e.User.Name != "" || len(e.User.Groups) > 0 || e.Impersonated.Name != "" || len(e.Impersonated.Groups) > 0 || e.Impersonated.Extra != nil ||
		*e.Object != (AuditObject{}) || e.Code != 0 || e.Time != "" {
		t.Errorf("event %+v", e)
	}
}
