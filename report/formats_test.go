package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/control"
)

// readers read the formats that have no JSON schema as their consumers do, and say what those would not take.
var readers = map[string]func([]byte) error{"junit": readJUnit, "github": readGitHub, "markdown": readMarkdown, "csv": readCSV}

// junitElements are the elements of Jenkins' junit-10.xsd that kubeharden writes, with their children, and their attributes of which
// those before the bar are required:
// https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd.
var junitElements = map[string]struct{ children, attributes string }{
	"":           {"testsuites", ""},
	"testsuites": {"testsuite", "| name time tests failures errors"},
	"testsuite":  {"testsuite properties testcase system-out system-err", "name tests failures errors | group time skipped timestamp hostname id package file log url"},
	"testcase":   {"skipped error failure system-out system-err", "name | time classname group"},
	"failure":    {"", "| type message"},
	"error":      {"", "| type message"},
	"skipped":    {"", "| type message"},
	"system-out": {"", ""},
	"system-err": {"", ""},
}

func readJUnit(text []byte) error {
	stack := []string{""}
	counts, declared := map[string]int{}, map[string]string{}
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(stack) == 1 {
			return plainText(text, "\n")
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			name, parent := token.Name.Local, stack[len(stack)-1]
			if !slices.Contains(strings.Fields(junitElements[parent].children), name) {
				return fmt.Errorf("%s in %q", name, parent)
			}
			attributes := map[string]string{}
			required, optional, _ := strings.Cut(junitElements[name].attributes, "|")
			for _, a := range token.Attr {
				attributes[a.Name.Local] = a.Value
				if !slices.Contains(strings.Fields(required+optional), a.Name.Local) {
					return fmt.Errorf("%s has %s", name, a.Name.Local)
				}
			}
			for a := range strings.FieldsSeq(required) {
				if _, ok := attributes[a]; !ok {
					return fmt.Errorf("%s without %s", name, a)
				}
			}
			if name == "testsuite" {
				clear(counts)
				declared = attributes
			}
			counts[name]++
			stack = append(stack, name)
		case xml.EndElement:
			if token.Name.Local == "testsuite" {
				for attribute, element := range map[string]string{"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"} {
					if declared[attribute] != strconv.Itoa(counts[element]) {
						return fmt.Errorf("%s %s are %d", declared[attribute], attribute, counts[element])
					}
				}
			}
			stack = stack[:len(stack)-1]
		}
	}
}

var workflowCommand = regexp.MustCompile(`^::(error|warning|notice) (file=[^,:]*(?:,[a-zA-Z]+=[^,:]*)*)::(.*)$`)

func readGitHub(text []byte) error {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for _, line := range lines[:len(lines)-1] {
		if !workflowCommand.MatchString(line) {
			return fmt.Errorf("no command: %q", line)
		}
		// What is left of % is the start of an escape.
		for rest := line; ; {
			_, after, found := strings.Cut(rest, "%")
			if !found {
				break
			}
			if len(after) < 2 || !slices.Contains([]string{"25", "0A", "0D", "3A", "2C"}, after[:2]) {
				return fmt.Errorf("not escaped: %q", line)
			}
			rest = after
		}
	}
	if !strings.HasPrefix(lines[len(lines)-1], "kubeharden: ") {
		return fmt.Errorf("last line %q", lines[len(lines)-1])
	}
	return plainText(text, "\n")
}

var (
	// cell is a cell of a table as cmark-gfm scans it: an escape, or anything but a bar.
	cell     = regexp.MustCompile("(?:\\\\[!-/:-@\\[-`{-~]|[^|])+")
	ourHTML  = regexp.MustCompile(`</?(?:details|summary|code)>|<br>|&(?:amp|lt|gt|quot|#39);`)
	theLinks = regexp.MustCompile(`\[[a-z-]+\]\(https://github\.com/kubeharden/[a-z/.-]+\)`)
)

func readMarkdown(text []byte) error {
	if len(text) > maxComment {
		return fmt.Errorf("%d bytes", len(text))
	}
	open := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		open += strings.Count(line, "<details>") - strings.Count(line, "</details>")
		if strings.HasPrefix(line, "| ") {
			cells := cell.FindAllString(line, -1)
			if columns := len(cells); columns != 4 && columns != 5 && columns != 7 {
				return fmt.Errorf("%d cells: %s", columns, line)
			}
		}
		// Outside of code and of what we write ourselves nothing is markup.
		rest := line
		if !strings.HasPrefix(line, "<details>") {
			rest = withoutCode(line)
		}
		rest = theLinks.ReplaceAllString(ourHTML.ReplaceAllString(rest, ""), "")
		if !strings.HasPrefix(line, "<details>") && strings.ContainsAny(rest, "<>`@&[]()_~\\") && !strings.HasPrefix(line, "**") || strings.ContainsAny(rest, "<>") {
			return fmt.Errorf("markup: %s", line)
		}
	}
	if open != 0 {
		return errors.New("details left open")
	}
	return plainText(text, "\n")
}

