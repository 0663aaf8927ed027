package audit_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/tree"
)

// oracle holds the API server's own test cases, which may lie beside the repository.
const oracle = "../../shared/oracle"

// oracleCases is how many there are.
const oracleCases = 67

type oracleCase struct {
	ID, Source, Check, Expect, Note string
	Files                           []string
}

type oracleNote struct {
	Level      string
	OmitStages []string
	Request    struct {
		User                                                         struct{ Name, Groups json.RawMessage }
		Verb, APIGroup, Resource, Subresource, Namespace, Name, Path string
		ResourceRequest                                              bool
	}
}

func TestOracle(t *testing.T) {
	f, err := os.Open(filepath.Join(oracle, "cases.jsonl"))
	if err != nil {
		t.Skipf("no labelled cases beside the repository (%s)", oracle)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	n := 0
	for lines.Scan() {
		var c oracleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Source != "k8s-audit" {
			continue
		}
		n++
		t.Run(c.ID, func(t *testing.T) { c.judge(t) })
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if n != oracleCases {
		t.Errorf("%d cases, want %d", n, oracleCases)
	}
}

func (c *oracleCase) judge(t *testing.T) {
	src, err := os.ReadFile(filepath.Join(oracle, c.Files[0]))
	if err != nil {
		t.Fatal(err)
	}
	var at tree.Node // an empty file has none
	if len(bytes.TrimSpace(src)) > 0 {
		at = root(t, string(src))
	}
	p, flaws := audit.Read(at)
	refused := slices.ContainsFunc(flaws, func(f audit.Flaw) bool { return f.Class == audit.Refused })
	if c.Check != "evaluate" {
		if refused != (c.Expect == "fail") {
			t.Errorf("%s: expect %s, flaws are %v", c.Files[0], c.Expect, flaws)
		}
		return
	}
	var note oracleNote
	if err := json.Unmarshal([]byte(c.Note), &note); err != nil {
		t.Fatal(err)
	}
	q := note.Request
	a := audit.Attributes{
		Verb: q.Verb, ResourceRequest: q.ResourceRequest, Group: q.APIGroup, Resource: q.Resource, Subresource: q.Subresource, Namespace: q.Namespace, Name: q.Name, Path: q.Path,
	}
	a.Nobody = len(q.User.Name) == 0
	for raw, to := range map[*json.RawMessage]any{&q.User.Name: &a.User, &q.User.Groups: &a.Groups} {
		if len(*raw) > 0 {
			if err := json.Unmarshal(*raw, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	d := p.Evaluate(&a)
	stages := slices.Sorted(slices.Values(d.OmitStages.Names()))
	if d.Level.String() != note.Level || !slices.Equal(stages, slices.Sorted(slices.Values(note.OmitStages))) || refused {
		t.Errorf("%s: level %s without %v, want %s without %v; flaws %v", c.Files[0], d.Level, stages, note.Level, note.OmitStages, flaws)
	}
}
