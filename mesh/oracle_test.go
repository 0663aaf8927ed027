package mesh_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/mesh"
)

// oracle has the cases of Istio's own tests of PeerAuthentication. They are other people's and lie beside the repository.
const oracle = "../../shared/oracle"

type oracleCase struct {
	ID, Source, Check, Expect, Note string
	Files                           []string
}

func oracleCases(t *testing.T, check string) []oracleCase {
	t.Helper()
	f, err := os.Open(filepath.Join(oracle, "cases.jsonl"))
	if err != nil {
		t.Skipf("no labelled cases of other tools beside the repository (%s)", oracle)
	}
	defer f.Close()
	var out []oracleCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), `"source": "istio"`) {
			continue
		}
		var c oracleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Check == check {
			out = append(out, c)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func oracleFile(t *testing.T, c oracleCase) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(oracle, c.Files[0]))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestComposeAsIstioDoes runs TestComposePeerAuthentication of istio/pilot/pkg/security/authn.
func TestComposeAsIstioDoes(t *testing.T) {
	cases := oracleCases(t, "peer-authentication/compose")
	if len(cases) < 7 {
		t.Fatalf("%d cases", len(cases))
	}
	// The cases write the age of an object as an annotation.
	ages := strings.NewReplacer(
		"  annotations:\n    oracle/creation: now.Add(time.Second * -1)", "  creationTimestamp: 2024-01-01T00:00:00Z",
		"  annotations:\n    oracle/creation: now", "  creationTimestamp: 2024-01-01T00:00:01Z",
	)
	for _, c := range cases {
		var note struct {
			Name, Mode, RootNamespace string
			PerPort                   map[string]string
		}
		if err := json.Unmarshal([]byte(c.Note), &note); err != nil {
			t.Fatal(err)
		}
		t.Run(note.Name, func(t *testing.T) {
			text := oracleFile(t, c)
			if strings.TrimSpace(text) == "" {
				text = "# nothing"
			}
			w := read(t, ages.Replace(text), pod("my-ns", "w", "app: foo, stage: prod, version: v1", plain))
			a := w.analyse(mesh.Options{RootNamespace: note.RootNamespace})
			at := w.workload(t, "w")
			if got := a.Policy(at, 1); string(got.Mode) != note.Mode {
				t.Errorf("%s: %+v, want %s", c.ID, got, note.Mode)
			}
			for port, mode := range note.PerPort {
				number, err := strconv.Atoi(port)
				if err != nil {
					t.Fatal(err)
				}
				if got := a.Policy(at, number); string(got.Mode) != mode {
					t.Errorf("%s: port %s: %+v, want %s", c.ID, port, got, mode)
				}
			}
		})
	}
}

// TestAcceptsAsIstioSimulates runs TestPeerAuthenticationPassthrough and TestPeerAuthenticationWithSidecar of
// istio/pilot/pkg/networking/core. All of them are decided. Their proxy has the address 1.1.1.1 and the label app=foo; an endpoint
// is tied to the pod by its labels here, as manifests do not know the addresses of pods.
func TestAcceptsAsIstioSimulates(t *testing.T) {
	cases := oracleCases(t, "peer-authentication/simulation")
	if len(cases) < 30 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		var note struct {
			Args       []any
			Call, Case string
			Result     string
		}
		if err := json.Unmarshal([]byte(c.Note), &note); err != nil {
			t.Fatal(err)
		}
		t.Run(note.Case+"/"+note.Call, func(t *testing.T) {
			text := strings.ReplaceAll(oracleFile(t, c), "address: 1.1.1.1\n location", "address: 1.1.1.1\n   labels: {app: foo}\n location")
			w := read(t, text, namespace("default", istioOn), pod("default", "w", "app: foo", plain))
			a := w.analyse(mesh.Options{})
			port, mutual := int(note.Args[0].(float64)), note.Args[1] == "simulation.MTLS"
			got := a.Accepts(w.workload(t, "w"), port, mutual)
			want := mesh.Accepted
			if c.Expect == "fail" {
				want = mesh.Refused
			}
			if got != want {
				t.Errorf("%s: port %d, mutual TLS %v: %s, want %s (%s)", c.ID, port, mutual, got, want, note.Result)
			}
			// What serves the port shows in the result, where there is a connection.
			listener, _ := a.Listener(w.workload(t, "w"), port)
			if strings.HasPrefix(note.Result, "inbound|") != (listener != mesh.Passthrough) && !strings.HasPrefix(note.Result, "simulation.") {
				t.Errorf("%s: port %d is served by %s, want %s", c.ID, port, listener, note.Result)
			}
		})
	}
}
