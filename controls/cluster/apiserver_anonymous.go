package cluster

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

const (
	anonymousFlag      = "anonymous-auth"
	authenticationFlag = "authentication-config"
)

// anonymousAuth requires --anonymous-auth to be false, or the file of --authentication-config to limit anonymous requests to health.
//
// What the file says of anonymous decides; if it says nothing the flag does, and together they are an error, whatever the flag says
// (https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubeapiserver/options/authentication.go, ToAuthenticationConfig).
func anonymousAuth() control.Setting {
	s := control.FlagIs(anonymousFlag, false)
	problem := s.Problem
	s.Wanted = "must be false, or the file of --" + authenticationFlag + " must limit anonymous requests to the paths of health"
	s.Value = anonymousValue
	s.Problem = func(v *component.Value, i *component.Instance) string {
		if v.IsTrue() && v.Set && saysAnonymous(i) {
			return "is given though the file of --" + authenticationFlag + " configures anonymous: the API server does not start"
		}
		return problem(v, i)
	}
	s.Edits = anonymousEdits
	return alsoBad(s, []string{})
}

// anonymousValue is the flag where it decides. What only the file decides, and well, is false at the place in the file.
func anonymousValue(i *component.Instance) component.Value {
	v := i.Flag(anonymousFlag)
	config := i.Flag(authenticationFlag)
	explicit := v.Known && v.Set && v.Source != component.FromDistribution
	switch {
	case !v.Known || config.Absent:
		return v
	case explicit && saysAnonymous(i):
		// Both at once are refused; the value that is reported is the flag, as wrong.
		v.Text = "true"
		return v
	case explicit:
		// If a file that was not read configured anonymous too, the API server would not start.
		return v
	case !config.Known:
		return notKnown(config.Reason)
	case config.Text == "":
		return v
	}
	r, ok := i.Reference(authenticationFlag)
	switch {
	case !ok || !r.Found:
		return notKnown("the file of --" + authenticationFlag + ", " + config.Text + ", was not read, and it can limit anonymous requests")
	case !saysAnonymous(i):
		return v
	case before(i, 31):
		return notKnown("kube-apiserver " + i.Version.String() + " refuses the field anonymous in " + r.Path)
	}
	if gate := i.FeatureGate("AnonymousAuthConfigurableEndpoints"); gate.IsFalse() {
		return notKnown("kube-apiserver " + i.Version.String() + " refuses the field anonymous in " + r.Path + " without the feature gate AnonymousAuthConfigurableEndpoints")
	}
	enabled := r.File.Field("anonymous.enabled")
	if enabled.IsTrue() && !healthOnly(r.File) {
		// apiserver-anonymous-conditions-too-broad tells which of the conditions are too many, where they stand.
		return absent()
	}
	return component.Value{Set: true, Known: true, Text: "false", Source: component.FromFile, Place: r.File.Field("anonymous").Place}
}

// saysAnonymous reports whether the file of the API server was read and configures anonymous.
func saysAnonymous(i *component.Instance) bool {
	r, ok := i.Reference(authenticationFlag)
	return ok && r.Found && r.File.Field("anonymous").Set
}

// healthOnly reports whether the file names conditions, all of them paths of health.
func healthOnly(f component.File) bool {
	n := f.Len("anonymous.conditions")
	for k := range n {
		path := f.Field("anonymous.conditions[" + strconv.Itoa(k) + "].path").Text
		if !slices.ContainsFunc([]string{"/livez", "/readyz", "/healthz"}, func(h string) bool { return path == h || strings.HasPrefix(path, h+"/") }) {
			return false
		}
	}
	return n > 0
}

// anonymousEdits turn anonymous requests off where nothing asks for health without credentials. Where a kubelet does it would restart the API
// server for ever: there only the file helps, which has to be written first.
func anonymousEdits(i *component.Instance) []component.Edit {
	switch {
	case saysAnonymous(i):
		return dropped(i, anonymousFlag)
	case i.Probed:
		return nil
	}
	return set(i, anonymousFlag, "false")
}

// anonymousExamples are those with probes and files. The examples are read from a file called example.yaml.
var anonymousExamples = []control.Example{
	{
		Name: "kubeadm",
		Manifests: `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.34.1
`,
		Want: []string{"ClusterConfiguration apiServer.extraArgs"},
	},
	{
		Name:      "a file with health only",
		Manifests: withAuthentication("v1.34.1", "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}, {path: /healthz}]}"),
	},
	{
		Name:      "a file with anonymous off",
		Manifests: withAuthentication("v1.32.1", "anonymous: {enabled: false}"),
	},
	{
		Name:      "a file that says nothing",
		Manifests: withAuthentication("v1.34.1", "jwt: []"),
		Want:      []string{"Pod/kube-system/kube-apiserver spec.containers[0]"},
	},
	{
		Name:      "a file that says nothing, and the flag",
		Manifests: withAuthentication("v1.34.1", "jwt: []", "--anonymous-auth=false"),
	},
	{
		Name:      "a file and the flag",
		Manifests: withAuthentication("v1.34.1", "anonymous: {enabled: false}", "--anonymous-auth=false"),
		Want:      []string{"Pod/kube-system/kube-apiserver spec.containers[0].command[2]"},
	},
	{
		Name:      "a file that was not read",
		Manifests: control.ComponentPod(component.APIServer, "v1.34.1", "--authentication-config=/etc/kubernetes/authentication.yaml"),
		Want:      []string{"Pod/kube-system/kube-apiserver spec.containers[0]"},
	},
	{
		Name:      "a release that refuses the field",
		Manifests: withAuthentication("v1.31.1", "anonymous: {enabled: false}"),
		Want:      []string{"Pod/kube-system/kube-apiserver spec.containers[0]"},
	},
	{
		Name:      "the gate of 1.31",
		Manifests: withAuthentication("v1.31.1", "anonymous: {enabled: false}", "--feature-gates=AnonymousAuthConfigurableEndpoints=true"),
	},
	{
		Name: "a probe that runs a command",
		Manifests: control.ComponentPod(component.APIServer, "v1.34.1", "--anonymous-auth=false") + `    livenessProbe: {exec: {command: ["true"]}}
`,
	},
}

func withAuthentication(version, text string, args ...string) string {
	pod := control.ComponentPod(component.APIServer, version, append([]string{"--authentication-config=/etc/kubernetes/example.yaml"}, args...)...)
	return pod + "---\napiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n" + text + "\n"
}
