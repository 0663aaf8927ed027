package cluster

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"runtime"
	"strings"
	"sync"
	"time"
)

// images is a registry that the nodes pull from, whatever registry they think they ask.
//
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
type images struct {
	mu        sync.Mutex
	manifests map[string]string // by name:tag, without the registry
	blobs     map[string]blob   // by digest
}

type blob struct {
	kind string
	data []byte
}

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
)

// add makes an image with one program at /PROGRAM, which is the entry point, with arguments if there are more.
func (r *images) add(name string, program []byte, entrypoint []string) error {
	if len(entrypoint) == 0 || !strings.HasPrefix(entrypoint[0], "/") {
		return fmt.Errorf("image %s: the entry point %q is no absolute path", name, entrypoint)
	}
	layer, err := layer(strings.TrimPrefix(entrypoint[0], "/"), program)
	if err != nil {
		return err
	}
	type object = map[string]any
	config, err := json.Marshal(object{
		"architecture": runtime.GOARCH, "os": "linux", "created": time.Unix(0, 0).UTC(),
		"config": object{"User": "65532:65532", "Entrypoint": entrypoint, "WorkingDir": "/", "Env": []string{"PATH=/"}},
		"rootfs": object{"type": "layers", "diff_ids": []string{digest(layer)}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal(object{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": object{"mediaType": configType, "size": len(config), "digest": digest(config)},
		"layers": []object{{"mediaType": layerType, "size": len(layer), "digest": digest(layer)}},
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.manifests == nil {
		r.manifests, r.blobs = map[string]string{}, map[string]blob{}
	}
	_, name, _ = strings.Cut(name, "/")
	r.manifests[name] = digest(manifest)
	r.blobs[digest(manifest)] = blob{manifestType, manifest}
	r.blobs[digest(config)] = blob{"application/octet-stream", config}
	r.blobs[digest(layer)] = blob{"application/octet-stream", layer}
	return nil
}

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// layer is an archive with one program and the folder /tmp.
func layer(name string, program []byte) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}); err != nil {
		return nil, err
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: int64(len(program))}); err != nil {
		return nil, err
	}
	if _, err := w.Write(program); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ServeHTTP answers as a registry from which one may only pull.
func (r *images) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req.URL.Path == "/v2/" {
		return
	}
	dir, reference := path.Split(strings.TrimPrefix(req.URL.Path, "/v2/"))
	name, blobs := strings.CutSuffix(dir, "/blobs/")
	if !blobs {
		name = strings.TrimSuffix(dir, "/manifests/")
	}
	d := reference
	if !strings.HasPrefix(d, "sha256:") {
		d = r.manifests[name+":"+reference]
	}
	b, ok := r.blobs[d]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintln(w, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`)
		return
	}
	w.Header().Set("Content-Type", b.kind)
	w.Header().Set("Docker-Content-Digest", d)
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(b.data))
}
