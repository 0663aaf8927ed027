package apiserverconfig

import (
	"regexp"
	"time"

	"github.com/kubeharden/kubeharden/apiserverconfig/strict"
	"github.com/kubeharden/kubeharden/tree"
)

var (
	// Source: https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/apis/apiserver/v1/types.go.
	admissionType = strict.Struct{
		"apiVersion": strict.String, "kind": strict.String,
		"plugins": strict.List{Of: strict.Struct{"name": strict.String, "path": strict.String, "configuration": strict.Any}},
	}
	// Source: https://github.com/kubernetes/pod-security-admission/blob/v0.37.2/admission/api/v1/types.go.
	podSecurityType = strict.Struct{
		"apiVersion": strict.String, "kind": strict.String,
		"defaults": strict.Struct{
			"enforce": strict.String, "enforce-version": strict.String, "audit": strict.String, "audit-version": strict.String,
			"warn": strict.String, "warn-version": strict.String,
		},
		"exemptions": strict.Struct{
			"usernames": strict.List{Of: strict.String}, "namespaces": strict.List{Of: strict.String}, "runtimeClasses": strict.List{Of: strict.String},
		},
	}
)

// The API groups of the configurations of plugins.
const (
	podSecurityGroup    = "pod-security.admission.config.k8s.io"
	eventRateLimitGroup = "eventratelimit.admission.k8s.io"
)

// Plugin is the configuration of an admission plugin.
type Plugin struct {
	At   tree.Node
	Path string
	Name string
	// Configuration is the configuration in the file itself; if it does not exist, File names the file that holds it.
	Configuration tree.Node
	File          string
}

// Admission is an AdmissionConfiguration. It is valid as long as the tree that it was read from.
type Admission struct{ Plugins []Plugin }

// ReadAdmission reads an AdmissionConfiguration and says why the API server refuses it, or a plugin the part that is for it:
// PodSecurity, EventRateLimit and ImagePolicyWebhook are looked into. Source: ReadAdmissionConfiguration of
// https://github.com/kubernetes/apiserver/blob/v0.37.2/pkg/admission/config.go.
func ReadAdmission(root tree.Node) (*Admission, []Flaw) {
	var flaws strict.Flaws
	// The group that the file had first is still read, in its only version.
	if root.Get("apiVersion").StrIs("apiserver.k8s.io/v1alpha1") {
		checkVersion(&flaws, root, "AdmissionConfiguration", "apiserver.k8s.io", 0, version{"v1alpha1", 0})
	} else {
		checkVersion(&flaws, root, "AdmissionConfiguration", Group, 0, version{"v1", 17})
	}
	strict.Check(root, admissionType, &flaws)
	a := &Admission{}
	seen := map[string]bool{}
	for i, at := range root.Get("plugins").Items() {
		p := Plugin{At: at, Path: string(strict.Path("plugins").Index(i)), Name: text(at.Get("name")), File: text(at.Get("path"))}
		if n := at.Get("configuration"); given(n) {
			p.Configuration = n
		}
		// The plugin asks for the first configuration of its name.
		if !seen[p.Name] && p.Configuration.Exists() {
			checkPlugin(&flaws, strict.Path(p.Path).Key("configuration"), &p)
		}
		seen[p.Name] = true
		a.Plugins = append(a.Plugins, p)
	}
	return a, flaws.List()
}

func checkPlugin(flaws *strict.Flaws, path strict.Path, p *Plugin) {
	var part strict.Flaws
	switch p.Name {
	case "PodSecurity":
		checkPodSecurity(&part, p.Configuration)
	case "EventRateLimit":
		checkEventRateLimit(&part, p.Configuration)
	case "ImagePolicyWebhook":
		checkImagePolicy(&part, p.Configuration)
	}
	for _, f := range part.List() {
		if f.Path == "" {
			f.Path = string(path)
		} else {
			f.Path = string(path) + "." + f.Path
		}
		flaws.Add(f)
	}
}

// ReadPodSecurity says why the API server refuses a PodSecurityConfiguration. Source: ValidatePodSecurityConfiguration of
// https://github.com/kubernetes/pod-security-admission/blob/v0.37.2/admission/api/validation/validation.go.
func ReadPodSecurity(root tree.Node) []Flaw {
	var flaws strict.Flaws
	strict.Check(root, strict.Any, &flaws)
	checkPodSecurity(&flaws, root)
	return flaws.List()
}

var podSecurityVersion = regexp.MustCompile(`^(latest|v1\.([0-9]|[1-9][0-9]*))$`)

