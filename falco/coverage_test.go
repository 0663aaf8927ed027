package falco

import (
	"fmt"
	"strings"
	"testing"
)

func coverageOf(t *testing.T, rules string) map[string]TechniqueCoverage {
	t.Helper()
	r := Load([]File{{"rules.yaml", []byte(rules)}}, Options{})
	if !r.OK() {
		t.Fatal(problemLines(r))
	}
	byID := map[string]TechniqueCoverage{}
	for _, c := range r.Coverage() {
		byID[strings.TrimPrefix(c.ID, "runtime-rules-")] = c
	}
	return byID
}

// TestCoverageByCondition gives each technique a rule of a name that says nothing, and expects it to be seen, alone.
func TestCoverageByCondition(t *testing.T) {
	for technique, condition := range map[string]string{
		"shell-execution":   "evt.type = execve and container.id != host and proc.name in (bash, sh)",
		"reverse-shell":     "evt.type in (dup, dup2) and fd.num in (0, 1, 2) and fd.type = ipv4",
		"credential-access": "evt.type = openat and evt.is_open_read = true and fd.name = /etc/shadow",
		"api-access":        "evt.type = execve and proc.name = kubectl",
		"container-escape":  "evt.type = execve and proc.name = nsenter",
		"drift":             "evt.type = execve and proc.is_exe_upper_layer = true",
		"persistence":       "evt.type = openat and evt.is_open_write = true and fd.name startswith /etc/cron.d",
		"defense-evasion":   "evt.type in (unlink, unlinkat) and evt.arg.name startswith /var/log/",
		"network-anomaly":   "evt.type = connect and not fd.snet in (\"10.0.0.0/8\")",
		"cryptomining":      "evt.type = execve and proc.cmdline contains stratum+tcp",
	} {
		for _, c := range []struct {
			name, rule string
			want       Status
		}{
			{"enabled", condition, Covered},
			{"disabled", condition + "\n  enabled: false", Missing},
			{"excluded", "evt.type = close and not (" + condition + ")", Missing},
			{"never", "(" + condition + ") and evt.num = 0", Missing},
		} {
			got := coverageOf(t, "- macro: m\n  condition: "+strings.SplitN(c.rule, "\n", 2)[0]+"\n- rule: some rule\n  condition: m"+rest(c.rule)+ruleTail)
			for id, cover := range got {
				want := Missing
				if id == technique {
					want = c.want
				}
				if cover.Status != want {
					t.Errorf("%s %s: %s is %s, want %s: %+v", technique, c.name, id, cover.Status, want, cover.Rules)
				}
			}
			if c.name == "disabled" && fmt.Sprint(got[technique].Disabled) != "[some rule]" {
				t.Errorf("%s: disabled %v", technique, got[technique].Disabled)
			}
		}
	}
}

func rest(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[i:]
	}
	return ""
}

func TestCoverageByNameAndTag(t *testing.T) {
	got := coverageOf(t, "- rule: write below ETC\n  condition: evt.type = dup"+ruleTail+
		"- rule: x\n  condition: evt.type = dup\n  tags: [mitre_credential_access, T1611.1]"+ruleTail)
	for id, want := range map[string]Status{"persistence": Claimed, "credential-access": Claimed, "container-escape": Claimed, "drift": Missing} {
		if got[id].Status != want {
			t.Errorf("%s: %+v, want %s", id, got[id], want)
		}
	}
	got = coverageOf(t, "- rule: x\n  condition: evt.type = dup\n  enabled: false\n  tags: [T1611]"+ruleTail)
	if c := got["container-escape"]; c.Status != Missing || len(c.Disabled) > 0 {
		t.Errorf("a disabled rule with a tag: %+v", c)
	}
	got = coverageOf(t, "- rule: write below ETC\n  condition: evt.type = dup"+ruleTail+
		"- rule: x\n  condition: evt.type = dup\n  tags: [mitre_credential_access, T1611.1]"+ruleTail)
	if e := got["persistence"].Rules[0]; e.Kind != "name" || e.Place.Line != 1 {
		t.Errorf("%+v", e)
	}
	if e := got["container-escape"].Rules[0]; e.Kind != "tag" || e.Why != "tag T1611.1" {
		t.Errorf("%+v", e)
	}
}

