// Package oracle holds the agreement with other tools' own test suites, which may lie beside the repository.
package oracle

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	// The program is built by the test; without an import Go would take an old result for a new one.
	_ "github.com/kubeharden/kubeharden/internal/cli"
)

const dir = "../../../shared/oracle"

// What has been reached. docs/oracle.md says of every class of disagreement who is right and why. A change that lowers a
// number has to be explained there, and here.
const (
	agreement = 97.2 // per cent of the cases; of the 299 on the cluster's configuration 21 are explained
	mean      = 91.2 // per cent, every check of every tool weighing the same
)

func TestAgreementWithOtherTools(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute; not with -short")
	}
	judge, err := filepath.Abs(filepath.Join(dir, "judge.py"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(judge); err != nil {
		t.Skipf("no labelled cases of other tools beside the repository (%s)", dir)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to run the judge with")
	}
	tool := filepath.Join(t.TempDir(), "kubeharden")
	if out, err := exec.Command("go", "build", "-o", tool, "../../cmd/kubeharden").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	out, err := exec.Command(python, judge, "--tool", tool, "--scan-args=--no-fold --no-config", "--jobs", strconv.Itoa(runtime.NumCPU()),
		"--cases", filepath.Dir(judge), "--mapping", filepath.Join(filepath.Dir(judge), "mapping.csv")).Output()
	if err != nil {
		t.Fatalf("judge: %v", err)
	}
	text := string(out)
	for _, figure := range []struct {
		name, pattern string
		least         float64
	}{
		{"agreement", `agreement: \d+ of \d+ \(([\d.]+) %\)`, agreement},
		{"mean over checks", `mean over \d+ checks .*: ([\d.]+) %`, mean},
	} {
		found := regexp.MustCompile(figure.pattern).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("the judge printed no %s:\n%s", figure.name, text)
		}
		if got, err := strconv.ParseFloat(found[1], 64); err != nil || got < figure.least {
			t.Errorf("%s is %s %%, at least %v %% has been reached before\n%s", figure.name, found[1], figure.least, text)
		}
	}
	if strings.Contains(text, "runs without a usable result") {
		t.Errorf("some runs gave no report:\n%s", text)
	}
	t.Log(text[strings.LastIndex(strings.TrimSpace(text), "\n")+1:])
}
