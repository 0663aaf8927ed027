package cli

import (
	"github.com/spf13/pflag"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/source/helm"
)

// chartFlags are Helm's own flags for rendering; they are for every chart of the run.
type chartFlags struct {
	values, set, setString, setJSON, setFile []string
	apiVersions                              []string
	kubeVersion, releaseName, namespace      string
}

func (c *chartFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&c.values, "values", nil, "render charts with this `file` of values; may be repeated")
	flags.StringArrayVar(&c.set, "set", nil, "render charts with this value: `KEY=VALUE`; may be repeated")
	flags.StringArrayVar(&c.setString, "set-string", nil, "the same for texts")
	flags.StringArrayVar(&c.setJSON, "set-json", nil, "the same for JSON")
	flags.StringArrayVar(&c.setFile, "set-file", nil, "the same for the content of a file: `KEY=FILE`")
	flags.StringVar(&c.releaseName, "release-name", "", "render charts for this release `name`")
	flags.StringVar(&c.namespace, "namespace", "", "render charts for this `namespace`")
	flags.StringVar(&c.kubeVersion, "kube-version", "", "render charts for this Kubernetes `version` (default: --kubernetes-version)")
	flags.StringArrayVar(&c.apiVersions, "api-versions", nil, "render charts as if the cluster had this API `version` too; may be repeated")
}

func (c *chartFlags) options(version control.Minor) helm.Options {
	kube := c.kubeVersion
	if kube == "" {
		kube = "v" + version.String() + ".0"
	}
	return helm.Options{
		ValuesFiles: c.values, Set: c.set, SetString: c.setString, SetJSON: c.setJSON, SetFile: c.setFile,
		ReleaseName: c.releaseName, Namespace: c.namespace, KubeVersion: kube, APIVersions: c.apiVersions,
	}
}
