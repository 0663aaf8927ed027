package node

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	facts "github.com/kubeharden/kubeharden/node"
)

// Limits of the search for copies of etcd.
const (
	maxCopyDepth   = 4      // folders below a place
	maxCopyEntries = 20_000 // of all places together
)

// sureness is how much a place says of the files in it.
type sureness uint8

const (
	shared sureness = iota // backups of anything
	etcds                  // a folder for etcd, with scripts and certificates among the rest
	only                   // nothing but snapshots
)

// copies is a place where snapshots and copies of etcd lie. The last part of its path may be a pattern.
type copies struct {
	path string
	sureness
}

// copyPlaces are where tools put them, and where people do.
// https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kubeadm/app/phases/upgrade/staticpods.go
// https://docs.k3s.io/cli/etcd-snapshot, https://docs.rke2.io/datastore/backup_restore
// https://docs.k0sproject.io/stable/backup/
var copyPlaces = []copies{
	{"/etc/kubernetes/tmp/kubeadm-backup-etcd-*", etcds},
	{"/var/lib/rancher/k3s/server/db/snapshots", only},
	{"/var/lib/rancher/rke2/server/db/snapshots", only},
	// What was there before a snapshot was restored.
	{"/var/lib/rancher/k3s/server/db/etcd-old-*", etcds},
	{"/var/lib/rancher/rke2/server/db/etcd-old-*", etcds},
	{"/var/lib/k0s/*backup*", shared},
	{"/var/lib/etcd-*", etcds},
	{"/var/lib/etcd_*", etcds},
	{"/opt/etcd*", etcds},
	{"/opt/*.db", shared},
	{"/var/backups", shared},
	{"/backup*", shared},
}

// microk8sCopies are those of a MicroK8s that has etcd; most have dqlite.
var microk8sCopies = []copies{
	{"/var/snap/microk8s/common/*backup*", shared},
	{"/var/snap/microk8s/common/var/run/etcd-*", etcds},
}

// search is the search for copies of etcd.
type search struct {
	*collector
	left int
	full bool
}

