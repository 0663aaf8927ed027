package node

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	facts "github.com/kubeharden/kubeharden/node"
)

// database is the start of a bbolt database with some buckets: two descriptions, of which the second is younger and leads to the page behind them.
func database(order binary.ByteOrder, buckets ...string) string {
	const size = 1024
	pages := make([]byte, 4*size)
	for i := range 2 {
		p := pages[i*size:]
		order.PutUint64(p, uint64(i))
		order.PutUint16(p[8:], 4)
		order.PutUint32(p[16:], metaMagic)
		order.PutUint32(p[20:], 2)
		order.PutUint32(p[24:], size)
		order.PutUint64(p[32:], uint64(2+i))
		order.PutUint64(p[64:], uint64(7+i))
	}
	p := pages[3*size:]
	order.PutUint64(p, 3)
	order.PutUint16(p[8:], leafPage)
	order.PutUint16(p[10:], uint16(len(buckets)))
	end := pageHead + leafItem*len(buckets)
	for i, name := range buckets {
		item := pageHead + leafItem*i
		order.PutUint32(p[item+4:], uint32(end-item))
		order.PutUint32(p[item+8:], uint32(len(name)))
		end += copy(p[end:], name)
	}
	return string(pages)
}

// TestCopiesOfEtcd: snapshots and copies are found where they lie, and told by their first bytes; others' files and etcd's data are left out.
func TestCopiesOfEtcd(t *testing.T) {
	db := database(binary.LittleEndian, "alarm", "auth", "key", "meta")
	big := database(binary.BigEndian, "key")
	other := database(binary.LittleEndian, "containerd", "v1")
	gz := "\x1f\x8b\x08\x00"
	root := plant(t, running(host(map[string]string{
		"etc/kubernetes/tmp/kubeadm-backup-etcd-2026-01-01-10-00-00/etcd/member/snap/db":        db,
		"etc/kubernetes/tmp/kubeadm-backup-etcd-2026-01-01-10-00-00/etcd/member/wal/0.wal":      "x",
		"etc/kubernetes/tmp/kubeadm-backup-etcd-2026-01-01-10-00-00/etcd/member/snap/0001.snap": "x",
		"etc/kubernetes/tmp/kubeadm-upgraded-manifests/etcd.yaml":                               "x",
		"var/lib/rancher/k3s/server/db/snapshots":                                               "-> /srv/snapshots",
		"srv/snapshots/on-demand-a-1":                                                           db,
		"srv/snapshots/etcd-snapshot-a-2.zip":                                                   "PK\x03\x04....",
		"srv/snapshots/empty":                                                                   "",
		"var/lib/rancher/rke2/server/db/etcd-old-1767225600/member/snap/db":                     db,
		"var/lib/rancher/k3s/server/db/etcd/member/snap/db":                                     db, // k3s' own
		"var/lib/etcd/member/snap/db":                                                           db, // etcd's own
		"var/lib/etcd-restored/member/snap/db":                                                  db, // what etcd runs with now
		"var/lib/etcd-snapshots/a.db":                                                           big,
		"var/lib/etcd-snapshots/a.db.age":                                                       "age-encryption.org/v1\n-> X25519 x\n",
		"var/lib/etcd-snapshots/b.db.enc":                                                       "\x01\x02\x03",
		"var/lib/etcd-snapshots/etcd-backup.sh":                                                 "#!/bin/sh\n",
		"var/lib/etcd-snapshots/snapshot.sha256":                                                "x",
		"var/lib/k0s/my-backups/k0s_backup_2026.tar.gz":                                         gz,
		"opt/etcd/etcd":                             "x",
		"opt/snapshot-pre-boot.db":                  db,
		"var/backups/containerd.db":                 other,
		"var/backups/dpkg.status.gz":                gz,
		"var/backups/packages.db":                   "SQLite format 3\x00",
		"var/backups/vm-snapshot.gz":                gz,
		"var/backups/etcd-2026-01-01/snapshot.db":   db,
		"var/backups/etcd-2026-01-01/etcd-1.db.gz":  gz,
		"var/backups/again":                         "-> /var/backups",
		"backup-1/a/b/c/d/x.db":                     db,
		"backup-1/a/b/c/d/e/too-deep.db":            db,
		"backup-1/torn.db":                          db[:200],
		"backup-1/loop.db":                          "-> loop.db",
		"var/snap/microk8s/common/backup/etcd-1.db": db, // dqlite is what it has
	}), 500, "/usr/bin/etcd", "/usr/bin/etcd", "--data-dir=/var/lib/etcd-restored"))
	f := collect(t, root)
	var got []string
	for _, file := range f.Spec.Files {
		if slices.Contains(file.Roles, facts.RoleEtcdSnapshot) {
			got = append(got, file.Path+" "+file.Format)
		}
		if file.Format != "" && file.Content != nil {
			t.Errorf("%s carries its content", file.Path)
		}
	}
	want := `/backup-1/a/b/c/d/x.db bbolt
/backup-1/torn.db bbolt
/etc/kubernetes/tmp/kubeadm-backup-etcd-2026-01-01-10-00-00/etcd/member/snap/db bbolt
/opt/snapshot-pre-boot.db bbolt
/var/backups/etcd-2026-01-01/etcd-1.db.gz gzip
/var/backups/etcd-2026-01-01/snapshot.db bbolt
/var/lib/etcd-snapshots/a.db bbolt
/var/lib/etcd-snapshots/a.db.age age
/var/lib/etcd-snapshots/b.db.enc other
/var/lib/k0s/my-backups/k0s_backup_2026.tar.gz gzip
/var/lib/rancher/k3s/server/db/snapshots/etcd-snapshot-a-2.zip zip
/var/lib/rancher/k3s/server/db/snapshots/on-demand-a-1 bbolt
/var/lib/rancher/rke2/server/db/etcd-old-1767225600/member/snap/db bbolt`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if text := problems(f); text != "" {
		t.Error(text)
	}
	mkdir(t, filepath.Join(root, "var/snap/microk8s/current/args"))
	if err := os.WriteFile(filepath.Join(root, "var/snap/microk8s/current/args/etcd"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if all := filesOf(collect(t, root), facts.RoleEtcdSnapshot); !strings.Contains(all, "/var/snap/microk8s/common/backup/etcd-1.db") {
		t.Errorf("MicroK8s with etcd: %s", all)
	}
}

// TestTooManyCopies: a folder without end costs no more than a large one, and what was not looked at is told.
func TestTooManyCopies(t *testing.T) {
	files := host(nil)
	for i := range 10 {
		files[fmt.Sprintf("backup/%d/", i)] = ""
	}
	root := plant(t, files)
	s := &search{collector: &collector{facts: facts.New("a"), at: map[string]int{}, actual: map[string]int{}}, left: 3}
	var err error
	if s.host, err = openFilesystem(root); err != nil {
		t.Fatal(err)
	}
	defer s.host.close()
	for range 2 {
		if err := s.look(t.Context(), "/backup", shared, 0); err != nil {
			t.Fatal(err)
		}
	}
	if got := problems(s.facts); got != "/backup: is one of too many files in which copies of etcd may be [etcd-snapshot]" {
		t.Error(got)
	}
}

// TestUnreadableCopy: whose first bytes cannot be read is listed without a format if its name says what it is.
func TestUnreadableCopy(t *testing.T) {
	if os.Getuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("root reads everything")
	}
	root := plant(t, host(map[string]string{"var/backups/etcd-1.db": "x", "var/backups/x.db": "x"}))
	for _, name := range []string{"etcd-1.db", "x.db"} {
		if err := os.Chmod(filepath.Join(root, "var/backups", name), 0); err != nil {
			t.Fatal(err)
		}
	}
	f := collect(t, root)
	if file := fileAt(t, f, "/var/backups/etcd-1.db"); file.Format != "" || file.Mode != "0000" {
		t.Errorf("%+v", file)
	}
	if got := problems(f); got != "/var/backups/etcd-1.db: permission denied [content of etcd-snapshot]\n/var/backups/x.db: permission denied [etcd-snapshot]" {
		t.Error(got)
	}
}

// TestModified: of an encryption configuration, and of nothing else, it is told when it was written.
func TestModified(t *testing.T) {
	root := plant(t, host(map[string]string{
		"var/lib/rancher/k3s/server/cred/encryption-config.json": `{"kind":"EncryptionConfiguration","apiVersion":"apiserver.config.k8s.io/v1","resources":[]}`,
		"etc/kubernetes/admin.conf":                              clientConfig("QUJD"),
	}))
	const file = "/var/lib/rancher/k3s/server/cred/encryption-config.json"
	when := time.Date(2025, 3, 1, 12, 0, 0, 5, time.FixedZone("CET", 3600))
	if err := os.Chtimes(filepath.Join(root, file), when, when); err != nil {
		t.Fatal(err)
	}
	f := collect(t, root)
	for i := range f.Spec.Files {
		want := ""
		if f.Spec.Files[i].Path == file {
			want = "2025-03-01T11:00:00Z"
		}
		if got := f.Spec.Files[i].Modified; got != want {
			t.Errorf("%s: modified %q, want %q", f.Spec.Files[i].Path, got, want)
		}
	}
	fileAt(t, f, file)
}

func FuzzSnapshot(f *testing.F) {
	f.Add([]byte(database(binary.LittleEndian, "key")))
	f.Add([]byte(database(binary.BigEndian, "a", "b")))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, src []byte) {
		format, other, err := formatOf(bytes.NewReader(src))
		if err != nil || format == "" || other && format != facts.FormatBbolt {
			t.Fatalf("%q %t %v", format, other, err)
		}
	})
}
