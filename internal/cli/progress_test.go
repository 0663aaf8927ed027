package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/source/cluster"
)

// TestProgressLine writes one line again and again, not too often, and takes it away in the end.
func TestProgressLine(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	line := &progressLine{p: &Process{Stderr: &out, Now: func() time.Time { return now }}, width: 78}
	tell := func(what string, objects int) {
		line.tell(cluster.Progress{Resources: 3, All: 40, Objects: objects, What: what})
	}
	now = now.Add(time.Second)
	tell("deployments.apps", 1200)
	now = now.Add(pace / 2)
	tell("too.soon", 1)
	now = now.Add(time.Second)
	tell("pods", 9)
	line.done()
	line.done()
	now = now.Add(time.Second)
	tell("late", 1)
	first, second := "reading deployments.apps (3 of 40, 1200 objects)", "reading pods (3 of 40, 9 objects)"
	want := "\r" + first + "\r" + second + strings.Repeat(" ", len(first)-len(second)) + "\r" + strings.Repeat(" ", len(second)) + "\r"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
	if tell, _ := (&Process{Stderr: &out, Getenv: func(string) string { return "" }}).progress(false); tell != nil {
		t.Error("what is no terminal is told")
	}
}