func TestNotes(t *testing.T) {
	rules := "- macro: m\n  condition: evt.type = open\n" +
		"- rule: a\n  condition: m and proc.name = x" + ruleTail +
		"- rule: b\n  condition: evt.type = close or (evt.type = dup and fd.num = 1)" + ruleTail +
		"- rule: c\n  condition: fd.name = y and proc.name = x and m" + ruleTail + // a takes them all
		"- rule: d\n  condition: fd.num = 1 and (evt.type = dup and proc.name = z)" + ruleTail + // b takes them all
		"- rule: e\n  condition: m and proc.name in (x)" + ruleTail + // the same, but not as it is written
		"- rule: f\n  condition: evt.type = close and proc.name = x\n  enabled: false" + ruleTail +
		"- rule: a\n  condition: m and proc.name = x and fd.name exists" + ruleTail
	r := Load([]File{{"rules.yaml", []byte(rules)}}, Options{FirstMatch: true})
	want := `note RULE_OVERRIDDEN 3:3 rule 'a': this definition is not used: the rule is defined again at rules.yaml:34:3
note RULE_DISABLED 28:3 rule 'f': the rule is disabled
note RULE_SHADOWED 18:3 rule 'd': with rule_matching: first the rule never alerts: rule 'b' at rules.yaml:8:3 matches every event that it matches
`
	if got := problemLines(r); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	// Without the second definition of a, c is shadowed too.
	r = Load([]File{{"rules.yaml", []byte(rules[:strings.LastIndex(rules, "- rule: a")])}}, Options{FirstMatch: true})
	if got := problemLines(r); !strings.Contains(got, "13:3 rule 'c': with rule_matching: first the rule never alerts: rule 'a'") {
		t.Errorf("got:\n%s", got)
	}
	if got := problemLines(Load([]File{{"rules.yaml", []byte(rules)}}, Options{})); strings.Contains(got, "SHADOWED") {
		t.Errorf("got:\n%s", got)
	}
}

// TestGeneralRuleDoesNotShadow: rules without event types are asked after those that have some.
func TestGeneralRuleDoesNotShadow(t *testing.T) {
	rules := "- rule: a\n  condition: proc.name = x\n  warn_evttypes: false" + ruleTail + "- rule: b\n  condition: evt.type = open and proc.name = x" + ruleTail
	if got := problemLines(Load([]File{{"r", []byte(rules)}}, Options{FirstMatch: true})); got != "" {
		t.Errorf("got %s", got)
	}
}

func BenchmarkLoad(b *testing.B) {
	// About the size of falco_rules.yaml: 25 rules, 87 macros, 49 lists.
	var s strings.Builder
	for i := range 49 {
		fmt.Fprintf(&s, "- list: list%d\n  items: [%s]\n\n", i, strings.Repeat("/usr/bin/program, ", 20)+"last")
	}
	for i := range 87 {
		fmt.Fprintf(&s, "- macro: macro%d\n  condition: >\n    (evt.type in (open, openat, openat2) and fd.name in (list%d) and not proc.name startswith runc:[)\n\n", i, i%49)
	}
	for i := range 25 {
		fmt.Fprintf(&s, `- rule: Rule number %d
  desc: >
    %s
  condition: >
    macro%d and macro%d and (proc.name in (list%d) or proc.aname[2] = sshd)
    and not macro%d and not fd.name pmatch (list%d)
  output: File opened | evt_type=%%evt.type user=%%user.name process=%%proc.name parent=%%proc.pname command=%%proc.cmdline %%container.id
  priority: WARNING
  tags: [maturity_stable, host, container, filesystem, mitre_persistence, T1543]

`, i, strings.Repeat("Some words about what the rule is for and what it sees. ", 12), i, i+20, i, i+40, i+10)
	}
	content := []byte(s.String())
	if r := Load([]File{{"rules.yaml", content}}, Options{}); !r.OK() {
		b.Fatal(r.First())
	}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		Load([]File{{"rules.yaml", content}}, Options{}).Coverage()
	}
}
