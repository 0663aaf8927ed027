package encryption

import (
	"strings"
	"testing"
)

func TestAdvice(t *testing.T) {
	for _, c := range []struct{ name, providers, want string }{
		{"all is well", "{kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}}", ""},
		{"identity alone", "{identity: {}}", "0 is identity alone, so nothing is encrypted"},
		{
			"identity first", "{identity: {}}, {secretbox: {keys: [{name: a, secret: KEY}]}}",
			"0 is identity and comes first, so nothing is encrypted; put it last\n1 only reads what was written before; remove it, and its keys, when everything has been written again",
		},
		{
			"two keys, plain text still read", "{secretbox: {keys: [{name: a, secret: KEY}, {name: b, secret: KEY}]}}, {identity: {}}",
			"0 has its key in the file; with KMS v2 it is elsewhere; of its 2 keys the first writes, and the others can go when everything has been written again\n" +
				"1 still reads plain text; remove it when everything has been written again",
		},
		{"aescbc", "{aescbc: {keys: [{name: a, secret: KEY}]}}", "0 is aescbc, which is open to padding oracles and has its key in the file; secretbox is better, KMS v2 best"},
		{"aesgcm", "{aesgcm: {keys: [{name: a, secret: KEY}]}}", "0 is aesgcm, which needs a new key every 200,000 writes and has it in the file; secretbox is better, KMS v2 best"},
		{"kms v1", "{kms: {name: a, endpoint: 'unix:///a'}}", "0 is KMS v1, deprecated since Kubernetes 1.28 and off since 1.29; move to KMS v2"},
	} {
		config, flaws := read(t, file("- {resources: [secrets], providers: ["+c.providers+"]}"))
		if len(flaws) > 0 {
			t.Fatalf("%s: %v", c.name, flaws)
		}
		var got []string
		for _, n := range config.Advice() {
			got = append(got, strings.Trim(strings.TrimPrefix(n.Path, "resources[0].providers"), "[]")+" "+n.Text)
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
