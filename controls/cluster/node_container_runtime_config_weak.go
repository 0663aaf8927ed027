package cluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// NodeContainerRuntimeConfigWeak: images come from whom they claim to come from, and nobody else talks to the runtime.
var NodeContainerRuntimeConfigWeak = control.Control{
	ID: "node-container-runtime-config-weak", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:  "Keep container runtimes from plain or unverified registries and from open sockets",
	Scope:  control.Objects,
	Kinds:  nodeFacts,
	Unless: control.NodeLacks("", node.RoleRuntimeConfig),
	Require: &control.Func{
		Check: checkRuntimeConfig,
		Text:  "the configuration of the container runtime must name no registry without TLS or without verification, no TCP socket, no device of the host for all containers, and must not turn AppArmor or seccomp off",
	},
	Risk:     "Images of registries with a certificate that nobody can verify are no longer pulled; give the runtime their authority.",
	Fix:      control.Advice,
	NoFix:    "A scan changes no node, and registries need a certificate first.",
	NoPolicy: noPolicyForNodes,
	Remedy: `Take the line of the message away. For a registry with an authority of its own name that authority: ca in hosts.toml of containerd, /etc/containers/certs.d of
CRI-O, /etc/docker/certs.d of Docker.`,
	Refs: control.Refs{
		NSA:   []string{nsaNodes, "Pod security: secure container images"},
		MITRE: []string{"T1611", "T1195.002"},
		Source: []string{
			"https://github.com/containerd/containerd/blob/v2.1.0/docs/hosts.md", "https://github.com/containerd/containerd/blob/v2.1.0/docs/cri/config.md",
			"https://github.com/cri-o/cri-o/blob/v1.34.0/docs/crio.conf.5.md", "https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md",
			"https://docs.docker.com/reference/cli/dockerd/#insecure-registries", "https://docs.k3s.io/installation/private-registry",
		},
	},
	Why: `Whoever is between the node and a registry that is asked without TLS, or without looking at its certificate, decides what the node runs. A runtime that listens
on TCP starts what anybody in the network asks for, as root. And what is switched off here no pod can switch on.`,
	Bad: []control.Change{
		{Path: "spec.files", Name: "unverified", Value: runtimeFile("containerd", "[plugins.'io.containerd.grpc.v1.cri'.registry.configs.'r.example.com'.tls]\n  insecure_skip_verify = true\n")},
		{Path: "spec.files", Name: "plain mirror", Value: runtimeFile("containerd", "[registry.mirrors.'docker.io']\n  endpoint = [\"http://mirror.example.com:5000\"]\n")},
		{Path: "spec.files", Name: "TCP", Value: runtimeFile("containerd", "[grpc]\n  tcp_address = '0.0.0.0:2222'\n")},
		{Path: "spec.files", Name: "debug on TCP", Value: runtimeFile("containerd", "[debug]\n  address = 'tcp://0.0.0.0:2223'\n")},
		{Path: "spec.files", Name: "no AppArmor", Value: runtimeFile("containerd", "disable_apparmor = true\n")},
		{Path: "spec.files", Name: "CRI-O", Value: runtimeFile("cri-o", "[crio.image]\ninsecure_registries = [\n  \"r.example.com\",\n]\n")},
		{Path: "spec.files", Name: "registries.conf", Value: runtimeFile("cri-o", "[[registry]]\nlocation = 'r.example.com'\ninsecure = true\n")},
		{Path: "spec.files", Name: "devices", Value: runtimeFile("cri-o", "[crio.runtime]\nadditional_devices = [\"/dev/mem:/dev/mem:rwm\"]\n")},
		{Path: "spec.files", Name: "Docker", Value: runtimeFile("docker", `{"hosts": ["unix:///run/docker.sock", "tcp://0.0.0.0:2375"]}`)},
		{Path: "spec.files", Name: "registries of Docker", Value: runtimeFile("docker", `{"insecure-registries": ["r.example.com"]}`)},
		{Path: "spec.files", Name: "k3s", Value: runtimeFile("containerd", "configs:\n  r.example.com:\n    tls:\n      insecure_skip_verify: true\n")},
	},
	Good: []control.Change{
		{Path: "spec.files", Name: "as it comes", Value: runtimeFile("containerd", "version = 3\n#  insecure_skip_verify = true\n[grpc]\n  tcp_address = ''\n[debug]\n  address = '/run/containerd/debug.sock'\n")},
		{Path: "spec.files", Name: "a mirror on the node", Value: runtimeFile("containerd", "endpoint = ['http://127.0.0.1:5000', \"https://r.example.com\"]\ninsecure_skip_verify = false\n")},
		{Path: "spec.files", Name: "nothing", Value: runtimeFile("cri-o", "insecure_registries = []\nadditional_devices = [\n]\n")},
		{Path: "spec.files", Name: "Docker", Value: runtimeFile("docker", `{"hosts": ["unix:///run/docker.sock", "tcp://10.0.0.1:2376"], "tlsverify": true, "insecure-registries": ["127.0.0.0/8"]}`)},
	},
}

func runtimeFile(component, content string) []any {
	return []any{mapping{
		"path": "/etc/runtime/config", "roles": []any{node.RoleRuntimeConfig}, "component": component, "type": "file",
		"owner": "root", "group": "root", "uid": 0, "gid": 0, "mode": "0600", "content": content,
	}}
}

