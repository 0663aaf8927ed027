package cluster

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// compare finds what a pod has otherwise than the template that it was made from. The API server and its admission plugins add to every pod:
// a node, defaults, the volume with the token, tolerations. Those are no drift. What is: another value of something that the template sets, and
// containers, volumes, rights and namespaces of the node that it does not have.
func (p *pods) compare(o *owned, pod tree.Node) []drift {
	if len(o.template) == 0 {
		return nil
	}
	if p.lastOf != o {
		t, err := p.last.Parse(o.template, tree.Document{End: len(o.template)})
		if err != nil {
			return nil
		}
		p.lastOf, p.lastTree = o, t
	}
	c := comparison{}
	c.spec(p.lastTree.Root().Get("spec"), pod.Get("spec"))
	return c.found
}

// revision compares the template of a ReplicaSet with that of its Deployment: pods of an older revision run what nobody reads any more.
func (p *pods) revision(own, head *owned) []drift {
	older, err := tree.NewParser().Parse(own.template, tree.Document{End: len(own.template)})
	if err != nil {
		return nil
	}
	newer, err := tree.NewParser().Parse(head.template, tree.Document{End: len(head.template)})
	if err != nil {
		return nil
	}
	c := comparison{suffix: " (an older revision that still runs)"}
	c.spec(newer.Root().Get("spec"), older.Root().Get("spec"))
	return c.found
}

type comparison struct {
	found  []drift
	suffix string
}

func (c *comparison) differ(path, text string) {
	if len(c.found) < maxDrift {
		c.found = append(c.found, drift{path: path, text: text + c.suffix})
	}
}

// added are the fields of a pod that admission and the controllers write, whatever the template says.
// https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
func added(name string) bool {
	switch name {
	case "nodeName", "tolerations", "affinity", "nodeSelector", "priority", "priorityClassName", "preemptionPolicy", "serviceAccount", "imagePullSecrets",
		"schedulerName", "enableServiceLinks", "hostname", "subdomain", "schedulingGates", "overhead", "resources", "resourceClaims",
		"terminationGracePeriodSeconds", "dnsConfig", "topologySpreadConstraints", "activeDeadlineSeconds", "restartPolicy":
		return true
	}
	return false
}

func (c *comparison) spec(template, pod tree.Node) {
	for key, want := range template.Pairs() {
		name := key.Text()
		switch name {
		case "containers", "initContainers", "volumes":
		default:
			if !added(name) {
				c.field("spec."+name, want, pod.Get(name))
			}
		}
	}
	for _, name := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		if is, _ := pod.Get(name).Bool(); is {
			if was, _ := template.Get(name).Bool(); !was {
				c.differ("spec."+name, "is true, and not so in the template")
			}
		}
	}
	c.additions("spec.securityContext", template.Get("securityContext"), pod.Get("securityContext"))
	for _, list := range []string{"initContainers", "containers"} {
		c.containers(list, template.Get(list), pod.Get(list))
	}
	for _, e := range pod.Get("ephemeralContainers").Items() {
		c.differ("spec.ephemeralContainers", "container "+short(e.Get("name").Text())+" was added for debugging")
	}
	for i, v := range pod.Get("volumes").Items() {
		name := v.Get("name").Text()
		if strings.HasPrefix(name, "kube-api-access-") {
			continue
		}
		if want := byName(template.Get("volumes"), name); !want.Exists() {
			c.differ("spec.volumes["+strconv.Itoa(i)+"]", "volume "+short(name)+" is not in the template")
		} else {
			at := "spec.volumes[" + strconv.Itoa(i) + "]"
			c.field(at, want, v)
			c.additions(at, want, v)
		}
	}
}

// containers compares those with the same name.
func (c *comparison) containers(list string, template, pod tree.Node) {
	for i, got := range pod.Items() {
		at, name := "spec."+list+"["+strconv.Itoa(i)+"]", got.Get("name").Text()
		want := byName(template, name)
		if !want.Exists() {
			c.differ(at, "container "+short(name)+" is not in the template")
			continue
		}
		for key, value := range want.Pairs() {
			switch field := key.Text(); field {
			case "resources", "imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy", "volumeMounts", "env":
			default:
				c.field(at+"."+field, value, got.Get(field))
			}
		}
		c.named(at+".env", want.Get("env"), got.Get("env"), "name")
		c.named(at+".volumeMounts", want.Get("volumeMounts"), got.Get("volumeMounts"), "mountPath")
		c.additions(at+".securityContext", want.Get("securityContext"), got.Get("securityContext"))
	}
	for _, want := range template.Items() {
		if name := want.Get("name").Text(); !byName(pod, name).Exists() {
			c.differ("spec."+list, "container "+short(name)+" of the template is not in the pod")
		}
	}
}

// additions tells fields that the template does not have.
func (c *comparison) additions(path string, template, pod tree.Node) {
	for key, value := range pod.Pairs() {
		if name := key.Text(); !template.Get(name).Exists() && !value.IsNull() {
			c.differ(path+"."+name, "is "+shown(value)+", and not in the template")
		}
	}
}

// named compares the items of a list that have the same key; others are additions of admission, which every mesh and cloud makes.
func (c *comparison) named(path string, template, pod tree.Node, key string) {
	for _, want := range template.Items() {
		name := want.Get(key).Text()
		for i, got := range pod.Items() {
			if got.Get(key).StrIs(name) {
				c.field(path+"["+strconv.Itoa(i)+"]", want, got)
				break
			}
		}
	}
}

// field says whether everything that a template sets is so in the pod. Values of environments are not shown: they may be secrets.
func (c *comparison) field(path string, want, got tree.Node) {
	switch want.Kind() {
	case tree.Mapping:
		for key, value := range want.Pairs() {
			c.field(path+"."+key.Text(), value, got.Get(key.Text()))
		}
	case tree.Sequence:
		if want.Len() != got.Len() {
			c.differ(path, "has "+strconv.Itoa(got.Len())+" items, "+strconv.Itoa(want.Len())+" in the template")
			return
		}
		for i, value := range want.Items() {
			c.field(path+"["+strconv.Itoa(i)+"]", value, got.At(i))
		}
	default:
		switch {
		case want.IsNull() || want.Text() == got.Text():
		case strings.HasSuffix(path, ".image"):
			c.differ(path, "is "+shown(got)+", "+shown(want)+" in the template")
		default:
			c.differ(path, "is not what the template says")
		}
	}
}

func byName(list tree.Node, name string) tree.Node {
	for _, item := range list.Items() {
		if item.Get("name").StrIs(name) {
			return item
		}
	}
	return tree.Node{}
}

// shown is a value in a few words.
func shown(n tree.Node) string {
	if n.Kind() != tree.Scalar {
		return "set"
	}
	return short(n.Text())
}

func short(s string) string {
	const most = 120
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
