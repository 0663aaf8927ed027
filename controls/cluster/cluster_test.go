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

// TestFilledInLater: what another tool puts in is neither a failure nor a pass.
func TestFilledInLater(t *testing.T) {
	for text, controls := range map[string][]*control.Control{
		"- {resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: '${KEY}'}]}}]}\n": {&EncryptionConfigInvalid},
		"- {resources: ['ENC[AES256_GCM,data:a]'], providers: [{aescbc: {keys: [{name: 'ENC[AES256_GCM,data:a]', secret: 'ENC[AES256_GCM,data:a]'}]}}]}\nsops: {version: 3.9.0}\n": {
			&EncryptionConfigInvalid, &EncryptionResourcesIncomplete,
		},
	} {
		src := []byte("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n" + text)
		parsed, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range controls {
			s := control.Subject{Params: map[string][]string{"resources": {"secrets"}}}
			if got := c.Require.Explain(&s, parsed.Root(), nil); len(got) != 1 || !got[0].Unknown {
				t.Errorf("%s: %+v", c.ID, got)
			}
		}
	}
}
