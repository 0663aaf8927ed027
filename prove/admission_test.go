package prove

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
)

// Messages as API servers of Kubernetes 1.35 and 1.37 write them.
const (
	deniedByPodSecurity = `pods "x" is forbidden: violates PodSecurity "baseline:latest": privileged (container "probe" must not set securityContext.privileged=true)`
	deniedByWebhook     = `admission webhook "validate.kyverno.svc-fail" denied the request: no`
	deniedByPolicy      = `pods "x" is forbidden: ValidatingAdmissionPolicy 'no-host' with binding 'no-host' denied request: no`
	noDryRun            = `admission webhook "effects.example.org" does not support dry run`
	overQuota           = `pods "x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1`
	noPermission        = `pods is forbidden: User "jane" cannot create resource "pods" in API group "" in the namespace "a"`
)

func TestAdmissionVerdicts(t *testing.T) {
	for _, c := range []struct {
		status  int
		message string
		want    verdict
		says    string
	}{
		{201, "", admitted, ""},
		{403, deniedByPodSecurity, denied, "Pod Security (baseline:latest)"},
		{400, deniedByWebhook, denied, "the webhook validate.kyverno.svc-fail"},
		{422, deniedByPolicy, denied, "ValidatingAdmissionPolicy no-host"},
		{422, `Pod "x" is invalid: spec.containers[0].securityContext.privileged: Forbidden: disallowed by cluster policy`, denied, "--allow-privileged=false"},
		{403, `pods "x" is forbidden: SecurityContextDeny says no`, denied, "SecurityContextDeny says no"},
		{400, noDryRun, undecided, "side effects"},
		{500, `Internal error occurred: failed calling webhook "a": connection refused`, undecided, "could not be called"},
		{403, overQuota, undecided, "says nothing of the pod"},
		{403, noPermission, undecided, "needs the permission to create pods"},
		{401, "Unauthorized", undecided, "needs the permission to create pods"},
		{403, `pods "x" is forbidden: error looking up service account a/default: serviceaccount "default" not found`, undecided, "no service account default"},
		{403, `pods "x" is forbidden: unable to create new content in namespace a because it is being terminated`, undecided, "says nothing of the pod"},
		{404, `namespaces "a" not found`, undecided, "says nothing of the pod"},
		{422, `Pod "x" is invalid: spec.x: Invalid value`, undecided, "says nothing of the pod"},
		{503, "", undecided, "HTTP 503"},
	} {
		body, _ := json.Marshal(map[string]any{"kind": "Status", "message": c.message})
		v, by, why := admissionVerdict(&kubeclient.Response{Status: c.status, Body: body})
		if v != c.want || !strings.Contains(by+why, c.says) {
			t.Errorf("%d %s: %d %q %q", c.status, c.message, v, by, why)
		}
	}
}

// askedPod is what is looked at of a pod that the probe asks for.
type askedPod struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		HostNetwork   bool   `json:"hostNetwork"`
		SchedulerName string `json:"schedulerName"`
		Containers    []struct {
			SecurityContext struct {
				Privileged bool `json:"privileged"`
			} `json:"securityContext"`
		} `json:"containers"`
	} `json:"spec"`
}

func TestAdmissionProbe(t *testing.T) {
	const id = "namespace-psa-below-baseline"
	type answers struct{ harmless, privileged, host string } // messages; "" admits
	for name, c := range map[string]struct {
		answers answers
		want    control.Status
		says    string
	}{
		"open":              {answers{"", "", ""}, control.Fail, "admits privileged pods and pods with hostPath, hostNetwork and hostPID"},
		"half open":         {answers{"", deniedByPolicy, ""}, control.Fail, "admits pods with hostPath"},
		"Pod Security":      {answers{"", deniedByPodSecurity, deniedByPodSecurity}, control.Pass, "denied by Pod Security (baseline:latest)"},
		"two":               {answers{"", deniedByPodSecurity, deniedByWebhook}, control.Pass, "Pod Security (baseline:latest) and the webhook validate.kyverno.svc-fail"},
		"nothing at all":    {answers{deniedByWebhook, deniedByWebhook, deniedByWebhook}, control.Unknown, "refuses a harmless pod too"},
		"quota":             {answers{overQuota, overQuota, overQuota}, control.Unknown, "exceeded quota"},
		"quota but named":   {answers{overQuota, deniedByPodSecurity, deniedByPodSecurity}, control.Pass, "Pod Security"},
		"no dry run":        {answers{noDryRun, noDryRun, noDryRun}, control.Unknown, "side effects"},
		"may not":           {answers{noPermission, noPermission, noPermission}, control.Unknown, "needs the permission to create pods"},
		"one not to be had": {answers{"", deniedByPodSecurity, noDryRun}, control.Unknown, "side effects"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeAPI(t)
			f.handle = func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/v1/namespaces" {
					if r.Header.Get("Accept") != metadataOnly {
						t.Error("namespaces are asked for as a whole")
					}
					_, _ = w.Write([]byte(`{"items":[{"metadata":{"name":"kube-system"}},{"metadata":{"name":"a"}}]}`))
					return
				}
				if r.Method != http.MethodPost {
					status(w, http.StatusNotFound, "not found")
					return
				}
				if r.URL.Query().Get("dryRun") != "All" {
					t.Errorf("%s %s is no dry run", r.Method, r.URL)
				}
				body, _ := io.ReadAll(r.Body)
				var pod askedPod
				if err := json.Unmarshal(body, &pod); err != nil || pod.Spec.SchedulerName == "" {
					t.Error("no pod: ", err)
				}
				message := c.answers.harmless
				if pod.Spec.HostNetwork {
					message = c.answers.host
				} else if pod.Spec.Containers[0].SecurityContext.Privileged {
					message = c.answers.privileged
				}
				if message != "" {
					status(w, http.StatusForbidden, message)
					return
				}
				w.WriteHeader(http.StatusCreated)
				_, _ = w.Write(body)
			}
			target := target(t, f.Server)
			target.SystemNamespaces = []string{"kube-system"}
			outcomes := run(t, "admission-privileged-pod", target)
			want := map[control.Status]control.Status{control.Fail: control.NotApplicable, control.Pass: control.Pass, control.Unknown: control.Unknown}[c.want]
			if got := statuses(outcomes, id); got != c.want.String()+" "+want.String() || !strings.Contains(lines(outcomes), c.says) {
				t.Errorf("%s, want %s %s and %q\n%s", got, c.want, want, c.says, lines(outcomes))
			}
		})
	}
}

