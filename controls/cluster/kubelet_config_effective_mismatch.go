package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/inventory"
)

// KubeletConfigEffectiveMismatch: what the files say is what the kubelet does.
var KubeletConfigEffectiveMismatch = control.Control{
	ID: "kubelet-config-effective-mismatch", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Run the kubelet with the configuration that its files say",
	Scope: control.Everything,
	Kinds: []control.Kind{{Group: "kubelet.config.k8s.io", Kind: "KubeletConfiguration"}, {Kind: inventory.FileKind}},
	Require: &control.Together{
		Check: checkEffective,
		Text:  "what flags, drop-ins and files of a kubelet say of its security must be what the kubelet itself answers at /configz",
	},
	Risk:     "The kubelet has to be started again; containers go on meanwhile.",
	Fix:      control.Advice,
	NoFix:    "Which of the two is meant nobody but you knows.",
	NoPolicy: noPolicyForNodes,
	Remedy: `Run systemctl restart kubelet on the node if the file is right, else change what the finding points to. A flag beats a drop-in of --config-dir, and that the file: the
finding names the one that counts.`,
	Refs: control.Refs{
		NSA:    []string{nsaControlPlane, nsaNodes},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletConfigDocs, "https://kubernetes.io/docs/tasks/administer-cluster/reconfigure-kubelet/"},
	},
	Why: `A kubelet reads its configuration once, when it is started. A file that was hardened since is a good intention: reviews and scans of files pass, and the node is
as open as before. The other way round the next start of the node opens what is shut now.`,
	Examples: []control.Example{
		{
			Name:      "hardened and not started again",
			Manifests: kubeletSays("anonymous: {enabled: false}", "anonymous: {enabled: true}"),
			Want:      []string{"KubeletConfiguration authentication.anonymous.enabled"},
		},
		{
			Name:      "the next start opens it",
			Manifests: kubeletSays("anonymous: {enabled: false}\nreadOnlyPort: 10255", "anonymous: {enabled: false}"),
			Want:      []string{"KubeletConfiguration readOnlyPort"},
		},
		{Name: "good: the same", Manifests: kubeletSays("anonymous: {enabled: false}", "anonymous: {enabled: false}")},
		{Name: "good: the kubelet was not asked", Manifests: kubeletSays("anonymous: {enabled: false}", "")},
	},
}

const kubeletConfigDocs = "https://kubernetes.io/docs/tasks/administer-cluster/kubelet-config-file/"

// kubeletSays are the files of a node for the examples: the facts of it, its command line, its file, and what its kubelet answers.
func kubeletSays(file, running string) string {
	const head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication:\n  "
	all := control.ExampleFile + "facts.json\n" +
		`{"apiVersion": "kubeharden.io/v1alpha1", "kind": "NodeFacts", "metadata": {"name": "a"}, "spec": {"processes": [{"component": "kubelet", "pid": 8, "version": "v1.37.2"}], "problems": []}}` + "\n" +
		control.ExampleFile + "a/proc/8/cmdline\nkubelet\n--config=/var/lib/kubelet/config.yaml\n" +
		control.ExampleFile + "a/var/lib/kubelet/config.yaml\n" + head + file + "\n"
	if running == "" {
		return all
	}
	return all + control.ExampleFile + "nodes/a/proxy/configz\n" + head + running + "\n"
}

func checkEffective(v *control.Verdicts) {
	for _, i := range v.Instances() {
		if i.Kind != component.Kubelet {
			continue
		}
		found, ok := i.Differences()
		switch {
		case !ok:
			v.NotApplicable(1)
		case len(found) == 0:
			v.Pass(1)
		}
		for _, d := range found {
			at := d.Said.Place
			b := control.Breach{
				Object: at.Object, Path: at.Path, Start: at.Start, End: at.End, Cause: i.Name + " " + d.Path,
				Message: d.Path + " is " + shown(d.Said.Text) + " here, and the kubelet of " + i.Node[1:] + " runs with " + shown(d.Running.Text) + ": it was not started since",
			}
			if p := d.Running.Place; p.Exists() {
				b.Related = []control.Decider{{Object: p.Object, Path: p.Path, Start: p.Start, End: p.End, Text: "is what it answers"}}
			}
			v.Fail(b)
		}
	}
}

// shown is a value in a sentence.
func shown(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}
