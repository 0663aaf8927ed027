package audit_test

import (
	"fmt"
	"testing"

	"github.com/kubeharden/kubeharden/audit"
)

func TestGeneratedPolicyIsGood(t *testing.T) {
	for _, o := range []audit.Options{
		{}, {Components: true}, {NoBodies: true}, {Quiet: []string{"system:serviceaccount:monitoring:prometheus", `o"dd: user`}}, {Components: true, Quiet: []string{"jane"}},
	} {
		t.Run(fmt.Sprintf("%+v", o), func(t *testing.T) {
			src, err := audit.Generate(o)
			if err != nil {
				t.Fatal(err)
			}
			p, flaws := audit.Read(root(t, string(src)))
			if len(flaws) > 0 {
				t.Fatalf("flaws: %v", flaws)
			}
			if list, complete := p.Shadowed(); len(list) > 0 || !complete {
				t.Errorf("shadowed: %v", list)
			}
			if list, complete := p.SecretBodies(); len(list) > 0 || !complete {
				t.Errorf("secret bodies: %v", list)
			}
			if list, complete := p.BlindSpots(); len(list) > 0 || !complete {
				t.Errorf("blind spots, of components too: %+v", list)
			}
			if list, complete := p.WithoutOutcome(); len(list) > 0 || !complete {
				t.Errorf("without outcome: %+v", list)
			}
			if a, ok := p.Unmatched(); ok {
				t.Errorf("no rule for %s", a.What())
			}
			if rules := p.Received(); len(rules) > 0 {
				t.Errorf("RequestReceived is logged by %v", rules)
			}
			bodies := false
			for i := range p.Rules {
				bodies = bodies || p.Rules[i].Level > audit.Metadata
			}
			if bodies == o.NoBodies {
				t.Errorf("bodies are logged: %v", bodies)
			}
		})
	}
}

func TestGenerateRefusesNamelessUsers(t *testing.T) {
	if _, err := audit.Generate(audit.Options{Quiet: []string{""}}); err == nil {
		t.Error("no error")
	}
}
