package encryption

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oracle = "../../shared/oracle"

// oracleCase is a case of the API server's own tests.
type oracleCase struct {
	ID, Source, Check, Expect, Note string
	Files                           []string
}

// fragments are whole files around the parts that the API server's tests for one function hold, which say nothing of the rest. The empty
// cachesize, timeout and so on are the defaults.
var fragments = map[string]struct{ head, tail string }{
	"Key": {"providers: [{aescbc: {keys: [{", "}]}}]"},
	"KMS": {"providers: [{kms: {", "}}]"},
}

// whole makes a file of a fragment.
func whole(t *testing.T, check, part string) string {
	t.Helper()
	// The parts were written with the names of Go's fields; in files it is cachesize.
	part = strings.ReplaceAll(part, "cacheSize:", "cachesize:")
	given := map[string]bool{}
	var fields []string
	for line := range strings.Lines(part) {
		line = strings.TrimSpace(line)
		name, _, _ := strings.Cut(line, ":")
		given[name] = true
		fields = append(fields, line)
	}
	sort := "KMS"
	defaults := map[string]string{"name": "name: kms-other", "endpoint": "endpoint: unix:///kms.sock", "apiVersion": "apiVersion: v1"}
	if check == "validate-part/Key" {
		sort, defaults = "Key", nil
	}
	if check == "validate-part/KMSProviderName" {
		// That test gives the function no version, which a file always has once the defaults are in: what is not v1 is judged as v2.
		defaults["apiVersion"] = "apiVersion: v2"
	}
	for name, field := range defaults {
		if !given[name] {
			fields = append(fields, field)
		}
	}
	f := fragments[sort]
	text := "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  " + f.head + strings.Join(fields, ", ") + f.tail + "\n"
	if check == "validate-part/KMSProviderName" && strings.Contains(part, "name: foo\n") {
		// The case is about a name that is taken.
		text = strings.Replace(text, "providers: [", "providers: [{kms: {name: foo, endpoint: 'unix:///a'}}, ", 1)
	}
	return text
}

func TestOracle(t *testing.T) {
	file, err := os.Open(filepath.Join(oracle, "cases.jsonl"))
	if err != nil {
		t.Skipf("no labelled cases of other tools beside the repository (%s)", oracle)
	}
	defer file.Close()
	cases, agree := 0, 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c oracleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil || c.Source != "k8s-encryption" {
			continue
		}
		cases++
		src, err := os.ReadFile(filepath.Join(oracle, c.Files[0]))
		if err != nil {
			t.Fatal(err)
		}
		text := string(src)
		if strings.HasPrefix(c.Check, "validate-part/") {
			text = whole(t, c.Check, text)
		}
		var note struct {
			Reload bool
			First  string `json:"first_provider"`
		}
		if err := json.Unmarshal([]byte(c.Note), &note); err != nil {
			t.Fatal(err)
		}
		config, flaws := read(t, text)
		verdict := "pass"
		for _, f := range flaws {
			if !f.ReloadOnly || note.Reload {
				verdict = "fail"
			}
		}
		if verdict != c.Expect {
			t.Errorf("%s %s: %s, the API server says %s: %v\n%s", c.ID, c.Files[0], verdict, c.Expect, flaws, text)
			continue
		}
		if note.First != "" && c.Expect == "pass" && config.Entries[0].Providers[0].Field != note.First {
			t.Errorf("%s: first provider is %s, want %s", c.Files[0], config.Entries[0].Providers[0].Field, note.First)
			continue
		}
		agree++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if cases != 37 {
		t.Errorf("%d cases, 37 were known", cases)
	}
	t.Logf("agreement: %d of %d", agree, cases)
}