// TestPersistedDryRun holds that a pod which an API server makes in spite of the dry run is deleted.
func TestPersistedDryRun(t *testing.T) {
	f := newFakeAPI(t)
	var mu sync.Mutex
	pods := map[string]bool{}
	f.handle = func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		switch r.Method {
		case http.MethodPost:
			var pod askedPod
			_ = json.NewDecoder(r.Body).Decode(&pod)
			pods[pod.Metadata.Name] = true
			w.WriteHeader(http.StatusCreated)
		case http.MethodDelete:
			delete(pods, name)
		default:
			if !pods[name] {
				status(w, http.StatusNotFound, "")
			}
		}
		fmt.Fprint(w, "{}")
	}
	target := target(t, f.Server)
	target.Namespaces = []string{"a"}
	var told []string
	target.Tell = func(m string) { told = append(told, m) }
	run(t, "admission-privileged-pod", target)
	if len(pods) > 0 || len(told) != 3 || !strings.Contains(told[0], "deleted again") {
		t.Errorf("left %v, told %v", pods, told)
	}
}

func TestDefaultServiceAccounts(t *testing.T) {
	const id = "default-service-account-bound"
	f := newFakeAPI(t)
	f.handle = func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			Spec struct {
				User               string            `json:"user"`
				Groups             []string          `json:"groups"`
				ResourceAttributes map[string]string `json:"resourceAttributes"`
			} `json:"spec"`
		}
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil || r.URL.Path != "/apis/authorization.k8s.io/v1/subjectaccessreviews" {
			t.Error(r.URL, err)
		}
		s := &review.Spec
		namespace := strings.Split(s.User, ":")[2]
		if want := []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"}; !slices.Equal(s.Groups, want) {
			t.Errorf("groups %v", s.Groups)
		}
		if in := s.ResourceAttributes["namespace"]; in != "" && in != namespace {
			t.Errorf("asked for %s in %s", s.User, in)
		}
		what := s.ResourceAttributes["verb"] + " " + s.ResourceAttributes["resource"]
		switch {
		case namespace == "bound" && what == "get secrets", namespace == "late" && what == "get secrets":
			fmt.Fprint(w, `{"status":{"allowed":true,"reason":"RBAC: allowed by RoleBinding \"oops/bound\""}}`)
		case namespace == "broken", namespace == "late" && what == "list pods":
			status(w, http.StatusInternalServerError, "etcd is gone")
		case namespace == "forbidden":
			status(w, http.StatusForbidden, "no")
		case namespace == "undecided":
			fmt.Fprint(w, `{"status":{"allowed":false,"evaluationError":"webhook: timeout"}}`)
		case namespace == "dangling":
			fmt.Fprint(w, `{"status":{"allowed":false,"evaluationError":"role.rbac.authorization.k8s.io \"x\" not found"}}`)
		default:
			fmt.Fprint(w, `{"status":{"allowed":false}}`)
		}
	}
	target := target(t, f.Server)
	target.Namespaces = []string{"bound", "broken", "clean", "dangling", "forbidden", "late", "undecided"}
	outcomes := run(t, "default-service-accounts", target)
	if got, want := statuses(outcomes, id), "fail unknown pass pass unknown fail unknown"; got != want {
		t.Errorf("%s, want %s\n%s", got, want, lines(outcomes))
	}
	for _, want := range []string{"ServiceAccount/bound/default : may get secrets\n", "needs the permission to create subjectaccessreviews", "not all could be asked"} {
		if !strings.Contains(lines(outcomes), want) {
			t.Errorf("%q is not in\n%s", want, lines(outcomes))
		}
	}
	if e := outcomes[0].Evidence[0]; e.Response != `allowed: true (RBAC: allowed by RoleBinding "oops/bound")` {
		t.Error(e)
	}
}
