package rbac_test

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/rbac"
)

func TestEveryVerb(t *testing.T) {
	for verbs, want := range map[string]bool{
		"*":                             true,
		"get *":                         true,
		"get list create update delete": true,
		"delete patch create list get":  true,
		"get list watch create update patch delete deletecollection": true,
		"":                             false,
		"list create update delete":    false,
		"get create update delete":     false,
		"get list update patch delete": false,
		"get list create update patch": false,
		"get list create delete":       false,
		"get list watch":               false,
		"get list create deletecollection update patch": false,
	} {
		if got := rbac.EveryVerb(strings.Fields(verbs)); got != want {
			t.Errorf("%q: %v", verbs, got)
		}
	}
}
