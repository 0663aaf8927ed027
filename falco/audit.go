package falco

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// AuditSource is the event source of Kubernetes' audit log.
const AuditSource = "k8s_audit"

// AuditEvent is one event of Kubernetes' audit log (audit.k8s.io/v1 Event) with the fields that the plugin k8saudit gives it
// (github.com/falcosecurity/plugins, plugins/k8saudit/pkg/k8saudit/extract.go).
type AuditEvent struct{ root tree.Node }

// NewAuditEvent takes an event as the API server writes it. It is valid as long as the tree of the node.
func NewAuditEvent(root tree.Node) AuditEvent { return AuditEvent{root} }

// Source implements Event.
func (AuditEvent) Source() string { return AuditSource }

// auditPaths are the fields that are simply somewhere in the event.
var auditPaths = map[string][]string{
	"ka.auditid":                     {"auditID"},
	"ka.stage":                       {"stage"},
	"ka.auth.decision":               {"annotations", "authorization.k8s.io/decision"},
	"ka.auth.reason":                 {"annotations", "authorization.k8s.io/reason"},
	"ka.user.name":                   {"user", "username"},
	"ka.user.groups":                 {"user", "groups"},
	"ka.impuser.name":                {"impersonatedUser", "username"},
	"ka.verb":                        {"verb"},
	"ka.uri":                         {"requestURI"},
	"ka.target.name":                 {"objectRef", "name"},
	"ka.target.namespace":            {"objectRef", "namespace"},
	"ka.target.resource":             {"objectRef", "resource"},
	"ka.target.subresource":          {"objectRef", "subresource"},
	"ka.req.binding.subjects":        {"requestObject", "subjects"},
	"ka.req.binding.role":            {"requestObject", "roleRef", "name"},
	"ka.req.configmap.name":          {"objectRef", "name"},
	"ka.req.configmap.obj":           {"requestObject", "data"},
	"ka.req.pod.host_ipc":            {"requestObject", "spec", "hostIPC"},
	"ka.req.pod.host_network":        {"requestObject", "spec", "hostNetwork"},
	"ka.req.container.host_network":  {"requestObject", "spec", "hostNetwork"},
	"ka.req.pod.host_pid":            {"requestObject", "spec", "hostPID"},
	"ka.req.pod.run_as_user":         {"requestObject", "spec", "securityContext", "runAsUser"},
	"ka.req.pod.run_as_group":        {"requestObject", "spec", "securityContext", "runAsGroup"},
	"ka.req.pod.fs_group":            {"requestObject", "spec", "securityContext", "fsGroup"},
	"ka.req.pod.supplemental_groups": {"requestObject", "spec", "securityContext", "supplementalGroups"},
	"ka.req.role.rules":              {"requestObject", "rules"},
	"ka.req.service.type":            {"requestObject", "spec", "type"},
	"ka.resp.name":                   {"responseObject", "metadata", "name"},
	"ka.response.code":               {"responseStatus", "code"},
	"ka.response.reason":             {"responseStatus", "reason"},
	"ka.useragent":                   {"userAgent"},
}

// auditItems are the fields that items of a list have: where the list is, and where the value is in an item.
var auditItems = map[string]struct{ list, item []string }{
	"ka.req.pod.containers.image":                      {containersPath, []string{"image"}},
	"ka.req.pod.containers.privileged":                 {containersPath, []string{"securityContext", "privileged"}},
	"ka.req.pod.containers.allow_privilege_escalation": {containersPath, []string{"securityContext", "allowPrivilegeEscalation"}},
	"ka.req.pod.containers.read_only_fs":               {containersPath, []string{"securityContext", "readOnlyRootFilesystem"}},
	"ka.req.pod.containers.run_as_user":                {containersPath, []string{"securityContext", "runAsUser"}},
	"ka.req.pod.containers.run_as_group":               {containersPath, []string{"securityContext", "runAsGroup"}},
	"ka.req.pod.containers.proc_mount":                 {containersPath, []string{"securityContext", "procMount"}},
	"ka.req.pod.containers.add_capabilities":           {containersPath, []string{"securityContext", "capabilities", "add"}},
	"ka.req.service.ports":                             {[]string{"requestObject", "spec", "ports"}, nil},
	"ka.req.pod.volumes.hostpath":                      {volumesPath, []string{"hostPath", "path"}},
	"ka.req.pod.volumes.flexvolume_driver":             {volumesPath, []string{"flexVolume", "driver"}},
	"ka.sourceips":                                     {[]string{"sourceIPs"}, nil},
}

