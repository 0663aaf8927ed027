package quantity

import (
	"math/rand/v2"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

var samples = []string{
	"0", "1", "100m", "1.5", "0.5", ".5", "5.", "1e3", "1E3", "1e-3", "12e6", "512Mi", "1Gi", "1.5Gi", "128974848", "129M", "1k", "1Ki", "2T",
	"2Ti", "1P", "1Pi", "1E", "1Ei", "3u", "7n", "0.1n", "1.0000000001", "+1", "0m", "0.0", "000100m", "1000m", "1024Ki",
	"", "-1", "-100m", "1 Gi", "1gi", "1KI", "abc", "1.2.3", "0x10", "1e", "1i", "1mi", "1_000", "1 ",
}

func TestParseAgreesWithKubernetes(t *testing.T) {
	for _, text := range samples {
		want, err := resource.ParseQuantity(text)
		got, ok := Parse(text)
		if wantOK := err == nil && want.Sign() >= 0; ok != wantOK {
			t.Errorf("Parse(%q) ok = %v, Kubernetes says %v", text, ok, err)
		}
		if !ok || err != nil {
			continue
		}
		if got.IsZero() != want.IsZero() {
			t.Errorf("Parse(%q).IsZero() = %v", text, got.IsZero())
		}
		for _, other := range samples {
			q, err := resource.ParseQuantity(other)
			w, ok := Parse(other)
			if err == nil && ok && got.Compare(w) != want.Cmp(q) {
				t.Errorf("Compare(%q, %q) = %d, Kubernetes says %d", text, other, got.Compare(w), want.Cmp(q))
			}
		}
	}
}

func TestParseRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const alphabet = "0123456789..eEmkKMGTPiun-+"
	random := func() string {
		var b strings.Builder
		for range 1 + r.IntN(8) {
			b.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	last, lastValue := resource.MustParse("1"), mustParse(t, "1")
	for range 200_000 {
		text := random()
		want, err := resource.ParseQuantity(text)
		if rest := strings.TrimLeft(text, "+."); rest == "" || rest[0] < '0' || rest[0] > '9' {
			continue // negative, or without digits
		}
		got, ok := Parse(text)
		if ok != (err == nil) {
			t.Fatalf("Parse(%q) ok = %v, Kubernetes says %v", text, ok, err)
		}
		if !ok || want.Cmp(resource.MustParse("9E")) > 0 {
			continue // the API server cuts off at 2^63-1
		}
		if got.Compare(lastValue) != want.Cmp(last) {
			t.Fatalf("Compare(%q, %s) = %d, Kubernetes says %d", text, last.String(), got.Compare(lastValue), want.Cmp(last))
		}
		last, lastValue = want, got
	}
}

func mustParse(t *testing.T, text string) Value {
	t.Helper()
	v, ok := Parse(text)
	if !ok {
		t.Fatalf("Parse(%q) failed", text)
	}
	return v
}

func TestExceeds(t *testing.T) {
	for _, c := range []struct {
		value, ratio, of string
		want             bool
	}{
		{"2", "2", "1", false},
		{"2001m", "2", "1", true},
		{"1Gi", "2", "512Mi", false},
		{"1Gi", "1.5", "512Mi", true},
		{"1", "2", "0", true},
		{"0", "2", "0", false},
		{"7E", "2", "3E", true},
	} {
		if got := mustParse(t, c.value).Exceeds(mustParse(t, c.ratio), mustParse(t, c.of)); got != c.want {
			t.Errorf("%s exceeds %s times %s = %v", c.value, c.ratio, c.of, got)
		}
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "1": "1", "100m": "100m", "1.5": "1500m", "512Mi": "512Mi", "1Gi": "1Gi", "1500Mi": "1500Mi", "3n": "1m", "1k": "1000", "1.5Gi": "1536Mi",
	} {
		if got := mustParse(t, text).String(); got != want {
			t.Errorf("%s is written %s, want %s", text, got, want)
		}
	}
	if got := mustParse(t, "1Gi").Share(mustParse(t, "1.5")).Compare(mustParse(t, "715827883")); got != 0 && got != -1 {
		t.Errorf("a share is not rounded to what is right")
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Parse("1.5Gi") }); n > 0 {
		t.Errorf("Parse allocates %v times", n)
	}
}
