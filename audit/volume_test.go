package audit_test

import (
	"slices"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/audit"
)

func TestVolume(t *testing.T) {
	p := policy(t, `
omitStages: [ResponseStarted]
rules:
- {level: None, users: [dull]}
- {level: RequestResponse, verbs: [create], resources: [{group: "", resources: [pods]}]}
- {level: Request, verbs: [update]}
- {level: Metadata, resources: [{group: ""}], omitStages: [RequestReceived]}
`)
	at := func(minute int) time.Time { return time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC) }
	ask := func(user, verb, resource string) audit.Attributes {
		return audit.Attributes{User: user, Verb: verb, ResourceRequest: true, Resource: resource}
	}
	events := []*audit.Event{
		{Attributes: ask("dull", "get", "pods"), Stage: audit.ResponseComplete, Size: 500, Time: at(10)},
		{Attributes: ask("jane", "create", "pods"), Stage: audit.ResponseComplete, Size: 2036, RequestSize: 600, ResponseSize: 800, Time: at(0)},
		{Attributes: ask("jane", "update", "pods"), Stage: audit.ResponseComplete, Size: 1118, RequestSize: 300, ResponseSize: 200, Time: at(5)},
		{Attributes: ask("jane", "update", "pods"), Stage: audit.ResponseComplete, Size: 700},
		{Attributes: ask("jane", "watch", "pods"), Stage: audit.ResponseStarted, Size: 450},
		{Attributes: ask("jane", "get", "pods"), Stage: audit.ResponseComplete, Size: 1000, ResponseSize: 382},
		{Attributes: audit.Attributes{User: "jane", Verb: "get", Path: "/x"}, Stage: audit.ResponseComplete, Size: 400},
	}
	v := p.Volume(slices.Values(events))
	const q, f = 17, 18 // the names of the two bodies with their quotes, comma and colon
	meta := []int64{2036 - 1400 - q - f, 1118 - 500 - q - f, 700, 1000 - 382 - f}
	want := map[audit.Level]audit.Amount{
		audit.None:            {Events: 2, Bytes: 900},
		audit.RequestResponse: {Events: 2, Bytes: 2036 + meta[0]},
		audit.Request:         {Events: 4, Bytes: 1118 - 200 - f + meta[1] + 2*meta[2]},
		audit.Metadata:        {Events: 1, Bytes: meta[3]},
	}
	for l, a := range want {
		if v.Levels[l] != a {
			t.Errorf("%s: %+v, want %+v", l, v.Levels[l], a)
		}
	}
	if v.Read != (audit.Amount{Events: 7, Bytes: 6204}) || v.Omitted != (audit.Amount{Events: 1, Bytes: 450}) || v.Bodiless != 1 || v.Received.Events != 3 {
		t.Errorf("volume is %+v", v)
	}
	var sum audit.Amount
	for _, a := range v.Rules {
		sum.Events += a.Events
		sum.Bytes += a.Bytes
	}
	if w := v.Written(); sum.Events != w.Events+2 || sum.Bytes != w.Bytes+900 {
		t.Errorf("the rules sum up to %+v, the levels to %+v", sum, w)
	}
	if day, ok := v.PerDay(); !ok || day.Events != 7*144 {
		t.Errorf("per day: %+v %v", day, ok)
	}
}

// A stream has no body that anybody could miss.
func TestVolumeOfStreams(t *testing.T) {
	p := policy(t, "rules: [{level: RequestResponse}]")
	a := audit.Attributes{User: "jane", Verb: "create", ResourceRequest: true, Resource: "pods", Subresource: "exec"}
	if v := p.Volume(slices.Values([]*audit.Event{{Attributes: a, Stage: audit.ResponseComplete, Size: 300}})); v.Bodiless != 0 {
		t.Errorf("%d bodies are missed", v.Bodiless)
	}
}

// If the log has the stage itself nothing is made up.
func TestVolumeOfALogWithAllStages(t *testing.T) {
	p := policy(t, "rules: [{level: Metadata}]")
	a := audit.Attributes{User: "jane", Verb: "get", Path: "/x"}
	v := p.Volume(slices.Values([]*audit.Event{{Attributes: a, Stage: audit.RequestReceived, Size: 300}, {Attributes: a, Stage: audit.ResponseComplete, Size: 400}}))
	if v.Received.Events != 0 || v.Written() != (audit.Amount{Events: 2, Bytes: 700}) {
		t.Errorf("volume is %+v", v)
	}
	if _, ok := v.PerDay(); ok {
		t.Error("a log without times has a rate")
	}
}