func checkPodSecurity(flaws *strict.Flaws, root tree.Node) {
	checkVersion(flaws, root, "PodSecurityConfiguration", podSecurityGroup, 0, version{"v1", 25}, version{"v1beta1", 23}, version{"v1alpha1", 22})
	strict.CheckPart(root, podSecurityType, flaws)
	defaults := root.Get("defaults")
	for _, mode := range [...]string{"enforce", "warn", "audit"} {
		switch level := text(defaults.Get(mode)); level {
		case "", "privileged", "baseline", "restricted":
		default:
			flaws.Field("defaults", defaults, mode, "has to be privileged, baseline or restricted")
		}
		if v := text(defaults.Get(mode + "-version")); v != "" && !podSecurityVersion.MatchString(v) {
			flaws.Field("defaults", defaults, mode+"-version", "has to be latest or v1.x")
		}
	}
	exemptions := root.Get("exemptions")
	for _, list := range [...]struct {
		key   string
		valid func(string) bool
		form  string
	}{
		{"namespaces", isDNSLabel, "is no name of a namespace"},
		{"runtimeClasses", isDNSSubdomain, "is no name of a runtime class"},
		{"usernames", func(s string) bool { return s != "" }, "is empty"},
	} {
		seen := map[string]bool{}
		for i, n := range exemptions.Get(list.key).Items() {
			switch name := text(n); {
			case !list.valid(name):
				flaws.At(strict.Path("exemptions").Key(list.key).Index(i), n, "%s", list.form)
			case seen[name]:
				flaws.At(strict.Path("exemptions").Key(list.key).Index(i), n, "is in the list twice")
			default:
				seen[name] = true
			}
		}
	}
}

// ReadEventRateLimit says why the API server refuses the Configuration of the EventRateLimit plugin. Unknown fields are no reason: the
// plugin's decoder is not strict. Source: https://github.com/kubernetes/kubernetes/tree/v1.37.2/plugin/pkg/admission/eventratelimit.
func ReadEventRateLimit(root tree.Node) []Flaw {
	var flaws strict.Flaws
	checkEventRateLimit(&flaws, root)
	return flaws.List()
}

func checkEventRateLimit(flaws *strict.Flaws, root tree.Node) {
	checkVersion(flaws, root, "Configuration", eventRateLimitGroup, 0, version{"v1alpha1", 9})
	limits := root.Get("limits")
	if limits.Len() == 0 {
		flaws.Field("", root, "limits", "needs at least one limit")
	}
	for i, at := range limits.Items() {
		path := strict.Path("limits").Index(i)
		switch text(at.Get("type")) {
		case "Server", "Namespace", "User", "SourceAndObject":
		default:
			flaws.Field(path, at, "type", "has to be Server, Namespace, User or SourceAndObject")
		}
		for _, key := range [...]string{"qps", "burst"} {
			if v, ok := strict.Int(at.Get(key), 32); !ok || v <= 0 {
				flaws.Field(path, at, key, "has to be a whole number of more than 0")
			}
		}
		if n := at.Get("cacheSize"); given(n) {
			if v, ok := strict.Int(n, 32); !ok || v < 0 && !at.Get("type").StrIs("Server") {
				flaws.Field(path, at, "cacheSize", "has to be a whole number of 0 or more")
			}
		}
	}
}

// checkImagePolicy checks the numbers of the ImagePolicyWebhook plugin: -1 is off, 0 the default. Source:
// https://github.com/kubernetes/kubernetes/blob/v1.37.2/plugin/pkg/admission/imagepolicy/config.go.
func checkImagePolicy(flaws *strict.Flaws, root tree.Node) {
	policy := root.Get("imagePolicy")
	if !given(policy) {
		flaws.Field("", root, "imagePolicy", "is missing, so the plugin does not know whom to ask")
		return
	}
	if text(policy.Get("kubeConfigFile")) == "" {
		flaws.Field("imagePolicy", policy, "kubeConfigFile", "is missing, so the plugin does not know whom to ask")
	}
	for _, field := range [...]struct {
		key         string
		scale, most time.Duration
		form        string
	}{
		{"retryBackoff", time.Millisecond, 5 * time.Minute, "has to be milliseconds up to 5 minutes, or -1"},
		{"allowTTL", time.Second, 30 * time.Minute, "has to be seconds up to 30 minutes, or -1"},
		{"denyTTL", time.Second, 30 * time.Minute, "has to be seconds up to 30 minutes, or -1"},
	} {
		n := policy.Get(field.key)
		if !given(n) {
			continue
		}
		if v, ok := strict.Int(n, 64); !ok || v < -1 || v > int64(field.most/field.scale) {
			flaws.Field("imagePolicy", policy, field.key, "%s", field.form)
		}
	}
	if n := policy.Get("defaultAllow"); given(n) && n.Type() != tree.Bool {
		flaws.Field("imagePolicy", policy, "defaultAllow", "has to be true or false")
	}
}
