package patch

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// JSON6902 returns the JSON patch (RFC 6902) that makes before into after. Items of lists are known by their index: before one is changed or
// removed a test makes sure that it is still the same, so that the build fails once the base has another list, and the wrong item is never
// touched.
func JSON6902(before, after any) []byte {
	p := &operations{}
	p.value("", before, after)
	if len(p.list) == 0 {
		return nil
	}
	return write(p.list)
}

type operations struct{ list []any }

func (p *operations) add(op, path string, value any) {
	p.list = append(p.list, map[string]any{"op": op, "path": path, "value": value})
}

func (p *operations) remove(path string) {
	p.list = append(p.list, map[string]any{"op": "remove", "path": path})
}

func (p *operations) value(path string, before, after any) {
	if Equal(before, after) {
		return
	}
	switch after := after.(type) {
	case map[string]any:
		if before, ok := before.(map[string]any); ok {
			p.mapping(path, before, after)
			return
		}
	case []any:
		if before, ok := before.([]any); ok {
			p.sequence(path, before, after)
			return
		}
	}
	p.add("replace", path, after)
}

func (p *operations) mapping(path string, before, after map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(before)) {
		at := path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		if now, stays := after[key]; stays {
			p.value(at, before[key], now)
		} else {
			p.remove(at)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, known := before[key]; !known {
			p.add("add", path+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), after[key])
		}
	}
}

func (p *operations) sequence(path string, before, after []any) {
	if len(before) == len(after) {
		for i := range after {
			if !Equal(before[i], after[i]) {
				p.item(path, i, before[i], after[i])
			}
		}
		return
	}
	start, end := 0, 0 // how many items are the same at both ends
	shorter := min(len(before), len(after))
	for start < shorter && Equal(before[start], after[start]) {
		start++
	}
	for end < shorter-start && Equal(before[len(before)-1-end], after[len(after)-1-end]) {
		end++
	}
	old, now := before[start:len(before)-end], after[start:len(after)-end]
	if len(old) == 0 {
		for i, item := range now {
			at := strconv.Itoa(start + i)
			if end == 0 {
				at = "-"
			}
			p.add("add", path+"/"+at, item)
		}
		return
	}
	gone, ok := without(old, now)
	if !ok {
		p.add("replace", path, after)
		return
	}
	for _, i := range slices.Backward(gone) {
		at := path + "/" + strconv.Itoa(start+i)
		p.test(at, old[i])
		p.remove(at)
	}
}

// without returns the indexes of the items of old that now does not have; ok is false if now has other items or another order.
func without(old, now []any) (gone []int, ok bool) {
	k := 0
	for i := range old {
		if k < len(now) && Equal(old[i], now[k]) {
			k++
		} else {
			gone = append(gone, i)
		}
	}
	return gone, k == len(now)
}

func (p *operations) item(path string, i int, before, after any) {
	at := path + "/" + strconv.Itoa(i)
	p.test(at, before)
	p.value(at, before, after)
}

// identity are the fields that items of lists are known by.
var identity = []string{"name", "mountPath", "key", "host", "type"}

// test makes sure that an item is the one that is meant, without repeating more of it than its name.
func (p *operations) test(path string, item any) {
	switch item := item.(type) {
	case map[string]any:
		for _, key := range identity {
			if text, ok := item[key].(string); ok {
				p.add("test", path+"/"+key, text)
				return
			}
		}
	case []any, nil:
	default:
		p.add("test", path, item)
	}
}
