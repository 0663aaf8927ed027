package node

import (
	"bytes"
	"testing"
)

func FuzzCmdline(f *testing.F) {
	f.Add([]byte("kubelet\x00--config=/x\x00"))
	f.Add([]byte("/usr/local/bin/k3s server\x00\x00\x00"))
	f.Add([]byte("hyperkube\x00kubelet\x00--token\x00x\x00"))
	f.Add([]byte("kubectl\x00--context\x00a\x00proxy"))
	f.Fuzz(func(t *testing.T, src []byte) {
		component, args := componentOf(parseCmdline(src))
		if component == "" {
			return
		}
		if len(args) == 0 {
			t.Fatal("a component without a name")
		}
		if out := redactArguments(args); len(out) != len(args) {
			t.Fatalf("%d arguments of %d", len(out), len(args))
		}
		namedFiles(component, args[1:])
	})
}

func FuzzNet(f *testing.F) {
	f.Add([]byte("head\n   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 42 1\n"), "tcp")
	f.Add([]byte("head\n   0: 00000000000000000000000001000000:0035 0:0 07 0 0 0 0 0 42\n"), "udp")
	f.Fuzz(func(t *testing.T, src []byte, protocol string) {
		for _, s := range parseNet(src, protocol) {
			if s.Port <= 0 || s.Port > 65535 || s.Address == "" {
				t.Fatalf("%+v", s)
			}
		}
	})
}

func FuzzAccounts(f *testing.F) {
	f.Add([]byte("root:x:0:0:root:/root:/bin/bash\n"))
	f.Add([]byte("ID=debian\nVERSION_ID=\"12\"\nA='b\n"))
	f.Add([]byte("28 1 8:1 / /a\\040b rw - ext4 /dev/sda1 rw\n"))
	f.Add([]byte("Package: runc\nStatus: install ok installed\nVersion: 1.1.12-0ubuntu1\n\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		for id, name := range parseNames(src) {
			if id < 0 || name == "" {
				t.Fatalf("%d %q", id, name)
			}
		}
		parseOSRelease(src)
		parseUID(src)
		parseEnviron(src)
		parseDpkg(src, []string{"runc"})
		environmentFiles(string(src))
		mounts := parseMountInfo(src)
		for _, m := range mounts {
			if m.at == "" || m.at[0] != '/' {
				t.Fatalf("%+v", m)
			}
		}
		if host, ok := hostPath("/etc/x", mounts, mounts); ok && host == "" {
			t.Fatal("no path")
		}
	})
}

// FuzzRedact: what is carried has the lines of the file, is the same when it is covered again, and none of the values that have the name of a
// secret.
func FuzzRedact(f *testing.F) {
	for _, s := range []string{
		"token: abc\n", "users:\n- user: {client-key-data: QUJD, password: \"x y\"}\n", `{"token":"abc","a":["--token=x"]}`, "a: &x secret\ntoken: *x\n",
		"token: |\n  abc\n  def\nb: 1\n", "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: [{providers: [{aescbc: {keys: [{name: a, secret: QUJD}]}}]}]\n",
		"env:\n- name: PASSWORD\n  value: >-\n    abc\n", "password: 'it''s'\n", "a: https://u:p@h\n", "? token\n: x\n", "token: !!str abc\n", "Token:\n  - a\n  - b\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		text := redactText(src)
		if bytes.Count(text, []byte("\n")) != bytes.Count(src, []byte("\n")) {
			t.Fatalf("other lines: %q of %q", text, src)
		}
		out, err := redactYAML(src)
		if err != nil {
			return
		}
		again, err := redactYAML(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%v: %q of %q", err, again, out)
		}
		if left, err := secretsOf(out); err != nil || !harmless(out, left) {
			t.Fatalf("%v: %v is left in %q", err, left, out)
		}
	})
}
