package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
	"github.com/kubeharden/kubeharden/tree"
)

const (
	auditMissing    = "apiserver-audit-log-path-missing"
	auditIncomplete = "audit-policy-incomplete"
)

// auditProbe sends requests that are easily told from all others and waits for them in the audit log.
//
// https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
func auditProbe() *Probe {
	return &Probe{
		Name: "audit", Title: "Does a request appear in the audit log, at the level that the policy promises?",
		Controls: []string{auditMissing, auditIncomplete},
		Does: "Asks for a Secret with a random name that does not exist, and waits until the request appears in the file of the audit log. With --audit-write " +
			"it also makes and deletes an empty ConfigMap and waits for both requests.",
		Needs: []string{
			"--audit-log: the file of the audit log, readable here, of the API server that is asked",
			"--audit-policy: its policy, to know which level it promises; without it Metadata is asked for",
			"create, delete configmaps in the namespace of canaries, with --audit-write",
		},
		Leaves: "With --audit-write, an empty ConfigMap kubeharden-canary-… while it runs, labelled kubeharden.io/canary.",
		run:    proveAudit,
	}
}

// marked is a request that is looked for in the log.
type marked struct {
	verb, resource, name string
	exchange             control.Exchange
}

func proveAudit(ctx context.Context, t *Target) []Outcome {
	if t.AuditLog == "" {
		return []Outcome{notGiven(auditMissing, t.apiServer(), "where the audit log can be read is not known; --audit-log says it")}
	}
	policy, reason := t.auditPolicy()
	if reason != "" {
		return []Outcome{unknown(auditIncomplete, t.apiServer(), reason)}
	}
	log, err := openTail(t.AuditLog)
	if err != nil {
		return []Outcome{unknown(auditMissing, t.apiServer(), oneLine(err.Error()))}
	}
	defer log.close()
	who, reason := t.whoAmI(ctx, policy)
	if reason != "" {
		return []Outcome{unknown(auditIncomplete, t.apiServer(), reason)}
	}
	suffix, err := t.random(10)
	if err != nil {
		return []Outcome{unknown(auditMissing, t.apiServer(), err.Error())}
	}
	m := marked{verb: "get", resource: "secrets", name: "kubeharden-audit-" + suffix}
	// There is no such Secret, and whether it may be read does not matter: a request that is refused is logged as well.
	_, m.exchange, err = t.ask(ctx, kubeclient.Request{
		Path: canaryPath("secrets", t.CanaryNamespace, m.name), Header: http.Header{"User-Agent": {userAgent + "/" + suffix}},
	})
	if err != nil {
		o := unknown(auditMissing, t.apiServer(), "the API server could not be asked: "+m.exchange.Response)
		o.Evidence = []control.Exchange{m.exchange}
		return []Outcome{o}
	}
	requests := []marked{m}
	var outcomes []Outcome
	if t.AuditWrite {
		more, o := t.auditedWrites(ctx)
		requests, outcomes = append(requests, more...), append(outcomes, o...)
	}
	events, err := log.wait(ctx, t.auditWait(), requests)
	if err != nil {
		return append(outcomes, unknown(auditMissing, t.apiServer(), oneLine(err.Error())))
	}
	others := ""
	if slices.ContainsFunc(requests, func(m marked) bool { return len(events[m.key()]) == 0 }) {
		others = t.otherServers(ctx)
	}
	for i := range requests {
		outcomes = append(outcomes, t.judgeAudit(&requests[i], events[requests[i].key()], policy, who, others)...)
	}
	return outcomes
}

func (t *Target) auditWait() time.Duration {
	if t.AuditWait <= 0 {
		return 10 * time.Second
	}
	return t.AuditWait
}

// auditedWrites makes and deletes a ConfigMap.
func (t *Target) auditedWrites(ctx context.Context) ([]marked, []Outcome) {
	t.sweep(ctx, "configmaps")
	bird, err := t.newCanary("configmaps")
	if err != nil {
		return nil, []Outcome{unknown(auditMissing, t.apiServer(), err.Error())}
	}
	made, deleted, reason := bird.with(ctx, "ConfigMap", nil, func() {})
	if reason != "" {
		o := unknown(auditMissing, t.apiServer(), reason)
		o.Path, o.Evidence = "create configmaps", []control.Exchange{made}
		return nil, []Outcome{o}
	}
	return []marked{
		{verb: "create", resource: "configmaps", name: bird.name, exchange: made}, {verb: "delete", resource: "configmaps", name: bird.name, exchange: deleted},
	}, nil
}

