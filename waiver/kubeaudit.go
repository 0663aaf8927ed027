package waiver

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// kubeaudit is silenced by labels of the pod (or pod template) and of the namespace, with the reason as value:
//
//	kubeaudit.io/<override>                        audit.kubernetes.io/pod.<override>
//	                                               audit.kubernetes.io/namespace.<override>
//	container.kubeaudit.io/<container>.<override>  container.audit.kubernetes.io/<container>.<override>
//
// The right column is the older form. https://github.com/Shopify/kubeaudit#override-errors, pkg/override/override.go,
// docs/auditors/*.md. AppArmor overrides are in its fixtures but not in its documentation.
func kubeauditOverride(label string) (override, container string, ok bool) {
	domain, name, found := strings.Cut(label, "/")
	if !found {
		return "", "", false
	}
	switch domain {
	case "kubeaudit.io":
		return name, "", true
	case "audit.kubernetes.io":
		kind, override, found := strings.Cut(name, ".")
		return override, "", found && (kind == "pod" || kind == "namespace")
	case "container.kubeaudit.io", "container.audit.kubernetes.io":
		container, override, found := strings.Cut(name, ".")
		return override, container, found && container != ""
	}
	return "", "", false
}

// prefixes of overrides that go on with what is allowed
const (
	allowCapability = "allow-capability-"
	allowMount      = "allow-host-path-mount-"
)

// kubeauditChecks returns the checks that an override is for.
func kubeauditChecks(override string) []string {
	switch override {
	case "allow-run-as-root":
		return []string{
			"nonroot/RunAsNonRootCSCFalse", "nonroot/RunAsNonRootPSCNilCSCNil", "nonroot/RunAsNonRootPSCFalseCSCNil",
			"nonroot/RunAsUserCSCRoot", "nonroot/RunAsUserPSCRoot",
		}
	case "allow-privileged":
		return []string{"privileged/PrivilegedTrue", "privileged/PrivilegedNil"}
	case "allow-privilege-escalation":
		return []string{"privesc/AllowPrivilegeEscalationNil", "privesc/AllowPrivilegeEscalationTrue"}
	case "allow-read-only-root-filesystem-false":
		return []string{"rootfs/ReadOnlyRootFilesystemFalse", "rootfs/ReadOnlyRootFilesystemNil"}
	case "allow-automount-service-account-token":
		return []string{"asat/AutomountServiceAccountTokenTrueAndDefaultSA"}
	case "allow-disabled-apparmor":
		return []string{"apparmor/AppArmorDisabled"}
	case "allow-namespace-host-network":
		return []string{"hostns/NamespaceHostNetworkTrue"}
	case "allow-namespace-host-IPC":
		return []string{"hostns/NamespaceHostIPCTrue"}
	case "allow-namespace-host-PID":
		return []string{"hostns/NamespaceHostPIDTrue"}
	case "allow-non-default-deny-ingress-network-policy":
		return []string{"netpols/MissingDefaultDenyIngressNetworkPolicy"}
	case "allow-non-default-deny-egress-network-policy":
		return []string{"netpols/MissingDefaultDenyEgressNetworkPolicy"}
	}
	return nil
}

// capability writes a value, mostly the name of a capability, as labels and manifests have it in common: SYS_TIME.
func capability(name string) string {
	return strings.TrimPrefix(strings.ToUpper(strings.ReplaceAll(name, "-", "_")), "CAP_")
}

