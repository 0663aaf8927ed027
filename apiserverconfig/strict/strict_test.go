package strict

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

var sample = Struct{
	"text": String, "flag": Bool, "small": Int32, "large": Int64, "ratio": Float32, "data": Bytes, "time": Duration, "maybe": OptionalDuration, "any": Any,
	"list": List{Of: String}, "map": Dict{Of: Int32}, "items": List{Of: Struct{"name": String}},
}

func TestCheck(t *testing.T) {
	for text, want := range map[string]string{
		"text: a\nflag: true\nsmall: 1\nlarge: 9000000000\nratio: 1.5\ndata: YQ==\ntime: 1m30s\nmaybe: 1s\nany: [{a: b}]\nlist: [a]\nmap: {a: 1}\nitems: [{name: a}]": "",
		// null is the zero value to all but a duration.
		"text: \nflag: \nsmall: \nlarge: \nratio: \ndata: \nmaybe: \nany: \nlist: \nmap: \nitems: [null]\n": "",
		"time: ":                               "time is null and has to be a duration such as 30s",
		"text: 1":                              "text is a number and has to be a string; put it in quotes",
		"text: yes":                            "text is a boolean and has to be a string; put it in quotes",
		"text: [a]":                            "text is a list and has to be a string",
		"flag: 'true'":                         "flag is a string and has to be true or false",
		"small: 1.0":                           "",
		"small: 1.5":                           "small is a number and has to be a whole number of 32 bits",
		"small: 1e3":                           "",
		"small: '1'":                           "small is a string and has to be a whole number of 32 bits",
		"small: 3e9":                           "small is a number and has to be a whole number of 32 bits",
		"large: 1e19":                          "large is a number and has to be a whole number of 64 bits",
		"ratio: 1e39":                          "ratio is a number and has to be a number of 32 bits",
		"data: a":                              "data is not encoded in base64",
		"time: 30":                             "time is a number and has to be a duration such as 30s",
		"time: soon":                           "time is no duration such as 30s",
		"list: a":                              "list is a string and has to be a list",
		"list: {a: b}":                         "list is a mapping and has to be a list",
		"map: [a]":                             "map is a list and has to be a mapping",
		"map: {a-b: x}":                        "map.a-b is a string and has to be a whole number of 32 bits",
		"items: [{}, {nam: a}, {Name: a}]":     "items[1].nam is no field\nitems[2].Name is no field; it is called name",
		"lists: []":                            "lists is no field; it is called list",
		"text: a\ntext: b":                     "text is there twice",
		"items: [{name: 1, name: a}]":          "items[0].name is there twice",
		"map: {a: x, a: 1}":                    "map.a is there twice",
		"any: {a: 1, a: 2}":                    "any.a is there twice",
		"a.b: 1":                               `["a.b"] is no field`,
		strings.Repeat("a", 70) + ": {b: [c]}": strings.Repeat("a", 70) + " is no field",
	} {
		var flaws Flaws
		Check(parse(t, text), sample, &flaws)
		var got []string
		for _, f := range flaws.List() {
			got = append(got, f.String())
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestLooseAndParts(t *testing.T) {
	n := parse(t, "x: {unknown: 1, text: 1, text: a}")
	var flaws Flaws
	CheckLoose(n.Get("x"), sample, &flaws)
	if len(flaws.List()) != 0 {
		t.Errorf("loose: %v", flaws.List())
	}
	CheckPart(n.Get("x"), sample, &flaws)
	if list := flaws.List(); len(list) != 1 || list[0].String() != "unknown is no field" {
		t.Errorf("part: %v", list)
	}
}

// TestMany: a file that is nothing but wrong is told with an end, and in linear time.
func TestMany(t *testing.T) {
	var flaws Flaws
	var b strings.Builder
	b.WriteString("list:\n")
	for range 200_000 {
		b.WriteString("- 1\n")
	}
	Check(parse(t, b.String()), sample, &flaws)
	if n := len(flaws.List()); n != MaxFlaws {
		t.Errorf("%d flaws", n)
	}
}

func parse(t *testing.T, text string) tree.Node {
	t.Helper()
	src := []byte(text)
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return parsed.Root()
	}
	t.Fatal("no document")
	return tree.Node{}
}
