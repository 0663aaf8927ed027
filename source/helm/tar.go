package helm

import (
	"archive/tar"
	"compress/gzip"
	"io"
)

// scanTar reports whether a name in the gzipped tar satisfies want.
func scanTar(r io.Reader, want func(name string) bool) bool {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return false
	}
	defer zip.Close()
	t := tar.NewReader(io.LimitReader(zip, maxChartSize))
	for {
		head, err := t.Next()
		if err != nil {
			return false
		}
		if want(head.Name) {
			return true
		}
	}
}
