package network_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/network"
)

// oracleDir may hold labelled cases of other tools' own test suites.
const oracleDir = "../../shared/oracle"

type oracleCase struct {
	ID, Source, Check, Expect, Note string
	Files                           []string
	note                            struct {
		Name           string
		ExpectedOutput string `json:"expected_output"`
		Focus          any
		New, Old       string
		Anp            bool
		UDN            bool `json:"openshift_or_udn"`
	}
}

func oracleCases(t *testing.T, source string) []oracleCase {
	t.Helper()
	f, err := os.Open(filepath.Join(oracleDir, "cases.jsonl"))
	if err != nil {
		t.Skipf("no labelled cases of other tools beside the repository (%s)", oracleDir)
	}
	defer f.Close()
	var out []oracleCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c oracleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Source == source {
			if err := json.Unmarshal([]byte(c.Note), &c.note); err != nil {
				t.Fatal(err)
			}
			out = append(out, c)
		}
	}
	return out
}

// TestCyclonus compares every flow of cyclonus' conformance cases.
func TestCyclonus(t *testing.T) {
	cases := oracleCases(t, "cyclonus")
	flows := 0
	for _, c := range cases {
		text, err := os.ReadFile(filepath.Join(oracleDir, c.Files[1]))
		if err != nil {
			t.Fatal(err)
		}
		var truth struct {
			Expected map[string]map[string]string
		}
		if err := json.Unmarshal(text, &truth); err != nil {
			t.Fatal(err)
		}
		cluster := readFiles(t, oracleDir, c.Files[:1])
		a := cluster.analysis()
		for service, pairs := range truth.Expected {
			name, number, _ := strings.Cut(service, "/")
			protocol, _ := network.ParseProtocol(name)
			port, _ := strconv.Atoi(number)
			for pair, want := range pairs {
				from, to, _ := strings.Cut(pair, "->")
				src, dst := strings.Split(from, "/"), strings.Split(to, "/")
				flows++
				got := a.Flow(network.OfWorkload(cluster.workload(t, src[0], src[1])), network.OfWorkload(cluster.workload(t, dst[0], dst[1])), protocol, port)
				if want := map[string]network.Verdict{"allowed": network.Allowed, "blocked": network.Denied}[want]; got.Verdict != want {
					t.Errorf("%s (%s): %s %s: got %s, want %s\n%+v", c.Files[0], c.note.Name, service, pair, got.Verdict, want, got)
				}
			}
		}
	}
	if len(cases) < 150 || flows < 60000 {
		t.Errorf("only %d cases with %d flows", len(cases), flows)
	}
	t.Logf("%d cases, %d flows", len(cases), flows)
}
