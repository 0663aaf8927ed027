package prove

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
)

// admissionPrivilegedPod asks for pods that own their node, without making any.
//
// A request with dryRun=All goes through authentication, authorization, admission and validation, and is not persisted:
// https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
func admissionPrivilegedPod() *Probe {
	const id = "namespace-psa-below-baseline"
	return &Probe{
		Name: "admission-privileged-pod", Title: "Does a namespace admit pods that own their node?",
		Controls: []string{id},
		Does: "Asks the API server in every namespace, by a server-side dry run that persists nothing, to create three pods: a harmless one that meets the " +
			"level restricted, to see whether a refusal means anything, a privileged one, and one with hostPath, hostNetwork and hostPID. Then asks for the " +
			"pods that were admitted by their random names, which must not be there.",
		Needs: []string{"list namespaces (or --namespace)", "create pods", "get pods"},
		run: func(ctx context.Context, t *Target) []Outcome {
			names, err := t.namespaceNames(ctx)
			if err != nil {
				return []Outcome{unknown(id, t.apiServer(), "the namespaces cannot be listed: "+oneLine(err.Error())+"; --namespace names them")}
			}
			return each(ctx, names, func(namespace string) Outcome { return t.admits(ctx, id, namespace) })
		},
	}
}

// random returns n bytes in hexadecimal.
func (t *Target) random(n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(t.Random, b); err != nil {
		return "", fmt.Errorf("random bytes for the name of a canary: %w", err)
	}
	return hex.EncodeToString(b), nil
}

func namespaceRef(name string) control.Ref {
	return control.Ref{APIVersion: "v1", Kind: "Namespace", Name: name}
}

// verdict is what admission said of a pod.
type verdict uint8

const (
	admitted verdict = iota
	// denied is a refusal because of what the pod asks for.
	denied
	// undecided is a refusal, or no answer, that says nothing of the pod.
	undecided
)

// admission is an answer to a request to create a pod.
type admission struct {
	verdict verdict
	// by says who denied, why says why it is undecided.
	by, why  string
	exchange control.Exchange
	name     string
}

// wanted is a pod that a namespace is asked for.
type wanted struct {
	what string
	spec map[string]any
}

// harmless meets the level restricted. Were a dry run ever persisted, nothing would run: no scheduler has that name.
func harmless() wanted {
	return wanted{"a harmless pod", map[string]any{
		"schedulerName": "kubeharden-prove-none", "automountServiceAccountToken": false,
		"securityContext": map[string]any{"runAsNonRoot": true, "runAsUser": 65534, "seccompProfile": map[string]any{"type": "RuntimeDefault"}},
		"containers": []any{map[string]any{
			"name": "probe", "image": "registry.k8s.io/pause:3.10",
			"resources": map[string]any{
				"requests": map[string]any{"cpu": "1m", "memory": "8Mi"}, "limits": map[string]any{"cpu": "10m", "memory": "16Mi"},
			},
			"securityContext": map[string]any{
				"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}},
			},
		}},
	}}
}

// container is the one container of a pod.
func (w *wanted) container() map[string]any {
	return w.spec["containers"].([]any)[0].(map[string]any)
}

// privileged is the harmless pod with the one field that makes it own its node.
func privileged() wanted {
	w := harmless()
	w.what = "a privileged pod"
	security := w.container()["securityContext"].(map[string]any)
	delete(security, "allowPrivilegeEscalation") // false would be invalid beside it
	security["privileged"] = true
	return w
}

// onHost is the harmless pod in the namespaces and with the files of its node.
func onHost() wanted {
	w := harmless()
	w.what = "a pod with hostPath, hostNetwork and hostPID"
	w.spec["hostNetwork"], w.spec["hostPID"] = true, true
	w.spec["volumes"] = []any{map[string]any{"name": "host", "hostPath": map[string]any{"path": "/"}}}
	w.container()["volumeMounts"] = []any{map[string]any{"name": "host", "mountPath": "/host", "readOnly": true}}
	return w
}

// admits asks a namespace for pods.
func (t *Target) admits(ctx context.Context, id, namespace string) Outcome {
	o := Outcome{Control: id, Ref: namespaceRef(namespace)}
	var answers []admission
	for _, w := range []wanted{harmless(), privileged(), onHost()} {
		a := t.dryRun(ctx, namespace, w)
		o.Evidence = append(o.Evidence, a.exchange)
		answers = append(answers, a)
	}
	for i := range answers {
		if answers[i].verdict != admitted {
			continue
		}
		exchange, problem := t.isGone(ctx, podPath(namespace, answers[i].name))
		o.Evidence = append(o.Evidence, exchange)
		if problem != "" {
			t.tell("the pod %s of namespace %s: %s", answers[i].name, namespace, problem)
		}
	}
	t.judgeAdmission(&o, answers)
	return o
}