// runtimeSetting is NAME = value of TOML, "NAME": value of JSON or NAME: value of YAML, with a list up to its end.
var runtimeSetting = regexp.MustCompile(`(?m)^[ \t{,]*["']?([A-Za-z_-]+)["']?[ \t]*[=:][ \t]*(\[[^\]]*\]|[^\n]*)`)

// runtimeSection is the head of a section of TOML.
var runtimeSection = regexp.MustCompile(`(?m)^[ \t]*\[+([^\]]+)\]`)

// tlsVerified is how Docker is told to take clients with certificates only.
var tlsVerified = regexp.MustCompile(`"tlsverify"\s*:\s*true`)

// quoted are the texts in a value.
var quoted = regexp.MustCompile(`"([^"]*)"|'([^']*)'`)

func checkRuntimeConfig(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, file := range at.Get("spec").Get("files").Items() {
		if !slices.Contains(texts(file.Get("roles")), node.RoleRuntimeConfig) {
			continue
		}
		content := file.Get("content")
		if !content.Exists() {
			if !fail(control.Violation{At: file, Missing: []string{"content"}, Problem: "of " + file.Get("path").Text() + " was not read", Unknown: true}) {
				return
			}
			continue
		}
		for _, problem := range weakRuntime(content.Text()) {
			if !fail(control.Violation{At: file.Get("path"), Problem: "is " + file.Get("path").Text() + ", which " + problem}) {
				return
			}
		}
	}
	control.NodeUnknown(at, []string{node.RoleRuntimeConfig, "content of " + node.RoleRuntimeConfig}, fail)
}

// weakRuntime says what is weak in the configuration of a runtime, in the order of its lines.
func weakRuntime(content string) []string {
	content = withoutComments(content)
	sections := runtimeSection.FindAllStringSubmatchIndex(content, -1)
	section := func(at int) string {
		name := ""
		for _, s := range sections {
			if s[0] < at {
				name = content[s[2]:s[3]]
			}
		}
		return name
	}
	// One line of JSON holds several settings.
	verified := tlsVerified.MatchString(content)
	var out []string
	flat := strings.NewReplacer(`,"`, ",\n\"", `, "`, ",\n\"", `{"`, "{\n\"").Replace(content)
	if strings.HasPrefix(strings.TrimSpace(content), "{") {
		content, sections = rejoin(flat), nil
	}
	for _, m := range runtimeSetting.FindAllStringSubmatchIndex(content, -1) {
		name, value := content[m[2]:m[3]], strings.TrimSpace(content[m[4]:m[5]])
		if problem := weakSetting(name, value, section(m[0]), verified); problem != "" {
			out = append(out, fmt.Sprintf("%s (line %d)", problem, 1+strings.Count(content[:m[2]], "\n")))
		}
	}
	return out
}

// rejoin puts lists that were broken into lines together again.
func rejoin(flat string) string {
	var b strings.Builder
	depth := 0
	for _, r := range flat {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		case '\n':
			if depth > 0 {
				continue
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// withoutComments takes the lines away that begin with #, and keeps their ends.
func withoutComments(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			line = "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func weakSetting(name, value, section string, verified bool) string {
	isTrue := strings.HasPrefix(value, "true")
	var items []string
	for _, m := range quoted.FindAllStringSubmatch(value, -1) {
		items = append(items, m[1]+m[2])
	}
	if items == nil && !strings.HasPrefix(value, "[") {
		items = []string{strings.Trim(value, ` ",`)}
	}
	first := func(bad func(string) bool) string {
		if i := slices.IndexFunc(items, bad); i >= 0 {
			return items[i]
		}
		return ""
	}
	switch strings.ReplaceAll(name, "-", "_") {
	case "insecure_skip_verify", "skip_verify":
		if isTrue {
			return "does not verify the certificate of a registry: " + name
		}
	case "insecure":
		if isTrue && strings.Contains(section, "registry") {
			return "asks a registry without TLS: insecure"
		}
	case "insecure_registries":
		if r := first(func(s string) bool { return s != "" && !onNode(s) }); r != "" {
			return "asks " + r + " without TLS: " + name
		}
	case "endpoint", "server", "host":
		if r := first(func(s string) bool {
			return strings.HasPrefix(s, "http://") && !onNode(strings.TrimPrefix(s, "http://"))
		}); r != "" {
			return "asks " + r + " without TLS: " + name
		}
	case "tcp_address", "stream_address":
		if r := first(func(s string) bool { return s != "" && !onNode(s) }); r != "" {
			return "lets the runtime listen on " + r + ": " + name
		}
	case "address", "hosts":
		if r := first(func(s string) bool { return strings.HasPrefix(s, "tcp://") && !onNode(strings.TrimPrefix(s, "tcp://")) }); r != "" && !verified {
			return "lets the runtime listen on " + r + ": " + name
		}
	case "disable_apparmor":
		if isTrue {
			return "turns AppArmor off for all containers: " + name
		}
	case "seccomp_profile", "apparmor_profile":
		if slices.Contains(items, "unconfined") {
			return "leaves all containers unconfined: " + name
		}
	case "additional_devices":
		if r := first(func(s string) bool { return s != "" }); r != "" {
			return "gives " + r + " to every container: " + name
		}
	default:
	}
	return ""
}

// onNode reports whether an address is one of the node itself.
func onNode(address string) bool {
	return strings.HasPrefix(address, "127.") || strings.HasPrefix(address, "localhost") || strings.HasPrefix(address, "[::1]") || address == "::1" || address == "::1/128"
}
