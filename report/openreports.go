package report

import (
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/control"
)

// NewOpenReports returns a writer of a List of Report and ClusterReport objects of openreports.io/v1alpha1: one for each
// namespace, more if one would not fit into the cluster's store.
//
// An object that has a namespace but does not say which is reported where kubectl would apply it: in a Report without one.
func NewOpenReports(w io.Writer) Writer {
	return &reports{out: output{w: w}, apiVersion: "openreports.io/v1alpha1", kind: "Report", source: true}
}

// NewPolicyReport returns a writer of the same as PolicyReport and ClusterPolicyReport of wgpolicyk8s.io/v1alpha2, from which
// openreports.io came.
func NewPolicyReport(w io.Writer) Writer {
	return &reports{out: output{w: w}, apiVersion: "wgpolicyk8s.io/v1alpha2", kind: "PolicyReport"}
}

const (
	// maxReport is how many bytes of results a report takes: a cluster stores objects of up to 1.5 MB.
	maxReport = 512 << 10
	// maxReports bounds the bytes of the reports that still wait for results.
	maxReports = 16 << 20
)

type reports struct {
	out              output
	apiVersion, kind string
	source           bool // a report names its source
	run              *Run
	seen             fingerprints
	timestamp        string // member of a result
	open             map[scope]*openReport
	order            []*openReport // of the scopes as they came
	waiting          int           // bytes in all open reports
	written          int
}

// scope is what a report is for. A namespace "" is the one that kubectl works in.
type scope struct {
	cluster   bool
	namespace string
}

// openReport is a report that still takes results.
type openReport struct {
	scope
	results []byte
	counts  [len(resultNames)]int
	part    int // of the reports of this scope
}

// result is the outcome of a policy.
type result uint8

const (
	resultPass result = iota
	resultFail
	resultWarn
	resultError
	resultSkip
)

var resultNames = [...]string{"pass", "fail", "warn", "error", "skip"}

// clusterScoped are the kinds of Kubernetes that have no namespace.
var clusterScoped = map[string]bool{
	"APIService": true, "CertificateSigningRequest": true, "ClusterRole": true, "ClusterRoleBinding": true, "ClusterTrustBundle": true, "CSIDriver": true,
	"CSINode": true, "CustomResourceDefinition": true, "DeviceClass": true, "FlowSchema": true, "IngressClass": true, "IPAddress": true,
	"MutatingAdmissionPolicy": true, "MutatingAdmissionPolicyBinding": true, "MutatingWebhookConfiguration": true, "Namespace": true, "Node": true,
	"PersistentVolume": true, "PodSecurityPolicy": true, "PriorityClass": true, "PriorityLevelConfiguration": true, "ResourceSlice": true,
	"RuntimeClass": true, "ServiceCIDR": true, "StorageClass": true, "StorageVersionMigration": true, "ValidatingAdmissionPolicy": true,
	"ValidatingAdmissionPolicyBinding": true, "ValidatingWebhookConfiguration": true, "VolumeAttachment": true, "VolumeAttributesClass": true,
}

func (r *reports) Begin(run *Run) error {
	r.run, r.seen, r.open = run, fingerprints{}, map[scope]*openReport{}
	if t, err := time.Parse(time.RFC3339, run.Time); err == nil {
		r.timestamp = `,"timestamp":{"seconds":` + strconv.FormatInt(t.Unix(), 10) + `,"nanos":0}`
	}
	r.out.text(`{"apiVersion":"v1","kind":"List","items":[`)
	return r.out.flush()
}

// report returns the open report of a scope.
func (r *reports) report(s scope) *openReport {
	o := r.open[s]
	if o == nil {
		s.namespace = strings.Clone(s.namespace)
		o = &openReport{scope: s}
		r.open[s] = o
		r.order = append(r.order, o)
	}
	return o
}

// begin starts a result up to the member behind its message.
func (r *reports) begin(o *openReport, policy, rule, category string, outcome result, severity, message string) []byte {
	b := o.results
	b = append(b, separator(o.total())...)
	o.counts[outcome]++
	b = append(b, `{"source":"kubeharden","policy":`...)
	b = appendString(b, policy)
	b = appendOptional(b, `,"rule":`, rule)
	b = appendOptional(b, `,"category":`, category)
	b = append(append(append(b, `,"result":"`...), resultNames[outcome]...), `","scored":true`...)
	b = appendOptional(b, `,"severity":`, severity)
	b = append(b, r.timestamp...)
	return appendOptional(b, `,"message":`, message)
}

func (o *openReport) total() (n int) {
	for _, c := range o.counts {
		n += c
	}
	return n
}

// end ends a result, and writes the report if it is full.
func (r *reports) end(o *openReport, b []byte) {
	b = append(b, '}')
	r.waiting += len(b) - len(o.results)
	if o.results = b; len(b) > maxReport {
		r.write(o)
	}
	if r.waiting > maxReports {
		r.writeAll()
	}
}

func category(c *control.Control) string {
	if c.Section == "" {
		return c.Layer.String()
	}
	return c.Layer.String() + "/" + c.Section
}