// withoutCode removes the code spans of a line: a run of backticks up to the next one of the same length.
func withoutCode(line string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(line, "`")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		n := len(rest) - len(strings.TrimLeft(rest, "`")) + 1
		rest = rest[n-1:]
		end := -1
		for i := 0; i < len(rest); {
			run := len(rest[i:]) - len(strings.TrimLeft(rest[i:], "`"))
			if run == n {
				end = i + run
				break
			}
			i += max(run, 1)
		}
		if end < 0 {
			return out.String() + "`" + rest
		}
		line = rest[end:]
	}
}

func readCSV(text []byte) error {
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll() // refuses records of another length than the header
	if err != nil {
		return err
	}
	for _, record := range records {
		for _, field := range record {
			for part := range strings.SplitSeq(field, ";") {
				if part = strings.TrimLeft(part, " "); part != "" && strings.ContainsRune("=+-@＝＋－＠\t\r", []rune(part)[0]) {
					return fmt.Errorf("a formula: %q", field)
				}
			}
		}
	}
	if bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")) || len(records) != bytes.Count(text, []byte("\n")) {
		return errors.New("line ends")
	}
	return plainText(text, "\r\n")
}

// plainText reports what a terminal would not take for text.
func plainText(text []byte, allowed string) error {
	if !utf8.Valid(text) {
		return errors.New("not UTF-8")
	}
	for _, r := range string(text) {
		if !strings.ContainsRune(allowed, r) && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return fmt.Errorf("%U", r)
		}
	}
	return nil
}

func TestReaders(t *testing.T) {
	for format, read := range readers {
		if err := read(render(t, format, Options{})); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		var b bytes.Buffer
		w, err := New(format, &b, Options{})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, &Run{FailOnNone: true}, nil, &Summary{})
		if err := read(b.Bytes()); err != nil {
			t.Errorf("%s of nothing: %v", format, err)
		}
		if read([]byte("<x>\x1b")) == nil {
			t.Errorf("%s: the test takes everything", format)
		}
	}
}

// Every format is checked against something.
func TestEveryFormatIsChecked(t *testing.T) {
	schemas := schemas(t)
	for _, format := range Formats()[2:] {
		if schemas[format] == nil && readers[format] == nil {
			t.Errorf("%s: neither schema nor reader", format)
		}
	}
}

func TestAppendCommand(t *testing.T) {
	const text = "100%: a,b\r\n%25"
	if got := string(appendCommand(nil, []byte(text), false)); got != "100%25: a,b%0D%0A%2525" {
		t.Errorf("message %q", got)
	}
	if got := string(appendCommand(nil, []byte(text), true)); got != "100%25%3A a%2Cb%0D%0A%2525" {
		t.Errorf("property %q", got)
	}
}