// copiesOfEtcd looks for snapshots and copies of etcd. Its data itself has been found by then and is none.
func (c *collector) copiesOfEtcd(ctx context.Context) error {
	places := copyPlaces
	if c.has("/var/snap/microk8s/current/args/etcd") {
		places = append(slices.Clone(places), microk8sCopies...)
	}
	s := &search{collector: c, left: maxCopyEntries}
	for _, p := range places {
		dir, base := path.Split(p.path)
		names := []string{base}
		if strings.Contains(base, "*") {
			names = s.names(dir, maxEntries)
		}
		for _, name := range names {
			if ok, _ := path.Match(base, name); !ok {
				continue
			}
			if err := s.look(ctx, path.Join(dir, name), p.sureness, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// names lists a folder of the host. What is not there is empty.
func (s *search) names(dir string, limit int) []string {
	actual, err := s.host.resolve(dir, false)
	if err != nil {
		s.hidden(dir, err)
		return nil
	}
	names, all, err := s.host.list(actual, limit)
	if err != nil {
		s.hidden(dir, err)
		return nil
	}
	if !all {
		s.problem(dir, "has too many files", facts.RoleEtcdSnapshot)
	}
	return names
}

func (s *search) hidden(file string, err error) {
	if !missing(err) {
		s.problem(file, err.Error(), facts.RoleEtcdSnapshot)
	}
}

// look takes a file of a place, or looks into a folder of it.
func (s *search) look(ctx context.Context, file string, in sureness, depth int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	actual, err := s.host.resolve(file, false)
	if err != nil {
		if !errors.Is(err, errLinks) { // nothing is behind a link to itself
			s.hidden(file, err)
		}
		return nil
	}
	info, err := s.host.stat(actual)
	switch {
	case err != nil:
		s.hidden(file, err)
	case info.Mode().IsRegular():
		if info.Size() > 0 && (in == only || namedLikeCopy(file)) {
			s.take(file, actual, in)
		}
	case !info.IsDir() || depth > maxCopyDepth || s.isData(actual):
	case depth > 0 && s.isLink(file):
		// It leads out of the place, or around in it.
	default:
		for _, name := range s.names(file, maxEntries) {
			if s.left--; s.left < 0 {
				if !s.full {
					s.full = true
					s.problem(file, "is one of too many files in which copies of etcd may be", facts.RoleEtcdSnapshot)
				}
				return nil
			}
			if err := s.look(ctx, path.Join(file, name), in, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// isData reports whether a folder is the data of an etcd.
func (s *search) isData(actual string) bool {
	i, ok := s.actual["/"+actual]
	return ok && slices.Contains(s.facts.Spec.Files[i].Roles, facts.RoleEtcdData)
}

func (s *search) isLink(file string) bool {
	at, err := s.host.resolve(file, true)
	if err != nil {
		return true
	}
	end, err := s.host.resolve(file, false)
	return err != nil || at != end
}

// take lists a file if it is a copy of etcd.
func (s *search) take(file, actual string, in sureness) {
	named := in != shared || speaksOfEtcd(file)
	format, other, err := s.formatOf(actual)
	if err != nil && !named {
		s.hidden(file, err)
		return
	}
	if err != nil && missing(err) || other || !named && format != facts.FormatBbolt {
		return
	}
	info, statErr := s.host.stat(actual)
	if statErr != nil {
		s.hidden(file, statErr)
		return
	}
	i, _ := s.entry(s.host, "", file, actual, info, want{facts.RoleEtcdSnapshot, "etcd", plain})
	if i < 0 {
		return
	}
	if err != nil {
		s.problem(file, err.Error(), contentOf(facts.RoleEtcdSnapshot))
		return
	}
	s.facts.Spec.Files[i].Format = format
}

// besides are the ends of files that lie beside snapshots.
var besides = []string{
	".sh", ".py", ".md", ".txt", ".log", ".json", ".yaml", ".yml", ".service", ".timer", ".conf", ".env", ".sha256", ".sha256sum", ".sum", ".md5", ".crt", ".key", ".pem", ".wal", ".snap",
}

// namedLikeCopy reports whether a file has a name as snapshots and copies of etcd have: snapshot.db, etcd-2026.db.gz, etcd-backup.tar.gz, and db in
// a folder snap, as etcd's own file is called.
func namedLikeCopy(file string) bool {
	name := strings.ToLower(path.Base(file))
	switch {
	case slices.Contains(besides, path.Ext(name)):
		return false
	case name == "db":
		return path.Base(path.Dir(file)) == "snap"
	case strings.HasSuffix(name, ".db"), strings.Contains(name, ".db."), strings.Contains(name, "snapshot"), strings.HasPrefix(name, "k0s_backup_"):
		return true
	default:
		return strings.Contains(name, "etcd") && path.Ext(name) != "" && slices.Contains([]string{".gz", ".tgz", ".zip", ".tar", ".zst", ".xz", ".age", ".gpg", ".enc", ".bak"}, path.Ext(name))
	}
}

// speaksOfEtcd reports whether a path leaves no doubt of what a snapshot is of.
func speaksOfEtcd(file string) bool {
	return strings.Contains(strings.ToLower(file), "etcd") || strings.HasPrefix(path.Base(file), "k0s_backup_")
}

// formatOf tells what a file is by its first bytes, and whether it is a database of somebody else.
func (c *collector) formatOf(actual string) (format string, other bool, err error) {
	file, err := c.host.root.OpenFile(actual, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", false, cause(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", false, cause(err)
	}
	if !info.Mode().IsRegular() {
		return "", false, errNotRegular
	}
	format, other, err = formatOf(file)
	return format, other, cause(err)
}

// heads are what files begin with.
var heads = []struct{ head, format string }{
	{"\x1f\x8b", facts.FormatGzip},
	{"PK\x03\x04", facts.FormatZip},
	{"\x28\xb5\x2f\xfd", facts.FormatZstd},
	{"\xfd7zXZ\x00", facts.FormatXz},
	{"age-encryption.org/v1\n", facts.FormatAge},
	{"-----BEGIN AGE ENCRYPTED FILE-----", facts.FormatAge},
	{"-----BEGIN PGP MESSAGE-----", facts.FormatOpenPGP},
	{"Salted__", facts.FormatOpenSSL},
}

// The pages of a bbolt database, as far as they tell whose it is. Numbers have the byte order of the machine that wrote them.
// https://github.com/etcd-io/bbolt/blob/v1.4.3/internal/common/page.go and meta.go
const (
	pageHead  = 16
	metaSize  = pageHead + 64
	metaMagic = 0xED0CDAED
	leafPage  = 0x02
	leafItem  = 16
)

func formatOf(r io.ReaderAt) (format string, other bool, err error) {
	head := make([]byte, metaSize)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, err
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if n == metaSize && order.Uint32(head[pageHead:]) == metaMagic {
			return facts.FormatBbolt, isOthers(r, head, order), nil
		}
	}
	for _, h := range heads {
		if bytes.HasPrefix(head[:n], []byte(h.head)) {
			return h.format, false, nil
		}
	}
	return facts.FormatOther, false, nil
}

// isOthers reports whether a bbolt database has no bucket "key", in which etcd has everything: containerd and others have such databases too. Only
// names of buckets are looked at. A database that cannot be read so far may be etcd's.
// https://github.com/etcd-io/etcd/blob/v3.6.5/server/storage/schema/bucket.go
func isOthers(r io.ReaderAt, head []byte, order binary.ByteOrder) bool {
	size := order.Uint32(head[pageHead+8:])
	if size < 1024 || size > 64<<10 || size&(size-1) != 0 {
		return false
	}
	// Of the two descriptions the younger one holds.
	root, transaction := order.Uint64(head[pageHead+16:]), order.Uint64(head[pageHead+48:])
	second := make([]byte, metaSize)
	if _, err := r.ReadAt(second, int64(size)); err != nil || order.Uint32(second[pageHead:]) != metaMagic {
		return false
	}
	if order.Uint64(second[pageHead+48:]) > transaction {
		root = order.Uint64(second[pageHead+16:])
	}
	page := make([]byte, size)
	if root > 1<<40 {
		return false
	}
	if _, err := r.ReadAt(page, int64(root)*int64(size)); err != nil || order.Uint64(page) != root || order.Uint16(page[8:])&leafPage == 0 {
		return false
	}
	for i := range int(order.Uint16(page[10:])) {
		at := pageHead + leafItem*i
		if at+leafItem > len(page) {
			return false
		}
		start := uint64(at) + uint64(order.Uint32(page[at+4:]))
		end := start + uint64(order.Uint32(page[at+8:]))
		if end > uint64(len(page)) {
			return false
		}
		if string(page[start:end]) == "key" {
			return false
		}
	}
	return true
}
