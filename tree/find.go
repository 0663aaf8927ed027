package tree

import (
	"strconv"
	"strings"
)

// Find follows a path as Path writes it, from n down: spec.containers[0].image, metadata.annotations["a.b/c"]. It returns the node,
// or the deepest one on the way and what is missing below it.
func (n Node) Find(path string) (at Node, missing []string) {
	at = n
	for path != "" {
		key, index, rest := step(path)
		next := Node{}
		if index >= 0 {
			next = at.At(index)
		} else {
			next = at.Get(key)
		}
		if !next.Exists() {
			return at, steps(path)
		}
		at, path = next, rest
	}
	return at, nil
}

// Step splits the first key, or index of a list, off a path; index is -1 for a key.
func Step(path string) (key string, index int, rest string) { return step(path) }

func step(path string) (key string, index int, rest string) {
	path = strings.TrimPrefix(path, ".")
	if strings.HasPrefix(path, `["`) {
		if key, rest, ok := quotedKey(path[1:]); ok {
			return key, -1, rest
		}
	}
	if strings.HasPrefix(path, "[") {
		if end := strings.IndexByte(path, ']'); end > 0 {
			if i, err := strconv.Atoi(path[1:end]); err == nil && i >= 0 {
				return "", i, path[end+1:]
			}
		}
	}
	end := strings.IndexAny(path, ".[")
	if end <= 0 {
		return path, -1, ""
	}
	return path[:end], -1, path[end:]
}

// quotedKey reads a key in double quotes and the bracket behind it.
func quotedKey(s string) (key, rest string, ok bool) {
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil || !strings.HasPrefix(s[len(quoted):], "]") {
		return "", "", false
	}
	key, err = strconv.Unquote(quoted)
	return key, s[len(quoted)+1:], err == nil
}

// steps returns the keys and indexes of a path.
func steps(path string) []string {
	var all []string
	for path != "" {
		key, index, rest := step(path)
		if index >= 0 {
			key = strconv.Itoa(index)
		}
		all = append(all, key)
		path = rest
	}
	return all
}
