package pods

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/quantity"
	"github.com/kubeharden/kubeharden/tree"
)

// perPod is the fix of a field that containers and pods have: once on the pod if that says the same in fewer lines, as none of the
// containers sets it, and neither does the pod.
type perPod struct {
	// prefix is what counts as setting it.
	field, prefix control.Field
	value         any
	// not makes an exception of a pod, which then gets no fix at all, and apart one that gets it on each container; nil is none.
	not, apart func(s *control.Subject) bool
	// also appends what has to change with it for a container; nil is nothing.
	also func(c *object.Container, out []control.Edit) []control.Edit
}

// mend gives a rule on containers the fix.
func (p *perPod) mend(rule control.Rule) control.Rule {
	return control.Mend(rule, func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
		if s.Container == nil || p.not != nil && p.not(s) {
			return out
		}
		if !p.onPod(s) {
			return p.with(s.Container, rule.Edits(s, at, out))
		}
		out = append(out, p.field.Set(s.Pod.Spec, p.value))
		for c := range s.Pod.Containers() {
			out = p.with(c, out)
		}
		return out
	})
}

func (p *perPod) with(c *object.Container, out []control.Edit) []control.Edit {
	if p.also == nil {
		return out
	}
	return p.also(c, out)
}

// onPod reports whether the pod is the place. A single container gets it itself, as it has a security context or will have one.
func (p *perPod) onPod(s *control.Subject) bool {
	if p.prefix.Find(s.Pod.Spec).Exists() || p.apart != nil && p.apart(s) {
		return false
	}
	several := 0
	for c := range s.Pod.Containers() {
		if p.prefix.Find(c.Node).Exists() {
			return false
		}
		several++
	}
	return several > 1 || securityContext.Find(s.Pod.Spec).Len() > 0 && !securityContext.Find(s.Container.Node).Exists()
}

// runsWindows reports whether a pod is for Windows nodes, where fields of Linux mean nothing, or keep the pod from starting.
func runsWindows(s *control.Subject) bool { return windowsNode.Holds(s, s.Pod.Spec) }

// annotatedAppArmor reports whether a container has an AppArmor annotation: the API server refuses a pod with a field that says something else.
func annotatedAppArmor(s *control.Subject) bool {
	for range annotations(s, appArmorAnnotation) {
		return true
	}
	return false
}

var (
	nonRootPerPod  = &perPod{field: control.NewField("securityContext.runAsNonRoot"), prefix: control.NewField("securityContext.runAsNonRoot"), value: true, also: notRoot}
	seccompPerPod  = &perPod{field: control.NewField("securityContext.seccompProfile.type"), prefix: control.NewField("securityContext.seccompProfile"), value: "RuntimeDefault", not: runsWindows}
	appArmorPerPod = &perPod{
		field: control.NewField("securityContext.appArmorProfile.type"), prefix: control.NewField("securityContext.appArmorProfile"),
		value: "RuntimeDefault", not: runsWindows, apart: annotatedAppArmor,
	}
)

var (
	securityContext = control.NewField("securityContext")
	runAsUser       = control.NewField("securityContext.runAsUser")
	privileged      = control.NewField("securityContext.privileged")
	added           = control.NewField("securityContext.capabilities.add")
	dropped         = control.NewField("securityContext.capabilities.drop")
)

// notRoot gives a container that is told to run as root another user, where it is told so: the kubelet does not start user 0 with
// runAsNonRoot, and what the container says beats what the pod says.
// https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
func notRoot(c *object.Container, out []control.Edit) []control.Edit {
	for _, at := range []tree.Node{c.Node, c.Pod.Spec} {
		n := runAsUser.Find(at)
		if !n.Exists() {
			continue
		}
		if id, ok := n.Int(); ok && id == 0 {
			out = append(out, runAsUser.Set(at, userFor(c.Pod, at)))
		}
		return out
	}
	return out
}

// userFor is the user that takes root's place: that of the pod, if it has one and a container is asked about.
func userFor(pod *object.Pod, at tree.Node) int64 {
	if pod == nil || at == pod.Spec {
		return ownID
	}
	if id, ok := runAsUser.Find(pod.Spec).Int(); ok && id > 0 {
		return id
	}
	return ownID
}

// dropAll drops all capabilities and keeps those that the manifest needs: what is added stays, and a port below 1024 can still be opened.
func dropAll(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	list := dropped.Find(at)
	if list.Exists() && list.Kind() != tree.Sequence {
		return out
	}
	spelled := false
	for _, item := range list.Items() {
		// Any other spelling means nothing to the Pod Security Standards.
		if !spelled && grants(item.Text(), "ALL") {
			spelled = true
			out = append(out, control.Edit{Op: control.Set, At: item, Value: "ALL"})
		}
	}
	if !spelled {
		out = append(out, control.Edit{Op: control.Append, At: at, Path: control.Keys(dropped.String()), Value: "ALL"})
	}
	const bind = "NET_BIND_SERVICE"
	if !spelled && opensLowPort(at) && !names(list, bind) && !names(added.Find(at), bind) {
		out = append(out, control.Edit{Op: control.Append, At: at, Path: control.Keys(added.String()), Value: bind})
	}
	return out
}

// opensLowPort reports whether a container says that it listens on a port that only root, or NET_BIND_SERVICE, may open.
func opensLowPort(container tree.Node) bool {
	for _, port := range container.Get("ports").Items() {
		if n, ok := port.Get("containerPort").Int(); ok && n > 0 && n < firstFreePort {
			return true
		}
	}
	return false
}

const firstFreePort = 1024

// names reports whether a list of capabilities has one, or all.
func names(list tree.Node, name string) bool {
	for _, item := range list.Items() {
		if grants(item.Text(), name) {
			return true
		}
	}
	return false
}

