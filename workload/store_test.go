package workload

import "testing"

func TestSlips(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"database", "databse", true},
		{"database", "databaes", true},
		{"database", "databasse", true},
		{"database", "patabase", true},
		{"database", "databases", true},
		{"web-settings", "web-setings", true},
		{"database", "database", false},
		{"database", "datebasa", false},
		{"db-one", "db-two", false},
		{"database-1", "database-2", false},
		{"database1", "database", false},
		{"database-a", "database-b", false},
		{"web-a", "web", false},
		{"", "a", false},
		{"", "", false},
	} {
		if got, back := isSlip(c.a, c.b), isSlip(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%q and %q: %v, %v, want %v", c.a, c.b, got, back, c.want)
		}
	}
}