func TestAppendCode(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "`a`", "`": "`` ` ``", "a``b": "```a``b```", " a ": "`  a  `", "a|b": "`a\\|b`", `a\|b`: "`a\\x5c\\|b`", `\`: "`\\`",
		"@me <b> [x](y)": "`@me <b> [x](y)`",
	} {
		if got := string(appendCode(nil, []byte(text))); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// many returns a file with n findings in so many namespaces.
func many(n, namespaces int) *File {
	file := files()[0]
	finding := file.Findings[0]
	file.Findings = nil
	for i := range n {
		f := finding
		f.Ref.Namespace, f.Ref.Name = "ns-"+strconv.Itoa(i%namespaces), "web-"+strconv.Itoa(i)
		if i == n-1 {
			f.Control, f.Severity = privileged, control.Critical
		}
		file.Findings = append(file.Findings, f)
	}
	return file
}

func TestMarkdownIsBounded(t *testing.T) {
	var b bytes.Buffer
	file := many(5000, 1)
	s := summary([]*File{file, file})
	write(t, NewMarkdown(&b), example(), []*File{file, file}, s)
	if err := readMarkdown(b.Bytes()); err != nil {
		t.Error(err)
	}
	rows := strings.Count(b.String(), "| medium | 17 |")
	if want := "… and " + strconv.Itoa(10_000-rows) + " more, "; rows < 100 || !strings.Contains(b.String(), want) {
		t.Errorf("%d rows and no %q", rows, want)
	}
	if !strings.Contains(b.String(), "\n- critical `deploy/web.yaml:17:9` [privileged-container]") {
		t.Errorf("the most severe finding is lost:\n%.2000s", &b)
	}
}

// Reports fit into a cluster's store, and their summaries count what they list.
func TestReportsAreBounded(t *testing.T) {
	var b bytes.Buffer
	const n = 6000
	file := many(n, 3)
	write(t, NewOpenReports(&b), example(), []*File{file}, summary([]*File{file}))
	if err := validate(reportSchema(t, "openreports.io/v1alpha1", "Report"), b.Bytes()); err != nil {
		t.Error(err)
	}
	var list struct {
		Items []json.RawMessage
	}
	if err := json.Unmarshal(b.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	names, results := map[string]bool{}, 0
	for _, item := range list.Items {
		var r struct {
			Metadata struct{ Name, Namespace string }
			Results  []struct{ Resources []struct{ Namespace string } }
			Summary  struct{ Fail int }
		}
		if err := json.Unmarshal(item, &r); err != nil {
			t.Fatal(err)
		}
		if len(item) > 1<<20 || r.Summary.Fail != len(r.Results) || names[r.Metadata.Namespace+"/"+r.Metadata.Name] {
			t.Errorf("%+v: %d bytes, %d of %d fail", r.Metadata, len(item), r.Summary.Fail, len(r.Results))
		}
		names[r.Metadata.Namespace+"/"+r.Metadata.Name] = true
		results += len(r.Results)
		for _, result := range r.Results {
			if result.Resources[0].Namespace != r.Metadata.Namespace {
				t.Errorf("%s is reported in %s", result.Resources[0].Namespace, r.Metadata.Namespace)
			}
		}
	}
	if results != n || len(names) < 6 {
		t.Errorf("%d results in %d reports", results, len(names))
	}
}

func TestScopesOfReports(t *testing.T) {
	file := files()[0]
	for i, ref := range []control.Ref{{Kind: "ClusterRole", Name: "a"}, {Kind: "Role", Name: "a"}} {
		file.Findings[i].Ref = ref
	}
	var b bytes.Buffer
	s := &Summary{Controls: []control.Counts{{2}, {}, {}, {}, {}}}
	write(t, NewPolicyReport(&b), example(), []*File{file}, s)
	for _, want := range []string{
		`"kind":"ClusterPolicyReport","metadata":{"name":"kubeharden","labels"`,
		`"kind":"PolicyReport","metadata":{"name":"kubeharden-no-namespace","labels"`,
		`"policy":"privileged-container","rule":"container","category":"pods/security-context","result":"pass"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, &b)
		}
	}
}

// The observations that findings relate to exist, each once, and UUIDs depend on what they name only.
func TestOSCALReferences(t *testing.T) {
	read := func(files []*File) (observations, related []string, document string) {
		t.Helper()
		var b bytes.Buffer
		write(t, NewOSCAL(&b), example(), files, summary(files))
		var doc struct {
			Results struct {
				UUID    string
				Results []struct {
					Observations []struct {
						UUID, Title string
					}
					Findings []struct {
						Related []struct {
							UUID string `json:"observation-uuid"`
						} `json:"related-observations"`
					}
				}
			} `json:"assessment-results"`
		}
		if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		for _, o := range doc.Results.Results[0].Observations {
			if o.Title != "" { // problems have none
				observations = append(observations, o.UUID)
			}
		}
		for _, f := range doc.Results.Results[0].Findings {
			for _, r := range f.Related {
				related = append(related, r.UUID)
			}
		}
		slices.Sort(observations)
		slices.Sort(related)
		return observations, related, doc.Results.UUID
	}
	all := files()
	all[0].Findings = append(all[0].Findings, all[0].Findings[0]) // the same fault twice
	observations, related, document := read(all)
	if !slices.Equal(observations, related) || len(slices.Compact(slices.Clone(related))) != 6 {
		t.Errorf("observations %v, related %v", observations, related)
	}
	for i := range all[0].Findings {
		all[0].Findings[i].Place.Line += 5
	}
	if moved, _, same := read(all); !slices.Equal(moved, observations) || same != document {
		t.Error("moved lines change UUIDs")
	}
	if _, _, other := read(all[:1]); other == document {
		t.Error("another result has the same UUID")
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		"": epoch, "2026-02-03T04:05:06Z": "2026-02-03T04:05:06Z", "2026-02-03T04:05:06+01:00": epoch, "2026-02-03T04:05:06.5Z": epoch, "\n": epoch,
	} {
		if got := timeOr(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
