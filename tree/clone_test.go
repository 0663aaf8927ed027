package tree

import (
	"reflect"
	"testing"
)

func TestClone(t *testing.T) {
	value := func() map[string]any {
		return map[string]any{"a": []any{map[string]any{"b": int64(1)}, "c"}, "d": map[string]any{"e": nil}}
	}
	given := value()
	clone, ok := Clone(given).(map[string]any)
	if !ok || !reflect.DeepEqual(clone, given) {
		t.Fatalf("%v, want %v", clone, given)
	}
	clone["a"].([]any)[0].(map[string]any)["b"] = int64(2)
	clone["a"].([]any)[1] = "x"
	clone["d"].(map[string]any)["e"] = true
	clone["f"] = true
	if !reflect.DeepEqual(given, value()) {
		t.Errorf("the value has changed with its copy: %v", given)
	}
	if l, ok := Clone([]any(nil)).([]any); !ok || l == nil {
		t.Error("a list without items has become null")
	}
}