// auditPolicy reads the policy that was given; nil without one.
func (t *Target) auditPolicy() (*audit.Policy, string) {
	if len(t.AuditPolicy) == 0 {
		return nil, ""
	}
	var root tree.Node
	for doc := range tree.Split(t.AuditPolicy) {
		parsed, err := tree.NewParser().Parse(t.AuditPolicy, doc)
		if err != nil {
			return nil, "the audit policy cannot be read: " + oneLine(err.Error())
		}
		if root = parsed.Root(); audit.Is(root) {
			break
		}
	}
	if !root.Exists() || !audit.Is(root) {
		return nil, "the file of --audit-policy has no audit policy"
	}
	policy, flaws := audit.Read(root)
	for _, f := range flaws {
		if f.Class == audit.Refused {
			return nil, "the API server refuses the audit policy: " + f.Path + " " + f.Message
		}
	}
	return policy, ""
}

// whoAmI asks as whom requests are sent, because policies have rules for users. Without a policy nobody has to know.
func (t *Target) whoAmI(ctx context.Context, policy *audit.Policy) (who audit.Attributes, reason string) {
	if policy == nil {
		return who, ""
	}
	resp, e, err := t.ask(ctx, post("/apis/authentication.k8s.io/v1/selfsubjectreviews", map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
	}, nil))
	if err != nil || resp.Status/100 != 2 {
		return who, "the API server does not say as whom it knows this user, and so what its policy promises: " + e.Response
	}
	var review struct {
		Status struct {
			UserInfo struct {
				Username string   `json:"username"`
				Groups   []string `json:"groups"`
			} `json:"userInfo"`
		} `json:"status"`
	}
	if err := json.Unmarshal(resp.Body, &review); err != nil {
		return who, "the answer of the API server on this user cannot be read"
	}
	who.User, who.Groups = review.Status.UserInfo.Username, review.Status.UserInfo.Groups
	return who, ""
}

