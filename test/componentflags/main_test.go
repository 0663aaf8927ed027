package main

import (
	"os"
	"strings"
	"testing"
)

// TestTable: what the newest release says is in the table, and nothing else is said of it.
func TestTable(t *testing.T) {
	old, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	rel, err := release()
	if err != nil {
		t.Skip(err) // a test binary has no build information about its modules in some versions of Go
	}
	rows, err := collect()
	if err != nil {
		t.Fatal(err)
	}
	minor := rel[1:strings.LastIndexByte(rel, '.')]
	fresh, err := merge(string(old), minor, rel, rows)
	if err != nil {
		t.Fatal(err)
	}
	if fresh != string(old) {
		t.Errorf("%s is not up to date: run go -C test/componentflags generate && go -C test/componentflags run ./between", target)
	}
}

func TestMerge(t *testing.T) {
	table, err := merge("flag\ta\tb\t30-32\tint\t1\n", "1.31", "v1.31.9", []row{{"flag\ta\tb", "int\t2"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "release\t1.31\tv1.31.9\nflag\ta\tb\t30,32\tint\t1\nflag\ta\tb\t31\tint\t2\n"
	if got := strings.TrimPrefix(table, head); got != want {
		t.Errorf("%q", got)
	}
	again, err := merge(table, "1.31", "v1.31.9", []row{{"flag\ta\tb", "int\t1"}})
	if err != nil || !strings.Contains(again, "flag\ta\tb\t30-32\tint\t1\n") {
		t.Errorf("%q, %v", again, err)
	}
}