func (t *Target) judgeAdmission(o *Outcome, answers []admission) {
	harmless, others := answers[0], answers[1:]
	var in, by []string
	why := ""
	for i, what := range []string{"privileged pods", "pods with hostPath, hostNetwork and hostPID"} {
		switch a := &others[i]; {
		case a.verdict == admitted:
			in = append(in, what)
		case a.verdict == undecided:
			why = a.why
		case harmless.verdict != admitted && !strings.HasPrefix(a.by, podSecurity):
			// Who refuses everything says nothing of these pods; Pod Security names what it is against.
			why = "the namespace refuses a harmless pod too: " + harmless.why + harmless.by
		case !slices.Contains(by, a.by):
			by = append(by, a.by)
		}
	}
	system := slices.Contains(t.SystemNamespaces, o.Ref.Name)
	switch {
	case len(in) > 0 && system:
		o.Status, o.Message = control.NotApplicable, "admits "+strings.Join(in, " and ")+", as a namespace of the system may"
	case len(in) > 0:
		o.Status, o.Message = control.Fail, "admits "+strings.Join(in, " and ")
	case why != "":
		o.Status, o.Message, o.Reason = control.Unknown, "whether privileged pods are admitted could not be proven", why
	default:
		o.Message = "privileged pods, and pods with hostPath, hostNetwork and hostPID, are denied by " + strings.Join(by, " and ")
	}
}

func podPath(namespace, name string) string {
	return "/api/v1/namespaces/" + url.PathEscape(namespace) + "/pods/" + name
}

// dryRun asks for a pod that is not to be made.
func (t *Target) dryRun(ctx context.Context, namespace string, w wanted) admission {
	suffix, err := t.random(8)
	if err != nil {
		return admission{verdict: undecided, why: err.Error()}
	}
	name := "kubeharden-probe-" + suffix
	r := post("/api/v1/namespaces/"+url.PathEscape(namespace)+"/pods", map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": name, "labels": map[string]any{"app.kubernetes.io/name": "kubeharden-probe"}},
		"spec":     w.spec,
	}, url.Values{"dryRun": {"All"}})
	resp, exchange, err := t.ask(ctx, r)
	exchange.Request += " (" + w.what + ")"
	a := admission{exchange: exchange, name: name}
	if err != nil {
		a.verdict, a.why = undecided, exchange.Response
		return a
	}
	a.verdict, a.by, a.why = admissionVerdict(resp)
	return a
}

const podSecurity = "Pod Security"

// patterns of the messages of those who deny.
var (
	// https://github.com/kubernetes/pod-security-admission/blob/v0.37.2/admission/admission.go: pods "x" is forbidden: violates PodSecurity "restricted:latest": ...
	podSecurityDenies = regexp.MustCompile(`violates PodSecurity "([^"]+)"`)
	// https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/admission/plugin/webhook/errors/statuserror.go
	webhookDenies = regexp.MustCompile(`admission webhook "([^"]+)" denied the request`)
	// https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/admission/plugin/policy/validating/dispatcher.go
	policyDenies = regexp.MustCompile(`ValidatingAdmissionPolicy '([^']+)' with binding '([^']+)' denied request`)
)

// admissionVerdict reads the answer to a dry run.
func admissionVerdict(resp *kubeclient.Response) (v verdict, by, why string) {
	message := refusal(resp.Status, resp.Body)
	switch {
	case resp.Status/100 == 2:
		return admitted, "", ""
	case resp.Status == http.StatusUnauthorized, resp.Status == http.StatusForbidden && strings.Contains(message, `cannot create resource "pods"`):
		return undecided, "", needs(resp.Status, "create", "pods")
	}
	if m := podSecurityDenies.FindStringSubmatch(message); m != nil {
		return denied, podSecurity + " (" + m[1] + ")", ""
	}
	if m := policyDenies.FindStringSubmatch(message); m != nil {
		return denied, "ValidatingAdmissionPolicy " + m[1], ""
	}
	if m := webhookDenies.FindStringSubmatch(message); m != nil {
		return denied, "the webhook " + m[1], ""
	}
	switch {
	// --allow-privileged=false: https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/apis/core/validation/validation.go
	case strings.Contains(message, "disallowed by cluster policy"):
		return denied, "the API server (--allow-privileged=false)", ""
	// A webhook that has side effects is not called by a dry run, and the request fails:
	// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#side-effects
	case strings.Contains(message, "does not support dry run"):
		return undecided, "", "a webhook with side effects cannot be asked by a dry run: " + message
	case strings.Contains(message, "failed calling webhook"):
		return undecided, "", "a webhook could not be called: " + message
	// https://github.com/kubernetes/kubernetes/blob/v1.37.0/plugin/pkg/admission/serviceaccount/admission.go
	case strings.Contains(message, "error looking up service account"):
		return undecided, "", "the namespace has no service account default, without which it admits no pod"
	case resp.Status == http.StatusForbidden && !strings.Contains(message, "quota") &&
		!strings.Contains(message, "being terminated") && message != "":
		return denied, "admission (" + message + ")", ""
	}
	return undecided, "", "the answer says nothing of the pod: " + statusLine(resp.Status, resp.Body)
}

// isGone makes sure that nothing of a random name is there, and deletes it if it is.
func (t *Target) isGone(ctx context.Context, path string) (e control.Exchange, problem string) {
	resp, e, err := t.ask(ctx, kubeclient.Request{Path: path})
	switch {
	case err != nil || resp.Status == http.StatusNotFound:
		return e, ""
	case resp.Status/100 == 2:
		// No API server does this. If one did, what it made must not stay.
		clean := context.WithoutCancel(ctx)
		deleted, _, err := t.ask(clean, kubeclient.Request{Method: http.MethodDelete, Path: path})
		if err != nil || deleted.Status/100 != 2 && deleted.Status != http.StatusNotFound {
			return e, "the dry run was persisted, and what it made could not be deleted"
		}
		return e, "the dry run was persisted; what it made is deleted again"
	}
	return e, ""
}
