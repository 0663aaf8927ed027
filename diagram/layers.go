package diagram

import "slices"

// layering assigns columns to nodes.
type layering struct {
	*index
	out      [][]int // edges out of a node, without loops
	in       []int   // how many come in
	reversed []bool  // edges that lead back; the layout treats them as turned around
	layer    []int   // column of a node, counted from the left in its component
	parts    [][]int // weakly connected components: numbers of nodes
	part     []int   // component of a node
}

func newLayering(nodes int, x *index) *layering {
	l := &layering{
		index: x, out: make([][]int, nodes), in: make([]int, nodes), reversed: make([]bool, len(x.from)),
		layer: make([]int, nodes), part: make([]int, nodes),
	}
	for e := range x.from {
		if x.from[e] != x.to[e] {
			l.out[x.from[e]] = append(l.out[x.from[e]], e)
			l.in[x.to[e]]++
		}
	}
	l.breakCycles()
	l.longestPaths()
	l.components()
	return l
}

// low and high are the ends of an edge as the layout sees it: the column of low is left of that of high.
func (l *layering) low(e int) int {
	if l.reversed[e] {
		return l.to[e]
	}
	return l.from[e]
}

func (l *layering) high(e int) int {
	if l.reversed[e] {
		return l.from[e]
	}
	return l.to[e]
}

// breakCycles marks the edges that lead back to a node on the path of a depth-first search. It starts where nothing comes in, so that
// the beginnings of paths are on the left.
func (l *layering) breakCycles() {
	const (
		unseen = iota
		open
		done
	)
	type frame struct{ node, next int }
	state := make([]uint8, len(l.out))
	var stack []frame
	visit := func(root int) {
		if state[root] != unseen {
			return
		}
		state[root] = open
		stack = append(stack[:0], frame{root, 0})
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(l.out[top.node]) {
				state[top.node] = done
				stack = stack[:len(stack)-1]
				continue
			}
			e := l.out[top.node][top.next]
			top.next++
			switch to := l.to[e]; state[to] {
			case open:
				l.reversed[e] = true
			case unseen:
				state[to] = open
				stack = append(stack, frame{to, 0})
			}
		}
	}
	for n := range l.out {
		if l.in[n] == 0 {
			visit(n)
		}
	}
	for n := range l.out {
		visit(n)
	}
}

// longestPaths puts each node one column right of the last of those before it. Then nodes with more edges to the right than to the left
// move as far to the right as they can, which makes edges shorter.
func (l *layering) longestPaths() {
	nodes := len(l.out)
	out, in := make([][]int, nodes), make([]int, nodes)
	for e := range l.from {
		if l.from[e] != l.to[e] {
			out[l.low(e)] = append(out[l.low(e)], l.high(e))
			in[l.high(e)]++
		}
	}
	order := make([]int, 0, nodes)
	waiting := append([]int(nil), in...)
	for n := range nodes {
		if in[n] == 0 {
			order = append(order, n)
		}
	}
	for i := 0; i < len(order); i++ {
		n := order[i]
		for _, to := range out[n] {
			l.layer[to] = max(l.layer[to], l.layer[n]+1)
			if waiting[to]--; waiting[to] == 0 {
				order = append(order, to)
			}
		}
	}
	for _, n := range slices.Backward(order) {
		if len(out[n]) <= in[n] {
			continue
		}
		first := l.layer[out[n][0]]
		for _, to := range out[n] {
			first = min(first, l.layer[to])
		}
		l.layer[n] = first - 1
	}
}

// components finds what hangs together, and counts the columns of each component from 0.
func (l *layering) components() {
	near := make([][]int, len(l.out))
	for e := range l.from {
		near[l.from[e]] = append(near[l.from[e]], l.to[e])
		near[l.to[e]] = append(near[l.to[e]], l.from[e])
	}
	for n := range l.part {
		l.part[n] = -1
	}
	for root := range near {
		if l.part[root] >= 0 {
			continue
		}
		id := len(l.parts)
		l.part[root] = id
		queue := []int{root}
		first := l.layer[root]
		for i := 0; i < len(queue); i++ {
			first = min(first, l.layer[queue[i]])
			for _, to := range near[queue[i]] {
				if l.part[to] < 0 {
					l.part[to] = id
					queue = append(queue, to)
				}
			}
		}
		for _, n := range queue {
			l.layer[n] -= first
		}
		l.parts = append(l.parts, queue)
	}
}