// noEscalation sets allowPrivilegeEscalation to false, unless the API server would refuse that beside what else is there.
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/apis/core/validation/validation.go (ValidateSecurityContext)
func noEscalation(rule control.Rule) control.Rule {
	return control.Mend(rule, func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
		if on, _ := privileged.Find(at).Bool(); on {
			return out
		}
		for _, item := range added.Find(at).Items() {
			if item.StrIs("CAP_SYS_ADMIN") {
				return out
			}
		}
		return rule.Edits(s, at, out)
	})
}

// restrict gives a container the security context that the Pod Security Standards want at the level restricted, without what its pod says
// already, and what the manifest needs.
func restrict(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	context := map[string]any{}
	if on, _ := nonRootPerPod.field.Find(s.Pod.Spec).Bool(); !on {
		context["runAsNonRoot"] = true
	}
	if !runsWindows(s) {
		capabilities := map[string]any{"drop": []any{"ALL"}}
		if opensLowPort(at) {
			capabilities["add"] = []any{"NET_BIND_SERVICE"}
		}
		context["capabilities"], context["allowPrivilegeEscalation"] = capabilities, false
		if profile := seccompPerPod.field.Find(s.Pod.Spec); !profile.StrIs("RuntimeDefault") && !profile.StrIs("Localhost") {
			context["seccompProfile"] = map[string]any{"type": "RuntimeDefault"}
		}
	}
	if len(context) == 0 {
		return out
	}
	return notRoot(s.Container, append(out, securityContext.Set(at, context)))
}

var hostProcess = control.NewField("securityContext.windowsOptions.hostProcess")

// inNetworkOfItsOwn takes the network of the node away, unless a HostProcess container is there: the API server refuses those without it.
// https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/
func inNetworkOfItsOwn(rule control.Rule) control.Rule {
	return control.Mend(rule, func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
		on, _ := hostProcess.Find(at).Bool()
		for c := range s.Pod.Containers() {
			own, _ := hostProcess.Find(c.Node).Bool()
			on = on || own
		}
		if on {
			return out
		}
		return rule.Edits(s, at, out)
	})
}

// writable is the setting that names the folders which stay writable.
const writable = "writable"

// readOnlyRoot makes the root file system read-only, and mounts an emptyDir at every folder of the setting "writable" that nothing is
// mounted at. Each container gets volumes of its own, as each has had a file system of its own.
func readOnlyRoot(rule control.Rule) control.Rule {
	return control.Mend(rule, func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
		out = rule.Edits(s, at, out)
		for _, f := range folders(s.Pod, s.Params[writable]) {
			if f.container != at {
				continue
			}
			emptyDir := map[string]any{}
			if f.size != "" {
				emptyDir["sizeLimit"] = f.size
			}
			out = append(out,
				control.Edit{Op: control.Append, At: at, Path: []string{"volumeMounts"}, Value: map[string]any{"name": f.volume, "mountPath": f.path}},
				control.Edit{Op: control.Append, At: s.Pod.Spec, Path: []string{"volumes"}, Value: map[string]any{"name": f.volume, "emptyDir": emptyDir}})
		}
		return out
	})
}

// folder is a place of a container that gets a volume.
type folder struct {
	container          tree.Node
	path, size, volume string
}

// folders are those of all containers of a pod whose root file system is not read-only yet, so that names are given once and for all.
func folders(pod *object.Pod, settings []string) []folder {
	if len(settings) == 0 {
		return nil
	}
	taken := map[string]bool{}
	for _, v := range pod.Spec.Get("volumes").Items() {
		taken[v.Get("name").Text()] = true
	}
	several := 0
	for range pod.Containers() {
		several++
	}
	var out []folder
	for c := range pod.Containers() {
		if on, _ := c.Node.Get("securityContext").Get("readOnlyRootFilesystem").Bool(); on {
			continue
		}
		for _, setting := range settings {
			path, size, _ := strings.Cut(setting, "=")
			if mounted(c.Node, path) {
				continue
			}
			name := strings.ReplaceAll(strings.ToLower(strings.Trim(path, "/")), "/", "-")
			if several > 1 {
				name = c.Name + "-" + name
			}
			name = volumeName(name, taken)
			taken[name] = true
			out = append(out, folder{c.Node, path, size, name})
		}
	}
	return out
}

// mounted reports whether a volume is mounted at a folder, or above it.
func mounted(container tree.Node, path string) bool {
	for _, m := range container.Get("volumeMounts").Items() {
		at := strings.TrimSuffix(m.Get("mountPath").Text(), "/")
		if at != "" && (path == at || strings.HasPrefix(path, at+"/")) {
			return true
		}
	}
	return false
}

// volumeName makes a label of DNS of a name, which is not taken yet.
func volumeName(name string, taken map[string]bool) string {
	const longest = 63
	label := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, name), "-")
	if len(label) > longest-4 {
		label = strings.TrimRight(label[:longest-4], "-")
	}
	if label == "" {
		label = "writable"
	}
	for n := 2; n < 1000; n++ {
		if !taken[label] {
			return label
		}
		label = strings.TrimRight(strings.TrimSuffix(label, "-"+strconv.Itoa(n-1)), "-") + "-" + strconv.Itoa(n)
	}
	return label
}

// isFolder reports whether a setting is an absolute path, with or without a size behind it.
func isFolder(setting string) bool {
	path, size, sized := strings.Cut(setting, "=")
	if _, ok := quantity.Parse(size); sized && !ok {
		return false
	}
	parts := strings.Split(path, "/")
	return len(parts) > 1 && parts[0] == "" && !slices.ContainsFunc(parts[1:], func(p string) bool { return p == "" || p == "." || p == ".." || strings.ContainsAny(p, ": \t\n") })
}