// otherServers says why another API server than the one with the log may have answered; "" if there is no other.
func (t *Target) otherServers(ctx context.Context) string {
	type slice struct {
		Endpoints []struct {
			Addresses []string `json:"addresses"`
		} `json:"endpoints"`
	}
	// The Service kubernetes leads to all API servers, except where an API server does not register itself.
	found, err := list[slice](ctx, t, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", "kubernetes.io/service-name=kubernetes", "")
	n := 0
	for _, s := range found {
		n += len(s.Endpoints)
	}
	switch {
	case err != nil:
		return "the request is not in this log, and whether the cluster has more API servers could not be seen: " + oneLine(err.Error())
	case n > 1:
		return fmt.Sprintf("the request is not in this log, but the cluster has %d API servers, and another one may have answered", n)
	}
	return ""
}

// judgeAudit judges what the log has of a request.
func (t *Target) judgeAudit(m *marked, events []event, policy *audit.Policy, who audit.Attributes, others string) []Outcome {
	promised, said := audit.Metadata, "Metadata, which any policy should give to it"
	if policy != nil {
		who.Verb, who.ResourceRequest, who.Resource, who.Namespace, who.Name = m.verb, true, m.resource, t.CanaryNamespace, m.name
		if m.verb == "create" {
			who.Name = "" // the path of the request has none
		}
		d := policy.Evaluate(&who)
		promised, said = d.Level, d.Level.String()+", which "+d.Path()+" of the policy gives to it"
	}
	what := m.verb + " " + m.resource
	there := Outcome{Control: auditMissing, Ref: t.apiServer(), Path: what, Evidence: []control.Exchange{m.exchange}}
	level := Outcome{Control: auditIncomplete, Ref: t.apiServer(), Path: what, Evidence: there.Evidence}
	found := control.Exchange{Request: "read " + t.AuditLog + " for " + m.name, Response: "no event"}
	highest := audit.None
	for i := range events {
		if l, ok := audit.ParseLevel(events[i].Level); ok && l >= highest {
			highest = l
			found.Response = events[i].String()
		}
	}
	there.Evidence = append(there.Evidence, found)
	level.Evidence = there.Evidence
	if promised == audit.None {
		level.Status, level.Message = control.Fail, "the policy leaves "+what+" out of the log"
		if len(events) > 0 {
			level.Message += ", and yet it is there: another policy is in effect"
		}
		return []Outcome{level}
	}
	if len(events) == 0 {
		there.Status, there.Message = control.Fail, "a request to "+what+" does not appear in the audit log"
		if others != "" {
			there.Status, there.Message, there.Reason = control.Unknown, "the audit log could not be proven", others
		}
		return []Outcome{there}
	}
	there.Message = "a request to " + what + " appears in the audit log"
	level.Message = what + " is logged at the level " + highest.String()
	if highest < promised {
		level.Status = control.Fail
		level.Message += ", not at " + said
	}
	return []Outcome{there, level}
}

// event is what is read of an event of the log. Bodies, which it may have, are not.
// https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event
type event struct {
	Kind      string `json:"kind"`
	Level     string `json:"level"`
	Stage     string `json:"stage"`
	Verb      string `json:"verb"`
	URI       string `json:"requestURI"`
	ObjectRef struct {
		Resource string `json:"resource"`
		Name     string `json:"name"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

func (e *event) String() string {
	return oneLine(fmt.Sprintf("level %s, stage %s, verb %s, requestURI %s, code %d", e.Level, e.Stage, e.Verb, e.URI, e.ResponseStatus.Code))
}

// key tells requests apart.
func (m *marked) key() string { return m.verb + " " + m.name }

// tail follows a file that grows and may be rotated.
type tail struct {
	path string
	file *os.File
	// line is the start of a line whose end has not been written yet; skip says that the line is too long and its rest is not wanted.
	line []byte
	skip bool
	// text says that a line with a marker is there that is no JSON.
	text bool
	read int64
}

const (
	// maxLine is longer than any event without bodies, and than most with them.
	maxLine = 1 << 20
	// maxLog bounds what is read of a log that grows faster than anything is found in it.
	maxLog = 1 << 30
)

func openTail(path string) (*tail, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the audit log cannot be read: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the audit log cannot be read: %s is no regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the audit log cannot be read: %w", err)
	}
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		return nil, errors.Join(fmt.Errorf("the audit log cannot be read: %w", err), file.Close())
	}
	return &tail{path: path, file: file}, nil
}

func (l *tail) close() { _ = l.file.Close() }

// pollEvery is how often the log is looked at.
const pollEvery = 50 * time.Millisecond

// wait reads until every request is there with its outcome, or for as long as an event may take. What was found is by marked.key.
func (l *tail) wait(ctx context.Context, most time.Duration, requests []marked) (map[string][]event, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	found := map[string][]event{}
	for {
		err := l.poll(func(line []byte) { l.take(line, requests, found) })
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(requests, func(m marked) bool {
			return !slices.ContainsFunc(found[m.key()], func(e event) bool { return e.Stage == "ResponseComplete" })
		}) {
			return found, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			if l.text && len(found) == 0 {
				return nil, errors.New("the audit log is not in JSON (--audit-log-format), and says nothing of levels")
			}
			return found, nil
		}
	}
}

// take keeps a line if it is an event of a request.
func (l *tail) take(line []byte, requests []marked, found map[string][]event) {
	for i := range requests {
		m := &requests[i]
		if !bytes.Contains(line, []byte(m.name)) {
			continue
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil || e.Kind != "Event" {
			l.text = true
			return
		}
		// The API server notes the name of what is created only in what it logs of the body or the answer; the name of the canary is in no other request.
		if e.Verb == m.verb && (e.ObjectRef.Name == m.name || strings.Contains(e.URI, url.PathEscape(m.name)) || m.verb == "create") {
			found[m.key()] = append(found[m.key()], e)
		}
	}
}

// poll reads what has been written since, and goes over to the next file if the log was rotated.
func (l *tail) poll(take func(line []byte)) error {
	if err := l.drain(take); err != nil {
		return err
	}
	now, err := os.Stat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // being rotated: the next look will find it
	case err != nil:
		return fmt.Errorf("the audit log cannot be read: %w", err)
	}
	then, err := l.file.Stat()
	if err != nil {
		return fmt.Errorf("the audit log cannot be read: %w", err)
	}
	if os.SameFile(now, then) {
		if at, err := l.file.Seek(0, io.SeekCurrent); err == nil && at > now.Size() {
			_, err = l.file.Seek(0, io.SeekStart) // cut off in place
			l.line, l.skip = nil, false
			if err != nil {
				return fmt.Errorf("the audit log cannot be read: %w", err)
			}
		}
		return nil
	}
	// What was written to the old file between the two looks must not be lost.
	if err := l.drain(take); err != nil {
		return err
	}
	next, err := os.Open(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the audit log cannot be read: %w", err)
	}
	l.close()
	l.file, l.line, l.skip = next, nil, false
	return l.drain(take)
}

// drain reads to the end of the file.
func (l *tail) drain(take func(line []byte)) error {
	chunk := make([]byte, 64<<10)
	for {
		n, err := l.file.Read(chunk)
		if l.read += int64(n); l.read > maxLog {
			return fmt.Errorf("the audit log has grown by more than %d bytes", int64(maxLog))
		}
		for rest := chunk[:n]; len(rest) > 0; {
			end := bytes.IndexByte(rest, '\n')
			part := rest
			if end >= 0 {
				part = rest[:end]
			}
			if !l.skip {
				l.line = append(l.line, part...)
				if len(l.line) > maxLine {
					l.line, l.skip = l.line[:0], true
				}
			}
			if end < 0 {
				break
			}
			if !l.skip {
				take(l.line)
			}
			l.line, l.skip = l.line[:0], false
			rest = rest[end+1:]
		}
		switch {
		case errors.Is(err, io.EOF), err == nil && n == 0:
			return nil
		case err != nil:
			return fmt.Errorf("the audit log cannot be read: %w", err)
		}
	}
}
