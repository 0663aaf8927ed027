package controls_test

import (
	"testing"

	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/framework/cis"
)

// TestCISBenchmark holds the controls and the items of the benchmark together: every number that a control names is one of the benchmark, and
// every item is decided by a control, or says what a person has to look at.
func TestCISBenchmark(t *testing.T) {
	items, decided := map[string]*cis.Item{}, map[string]int{}
	all := cis.Items()
	for i := range all {
		items[all[i].Number] = &all[i]
	}
	for _, c := range controls.All() {
		for _, number := range c.Refs.CIS {
			if items[number] == nil {
				t.Errorf("%s names %q, which is no item of the benchmark %s", c.ID, number, cis.Version)
			}
			decided[number]++
		}
	}
	for i := range all {
		if decided[all[i].Number] == 0 && all[i].Look == "" {
			t.Errorf("%s %s: no control decides it, and nothing says what to look at", all[i].Number, all[i].Title)
		}
	}
	t.Logf("%d of %d items are decided by controls", len(decided), len(all))
}
