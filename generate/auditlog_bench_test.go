package generate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

// auditLog makes a log of some megabytes: events of the level Metadata as most are, and if bodies is set, half of them with
// the request and the response of a pod.
func auditLog(bodies bool) []byte {
	pod := `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","labels":{"app":"web"},"managedFields":[` +
		strings.Repeat(`{"manager":"kubelet","operation":"Update","fieldsV1":{"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},"f:type":{}}}}}},`, 20) +
		`{}]},"spec":{"containers":[{"name":"web","image":"registry.example.com/web:1.2.3","env":[{"name":"A","value":"b"}]}]}}`
	var log bytes.Buffer
	for i := range 4000 {
		text := strings.Replace(line(fmt.Sprintf("033d17af-082d-4b24-aa22-%012d", i)), `"namespace":"shop"`, fmt.Sprintf(`"namespace":"shop-%d"`, i%50), 1)
		if i%3 == 0 {
			text = strings.Replace(text, "alice", "system:serviceaccount:shop:api", 1)
		}
		if bodies && i%2 == 0 {
			text = strings.Replace(text, `,"annotations"`, `,"requestObject":`+pod+`,"responseObject":`+pod+`,"annotations"`, 1)
		}
		log.WriteString(text + "\n")
	}
	return log.Bytes()
}

func BenchmarkAuditReader(b *testing.B) {
	for name, bodies := range map[string]bool{"metadata": false, "bodies": true} {
		log := auditLog(bodies)
		measure := func(name string, f func(log []byte) int) {
			b.Run(name, func(b *testing.B) {
				b.SetBytes(int64(len(log)))
				b.ReportAllocs()
				for b.Loop() {
					if n := f(log); n != 4000 {
						b.Fatal(n)
					}
				}
			})
		}
		measure(name+"/reader", func(log []byte) int {
			r := NewAuditReader(bytes.NewReader(log))
			o := NewObserved(account, ObserveOptions{})
			for e := range r.Events() {
				o.Add(e)
			}
			return r.Count()
		})
		measure(name+"/tree", func(log []byte) (n int) {
			p := tree.NewParser()
			for text := range bytes.Lines(log) {
				t, err := p.Parse(text, tree.Document{End: len(text)})
				if err == nil && t.Root().Get("stage").Exists() && t.Root().Get("objectRef").Get("name").Text() == "" {
					n++
				}
			}
			return n
		})
		measure(name+"/json", func(log []byte) (n int) {
			for text := range bytes.Lines(log) {
				var w wire
				if json.Unmarshal(text, &w) == nil {
					n++
				}
			}
			return n
		})
	}
}

// BenchmarkAuditReaderList reads the same as one document.
func BenchmarkAuditReaderList(b *testing.B) {
	log := []byte(list(strings.Split(strings.TrimSpace(string(auditLog(true))), "\n")...))
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		r := NewAuditReader(bytes.NewReader(log))
		for range r.Events() {
		}
		if r.Count() != 4000 {
			b.Fatal(r.Count())
		}
	}
}

func BenchmarkLeastRole(b *testing.B) {
	o := NewObserved(account, ObserveOptions{})
	for i := range 10_000 {
		o.Add(event(Request{Verb: "get", Resource: fmt.Sprint("r", i%20), Namespace: fmt.Sprint("n", i%50), Name: fmt.Sprint("name-", i%997)}))
	}
	for b.Loop() {
		if _, err := LeastRole(o, RoleOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
