package prove

import (
	"os"
	"os/exec"
	"testing"

	"github.com/kubeharden/kubeharden/test/cluster"
)

func TestTry(t *testing.T) {
	c := cluster.Start(t, cluster.Options{})
	cmd := exec.Command("/tmp/kh-prove", "prove", "--all", "--kubeconfig", c.Kubeconfig(), "--etcd-endpoint", c.EtcdURL(), "--etcd-peer-endpoint", c.EtcdPeerURL(),
		"--etcd-cert", c.EtcdCertFile(), "--etcd-key", c.EtcdKeyFile(), "--etcd-cacert", c.EtcdCAFile(), "--audit-log", c.AuditLog(), "--audit-write", "--output", "json=/tmp/prove.json")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	t.Log(cmd.Run())
}
