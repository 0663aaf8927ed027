package node

import (
	"context"
	"io/fs"
	"path"
	"strings"

	facts "github.com/kubeharden/kubeharden/node"
)

// folder takes the files of a folder of manifests or drop-ins.
func (c *collector) folder(ctx context.Context, in *filesystem, prefix, file, actual string, info fs.FileInfo, w want) error {
	one := w
	one.kind = yamlFile
	if !info.IsDir() {
		return c.found(ctx, in, prefix, file, actual, info, one)
	}
	names, all, err := in.list(actual, maxEntries)
	if err != nil || !all {
		reason := "has too many files"
		if err != nil {
			reason = err.Error()
		}
		c.problem(prefix+file, reason, w.role)
	}
	for _, name := range names {
		// The kubelet leaves hidden files out, and takes drop-ins by their end.
		if name[0] == '.' || w.kind == dropIns && path.Ext(name) != ".conf" {
			continue
		}
		if w.kind == manifests {
			one.component = strings.TrimSuffix(name, path.Ext(name))
		}
		if err := c.addOf(ctx, in, prefix, path.Join(file, name), one); err != nil {
			return err
		}
	}
	return nil
}

// tree takes a folder of certificates and keys.
func (c *collector) tree(ctx context.Context, in *filesystem, prefix, file, actual string, info fs.FileInfo, w want, depth int) error {
	if !info.IsDir() {
		return nil
	}
	if _, isNew := c.entry(in, prefix, file, actual, info, w); !isNew {
		return nil
	}
	names, all, err := in.list(actual, maxEntries)
	if err != nil || !all {
		reason := "has too many files"
		if err != nil {
			reason = err.Error()
		}
		c.problem(prefix+file, reason, facts.RolePKIDirectory, facts.RolePKICertificate, facts.RolePKIKey, facts.PartCertificates)
	}
	for _, name := range names {
		at := path.Join(file, name)
		inner, err := in.resolve(at, false)
		if err != nil {
			if !missing(err) {
				c.problem(prefix+at, err.Error(), facts.RolePKICertificate, facts.RolePKIKey)
			}
			continue
		}
		info, err := in.stat(inner)
		switch {
		case err != nil:
			if !missing(err) {
				c.problem(prefix+at, err.Error(), facts.RolePKICertificate, facts.RolePKIKey)
			}
		case info.IsDir():
			if depth == maxTree {
				c.problem(prefix+at, "is too deep", facts.RolePKICertificate, facts.RolePKIKey)
				continue
			}
			if err := c.tree(ctx, in, prefix, at, inner, info, w, depth+1); err != nil {
				return err
			}
		default:
			if err := c.keyMaterial(ctx, in, prefix, at, inner, info); err != nil {
				return err
			}
		}
	}
	return nil
}

// rootDir is the folder of a kubelet.
func rootDir(args []string) string {
	dir := "/var/lib/kubelet"
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, "--root-dir="); ok {
			dir = value
		} else if a == "--root-dir" && i+1 < len(args) {
			dir = args[i+1]
		}
	}
	return dir
}

// profiles lists the files of a folder of profiles, and of the folders in it.
func (c *collector) profiles(ctx context.Context, in *filesystem, prefix, file, actual string, info fs.FileInfo, w want, depth int) error {
	if !info.IsDir() {
		w.kind = plain
		return c.found(ctx, in, prefix, file, actual, info, w)
	}
	names, all, err := in.list(actual, maxEntries)
	if err != nil || !all || depth > maxTree {
		reason := "has too many files or folders"
		if err != nil {
			reason = err.Error()
		}
		c.problem(prefix+file, reason, w.role)
		return nil
	}
	for _, name := range names {
		at := path.Join(file, name)
		inner, err := in.resolve(at, false)
		if err == nil {
			if info, err = in.stat(inner); err == nil {
				err = c.profiles(ctx, in, prefix, at, inner, info, w, depth+1)
			}
		}
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err != nil && !missing(err) {
			c.problem(prefix+at, err.Error(), w.role)
		}
	}
	return nil
}

// keyMaterial takes a file of a folder of certificates by its name, and by what is in it where that does not tell.
func (c *collector) keyMaterial(ctx context.Context, in *filesystem, prefix, file, actual string, info fs.FileInfo) error {
	w := certificate
	switch path.Ext(file) {
	case ".crt", ".cer", ".cert":
	case ".pub":
		w.kind = plain
	case ".key":
		w = key
	case ".pem":
		// The kubelet's have certificate and key in one.
		src, err := in.read(actual, maxContent)
		switch {
		case err != nil:
			c.problem(prefix+file, err.Error(), facts.RolePKICertificate, facts.RolePKIKey)
		case strings.Contains(string(src), "PRIVATE KEY-----"):
			c.certificates(in, prefix, prefix+file, actual)
			w = key
		}
	default:
		return nil // kubeconfigs and leftovers
	}
	return c.found(ctx, in, prefix, file, actual, info, w)
}
