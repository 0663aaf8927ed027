package falco

import (
	"container/heap"
	"strings"
)

// Limits of what lists and macros may grow to. A condition beyond one is an error of its own.
const (
	maxCondition = 4 << 20  // bytes of one condition with all lists put in
	maxExpanded  = 64 << 20 // bytes of all conditions together
	maxOddLists  = 64       // lists whose names are no words, which have to be looked for one by one
)

// substitution puts lists into conditions. Falco does that before it parses them, letter by letter and list after list in the order of
// their definition (rule_loader_compiler.cpp, resolve_list).
type substitution struct {
	lists    []*ItemList
	items    [][]Text       // of each list, with the lists in it put in
	byName   map[string]int // words that are names of lists
	odd      []int          // lists whose names are no words
	expanded int
}

func (l *loader) newSubstitution() *substitution {
	s := &substitution{lists: l.lists, items: make([][]Text, len(l.lists)), byName: map[string]int{}}
	for i, list := range l.lists {
		if strings.ContainsAny(list.Name, delimiters) {
			if len(s.odd) < maxOddLists {
				s.odd = append(s.odd, i)
			}
		} else {
			s.byName[list.Name] = i
		}
	}
	total := 0
	for i, list := range l.lists {
		list.Used = false
		s.items[i] = list.items
		if !l.refers(list) {
			continue
		}
		var items []Text
		for _, item := range list.items {
			ref := l.listByName[item.s]
			if ref == nil || ref.index >= list.visibility {
				items = append(items, item)
				continue
			}
			if total += len(ref.items); total > maxProblems*100 {
				l.tooLarge(list.Place, list.item())
				break
			}
			items = append(items, ref.items...)
		}
		s.items[i] = items
	}
	for _, list := range l.lists {
		for _, item := range list.items {
			if ref := l.listByName[item.s]; ref != nil && ref.index < list.visibility {
				ref.Used = true
			}
		}
	}
	return s
}

// refers reports whether a list has another one in it.
func (l *loader) refers(list *ItemList) bool {
	for i := range list.items {
		if l.listByName[list.items[i].s] != nil {
			return true
		}
	}
	return false
}

func (l *loader) tooLarge(at Place, item string) {
	l.add(Problem{Level: Error, Code: NoteTooLarge, Message: "it grows beyond what is looked at when the lists in it are put in", Item: item, Place: at})
}

const (
	listBlanks = " \t\n\r"
	delimiters = listBlanks + "(),="
)

// apply puts all lists into a condition; ok is false if it becomes too large.
func (s *substitution) apply(t Text) (result Text, ok bool) {
	q := &queue{queued: map[int]bool{}}
	for _, i := range s.odd {
		q.add(i)
	}
	for word := range strings.FieldsFuncSeq(t.s, func(r rune) bool { return r < 0x80 && strings.IndexByte(delimiters, byte(r)) >= 0 }) {
		if i, ok := s.byName[word]; ok {
			q.add(i)
		}
	}
	for q.Len() > 0 {
		i := heap.Pop(q).(int)
		replaced, used := s.replace(t, i)
		if !used {
			continue
		}
		t = replaced
		s.lists[i].Used = true
		s.expanded += len(t.s)
		if len(t.s) > maxCondition || s.expanded > maxExpanded {
			return Text{}, false
		}
		for _, item := range s.items[i] {
			// What is put in is only looked at for lists that come later.
			for word := range strings.FieldsFuncSeq(item.s, func(r rune) bool { return r < 0x80 && strings.IndexByte(delimiters, byte(r)) >= 0 }) {
				if k, ok := s.byName[word]; ok && k > i {
					q.add(k)
				}
			}
		}
	}
	return t, true
}

// replace puts one list into a text wherever its name stands between delimiters.
func (s *substitution) replace(t Text, i int) (Text, bool) {
	name := s.lists[i].Name
	var out composer
	done := 0 // bytes of t that are in out
	used := false
	for at := strings.Index(t.s, name); at >= 0; {
		end := at + len(name)
		if !bounded(t.s, at, end) {
			at = indexFrom(t.s, name, at+1)
			continue
		}
		out.part(t, done, at)
		for len(out.b) > 0 && strings.IndexByte(listBlanks, out.b[len(out.b)-1]) >= 0 {
			out.truncate(len(out.b) - 1)
		}
		for end < len(t.s) && strings.IndexByte(listBlanks, t.s[end]) >= 0 {
			end++
		}
		next := s.put(&out, t, i, at, end)
		done, used = next, true
		if len(out.b) > maxCondition {
			return out.text(), true
		}
		at = indexFrom(t.s, name, next)
	}
	if !used {
		return t, false
	}
	out.part(t, done, len(t.s))
	return out.text(), true
}

// put appends the items of a list, and returns where to go on.
func (s *substitution) put(out *composer, t Text, i, at, end int) int {
	var near Text
	var c composer
	c.part(t, at, at+1)
	near = c.text()
	items := s.items[i]
	if len(items) == 0 || len(items) == 1 && items[0].s == "" {
		switch {
		case len(out.b) > 0 && out.b[len(out.b)-1] == ',':
			out.truncate(len(out.b) - 1)
		case end < len(t.s) && t.s[end] == ',':
			end++
		}
	}
	if len(out.b) > 0 {
		out.insert(" ", near)
	}
	for k, item := range items {
		if k > 0 {
			out.insert(", ", near)
		}
		if item.s != "" {
			out.quote(item)
		}
		if len(out.b) > maxCondition {
			break
		}
	}
	out.insert(" ", near)
	return end
}

// bounded reports whether s[start:end] stands between delimiters.
func bounded(s string, start, end int) bool {
	return (start == 0 || strings.IndexByte(delimiters, s[start-1]) >= 0) && (end >= len(s) || strings.IndexByte(delimiters, s[end]) >= 0)
}

func indexFrom(s, name string, from int) int {
	if from >= len(s) {
		return -1
	}
	if at := strings.Index(s[from:], name); at >= 0 {
		return from + at
	}
	return -1
}

// queue yields numbers in their order, each one once.
type queue struct {
	numbers []int
	queued  map[int]bool
}

func (q *queue) add(i int) {
	if !q.queued[i] {
		q.queued[i] = true
		heap.Push(q, i)
	}
}

// Len implements heap.Interface.
func (q *queue) Len() int { return len(q.numbers) }

// Less implements heap.Interface.
func (q *queue) Less(i, j int) bool { return q.numbers[i] < q.numbers[j] }

// Swap implements heap.Interface.
func (q *queue) Swap(i, j int) { q.numbers[i], q.numbers[j] = q.numbers[j], q.numbers[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { q.numbers = append(q.numbers, x.(int)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := q.numbers[len(q.numbers)-1]
	q.numbers = q.numbers[:len(q.numbers)-1]
	return last
}
