package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
)

// proof is what a run of probes has to tell: passes too, with what was asked and answered.
func proof() []*File {
	server := control.Ref{APIVersion: "kubeharden.io/v1alpha1", Kind: "APIServer", Name: "10.0.0.4:6443"}
	asked := []control.Exchange{{Request: "GET https://10.0.0.4:6443/api without credentials", Response: "HTTP 401 Unauthorized\x1b[31m"}}
	place := control.Place{File: "prove/api-anonymous"}
	return []*File{{
		Path: "prove/api-anonymous", Objects: 1, Judged: 1,
		Findings: []control.Finding{
			{Control: privileged, Severity: control.Critical, Ref: server, Path: "/api", Message: "refuses", Place: place, Evidence: asked},
			{Control: escalation, Severity: control.High, Ref: server, Path: "/apis", Message: "refuses too", Place: place, Evidence: asked},
			{
				Control: readOnly, Status: control.Fail, Severity: control.Medium, Ref: server, Path: "/version", Message: "answers", Place: place,
				Evidence: []control.Exchange{{Request: "GET /version", Response: "HTTP 200 OK"}, {Request: "GET /version again", Response: "connection refused"}},
			},
			{Control: latest, Status: control.Unknown, Severity: control.Medium, Ref: server, Message: "could not be proven", Reason: "nobody answers", Place: place},
			{Control: registry, Status: control.NotApplicable, Severity: control.Low, Ref: server, Message: "may do that", Place: place},
		},
	}}
}

func TestEvidence(t *testing.T) {
	run := example()
	run.Probes = 1
	s := &Summary{Controls: []control.Counts{{1}, {1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}}}
	for _, f := range proof() {
		s.Add(f)
	}
	texts := map[string]string{}
	for _, format := range Formats() {
		var b bytes.Buffer
		w, err := New(format, &b, Options{})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, run, proof(), s)
		texts[format] = b.String()
	}
	for format, schema := range schemas(t) {
		if err := validate(schema, []byte(texts[format])); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
	for format, wanted := range map[string][]string{
		"pretty": {
			"pass (critical): refuses [privileged-container]\n", "  asked   GET https://10.0.0.4:6443/api without credentials\n  got     HTTP 401 Unauthorized",
			"  got     connection refused\n", "Ran 1 probe on 1 subject (1 judged), for 5 controls.", "1 finding: 1 medium.",
		},
		"openreports": {`"kind":"ClusterReport"`, `"result":"pass"`},
		"table":       {"Ran 1 probe on 1 subject, for 5 controls."},
		"json":        {`"evidence":[{"request":"GET /version","response":"HTTP 200 OK"},{"request":"GET /version again","response":"connection refused"}]`},
		"sarif":       {`"kind":"pass","level":"none"`, `"evidence":[{"request":"GET /version","response":"HTTP 200 OK"}`},
	} {
		for _, want := range wanted {
			if !strings.Contains(texts[format], want) {
				t.Errorf("%s has no %q:\n%s", format, want, texts[format])
			}
		}
	}
	if strings.Count(texts["pretty"], "/api without credentials") != 1 || strings.Contains(texts["pretty"], "\x1b") {
		t.Errorf("evidence is there twice, or as it came:\n%s", texts["pretty"])
	}
	for _, format := range []string{"github", "gitlab"} {
		if strings.Contains(texts[format], "refuses") || !strings.Contains(texts[format], "answers") {
			t.Errorf("%s tells passes, or no failures:\n%s", format, texts[format])
		}
	}
}
