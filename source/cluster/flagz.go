package cluster

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/component"
)

// flagz asks the API server for its flags, where no pod shows them: on clusters whose control plane runs outside of it. It answers to those who may
// read /flagz, where the feature ComponentFlagz is on: alpha from Kubernetes 1.32 on.
// https://kubernetes.io/docs/reference/instrumentation/zpages/#flagz
func (c *reading) flagz(ctx context.Context) (Object, bool) {
	if c.sawAPIServer || !c.opts.Wants("kubeharden.io", "APIServer") {
		return Object{}, false
	}
	body, err := c.client.Get(ctx, "/flagz", nil, "text/plain")
	if err != nil {
		return Object{}, false // nothing promises that there is an answer; what is not known of the API server is told elsewhere
	}
	version, _ := component.ParseVersion(c.version.GitVersion)
	text, err := flagzLines(string(body), version)
	if err != nil {
		return Object{}, false
	}
	return Object{Path: "control-plane/flagz", YAML: text, File: true}, true
}

// flagLine is one flag of an answer. What stands between name and value is made different at each start of the server, so that nobody reads it by
// machine: a colon, an equal sign, a blank. Whoever has nothing else reads it all the same.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/component-base/zpages/flagz/flagz.go
var flagLine = regexp.MustCompile(`^([a-z][a-z0-9-]*)(?:: ?|=| )(.*)$`)

// flagzLines turns the answer into a command line with an argument in each line. The answer has every flag; what is only its default says nothing,
// and for some settings it matters whether anybody said it.
func flagzLines(body string, version component.Version) ([]byte, error) {
	lines := strings.Split(strings.ReplaceAll(strings.TrimSpace(body), "\r", ""), "\n")
	if title := strings.TrimSpace(lines[0]); title != "apiserver flagz" && title != "kube-apiserver flagz" {
		return nil, errors.New("the answer is not that of an API server")
	}
	var flags []string
	for _, line := range lines[1:] {
		m := flagLine.FindStringSubmatch(strings.TrimRight(line, " "))
		if m == nil {
			continue
		}
		name, value := m[1], strings.TrimSpace(m[2])
		spec, ok, _ := component.FlagSpec(component.APIServer, version, name)
		if !ok || value == spec.Default || value == "" {
			continue
		}
		if inner, ok := strings.CutPrefix(value, "["); ok {
			value = strings.TrimSuffix(inner, "]")
		}
		if value != spec.Default && value != "" {
			flags = append(flags, "--"+name+"="+value)
		}
	}
	slices.Sort(flags)
	return []byte(component.APIServer.String() + "\n" + strings.Join(flags, "\n") + "\n"), nil
}