var (
	containersPath = []string{"requestObject", "spec", "containers"}
	volumesPath    = []string{"requestObject", "spec", "volumes"}
	rulesPath      = []string{"requestObject", "rules"}
)

func below(n tree.Node, path ...string) tree.Node {
	for _, key := range path {
		n = n.Get(key)
	}
	return n
}

// jsonText is the text of a string, or the JSON of anything else.
func jsonText(n tree.Node) (string, bool) {
	if !n.Exists() {
		return "", false
	}
	if s, ok := n.Str(); ok {
		return s, true
	}
	b, err := n.AppendJSON(nil)
	return string(b), err == nil
}

func single(n tree.Node) []string {
	if s, ok := jsonText(n); ok {
		return []string{s}
	}
	return nil
}

// items returns the items of a list, or the one that the argument of the field asks for.
func (e AuditEvent) items(f *Field, path []string) []tree.Node {
	var all []tree.Node
	for _, n := range below(e.root, path...).Items() {
		all = append(all, n)
	}
	if index, err := strconv.Atoi(f.Arg); err == nil {
		if index < 0 || index >= len(all) {
			return nil
		}
		return all[index : index+1]
	}
	return all
}

// Values implements Event.
func (e AuditEvent) Values(f *Field) (values []string, known bool) {
	if path, ok := auditPaths[f.Name]; ok {
		return e.path(f.Name, path), true
	}
	if where, ok := auditItems[f.Name]; ok {
		return e.flat(f, where.list, where.item), true
	}
	switch f.Name {
	case "evt.source":
		return []string{AuditSource}, true
	case "evt.pluginname":
		return []string{"k8saudit"}, true
	case "jevt.value", "json.value":
		return single(pointer(e.root, f.Arg)), true
	case "ka.uri.param":
		return e.parameter(f.Arg), true
	case "ka.req.binding.subject.has_name":
		return []string{"true"}, true
	case "ka.req.container.image":
		return firstOf(e.flat(f, containersPath, []string{"image"})), true
	case "ka.req.container.image.repository":
		return firstOf(e.repositories(f)), true
	case "ka.req.pod.containers.image.repository":
		return e.repositories(f), true
	case "ka.req.container.privileged":
		return e.privileged(), true
	case "ka.req.pod.containers.host_port":
		return e.ports(f), true
	case "ka.req.pod.containers.eff_run_as_user":
		return e.effective(f, "runAsUser"), true
	case "ka.req.pod.containers.eff_run_as_group":
		return e.effective(f, "runAsGroup"), true
	case "ka.req.volume.hostpath":
		return e.hostPath(f.Arg), true
	case "ka.req.pod.volumes.volume_type":
		return e.volumeTypes(f), true
	}
	if key, ok := strings.CutPrefix(f.Name, "ka.req.role.rules."); ok {
		return e.rules(f, key), true
	}
	return nil, false
}

// path returns the value of a field that is at one place; of a list its items.
func (e AuditEvent) path(name string, path []string) []string {
	n := below(e.root, path...)
	info, _ := known().field(AuditSource, name)
	if !info.list {
		return single(n)
	}
	var values []string
	for _, i := range n.Items() {
		values = append(values, single(i)...)
	}
	return values
}

// flat returns what each item of a list has. If one has nothing there is no value at all; only privileged leaves such items out.
func (e AuditEvent) flat(f *Field, list, item []string) []string {
	var values []string
	for _, n := range e.items(f, list) {
		s, ok := jsonText(below(n, item...))
		if !ok {
			if f.Name == "ka.req.pod.containers.privileged" {
				continue
			}
			return nil
		}
		values = append(values, s)
	}
	return values
}

