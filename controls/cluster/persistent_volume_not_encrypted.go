package cluster

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PersistentVolumeNotEncrypted: a disk that somebody carries away says nothing.
var PersistentVolumeNotEncrypted = control.Control{
	ID: "persistent-volume-not-encrypted", Section: "encryption-at-rest", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title: "Encrypt persistent volumes",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "storage.k8s.io", Kind: "StorageClass"}, {Kind: "PersistentVolume"}},
	Require: &control.Func{
		Check: checkVolume, Text: "volumes of drivers that encrypt only when they are told to must be told to",
	},
	Risk:     "Only new volumes are encrypted; what is in old ones has to be copied. A lost key is lost data.",
	Fix:      control.Advice,
	NoFix:    "The parameters of a StorageClass cannot be changed, and which key to use only a person can say.",
	NoPolicy: "Which parameter matters depends on the driver.",
	Remedy:   `Make a new StorageClass with the parameter that the finding names, for AWS EBS: encrypted: "true" and kmsKeyId, and move the volumes to it.`,
	Refs: control.Refs{
		NSA:   []string{nsaEncryption, nsaSecrets},
		MITRE: []string{"T1005"},
		Source: []string{
			"https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md",
			"https://github.com/ceph/ceph-csi/blob/devel/examples/rbd/storageclass.yaml",
			"https://longhorn.io/docs/latest/advanced-resources/security/volume-encryption/",
			"https://kubernetes.io/docs/concepts/storage/storage-classes/#parameters",
		},
	},
	Peers: control.Peers{Kubescape: []string{"C-0264"}},
	Why: `Whoever has a disk, a snapshot or a backup of the storage system has its contents, whatever the cluster allows. Disks of Azure, Google Cloud and some others
are always encrypted and pass; of other drivers it is not known, and they pass too.`,
	Bad: []control.Change{
		{Kind: "StorageClass", Path: "parameters", Name: "missing"},
		{Kind: "StorageClass", Path: "parameters.encrypted", Value: "false"},
		{Kind: "PersistentVolume", Path: "spec.csi.volumeAttributes.encrypted", Value: "false"},
	},
	Good: []control.Change{
		{Kind: "StorageClass", Path: "provisioner", Value: "disk.csi.azure.com"},
		{Kind: "StorageClass", Path: "provisioner", Value: "pd.csi.storage.gke.io"},
		{Kind: "StorageClass", Path: "provisioner", Value: "kubernetes.io/no-provisioner"},
		{Kind: "PersistentVolume", Path: "spec.csi", Name: "no csi"},
	},
}

// encryptable are the drivers that leave a volume as it is unless a parameter says otherwise, by the end of their names; ceph's begin with the
// namespace of the operator.
var encryptable = []struct {
	driver, parameter string
	// exact says that the driver knows no other text than true.
	exact bool
	// unset is what happens without the parameter.
	unset string
	// volume says that the driver notes the parameter on its volumes too.
	volume bool
}{
	{driver: "ebs.csi.aws.com", parameter: "encrypted", exact: true, unset: ", so only a default of the account encrypts the volumes"},
	{driver: "kubernetes.io/aws-ebs", parameter: "encrypted", unset: ", so only a default of the account encrypts the volumes"},
	{driver: "rbd.csi.ceph.com", parameter: "encrypted", unset: ", so only encrypted OSDs would help", volume: true},
	{driver: "cephfs.csi.ceph.com", parameter: "encrypted", unset: ", so only encrypted OSDs would help", volume: true},
	{driver: "driver.longhorn.io", parameter: "encrypted", exact: true, unset: ", so volumes are not encrypted", volume: true},
	{driver: "diskplugin.csi.alibabacloud.com", parameter: "encrypted", unset: ", so volumes are not encrypted"},
	{driver: "linodebs.csi.linode.com", parameter: "linodebs.csi.linode.com/luks-encrypted", exact: true, unset: ", so volumes are not encrypted"},
	{driver: "kubernetes.io/portworx-volume", parameter: "secure", unset: ", so volumes are not encrypted"},
	{driver: "pxd.portworx.com", parameter: "secure", unset: ", so volumes are not encrypted"},
}

func checkVolume(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	driver, parameters, way := at.Get("provisioner").Text(), at.Get("parameters"), []string{"parameters"}
	parent, class := at, at.Get("kind").StrIs("StorageClass")
	if !class {
		parent = at.Get("spec").Get("csi")
		driver, parameters, way = parent.Get("driver").Text(), parent.Get("volumeAttributes"), []string{"volumeAttributes"}
	}
	for _, d := range encryptable {
		if driver != d.driver && !strings.HasSuffix(driver, "."+d.driver) {
			continue
		}
		n := parameters.Get(d.parameter)
		switch given := n.Exists() && !n.IsNull(); {
		case !class && (!d.volume || !given):
			// Other drivers do not say of a volume whether it is encrypted.
		case !given && parameters.Kind() == tree.Mapping:
			fail(control.Violation{At: parameters, Missing: []string{d.parameter}, Problem: "is missing" + d.unset})
		case !given:
			fail(control.Violation{At: parent, Missing: append(way, d.parameter), Problem: "is missing" + d.unset})
		case !isTrue(n.Text(), d.exact):
			fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", so volumes are not encrypted"})
		}
		return
	}
}

// isTrue reads a parameter, whose values are texts, as drivers do: most as strconv.ParseBool.
func isTrue(text string, exact bool) bool {
	if exact {
		return text == "true"
	}
	v, err := strconv.ParseBool(text)
	return err == nil && v
}
