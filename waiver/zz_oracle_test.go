package waiver_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/waiver"
)

func findings(path string) []control.Finding {
	var out []control.Finding
	var in iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		yield(engine.Input{Path: path, Read: func() ([]byte, error) { return os.ReadFile(path) }})
	}
	engine.Scan(context.Background(), in, &engine.Options{Controls: controls.All(), Version: control.LatestMinor, NoFold: true}, func(f *report.File) error {
		out = append(out, f.Findings...)
		return nil
	})
	return out
}

func TestOracle(t *testing.T) {
	f, _ := os.Open("/work/shared/oracle/cases.jsonl")
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		var c struct {
			Source, Check, Expect, Resource, Note string
			Needs, Files                          []string
		}
		json.Unmarshal(sc.Bytes(), &c)
		if !slices.Equal(c.Needs, []string{"waiver"}) || c.Source != "kubeaudit" {
			continue
		}
		for _, file := range c.Files {
			path := "/work/shared/oracle/" + file
			src, _ := os.ReadFile(path)
			set := waiver.NewSet(nil, &waiver.Options{Known: waiver.Known{Controls: controls.All(), Find: controls.Find}, Now: time.Now()})
			wf := set.NewFile()
			wf.Reset(path, src)
			fs := findings(path)
			var waived, left []string
			p := tree.NewParser()
			for doc := range tree.Split(src) {
				tr, err := p.Parse(src, doc)
				if err != nil {
					continue
				}
				wf.Document(tr, doc)
				for o := range object.Each(tr.Root()) {
					wf.Object(o)
					for pod := range o.Pods() {
						wf.Pod(pod)
					}
					for i := range fs {
						fd := &fs[i]
						if fd.Place.Offset < doc.Start || fd.Place.Offset >= doc.End {
							continue
						}
						mine := false
						for _, id := range fd.Control.Peers.Kubeaudit {
							mine = mine || strings.HasPrefix(id, strings.TrimPrefix(c.Check, "fix:")+"/")
						}
						if !mine {
							continue
						}
						s := fd.Control.ID + "@" + fd.Ref.Container + strings.Join(fd.Containers, "+")
						if _, ok := wf.Find(fd); ok {
							waived = append(waived, s)
						} else {
							left = append(left, s)
						}
					}
				}
			}
			verdict := "pass"
			if len(left) > 0 {
				verdict = "fail"
			}
			mark := "ok "
			if verdict != c.Expect {
				mark = "BAD"
			}
			fmt.Println(mark, c.Check, c.Expect, filepath.Base(file), "waived", waived, "left", left, wf.Problems())
		}
	}
}

func TestCorpus(t *testing.T) {
	start := time.Now()
	n, bytes := 0, 0
	var spent time.Duration
	set := waiver.NewSet(nil, &waiver.Options{Known: waiver.Known{Controls: controls.All(), Find: controls.Find}, Now: time.Now()})
	wf := set.NewFile()
	p := tree.NewParser()
	kinds := map[string]int{}
	filepath.WalkDir("/work/shared/corpus", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !(strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")) {
			return nil
		}
		src, _ := os.ReadFile(path)
		n++
		bytes += len(src)
		s := time.Now()
		wf.Reset(path, src)
		spent += time.Since(s)
		for doc := range tree.Split(src) {
			tr, err := p.Parse(src, doc)
			if err != nil {
				continue
			}
			s := time.Now()
			wf.Document(tr, doc)
			spent += time.Since(s)
			for o := range object.Each(tr.Root()) {
				s := time.Now()
				wf.Object(o)
				spent += time.Since(s)
				for pod := range o.Pods() {
					s := time.Now()
					wf.Pod(pod)
					spent += time.Since(s)
				}
			}
		}
		for _, pr := range wf.Problems() {
			kinds[pr.Message]++
		}
		return nil
	})
	fmt.Println(n, bytes, time.Since(start), spent)
	for k, v := range kinds {
		fmt.Println(v, k)
	}
}
