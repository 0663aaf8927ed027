package waiver

import (
	"strconv"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// Suppressions of other tools. Each waives the controls that know the tool's check as a peer, and nothing else: even
// "ignore everything" of a tool is only for what that tool looks at. Checks that we do not have are passed over.
//
// What each tool reads, from its documentation and code:
//
//   - kube-linter, on the object: ignore-check.kube-linter.io/<check>: reason; kube-linter.io/ignore-all, whatever its
//     value. https://docs.kubelinter.io/#/configuring-kubelinter, pkg/ignore/ignore.go
//   - checkov, on the object, not on pod templates (bridgecrewio/checkov#6469): any key that contains checkov.io/skip or
//     bridgecrew.io/skip: CKV_K8S_20=reason. https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html,
//     checkov/kubernetes/kubernetes_utils.py. Comments, # checkov:skip=ID:reason, are read by its secrets scanner only; in
//     Kubernetes manifests it passes over them (get_skipped_checks reads annotations alone).
//   - kube-score, on the object and on the pod template: kube-score/ignore: a, b; * for all; kube-score/skip: "true".
//     https://github.com/zegl/kube-score#ignoring-a-test, scorecard/enabled.go
//   - polaris, on the object: polaris.fairwinds.com/exempt: "true", polaris.fairwinds.com/<check>-exempt: "true". It has
//     exemptions for single containers in its configuration file only.
//     https://polaris.docs.fairwinds.com/customization/exemptions/, pkg/validator/schema.go
//   - kubescape, on the object, since August 2026 (kubescape/kubescape#3392): kubescape.io/skip-controls: C-0016,C-0017;
//     kubescape.io/skip-reason; kubescape.io/skip-expiry: RFC 3339, and if that is malformed nothing is skipped.
//     kubescape.io/ignore was a default exception until kubescape/regolibrary#582 and is passed over today.
//   - trivy: see trivy.go; kubeaudit: see kubeaudit.go. kubesec has no suppressions.
func (f *File) peerAnnotation(name, domain, rest string, annotations, val tree.Node, template bool, into *subjectIndex, key tree.Node) {
	if !isPeer(name, domain) {
		return
	}
	known := &f.known
	w := &Waiver{}
	switch {
	case domain == "kube-score":
		w.Tool = "kube-score"
		switch rest {
		case "ignore":
			w.Controls = f.kubeScore(val.Text())
		case "skip":
			if skip, ok := truth(val); ok && skip {
				w.Controls = f.tool(w.Tool)
			}
		}
	case template:
		return // the others read the object's own annotations only
	case domain == "ignore-check.kube-linter.io":
		w.Tool, w.Reason = "kube-linter", val.Text()
		w.Controls = known.of(w.Tool, rest)
	case domain == "kube-linter.io" && rest == "ignore-all":
		w.Tool, w.Reason = "kube-linter", val.Text()
		w.Controls = f.tool(w.Tool)
	case domain == "polaris.fairwinds.com" && strings.HasSuffix(rest, "exempt") && strings.EqualFold(val.Text(), "true"):
		w.Tool = "polaris"
		if rest == "exempt" {
			w.Controls = f.tool(w.Tool)
		} else if check, ok := strings.CutSuffix(rest, "-exempt"); ok {
			w.Controls = known.of(w.Tool, check)
		}
	case domain == "kubescape.io" && rest == "skip-controls":
		w.Tool = "kubescape"
		if !f.kubescapeAnnotation(w, annotations, val, key) {
			return
		}
	case strings.Contains(name, "checkov.io/skip") || strings.Contains(name, "bridgecrew.io/skip"):
		w.Tool = "checkov"
		id, reason, _ := strings.Cut(val.Text(), "=")
		w.Reason = strings.TrimSpace(reason)
		w.Controls = known.of(w.Tool, strings.TrimSpace(id))
	}
	if len(w.Controls) == 0 {
		return
	}
	if f.set.opts.Strict {
		start, end := key.Span()
		f.problem(start, end-start, true, "annotation %s does not count: waivers in files are forbidden (strict)", shorten(name))
		return
	}
	w.Reason = strings.TrimSpace(w.Reason)
	w.Origin = w.Tool + " annotation " + shorten(name)
	w.judge(f.set.opts.Now)
	into.add(w, nil, "")
}

// isPeer reports whether an annotation is one of another tool, before anything is allocated for it.
func isPeer(name, domain string) bool {
	switch domain {
	case "kube-score", "ignore-check.kube-linter.io", "kube-linter.io", "polaris.fairwinds.com", "kubescape.io":
		return true
	}
	return strings.Contains(name, ".io/skip")
}

// truth reads a value as kube-score does: as YAML.
func truth(n tree.Node) (v, ok bool) {
	if v, ok := n.Bool(); ok {
		return v, true
	}
	v, err := strconv.ParseBool(n.Text())
	return v, err == nil
}

// tool remembers what a tool checks.
func (f *File) tool(name string) []*control.Control {
	key := "all of " + name
	found, known := f.found[key]
	if !known {
		found = f.known.tool(name)
		f.found[key] = found
	}
	return found
}

func (f *File) kubeScore(list string) []*control.Control {
	var found []*control.Control
	for id := range strings.SplitSeq(list, ",") {
		switch id = strings.TrimSpace(id); id {
		case "*":
			found = append(found, f.tool("kube-score")...)
		case "container-resources":
			found = append(found, f.known.of("kube-score", "container-ephemeral-storage-request-and-limit")...)
			fallthrough
		default:
			found = append(found, f.known.of("kube-score", id)...)
		}
	}
	return found
}

func (f *File) kubescapeAnnotation(w *Waiver, annotations, val, key tree.Node) bool {
	for id := range strings.SplitSeq(val.Text(), ",") {
		w.Controls = append(w.Controls, f.known.of(w.Tool, strings.TrimSpace(id))...)
	}
	w.Reason = annotations.Get("kubescape.io/skip-reason").Text()
	expiry := annotations.Get("kubescape.io/skip-expiry").Text()
	if expiry == "" {
		return true
	}
	ends, err := time.Parse(time.RFC3339, expiry)
	if err != nil {
		start, end := key.Span()
		f.problem(start, end-start, true, "kubescape.io/skip-controls does not count: kubescape.io/skip-expiry %q is no date of the form 2027-01-31T00:00:00Z",
			shorten(expiry))
		return false
	}
	w.ends, w.Until = ends, Date(ends.Format(time.DateOnly))
	return true
}

// checkovComment reads checkov:skip=ID:reason. See peerAnnotation for why only secrets count.
func (f *File) checkovComment(c *comment) {
	_, rest, _ := strings.Cut(c.text, ":skip=")
	id, reason, _ := strings.Cut(strings.TrimSpace(rest), ":")
	id, _, _ = strings.Cut(strings.TrimSpace(id), " ")
	controls := f.known.of("checkov", id)
	switch {
	case len(controls) == 0:
		return
	case !strings.HasPrefix(id, "CKV_SECRET_"):
		f.problem(c.at, c.end-c.at, true,
			"checkov itself passes over skip comments in Kubernetes manifests, so this one waives nothing: write the annotation checkov.io/skip1: %s=REASON, or # kubeharden:ignore %s REASON",
			shorten(id), shorten(id))
	case f.strictComment(c):
	default:
		f.file(c, &Waiver{Controls: controls, Reason: strings.TrimSpace(reason), Tool: "checkov"}, "checkov comment")
	}
}

func (f *File) strictComment(c *comment) bool {
	if f.set.opts.Strict {
		f.problem(c.at, c.end-c.at, true, "this comment of %s does not count: waivers in files are forbidden (strict)", c.tool)
	}
	return f.set.opts.Strict
}

func itoa(n int) string { return strconv.Itoa(n) }
