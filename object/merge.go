package object

// Merge appends to facts about objects those of another list, whose objects are known by base more than before. number is where a fact keeps
// the number of its object. The other list stays as it is.
func Merge[T any](facts, others []T, base int, number func(*T) *int) []T {
	first := len(facts)
	facts = append(facts, others...)
	for i := range facts[first:] {
		*number(&facts[first+i]) += base
	}
	return facts
}
