package falco

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const oracleDir = "../../shared/oracle"

// oracleCase is one labelled case of Falco's own test suites.
type oracleCase struct {
	Source, Check, Expect, Note string
	Files                       []string
}

// oracleNote is what the suites say of a case beside whether the files are valid.
type oracleNote struct {
	Test             string
	Errors, Warnings []string // parts of messages
	Codes, Messages  []string
	Compiled         string
	Schema           string
	Rule             int
	Macro            int
	List             int
}

// notAboutRules are cases in which Falco fails for something else than its rules files: the test gives it a broken configuration.
var notAboutRules = map[string]string{
	"TestFalco_Config_RuleMatchingWrongValue":          "falco.yaml has an unknown value of rule_matching",
	"TestFalco_Legacy_MonitorSyscallDropsThresholdOor": "falco.yaml has a threshold out of range",
	"TestFalco_Legacy_MonitorSyscallDropsThresholdNeg": "falco.yaml has a negative threshold",
	"TestFalco_Legacy_MonitorSyscallDropsIgnoreAndLog": "falco.yaml has actions that exclude each other",
	"TestFalco_Legacy_MonitorSyscallDropsExit":         "falco.yaml tells Falco to exit when events are dropped",
}

// absent are warnings that a case says must not be there, while the note lists them as if they had to.
var absent = map[string]bool{
	"no_evttype_warning_for_unsatisfiable_condition": true,
	"no_evttype_warning_for_evt_type_contradiction":  true,
	"rule_override_append":                           true,
}

// words are the parts of messages that the suites give names to.
var words = map[string]string{
	"WARNING_APPEND":     "'append' key is deprecated",
	"WARNING_ENABLED":    "The standalone 'enabled' key usage is deprecated",
	"WARNING_NO_EVTTYPE": "Rule matches too many evt.type values",
}

func oracleCases(t *testing.T) []oracleCase {
	t.Helper()
	f, err := os.Open(filepath.Join(oracleDir, "cases.jsonl"))
	if err != nil {
		t.Skipf("no labelled cases of other tools beside the repository: %v", err)
	}
	defer f.Close()
	var cases []oracleCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), `"source": "falco`) {
			continue
		}
		var c oracleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if slices.Contains([]string{"falco", "falco-testing", "falco-rules"}, c.Source) {
			cases = append(cases, c)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

func loadFiles(t *testing.T, names []string, options Options) *Result {
	t.Helper()
	var files []File
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(oracleDir, name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{name, content})
	}
	return Load(files, options)
}

func TestAgreesWithFalcosOwnTests(t *testing.T) {
	counts := map[string]int{}
	for _, c := range oracleCases(t) {
		var note oracleNote
		if err := json.Unmarshal([]byte(c.Note), &note); err != nil {
			t.Fatal(err)
		}
		if why := notAboutRules[note.Test]; why != "" {
			counts[c.Source+" not about rules"]++
			continue
		}
		counts[c.Source]++
		t.Run(c.Source+"/"+note.Test, func(t *testing.T) {
			options := Options{}
			if slices.Contains(note.Codes, string(WarnUnknownSource)) {
				options.Sources = []string{SyscallSource}
			}
			r := loadFiles(t, c.Files, options)
			if r.OK() != (c.Expect == "pass") {
				t.Fatalf("valid: %v, want %s; first error: %+v", r.OK(), c.Expect, r.First())
			}
			checkNote(t, c, note, r)
		})
	}
	t.Log(counts)
}

func checkNote(t *testing.T, c oracleCase, note oracleNote, r *Result) {
	t.Helper()
	if c.Source == "falco-rules" {
		if got, want := r.Items, (ItemCount{note.Rule, note.Macro, note.List}); got != want {
			t.Errorf("items %+v, want %+v", got, want)
		}
	}
	if note.Schema != "" && r.SchemaOK != (note.Schema == "validation_ok") {
		t.Errorf("schema %v, want %s", r.SchemaOK, note.Schema)
	}
	for _, want := range note.Errors {
		if first := r.First(); first == nil || !strings.Contains(first.Message, want) {
			t.Errorf("first error %+v, want %q", first, want)
		}
	}
	for _, want := range note.Warnings {
		if w, ok := words[want]; ok {
			want = w
		}
		found := slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Level == Warning && strings.Contains(p.Message, want) })
		if found == absent[note.Test] {
			t.Errorf("warning %q is there: %v", want, found)
		}
	}
	for _, want := range note.Codes {
		if c.Expect == "fail" && string(r.First().Code) != want {
			t.Errorf("first error %+v, want code %s", r.First(), want)
		}
		if !slices.ContainsFunc(r.Problems, func(p Problem) bool { return string(p.Code) == want }) {
			t.Errorf("no problem with code %s", want)
		}
	}
	for _, want := range note.Messages {
		want = strings.ReplaceAll(want, `\"`, `"`)
		if strings.HasPrefix(want, "yaml-cpp:") {
			continue // the words are the library's
		}
		if !slices.ContainsFunc(r.Problems, func(p Problem) bool { return strings.Contains(p.Message, want) }) {
			t.Errorf("no problem says %q", want)
		}
	}
	if note.Compiled != "" {
		compiled := ""
		for _, rule := range r.Rules {
			if rule.Expr != nil && compiled == "" {
				compiled = written(rule.Expr, true)
			}
		}
		if compiled != note.Compiled {
			t.Errorf("compiled %s, want %s", compiled, note.Compiled)
		}
	}
}

// TestTechniquesAreControls checks that each technique is a row of the catalogue, and each such row a technique.
func TestTechniquesAreControls(t *testing.T) {
	text, err := os.ReadFile("../../shared/checklist/controls.csv")
	if err != nil {
		t.Skipf("no catalogue beside the repository: %v", err)
	}
	rows := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if id, _, _ := strings.Cut(line, ","); strings.HasPrefix(id, "runtime-rules-") {
			rows[id] = true
		}
	}
	for _, known := range techniques {
		if !rows[known.ID] {
			t.Errorf("%s is no row", known.ID)
		}
		delete(rows, known.ID)
	}
	for id := range rows {
		t.Errorf("no technique for %s", id)
	}
}
