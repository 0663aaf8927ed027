package node

import (
	"context"
	"path"
	"strings"

	facts "github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// within looks at what a configuration file leads to.
func (c *collector) within(ctx context.Context, in *filesystem, prefix, full string, src []byte, w want) error {
	if w.kind != yamlFile {
		return nil
	}
	parser := tree.NewParser()
	for doc := range tree.Split(src) {
		t, err := parser.Parse(src, doc)
		if err != nil {
			continue
		}
		root := t.Root()
		for _, s := range documentFiles(root, w.role) {
			var err error
			if c.view != nil {
				// The kubelet has its configuration and the volumes of static pods from where it is itself.
				err = c.ofProcess(ctx, c.view, s)
			} else {
				err = c.addOf(ctx, in, prefix, path.Clean(s.path), s.want)
			}
			if err != nil {
				return err
			}
		}
		c.kubeconfigCertificates(full, root)
	}
	return nil
}

// documentFiles returns the files that a document names: a KubeletConfiguration or a static pod.
func documentFiles(root tree.Node, role string) []named {
	switch root.Get("kind").Text() {
	case "KubeletConfiguration":
		return kubeletFiles(root)
	case "Pod":
		if role == facts.RoleStaticPod {
			return podFiles(root)
		}
	}
	return nil
}

func kubeletFiles(root tree.Node) []named {
	var out []named
	for _, f := range []struct {
		at   tree.Node
		flag string
	}{
		{root.Get("authentication").Get("x509").Get("clientCAFile"), "client-ca-file"},
		{root.Get("tlsCertFile"), "tls-cert-file"},
		{root.Get("tlsPrivateKeyFile"), "tls-private-key-file"},
		{root.Get("staticPodPath"), "pod-manifest-path"},
		{root.Get("containerRuntimeEndpoint"), "container-runtime-endpoint"},
	} {
		w := fileFlags["kubelet"][f.flag]
		file := f.at.Text()
		if w.kind == socket {
			file = strings.TrimPrefix(file, "unix://")
		}
		if path.IsAbs(file) {
			out = append(out, named{w, file})
		}
	}
	return out
}

// podFiles returns the files of the host that a static pod's components are told of.
func podFiles(root tree.Node) []named {
	hosts := map[string]string{}
	for _, v := range root.Get("spec").Get("volumes").Items() {
		if p := v.Get("hostPath").Get("path").Text(); path.IsAbs(p) {
			hosts[v.Get("name").Text()] = path.Clean(p)
		}
	}
	var out []named
	for _, box := range root.Get("spec").Get("containers").Items() {
		var args []string
		for _, list := range []string{"command", "args"} {
			for _, item := range box.Get(list).Items() {
				args = append(args, item.Text())
			}
		}
		component := podComponent(args)
		if component == "" {
			continue
		}
		for _, n := range namedFiles(component, args) {
			best := -1
			host := ""
			for _, m := range box.Get("volumeMounts").Items() {
				at := path.Clean("/" + m.Get("mountPath").Text())
				rest, ok := below(path.Clean(n.path), at)
				if from := hosts[m.Get("name").Text()]; ok && from != "" && len(at) > best {
					best, host = len(at), path.Join(from, m.Get("subPath").Text(), rest)
				}
			}
			if best >= 0 {
				out = append(out, named{n.want, host})
			}
		}
	}
	return out
}

// podComponent is what a container's command starts, behind the wrappers that images use.
func podComponent(args []string) string {
	for i, a := range args {
		if i > 8 {
			break
		}
		if component, _ := componentOf([]string{a}); component != "" && fileFlags[component] != nil {
			return component
		}
	}
	return ""
}
