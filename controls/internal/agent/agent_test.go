package agent_test

import (
	"testing"

	"github.com/kubeharden/kubeharden/controls/internal/agent"
)

func TestIs(t *testing.T) {
	p := agent.Program{Name: "Falco", Images: []string{"falcosecurity/falco", "gke.gcr.io/anetd"}}
	for name, want := range map[string]bool{
		"falcosecurity/falco": true, "docker.io/falcosecurity/falco:0.41.0": true, "mirror.example.com/hub/falcosecurity/falco@sha256:" + hex: true,
		"falcosecurity/falcosidekick": false, "notfalcosecurity/falco": false, "gke.gcr.io/anetd:v1": true, "example.com/anetd": false, "": false, "{{image}}": false,
	} {
		if p.Is(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

const hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
