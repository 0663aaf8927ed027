package apiserverconfig

import (
	"fmt"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/tree"
)

func (r random) user() string {
	exec := func() string {
		return "exec: " + r.fields("command: "+r.often("login", "''"), "apiVersion: "+r.often(r.pick("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"), "''"),
			"interactiveMode: "+r.often("Never", "Sometimes", "''"), r.rarely("env: [{name: a, value: b}]", "env: [{value: b}]", "env: a"))
	}
	return r.fields(r.pick("token: a", "tokenFile: /a", "client-certificate-data: YQ==, client-key-data: YQ==", exec(), "username: a, password: b"), r.rarely("as-uid: a", "as: a", "as-groups: [a]", "as: a, as-uid: b"),
		r.rarely("token: b", "username: a", "client-certificate-data: YQ==", "client-key-data: '*'", "unknown: field", "token: 1"))
}

func (r random) kubeconfig() string {
	name := func(usual string) string {
		if r.IntN(12) > 0 {
			return usual
		}
		return r.pick("a", "b", "c", "''", "null", "1")
	}
	cluster := func(usual string) string {
		return "{name: " + name(usual) + ", cluster: " + r.often(r.fields("server: "+r.often("'https://a'", "''", "a:1"), r.rarely("proxy-url: "+r.pick("'http://p'", "'ftp://p'", "'%'", "'socks5://p'")), r.rarely("insecure-skip-tls-verify: "+r.pick("true", "'true'"))), "null", "{}") + "}"
	}
	user := func(usual string) string {
		return "{name: " + name(usual) + ", user: " + r.often(r.user(), "null", "{}") + "}"
	}
	context := func(usual string) string {
		return "{name: " + name(usual) + ", context: " + r.often(r.fields("cluster: "+name("a"), "user: "+name("a")), "null", "{}") + "}"
	}
	return fmt.Sprintf("apiVersion: v1\nkind: Config\nclusters: [%s, %s]\nusers: [%s, %s]\ncontexts: [%s]\ncurrent-context: %s\n",
		cluster("a"), cluster("b"), user("a"), user("b"), context("a"), name("a"))
}

func TestKubeconfig(t *testing.T) {
	compare(t, random.kubeconfig, func(text string) error {
		config, err := clientcmd.Load([]byte(text))
		if err != nil {
			return err
		}
		return clientcmd.Validate(*config)
	}, func(root tree.Node) []apiserverconfig.Flaw {
		_, flaws := apiserverconfig.ReadKubeconfig(root)
		return flaws
	})
}
