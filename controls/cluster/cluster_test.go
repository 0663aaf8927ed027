package cluster

import (
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// TestReloadOnlyIsUnknown: whether the API server reloads the file is a flag that the file does not tell.
func TestReloadOnlyIsUnknown(t *testing.T) {
	src := []byte("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n" +
		"  providers: [{kms: {name: a, endpoint: 'unix:///a'}}, {kms: {name: a, endpoint: 'unix:///b'}}]\n")
	parsed, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
	if err != nil {
		t.Fatal(err)
	}
	got := EncryptionConfigInvalid.Require.Explain(&control.Subject{}, parsed.Root(), nil)
	if len(got) != 1 || !got[0].Unknown {
		t.Errorf("got %+v", got)
	}
}
