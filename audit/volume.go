package audit

import (
	"iter"
	"time"
)

// Event is what an audit log has of one request at one stage.
type Event struct {
	Attributes Attributes
	Stage      Stages
	// Size, RequestSize and ResponseSize are the bytes of the event as JSON, and of the bodies in it; 0 for a body that it does not have.
	Size, RequestSize, ResponseSize int
	// Time is when the request was received; zero if that is not known.
	Time time.Time
}

// Amount is a number of events and their bytes.
type Amount struct {
	Events int64 `json:"events"`
	Bytes  int64 `json:"bytes"`
}

func (a *Amount) add(b Amount) {
	a.Events += b.Events
	a.Bytes += b.Bytes
}

// Volume is what a policy writes of the requests of an audit log.
type Volume struct {
	// Read is the log that was read.
	Read Amount
	// Levels is what would be written at each level. Of None it is what would not be written, as it stands in the log.
	Levels [len(levelNames)]Amount
	// Rules is the same by rule; the last entry is for requests that no rule matches.
	Rules []Amount
	// Omitted is what a stage left out that the log has.
	Omitted Amount
	// Received is the part of Levels that was added: events of the stage RequestReceived, if the policy wants them and the log has none.
	Received Amount
	// Bodiless counts the events that would have a body that the log does not have, so that Bytes are too few.
	Bodiless int64
	// First and Last are when the first and last request was received; zero if the log does not say.
	First, Last time.Time
}

// Written is all that would be written.
func (v *Volume) Written() Amount {
	var sum Amount
	for _, a := range v.Levels[Metadata:] {
		sum.add(a)
	}
	return sum
}

// PerDay is what would be written in a day of requests like those of the log. ok is false if the log says too little about when: it
// has to cover a minute.
func (v *Volume) PerDay() (a Amount, ok bool) {
	const day = 24 * time.Hour
	span := v.Last.Sub(v.First)
	if v.First.IsZero() || span < time.Minute {
		return Amount{}, false
	}
	w := v.Written()
	scale := float64(day) / float64(span)
	return Amount{Events: int64(float64(w.Events) * scale), Bytes: int64(float64(w.Bytes) * scale)}, true
}

// What a body costs besides itself.
const (
	requestField  = len(`,"requestObject":`)
	responseField = len(`,"responseObject":`)
)

// Volume estimates what the policy would write of the requests of a log, an event at a time and in constant memory. It can only
// tell of what the log has: requests that the policy of its time left out are not there to be counted, and so are bodies.
// The estimate counts metadata as it is in the log, and drops or keeps the bodies that are there.
func (p *Policy) Volume(events iter.Seq[*Event]) *Volume {
	v := &Volume{Rules: make([]Amount, len(p.Rules)+1)}
	received := make([]Amount, len(p.Rules)+1) // what there would be of RequestReceived
	hasReceived := false
	for e := range events {
		v.Read.add(Amount{1, int64(e.Size)})
		v.seen(e.Time)
		hasReceived = hasReceived || e.Stage == RequestReceived
		d := p.Evaluate(&e.Attributes)
		rule := d.Rule
		if rule < 0 {
			rule = len(p.Rules)
		}
		v.count(e, &d, rule)
		if d.Level != None && !d.OmitStages.Has(RequestReceived) && e.Stage&(ResponseComplete|Panic) != 0 {
			received[rule].add(Amount{1, int64(bare(e))})
		}
	}
	if !hasReceived {
		v.addReceived(p, received)
	}
	return v
}

func (v *Volume) seen(t time.Time) {
	if t.IsZero() {
		return
	}
	if v.First.IsZero() || t.Before(v.First) {
		v.First = t
	}
	if t.After(v.Last) {
		v.Last = t
	}
}

// count counts one event by what the policy decides.
func (v *Volume) count(e *Event, d *Decision, rule int) {
	if d.Level == None {
		a := Amount{1, int64(e.Size)}
		v.Levels[None].add(a)
		v.Rules[rule].add(a)
		return
	}
	if d.OmitStages.Has(e.Stage) {
		v.Omitted.add(Amount{1, int64(e.Size)})
		return
	}
	size := bare(e)
	if d.Level >= Request && e.RequestSize > 0 {
		size += e.RequestSize + requestField
	}
	if d.Level == RequestResponse && e.ResponseSize > 0 {
		size += e.ResponseSize + responseField
	}
	if lacksBody(e, d.Level) {
		v.Bodiless++
	}
	a := Amount{1, int64(size)}
	v.Levels[d.Level].add(a)
	v.Rules[rule].add(a)
}

// bare is the size of an event without its bodies.
func bare(e *Event) int {
	size := e.Size
	if e.RequestSize > 0 {
		size -= e.RequestSize + requestField
	}
	if e.ResponseSize > 0 {
		size -= e.ResponseSize + responseField
	}
	return max(size, 0)
}

// lacksBody reports whether the API server would write a body that the event does not have.
func lacksBody(e *Event, l Level) bool {
	if e.Stage != ResponseComplete || !e.Attributes.ResourceRequest {
		return false
	}
	switch e.Attributes.Subresource {
	case "exec", "attach", "portforward", "proxy", "log": // streams
		return false
	}
	switch e.Attributes.Verb {
	case "create", "update", "patch":
		return l >= Request && e.RequestSize == 0 || l == RequestResponse && e.ResponseSize == 0
	case "get", "list", "delete", "deletecollection":
		return l == RequestResponse && e.ResponseSize == 0
	default:
		return false
	}
}

func (v *Volume) addReceived(p *Policy, received []Amount) {
	for rule, a := range received[:len(p.Rules)] {
		v.Rules[rule].add(a)
		v.Levels[p.Rules[rule].Level].add(a)
		v.Received.add(a)
	}
}