func firstOf(values []string) []string {
	return values[:min(1, len(values))]
}

// repositories cuts the tag and the digest off as the plugin does: at the first colon, even if that is before a port.
func (e AuditEvent) repositories(f *Field) []string {
	images := e.flat(f, containersPath, []string{"image"})
	for i, image := range images {
		image, _, _ = strings.Cut(image, ":")
		images[i], _, _ = strings.Cut(image, "@")
	}
	return images
}

func (e AuditEvent) privileged() []string {
	containers := below(e.root, containersPath...)
	if containers.Kind() != tree.Sequence {
		return nil
	}
	for _, c := range containers.Items() {
		if p, _ := below(c, "securityContext", "privileged").Bool(); p {
			return []string{"true"}
		}
	}
	return []string{"false"}
}

// ports returns the host ports of containers; a port without one counts with its container port, which is the one if the pod
// uses the network of the host.
func (e AuditEvent) ports(f *Field) []string {
	var values []string
	for _, c := range e.items(f, containersPath) {
		ports := c.Get("ports")
		if ports.Kind() != tree.Sequence {
			return nil
		}
		for _, p := range ports.Items() {
			if host := p.Get("hostPort"); host.Exists() {
				values = append(values, single(host)...)
				continue
			}
			values = append(values, single(p.Get("containerPort"))...)
		}
	}
	return values
}

// effective returns an id as the plugin computes it: the container's own key, else the pod's, else 0. The plugin looks for both keys
// outside of the security contexts.
func (e AuditEvent) effective(f *Field, key string) []string {
	pod := "0"
	if s, ok := jsonText(below(e.root, "requestObject", "spec", key)); ok {
		pod = s
	}
	var values []string
	for _, c := range e.items(f, containersPath) {
		id := pod
		if s, ok := jsonText(c.Get(key)); ok {
			id = s
		}
		values = append(values, id)
	}
	return values
}

// hostPath says whether a volume has a path, or one that begins so if the argument ends in an asterisk.
func (e AuditEvent) hostPath(arg string) []string {
	if arg == "" || below(e.root, volumesPath...).Kind() != tree.Sequence {
		return nil
	}
	paths := e.flat(&Field{}, volumesPath, []string{"hostPath", "path"})
	if paths == nil {
		return nil
	}
	prefix, isPrefix := strings.CutSuffix(arg, "*")
	found := slices.ContainsFunc(paths, func(p string) bool { return p == arg || isPrefix && strings.HasPrefix(p, prefix) })
	return []string{strconv.FormatBool(found)}
}

func (e AuditEvent) volumeTypes(f *Field) []string {
	var values []string
	for _, v := range e.items(f, volumesPath) {
		for k := range v.Pairs() {
			if name := k.Text(); name != "name" {
				values = append(values, name)
			}
		}
	}
	return values
}

func (e AuditEvent) rules(f *Field, key string) []string {
	var values []string
	for _, r := range e.items(f, rulesPath) {
		for _, v := range r.Get(key).Items() {
			values = append(values, single(v)...)
		}
	}
	return values
}

// parameter returns the value of a parameter of the query.
func (e AuditEvent) parameter(name string) []string {
	uri, _ := e.root.Get("requestURI").Str()
	parsed, err := url.Parse(uri)
	if err != nil {
		return nil
	}
	query, err := url.ParseQuery(parsed.RawQuery)
	if err != nil {
		return nil
	}
	return firstOf(query[name])
}

// pointer follows a JSON pointer (RFC 6901).
func pointer(n tree.Node, path string) tree.Node {
	path, ok := strings.CutPrefix(path, "/")
	if !ok {
		return tree.Node{}
	}
	for key := range strings.SplitSeq(path, "/") {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
		if n.Kind() == tree.Sequence {
			index, err := strconv.Atoi(key)
			if err != nil {
				return tree.Node{}
			}
			n = n.At(index)
			continue
		}
		n = n.Get(key)
	}
	return n
}
