// Command between completes component/defaults.txt for the releases that test/componentflags did not build: what the releases before and
// after one agree on holds there too, and whether it has what only one of them has is read from its source, in the modules that declare
// flags and fields. A default that changed between the two is a lone question mark, unless decided says what the source says.
//
// Building the components of a release takes some minutes; this takes seconds. Run it after the others:
//
//	go run ./between
package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/test/componentflags/minors"
)

const target = "../../component/defaults.txt"

// releases are those to complete, with the ones before and after that were built.
var releases = []struct {
	minor, before, after int
	patch                string
}{
	{30, 29, 33, "14"}, {31, 29, 33, "14"}, {32, 29, 33, "13"}, {34, 33, 37, "4"}, {35, 33, 37, "4"}, {36, 33, 37, "3"},
}

// decided are defaults that changed: the minor from which the new one holds.
var decided = map[string]int{
	// k8s.io/apiserver/pkg/server/options/audit.go
	"flag\tkube-apiserver\taudit-log-maxage": 36, "flag\tkube-apiserver\taudit-log-maxbackup": 36, "flag\tkube-apiserver\taudit-log-maxsize": 36,
	// k8s.io/kubernetes/pkg/controlplane/apiserver/options/options.go
	"flag\tkube-apiserver\tenable-logs-handler": 31,
	// k8s.io/kubernetes/pkg/controller/nodelifecycle/config/v1alpha1/defaults.go
	"flag\tkube-controller-manager\tnode-monitor-grace-period": 32,
	// k8s.io/kubernetes/pkg/kubelet/apis/config/v1beta1/defaults.go
	"flag\tkubelet\tfail-cgroupv1": 35, "field\tkubelet\tfailCgroupV1": 35,
}

// sources are the folders that declare flags and fields, by module.
var sources = map[string][]string{
	"kubernetes": {"cmd", "pkg/kubeapiserver", "pkg/controlplane/apiserver/options", "pkg/kubelet/config", "pkg/scheduler/apis"},
	"apiserver":  {"pkg/server/options", "pkg/admission"}, "component-base": {""}, "controller-manager": {""}, "cloud-provider": {"options", "config"},
	"kubelet": {"config"}, "kube-proxy": {"config"}, "kube-scheduler": {"config"},
}

type line struct {
	key, value string
	minors     []int
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	text, err := os.ReadFile(target)
	if err != nil {
		return err
	}
	head, lines := parse(string(text))
	for _, r := range releases {
		if err := complete(&lines, r.minor, r.before, r.after, r.patch); err != nil {
			return fmt.Errorf("completing 1.%d: %w", r.minor, err)
		}
	}
	return os.WriteFile(target, []byte(head+format(lines)), 0o644)
}

func parse(text string) (head string, lines []line) {
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, "#") || strings.HasPrefix(l, "release") {
			head += l
			continue
		}
		cells := strings.SplitN(strings.TrimSuffix(l, "\n"), "\t", 5)
		value := ""
		if len(cells) > 4 {
			value = cells[4]
		}
		lines = append(lines, line{strings.Join(cells[:3], "\t"), value, minors.Parse(cells[3])})
	}
	return head, lines
}

// complete adds one release to the lines that hold for it.
func complete(lines *[]line, minor, before, after int, patch string) error {
	words, err := declared(minor, patch)
	if err != nil {
		return err
	}
	older, newer := map[string]int{}, map[string]int{}
	for n := range *lines {
		l := &(*lines)[n]
		l.minors = slices.DeleteFunc(l.minors, func(m int) bool { return m == minor })
		if strings.HasPrefix(l.key, "gate") || strings.HasPrefix(l.key, "history") {
			continue
		}
		if slices.Contains(l.minors, before) {
			older[l.key] = n
		}
		if slices.Contains(l.minors, after) {
			newer[l.key] = n
		}
	}
	for _, key := range slices.Sorted(maps.Keys(older)) {
		n := older[key]
		m, both := newer[key]
		switch since := decided[key]; {
		case both && m == n:
			(*lines)[n].minors = append((*lines)[n].minors, minor)
		case both && (since > 0 && minor >= since || since == 0 && defaultOf(n, *lines) == defaultOf(m, *lines)):
			(*lines)[m].minors = append((*lines)[m].minors, minor)
		case both && since > 0:
			(*lines)[n].minors = append((*lines)[n].minors, minor)
		case both:
			addUnknown(lines, n, minor)
		case words[name(key)]:
			(*lines)[n].minors = append((*lines)[n].minors, minor)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(newer)) {
		if _, there := older[key]; !there && words[name(key)] {
			n := newer[key]
			(*lines)[n].minors = append((*lines)[n].minors, minor)
		}
	}
	return nil
}

// name is what the source of a flag, field or plugin has in quotes.
func name(key string) string {
	last := key[strings.LastIndexByte(key, '\t')+1:]
	if strings.HasPrefix(key, "field") {
		return "json:" + strings.TrimSuffix(last[strings.LastIndexByte(last, '.')+1:], "[]")
	}
	return last
}

func defaultOf(n int, lines []line) string {
	cells := append(strings.Split(lines[n].value, "\t"), "")
	return cells[1]
}

// addUnknown adds a line with the type of another and no known default.
func addUnknown(lines *[]line, n, minor int) {
	l := (*lines)[n]
	cells := append(strings.Split(l.value, "\t"), "")
	cells[1] = "?"
	value := strings.TrimRight(strings.Join(cells, "\t"), "\t")
	for m := range *lines {
		if x := &(*lines)[m]; x.key == l.key && x.value == value {
			x.minors = append(x.minors, minor)
			return
		}
	}
	*lines = append(*lines, line{l.key, value, []int{minor}})
}

// declared returns all words in quotes, and the names of JSON fields, of a release's sources.
func declared(minor int, patch string) (map[string]bool, error) {
	words := map[string]bool{}
	for module, dirs := range sources {
		version := fmt.Sprintf("v0.%d.%s", minor, patch)
		if module == "kubernetes" {
			version = fmt.Sprintf("v1.%d.%s", minor, patch)
		}
		out, err := exec.Command("go", "mod", "download", "-json", "k8s.io/"+module+"@"+version).Output()
		var m struct{ Dir string }
		if json.Unmarshal(out, &m) != nil || m.Dir == "" {
			log.Printf("k8s.io/%s@%s is not there: %v", module, version, err)
			continue
		}
		for _, dir := range dirs {
			if err := collect(filepath.Join(m.Dir, dir), words); err != nil {
				return nil, err
			}
		}
	}
	return words, nil
}

func collect(dir string, words map[string]bool) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			if os.IsNotExist(err) {
				return nil
			}
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for n, part := range strings.Split(string(src), `"`) {
			if field, ok := strings.CutPrefix(part, "json:"); ok {
				words["json:"+field] = true
			}
			if n > 0 && len(part) < 80 && !strings.ContainsAny(part, " \n") {
				words[part] = true
				before, _, _ := strings.Cut(part, ",")
				words["json:"+before] = true
			}
		}
		return nil
	})
}

func format(lines []line) string {
	var out []string
	for _, l := range lines {
		if len(l.minors) == 0 {
			continue
		}
		slices.Sort(l.minors)
		l.minors = slices.Compact(l.minors)
		out = append(out, strings.TrimSuffix(l.key+"\t"+minors.Format(l.minors)+"\t"+l.value, "\n"))
	}
	slices.Sort(out)
	return strings.Join(out, "\n") + "\n"
}
