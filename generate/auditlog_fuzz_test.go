package generate

import (
	"bytes"
	"encoding/json"
	"testing"
	"testing/iotest"
)

// wire is an event for encoding/json.
type wire struct {
	Kind       string  `json:"kind"`
	APIVersion string  `json:"apiVersion"`
	AuditID    string  `json:"auditID"`
	Stage      string  `json:"stage"`
	Verb       string  `json:"verb"`
	RequestURI string  `json:"requestURI"`
	User       person  `json:"user"`
	As         *person `json:"impersonatedUser"`
	Object     *struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
		Group       string `json:"apiGroup"`
		Version     string `json:"apiVersion"`
	} `json:"objectRef"`
	Status struct {
		Code int32 `json:"code"`
	} `json:"responseStatus"`
	Annotations struct {
		Decision string `json:"authorization.k8s.io/decision"`
	} `json:"annotations"`
}

type person struct {
	Name   string   `json:"username"`
	UID    string   `json:"uid"`
	Groups []string `json:"groups"`
}

// FuzzAuditReader: no input makes the reader panic or count wrongly, whatever the pieces in which it comes; what it takes as an
// event encoding/json takes too and reads the same in it; and what encoding/json takes as a value, the cursor walks over.
func FuzzAuditReader(f *testing.F) {
	for _, s := range []string{
		line("a"), line("a") + "\n" + line("b")[:200] + "\n" + line("c"), list(item("a"), item("b")), indented(list(item("a"))), "[" + line("a") + ",\n{}]",
		`{"items":[{"items":[{}]}]}`, "{\"a\":\"\\u00e9\\n\"}\n{", "\xef\xbb\xbf{}", compressed(line("a")), `{"a":-0.5e+7,"b":[true,false,null,[]],"c":{}}`, "[[", "x\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		compareWithJSON(t, log)
		r := NewAuditReader(bytes.NewReader(log))
		r.limit = 1000
		o := NewObserved(account, ObserveOptions{})
		var ids []string
		for e := range r.Events() {
			ids = append(ids, e.AuditID)
			e.User.Name = "system:serviceaccount:shop:api"
			o.Add(e)
		}
		if (r.Err() == nil) != (len(ids) > 0) || r.Count() != len(ids) {
			t.Fatalf("%d events, %d counted, error %v", len(ids), r.Count(), r.Err())
		}
		again := NewAuditReader(iotest.HalfReader(bytes.NewReader(log)))
		again.limit = 1000
		n := 0
		for e := range again.Events() {
			if n >= len(ids) || e.AuditID != ids[n] {
				t.Fatalf("in pieces, event %d is %q", n, e.AuditID)
			}
			n++
		}
		if n != len(ids) {
			t.Fatalf("%d events, in pieces %d", len(ids), n)
		}
		if len(o.seen) == 0 {
			return
		}
		result, err := LeastRole(o, RoleOptions{})
		if err != nil {
			t.Fatal(err)
		}
		g, text := apply(t, result)
		for q, use := range o.seen {
			if scope, right := requestRight(q); !use.common && expressible(scope, right) && !g.allow(q) {
				t.Fatalf("%+v is refused by\n%s", q, text)
			}
		}
	})
}

func compareWithJSON(t *testing.T, text []byte) {
	t.Helper()
	c := cursor{b: text}
	walked := c.skip() && c.end()
	if valid := json.Valid(text); walked != valid && bytes.Count(text, []byte("[")) < maxDepth && bytes.Count(text, []byte("{")) < maxDepth {
		t.Fatalf("walked %v, valid %v: %q", walked, valid, text)
	}
	var d eventDecoder
	if d.decode(text, true) != isEvent {
		return
	}
	// encoding/json takes keys in any case, and merges objects under equal keys; compare where it has no choice.
	var w wire
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&w); err != nil {
		t.Fatalf("taken, but %v: %q", err, text)
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(text, &keys) != nil || bytes.Count(text, []byte(`":`)) > 40 || !singular(text) {
		return
	}
	e := &d.event
	if e.AuditID != w.AuditID || e.Stage != w.Stage || e.Verb != w.Verb || e.RequestURI != w.RequestURI || e.User.Name != w.User.Name ||
		len(e.User.Groups) != len(w.User.Groups) || e.Code != int(w.Status.Code) || e.Decision != w.Annotations.Decision ||
		(e.Object == nil) != (w.Object == nil) || (e.Impersonated == nil) != (w.As == nil) {
		t.Fatalf("read\n%+v\nand not\n%+v\nin %q", e, w, text)
	}
	if e.Object != nil && (e.Object.Resource != w.Object.Resource || e.Object.Name != w.Object.Name || e.Object.Namespace != w.Object.Namespace) {
		t.Fatalf("read %+v and not %+v in %q", e.Object, w.Object, text)
	}
}

// singular reports whether no two keys of the text are equal but for case.
func singular(text []byte) bool {
	seen := map[string]bool{}
	c := cursor{b: text}
	var walk func() bool
	walk = func() bool {
		switch c.space() {
		case '{':
			return c.object(func(key []byte) bool {
				lower := string(bytes.ToLower(key))
				lower = string(bytes.Map(func(r rune) rune {
					switch r {
					case 'ſ':
						return 's'
					case 'K':
						return 'k'
					default:
						return r
					}
				}, []byte(lower)))
				if seen[lower] || lower != string(key) && !known(string(key)) {
					return false
				}
				seen[lower] = true
				return walk()
			})
		case '[':
			return c.array(walk)
		default:
			return c.skip()
		}
	}
	return walk()
}

// known reports whether the key is one that an event has, in its case.
func known(key string) bool {
	switch key {
	case "apiVersion", "auditID", "requestURI", "impersonatedUser", "objectRef", "responseStatus", "apiGroup":
		return true
	default:
		return false
	}
}