// kubeauditLabels reads the labels in metadata. Those about volumes are read with the pod that has the volumes, all
// others once: with the object for a bare pod or namespace, else with the pod.
func (f *File) kubeauditLabels(meta tree.Node, o *object.Object, pod *object.Pod, into *subjectIndex) {
	labels := meta.Get("labels")
	if labels.Kind() != tree.Mapping {
		return
	}
	bare := pod != nil && meta == o.Root.Get("metadata")
	var volumes map[string]*volumeOverride
	var limited []limitedOverride
	for key, val := range labels.Pairs() {
		override, container, ok := kubeauditOverride(key.Text())
		if !ok {
			continue
		}
		if ours := pod == nil && o.Kind == "Pod"; ours && strings.HasPrefix(override, allowMount) || bare && !strings.HasPrefix(override, allowMount) {
			continue
		}
		w := &Waiver{Tool: "kubeaudit", Origin: "kubeaudit label " + shorten(key.Text())}
		if reason := val.Text(); !strings.EqualFold(reason, "true") {
			w.Reason = reason
		}
		if volume, ok := strings.CutPrefix(override, allowMount); ok {
			w.Controls = f.known.of(w.Tool, "mounts/SensitivePathsMounted")
			if len(w.Controls) == 0 || f.strictLabel(key) {
				continue
			}
			if volumes == nil {
				volumes = map[string]*volumeOverride{}
			}
			v := volumes[volume]
			if v == nil {
				v = &volumeOverride{w: w, containers: map[string]bool{}}
				volumes[volume] = v
			}
			v.all = v.all || container == ""
			v.containers[container] = true
			continue
		}
		value := ""
		if name, ok := strings.CutPrefix(override, allowCapability); ok {
			value = capability(name)
			w.Controls = f.known.of(w.Tool, "capabilities/CapabilityAdded")
		} else {
			w.Controls = f.checks(w.Tool, kubeauditChecks(override))
		}
		if override == "allow-disabled-apparmor" {
			value = capability("unconfined") // and not for a profile that there is not
		}
		if len(w.Controls) == 0 || f.strictLabel(key) {
			continue
		}
		if container == "" {
			into.add(w, nil, value)
			continue
		}
		into.add(w, []string{container}, value)
		limited = append(limited, limitedOverride{w, container, override, value})
	}
	if len(volumes) > 0 && pod != nil {
		allowVolumes(pod, volumes, into)
	}
	if len(limited) > 0 {
		for p := range o.Pods() {
			if pod == nil || p.Spec == pod.Spec {
				allowTogether(p, limited, into)
			}
		}
	}
}

// limitedOverride is one for a single container.
type limitedOverride struct {
	w                          *Waiver
	container, override, value string
}

// allowTogether makes overrides for each single container of a pod one for the pod: kubeaudit looks at fields of the pod
// once for each container, and we once.
func allowTogether(pod *object.Pod, limited []limitedOverride, into *subjectIndex) {
	byOverride := map[string]map[string]bool{}
	for _, l := range limited {
		if byOverride[l.override] == nil {
			byOverride[l.override] = map[string]bool{}
		}
		byOverride[l.override][l.container] = true
	}
	for _, l := range limited {
		allowed := byOverride[l.override]
		if allowed == nil {
			continue
		}
		delete(byOverride, l.override)
		all := true
		for c := range pod.Containers() {
			all = all && allowed[c.Name]
		}
		if all {
			into.add(l.w, nil, l.value)
		}
	}
}

func (f *File) checks(tool string, ids []string) []*control.Control {
	var found []*control.Control
	for _, id := range ids {
		found = append(found, f.known.of(tool, id)...)
	}
	return found
}

func (f *File) strictLabel(key tree.Node) bool {
	if f.set.opts.Strict {
		start, end := key.Span()
		f.problem(start, end-start, true, "label %s does not count: waivers in files are forbidden (strict)", shorten(key.Text()))
	}
	return f.set.opts.Strict
}

// volumeOverride allows a volume for all containers or for some.
type volumeOverride struct {
	w          *Waiver
	all        bool
	containers map[string]bool
	others     bool // a container mounts it for which it is not allowed
}

// allowVolumes files the overrides of volumes: a volume is one thing with us, so all containers that mount it must be allowed to.
func allowVolumes(pod *object.Pod, volumes map[string]*volumeOverride, into *subjectIndex) {
	for c := range pod.Containers() {
		for _, m := range c.Node.Get("volumeMounts").Items() {
			if v := volumes[m.Get("name").Text()]; v != nil && !v.all && !v.containers[c.Name] {
				v.others = true
			}
		}
	}
	for _, n := range pod.Spec.Get("volumes").Items() {
		v := volumes[n.Get("name").Text()]
		if v == nil || v.others {
			continue
		}
		start, end := n.Span()
		for _, c := range v.w.Controls {
			into.places.add(c.ID, start, end, v.w)
		}
	}
}