func (r *reports) File(file *File) error {
	clear(r.seen)
	for i := range file.Findings {
		r.finding(&file.Findings[i], file.Path)
	}
	for i := range file.Problems {
		p := &file.Problems[i]
		outcome := resultError
		if p.Warning {
			outcome = resultWarn
		}
		o := r.report(scope{cluster: true})
		b := r.begin(o, "kubeharden", "", "", outcome, "", p.Message)
		r.end(o, append(appendProperties(b, file.Path, &p.Place), '}'))
	}
	return r.out.err
}

func (r *reports) finding(f *control.Finding, path string) {
	var outcome result
	switch f.Status {
	case control.Pass:
		outcome = resultPass
	case control.Fail:
		outcome = resultFail
	case control.Unknown:
		outcome = resultError
	case control.NotApplicable, control.Waived:
		outcome = resultSkip
	}
	rule := f.Control.Scope.String()
	if f.Control.Scope == control.Containers && f.Ref.Container == "" {
		rule = control.PodSpecs.String() // what the control asks of the pod
	}
	// Ours are nodes, and what probes ask: no namespace has them.
	o := r.report(scope{f.Ref.Namespace == "" && (clusterScoped[f.Ref.Kind] || strings.HasPrefix(f.Ref.APIVersion, "kubeharden.io/")), f.Ref.Namespace})
	b := r.begin(o, f.Control.ID, rule, category(f.Control), outcome, f.Severity.String(), f.Message)
	b = append(b, `,"resources":[{"apiVersion":`...)
	b = appendString(b, f.Ref.APIVersion)
	b = append(b, `,"kind":`...)
	b = appendString(b, f.Ref.Kind)
	b = appendOptional(b, `,"namespace":`, f.Ref.Namespace)
	b = append(b, `,"name":`...)
	b = appendString(b, f.Ref.Name)
	b = appendOptional(b, `,"fieldPath":`, f.Path)
	b = append(b, "}]"...)
	b = appendProperties(b, path, &f.Place)
	b = appendOptional(b, `,"container":`, f.Ref.Container)
	b = appendOptional(b, `,"value":`, f.Value)
	b = appendOptional(b, `,"remedy":`, f.Remedy)
	b = appendOptional(b, `,"reason":`, f.Reason)
	if f.Status == control.Waived {
		b = append(b, `,"waived":"true"`...)
	}
	b = append(r.seen.append(append(b, `,"fingerprint":"`...), f, path), '"')
	b = append(b, `,"url":`...)
	r.end(o, append(appendString(b, f.Control.DocumentationURL()), '}'))
}

// appendProperties starts the properties of a result, all of which are strings.
func appendProperties(b []byte, path string, p *control.Place) []byte {
	b = append(b, `,"properties":{"file":`...)
	b = appendString(b, placeFile(path, p))
	if p.Line > 0 {
		b = append(appendNumber(b, `,"line":"`, p.Line), '"')
	}
	return b
}

// write writes a report and opens the next one of its scope.
func (r *reports) write(o *openReport) {
	if o.total() == 0 {
		return
	}
	r.waiting -= len(o.results)
	o.part++
	b := r.out.buf
	b = append(b, separator(r.written)...)
	r.written++
	b = append(b, `{"apiVersion":"`+r.apiVersion+`","kind":"`...)
	if o.cluster {
		b = append(b, "Cluster"...)
	}
	b = append(b, r.kind+`","metadata":{"name":"kubeharden`...)
	if o.namespace == "" && !o.cluster {
		b = append(b, "-no-namespace"...) // so that it replaces no other report, wherever it is applied
	}
	if o.part > 1 {
		b = appendNumber(b, "-", o.part)
	}
	b = append(b, '"')
	b = appendOptional(b, `,"namespace":`, o.namespace)
	b = append(b, `,"labels":{"app.kubernetes.io/managed-by":"kubeharden"}}`...)
	if r.source {
		b = append(b, `,"source":"kubeharden"`...)
	}
	b = append(append(append(b, `,"results":[`...), o.results...), `],"summary":{`...)
	for i, name := range resultNames {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNumber(b, `"`+name+`":`, o.counts[i])
	}
	b = append(b, "}}"...)
	r.out.buf = b
	r.out.spill()
	o.results, o.counts = o.results[:0], [len(resultNames)]int{}
}

func (r *reports) writeAll() {
	for _, o := range r.order {
		r.write(o)
		o.results = nil
	}
}

// End adds the controls that every subject passed; they are told once, for the cluster.
func (r *reports) End(s *Summary) error {
	for i := range s.Controls {
		counts := &s.Controls[i]
		if counts[control.Pass] == 0 || counts[control.Fail]+counts[control.Unknown]+counts[control.Waived] > 0 {
			continue
		}
		c := r.run.Controls[i]
		o := r.report(scope{cluster: true})
		message := number(counts[control.Pass], "subject") + " passed: " + c.Title
		b := r.begin(o, c.ID, c.Scope.String(), category(c), resultPass, c.Severity.String(), message)
		r.end(o, append(appendString(append(b, `,"properties":{"url":`...), c.DocumentationURL()), '}'))
	}
	r.writeAll()
	r.out.text("]}\n")
	return r.out.flush()
}
