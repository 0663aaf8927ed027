package main

import (
	"bytes"
	"os"
	"testing"
)

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	schemas, code, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]byte{"../../../controls/practice/schema.txt": schemas, "../../../controls/practice/tables_gen.go": code} {
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run make generate", file)
		}
	}
}
