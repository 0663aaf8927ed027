package cluster

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAlphaApisEnabled: alpha means that nobody promises anything.
var ApiserverAlphaApisEnabled = control.Control{
	ID: "apiserver-alpha-apis-enabled", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Do not enable alpha versions of the API",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(noAlpha()),
	Risk:     "Objects of these versions cannot be read any more; what needs them stops.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Take api/all, api/alpha and versions such as v1alpha1 from --runtime-config, or set them to false.",
	Refs: control.Refs{
		NSA:    []string{nsaUpgrading},
		MITRE:  []string{"T1068"},
		Source: []string{"https://kubernetes.io/docs/reference/using-api/#api-versioning", apiServerDocs},
	},
	Peers: control.Peers{
		Other: []string{"stig:V-242400"},
	},
	Why: `What is alpha was not tested for long, changes without notice and may lose data at the next upgrade; its checks of what a caller may
do are the newest code there is. api/all turns on every version there is, also those that were turned off on purpose.`,
}

// noAlpha requires --runtime-config to turn on no version that is alpha.
func noAlpha() control.Setting {
	const flag = "runtime-config"
	s := control.FlagTold(flag, "must not turn on api/all, api/alpha or a version that is alpha", func(v *component.Value, _ *component.Instance) string {
		for _, item := range v.Items {
			if alphaOn(item) {
				return "has " + item
			}
		}
		return ""
	}, []string{"api/all=true", "api/alpha=true", "storage.k8s.io/v1alpha1=true", "api/all"}, []string{"api/all=false", "api/alpha=false", "networking.k8s.io/v1beta1=true"})
	s.Edits = func(i *component.Instance) []component.Edit {
		stay := slices.DeleteFunc(slices.Clone(i.Flag(flag).Items), alphaOn)
		if len(stay) == 0 {
			return dropped(i, flag)
		}
		return set(i, flag, strings.Join(stay, ","))
	}
	return alsoGood(s, []string{})
}

// alphaOn reports whether an item of --runtime-config turns something on that is alpha. Without a value it is turned on.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/server/resourceconfig/helpers.go
func alphaOn(item string) bool {
	name, value, given := strings.Cut(item, "=")
	on, err := strconv.ParseBool(strings.TrimSpace(value))
	if given && value != "" && err == nil && !on {
		return false
	}
	name = strings.TrimSpace(name)
	if group, rest, ok := strings.Cut(name, "/"); ok {
		// A resource can be named too: group/version/resource.
		version, _, _ := strings.Cut(rest, "/")
		name = group + "/" + version
	}
	return name == "api/all" || name == "api/alpha" || isAlpha(name)
}
