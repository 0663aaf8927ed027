package cis_test

import (
	"testing"

	"github.com/kubeharden/kubeharden/framework/cis"
)

// TestItems compares the list with how many items each section of the benchmark v1.12.0 has.
func TestItems(t *testing.T) {
	want := map[string]int{
		"1.1": 21, "1.2": 30, "1.3": 7, "1.4": 2, "2": 7, "3.1": 3, "3.2": 2, "4.1": 10, "4.2": 14, "4.3": 1,
		"5.1": 13, "5.2": 12, "5.3": 2, "5.4": 2, "5.5": 1, "5.6": 4,
	}
	got, seen, automated := map[string]int{}, map[string]bool{}, 0
	for _, i := range cis.Items() {
		if seen[i.Number] {
			t.Errorf("%s is there twice", i.Number)
		}
		seen[i.Number] = true
		got[i.Section()]++
		if i.Title == "" || len(i.Title) > 90 {
			t.Errorf("%s: title %q", i.Number, i.Title)
		}
		if cis.SectionTitle(i.Section()) == "" {
			t.Errorf("section %s has no title", i.Section())
		}
		if i.Automated {
			automated++
		}
	}
	for section, n := range want {
		if got[section] != n {
			t.Errorf("section %s has %d items, the benchmark has %d", section, got[section], n)
		}
	}
	// 1.1: 17, 1.2: 22, 1.3: 6, 1.4: 2, 2: 6, 4.1: 6, 4.2: 5, 4.3: 1.
	if len(got) != len(want) || automated != 65 {
		t.Errorf("%d sections, %d automated", len(got), automated)
	}
}

func TestControlPlane(t *testing.T) {
	for number, want := range map[string]bool{"1.1.1": true, "1.4.2": true, "2.7": true, "3.1.1": false, "3.2.1": true, "4.1.1": false, "5.1.1": false} {
		if i := (cis.Item{Number: number}); i.ControlPlane() != want {
			t.Errorf("%s: %v", number, i.ControlPlane())
		}
	}
}
