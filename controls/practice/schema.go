package practice

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// schemaText has the fields of the stable built-in kinds; cmd/internal/tables/schema.go says how it is written.
//
//go:embed schema.txt
var schemaText string

// schema is schemaText in lines, made when the first object is judged.
type schema struct {
	roots map[[2]string]typ // by apiVersion and kind
	lines []string
}

// typ is a type as schemaText writes it.
type typ string

var loadSchema = sync.OnceValue(func() *schema {
	s := &schema{roots: map[[2]string]typ{}}
	for line := range strings.Lines(schemaText) {
		line = strings.TrimSuffix(line, "\n")
		if root, ok := strings.CutPrefix(line, "!"); ok {
			version, rest, _ := strings.Cut(root, " ")
			kind, code, _ := strings.Cut(rest, " ")
			s.roots[[2]string{version, kind}] = typ(code)
			continue
		}
		s.lines = append(s.lines, line)
	}
	return s
})

// structure returns the line of a type that is a structure.
func (s *schema) structure(t typ) (line string, ok bool) {
	i, err := strconv.Atoi(string(t))
	if err != nil {
		return "", false
	}
	return s.lines[i], true
}

// field returns the type of a field of a structure.
func field(line, name string) (t typ, ok bool) {
	if strings.ContainsAny(name, " :") {
		return "", false
	}
	_, rest, ok := strings.Cut(line, " "+name+":")
	code, _, _ := strings.Cut(rest, " ")
	return typ(code), ok
}

// nearest returns the field of a structure that a name is most likely a misspelling of, "" if none is near.
func nearest(line, name string) string {
	best, bestDistance := "", len(name)/3+1
	for i, word := range strings.Fields(line) {
		if candidate, _, _ := strings.Cut(word, ":"); i > 0 {
			if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < bestDistance {
				best, bestDistance = candidate, d
			}
		}
	}
	return best
}

// distance is the number of single-character edits that lead from a to b. Long names are cut.
func distance(a, b string) int {
	const longest = 60
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
