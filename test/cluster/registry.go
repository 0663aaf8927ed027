package cluster

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// images is a registry that the nodes pull from, whatever registry they think they ask.
//
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
type images struct {
	dir string // for layers

	mu        sync.Mutex
	manifests map[string]string // by name:tag, without the registry
	blobs     map[string]blob   // by digest
}

// blob is a text or a file.
type blob struct {
	kind string
	data []byte
	file string
}

// image is what an image is made of: one static program.
type image struct {
	name       string // with the registry and the tag
	from, to   string // the program on this machine and in the image
	entrypoint []string
	user       string
}

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
	blobType     = "application/octet-stream"
)

// add makes an image.
func (r *images) add(i *image) error {
	if !strings.HasPrefix(i.to, "/") {
		return fmt.Errorf("image %s: %q is no absolute path", i.name, i.to)
	}
	_, name, ok := strings.Cut(i.name, "/")
	if !ok || !strings.Contains(name, ":") {
		return fmt.Errorf("image %q has no registry or no tag", i.name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.manifests == nil {
		r.manifests, r.blobs = map[string]string{}, map[string]blob{}
	}
	file := filepath.Join(r.dir, fmt.Sprintf("%d.tar", len(r.blobs)))
	layer, size, err := layer(file, i)
	if err != nil {
		return fmt.Errorf("image %s: %w", i.name, err)
	}
	type object = map[string]any
	config, err := json.Marshal(object{
		"architecture": runtime.GOARCH, "os": "linux", "created": time.Unix(0, 0).UTC(),
		"config": object{
			"User": i.user, "Entrypoint": i.entrypoint, "WorkingDir": "/", "Env": []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		},
		"rootfs": object{"type": "layers", "diff_ids": []string{layer}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal(object{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": object{"mediaType": configType, "size": len(config), "digest": digest(config)},
		"layers": []object{{"mediaType": layerType, "size": size, "digest": layer}},
	})
	if err != nil {
		return err
	}
	r.manifests[name] = digest(manifest)
	r.blobs[digest(manifest)] = blob{kind: manifestType, data: manifest}
	r.blobs[digest(config)] = blob{kind: blobType, data: config}
	r.blobs[layer] = blob{kind: blobType, file: file}
	return nil
}

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// layer writes an archive with the program of an image and the folder /tmp, and returns its digest and size.
func layer(file string, i *image) (digest string, size int64, err error) {
	program, err := os.Open(i.from)
	if err != nil {
		return "", 0, err
	}
	defer program.Close()
	info, err := program.Stat()
	if err != nil {
		return "", 0, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", 0, err
	}
	out, err := os.Create(file)
	if err != nil {
		return "", 0, err
	}
	sum := sha256.New()
	w := tar.NewWriter(io.MultiWriter(out, sum))
	_, copied := func() (int64, error) {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}); err != nil {
			return 0, err
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: i.to[1:], Mode: 0o755, Size: info.Size()}); err != nil {
			return 0, err
		}
		return io.Copy(w, program)
	}()
	if err := errors.Join(copied, w.Close()); err != nil {
		return "", 0, errors.Join(err, out.Close())
	}
	written, err := out.Stat()
	if err != nil {
		return "", 0, errors.Join(err, out.Close())
	}
	return fmt.Sprintf("sha256:%x", sum.Sum(nil)), written.Size(), out.Close()
}

// get is what a path of the registry says.
func (r *images) get(where string) (digest string, b blob, ok bool) {
	dir, reference := path.Split(strings.TrimPrefix(where, "/v2/"))
	name, blobs := strings.CutSuffix(dir, "/blobs/")
	if !blobs {
		name = strings.TrimSuffix(dir, "/manifests/")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	digest = reference
	if !strings.HasPrefix(digest, "sha256:") {
		digest = r.manifests[name+":"+reference]
	}
	b, ok = r.blobs[digest]
	return digest, b, ok
}

// ServeHTTP answers as a registry from which one may only pull.
func (r *images) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/v2/" {
		return
	}
	digest, b, ok := r.get(req.URL.Path)
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`) //nolint:errcheck // whoever asked may be gone
		return
	}
	w.Header().Set("Content-Type", b.kind)
	w.Header().Set("Docker-Content-Digest", digest)
	var content io.ReadSeeker = bytes.NewReader(b.data)
	if b.file != "" {
		f, err := os.Open(b.file)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer f.Close()
		content = f
	}
	http.ServeContent(w, req, "", time.Time{}, content)
}
