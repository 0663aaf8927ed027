package secrets

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/object"
)

// places are where a container mounts volumes.
type places struct {
	paths []string
	// mounted are the paths of volumes that are mounted as a whole.
	mounted map[string]string
}

func newPlaces(p *filePlan, c *object.Container) *places {
	box := &places{mounted: map[string]string{}}
	for _, m := range c.Node.Get("volumeMounts").Items() {
		path, name := m.Get("mountPath").Text(), m.Get("name").Text()
		box.paths = append(box.paths, strings.TrimSuffix(path, "/"))
		if _, twice := box.mounted[name]; !twice && p.taken[name] && path != "" && m.Get("subPath").Text() == "" && m.Get("subPathExpr").Text() == "" {
			box.mounted[name] = path
		}
	}
	for _, d := range c.Node.Get("volumeDevices").Items() {
		box.paths = append(box.paths, d.Get("devicePath").Text())
	}
	return box
}

// free takes a path below a folder where nothing is mounted, or says why there is none. Below another volume a mount needs a folder in it,
// which a read-only volume does not have.
func (box *places) free(folder, name string) (path, reason string) {
	for n := range maxPaths {
		path = folder + "/" + name
		if n > 0 {
			path += "-" + strconv.Itoa(n+1)
		}
		free := true
		for _, taken := range box.paths {
			if strings.HasPrefix(path, taken+"/") {
				return "", "a volume is mounted at " + taken + " already: the parameter " + directory + " takes another folder"
			}
			free = free && taken != path && !strings.HasPrefix(taken, path+"/")
		}
		if free {
			box.paths = append(box.paths, path)
			return path, ""
		}
	}
	return "", "volumes are mounted at all paths that were tried below " + folder + ": the parameter " + directory + " takes another folder"
}

// isAbsolute reports whether a text is the path of a folder in a container; mounts take no colon.
func isAbsolute(path string) bool {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(path, "/"), "/")
	if !ok {
		return false
	}
	for part := range strings.SplitSeq(rest, "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsAny(part, ": \t\n") {
			return false
		}
	}
	return true
}

// isSubdomain reports whether a text can be the name of a Secret: what a template fills in later is none.
func isSubdomain(name string) bool {
	const longest = 253
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && (c != '-' && c != '.' || i == 0 || i == len(name)-1) {
			return false
		}
	}
	return name != "" && len(name) <= longest
}

// isSecretKey reports whether a text can be a key of a Secret.
// https://github.com/kubernetes/kubernetes/blob/v1.34.0/staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go (IsConfigMapKey)
func isSecretKey(key string) bool {
	const longest = 253
	for i := range len(key) {
		if c := key[i]; !isWord(c) && c != '-' && c != '.' {
			return false
		}
	}
	return key != "" && key != "." && !strings.HasPrefix(key, "..") && len(key) <= longest
}
