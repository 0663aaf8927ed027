package component

import (
	"cmp"
	_ "embed" // defaults.txt and etcd.txt
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed defaults.txt
var kubernetesText string

//go:embed etcd.txt
var etcdText string

// Oldest and Newest are the minors of Kubernetes 1 that are judged. Which flags there are is known from 1.29 on; of the older ones, defaults.
const (
	Oldest = 24
	Newest = 37
)

// Spec is what a release knows of a flag or a field.
type Spec struct {
	// Name is the flag without dashes in front, or the path of the field.
	Name string
	// Type is bool, int32, string, duration, stringSlice, mapStringBool …; for fields bool, int, float, string, duration, list, map, object.
	Type string
	// Default is as the component prints it; lists without brackets.
	Default string
	// Optional reports that the flag may stand without a value.
	Optional bool
	// Pointer reports that zero in the file is a value of its own. In other fields zero, "" and 0s stand for the default.
	Pointer bool
	// Field is the path in the configuration file that the flag overrides, "" if there is none.
	Field string
	// Deprecated is what the component says of a flag that will go, "" for others.
	Deprecated string
}

// ranged is a spec for some minors.
type ranged struct {
	minors uint64 // a bit per minor
	Spec
}

func (r ranged) in(minor int) bool { return minor >= 0 && minor < 64 && r.minors&(1<<minor) != 0 }

// table is what the releases of a component know.
type table struct {
	flags, fields map[string][]ranged
	gates         map[string][]ranged // Type is the stage, Default true or false, Optional means locked
	histories     map[string][]ranged // Default is the history; oldest release first
	plugins       map[string][]ranged // Default is on or off
	minors        uint64
	gateMinors    uint64
	flagOf        map[string]string // the flag of a field
}

// tables are read when the first is asked for.
var tables = sync.OnceValue(func() map[Kind]*table {
	all := map[Kind]*table{}
	shared := table{gates: map[string][]ranged{}, histories: map[string][]ranged{}, plugins: map[string][]ranged{}}
	for _, k := range Kinds() {
		all[k] = &table{flags: map[string][]ranged{}, fields: map[string][]ranged{}, flagOf: map[string]string{}}
	}
	readTable(kubernetesText, all, &shared)
	readTable(etcdText, all, &shared)
	for _, history := range shared.histories {
		slices.SortFunc(history, func(a, b ranged) int { return cmp.Compare(a.minors, b.minors) })
	}
	for k, t := range all {
		t.gates, t.histories, t.plugins, t.gateMinors = shared.gates, shared.histories, shared.plugins, shared.gateMinors
		t.nameFields(k)
	}
	return all
})

func readTable(text string, all map[Kind]*table, shared *table) {
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) < 5 || strings.HasPrefix(line, "#") {
			continue
		}
		cells = append(cells, "", "", "", "")
		r := ranged{minors: minorsOf(cells[3]), Spec: Spec{Name: cells[2]}}
		k, ok := kindOf(cells[1])
		switch {
		case cells[0] == "gate":
			r.Default, r.Type, r.Optional = cells[4], cells[5], cells[6] == "locked"
			shared.gates[r.Name] = append(shared.gates[r.Name], r)
			shared.gateMinors |= r.minors
		case cells[0] == "history":
			r.Default = cells[4]
			shared.histories[r.Name] = append(shared.histories[r.Name], r)
		case cells[0] == "plugin":
			r.Default = cells[4]
			shared.plugins[r.Name] = append(shared.plugins[r.Name], r)
		case !ok:
		case cells[0] == "flag":
			r.Type, r.Optional = strings.CutSuffix(cells[4], "?")
			r.Default, r.Field, r.Deprecated = unbracket(r.Type, cells[5]), cells[6], cells[7]
			all[k].flags[r.Name] = append(all[k].flags[r.Name], r)
			all[k].minors |= r.minors
		case cells[0] == "field":
			r.Type, r.Pointer = strings.CutPrefix(cells[4], "*")
			r.Default = cells[5]
			all[k].fields[r.Name] = append(all[k].fields[r.Name], r)
		default:
		}
	}
}

// unbracket takes the brackets from the default of a list, as pflag prints them.
func unbracket(kind, text string) string {
	if isList(kind) && strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		return text[1 : len(text)-1]
	}
	return text
}

func minorsOf(text string) (set uint64) {
	for part := range strings.SplitSeq(text, ",") {
		from, to, ok := strings.Cut(part, "-")
		if !ok {
			to = from
		}
		a, _ := strconv.Atoi(from)
		b, _ := strconv.Atoi(to)
		for m := a; m <= b && m < 64; m++ {
			set |= 1 << m
		}
	}
	return set
}

// nameFields replaces the internal names of the fields that flags write to by the paths of the file, which differ in case only.
func (t *table) nameFields(k Kind) {
	if k == Etcd {
		for name, specs := range t.flags {
			for i := range specs {
				specs[i].Field = etcdField(name)
			}
			t.flagOf[etcdField(name)] = name
		}
		return
	}
	paths := make(map[string]string, len(t.fields))
	for path := range t.fields {
		paths[strings.ToLower(path)] = path
	}
	for name, specs := range t.flags {
		for i := range specs {
			specs[i].Field = paths[strings.ToLower(specs[i].Field)]
			if k == Scheduler {
				specs[i].Field = schedulerFields[name]
			}
			if f := specs[i].Field; f != "" {
				t.flagOf[f] = name
			}
		}
	}
}

// schedulerFields are what the flags of the scheduler are in its file.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kube-scheduler/app/options/deprecated.go
var schedulerFields = map[string]string{
	"profiling": "enableProfiling", "contention-profiling": "enableContentionProfiling", "kubeconfig": "clientConnection.kubeconfig",
	"kube-api-content-type": "clientConnection.contentType", "kube-api-qps": "clientConnection.qps", "kube-api-burst": "clientConnection.burst",
	"leader-elect": "leaderElection.leaderElect",
}

// KnowsFlags reports whether the flags of a release are known; for etcd the minors are those of etcd 3.
func KnowsFlags(k Kind, v Version) bool {
	return v.Known() && ranged{minors: tables()[k].minors}.in(v.Minor)
}

// FlagSpec returns what a release knows of a flag. If the release is not known, it is what all of them agree on in type; ok is false
// if there is no such flag, and same is false if the default differs between releases.
func FlagSpec(k Kind, v Version, name string) (s Spec, ok, same bool) {
	t := tables()[k]
	s, ok, same = pick(t.flags[name], t.minors, v)
	known := s.before27(k, v)
	return s, ok, same && known
}

// FieldSpec is FlagSpec for the fields of the component's configuration file. Items of lists have the path registerWithTaints[].key.
func FieldSpec(k Kind, v Version, path string) (s Spec, ok, same bool) {
	t := tables()[k]
	s, ok, same = pick(t.fields[path], t.minors, v)
	known := s.before27(k, v)
	return s, ok, same && known
}

// oldDefaults are those of the kubelet that 1.27 changed, "?" where they are not known. They are the only defaults of 1.24 to 1.28, of those that
// all later releases agree on, that are others: found by comparing the declarations and defaults of 1.24 to 1.28 with those of 1.29.
// https://github.com/kubernetes/kubernetes/blob/v1.26.0/pkg/kubelet/apis/config/v1beta1/defaults.go
var oldDefaults = map[string]string{
	"event-qps": "5", "eventRecordQPS": "5", "event-burst": "10", "eventBurst": "10", "kube-api-qps": "5", "kubeAPIQPS": "5",
	"kube-api-burst": "10", "kubeAPIBurst": "10", "memoryThrottlingFactor": "0.8", "container-runtime-endpoint": "?", "containerRuntimeEndpoint": "?",
}

// before27 puts an old default in the place of the one of later releases; known is false if the release does not tell which of them holds.
func (s *Spec) before27(k Kind, v Version) (known bool) {
	old, changed := oldDefaults[s.Name]
	if k != Kubelet || !changed || v.Known() && v.Minor >= 27 {
		return true
	}
	if !v.Known() || v.Minor < Oldest || old == "?" {
		return false
	}
	s.Default = old
	return true
}

// pick returns the spec of a release. One that was not asked itself has what the releases before and after it agree on; one that is not known,
// or older than all of them, what all agree on.
func pick(specs []ranged, minors uint64, v Version) (s Spec, ok, same bool) {
	if len(specs) == 0 {
		return Spec{}, false, false
	}
	if v.Known() && (ranged{minors: minors}).in(v.Minor) {
		for _, r := range specs {
			if r.in(v.Minor) {
				return r.Spec, true, r.Default != "?"
			}
		}
		return Spec{}, false, false
	}
	around := minors
	if v.Known() {
		around = neighbours(minors, v.Minor)
	}
	var covered uint64
	same = true
	for _, r := range specs {
		if r.minors&around == 0 {
			continue
		}
		if covered == 0 {
			s = r.Spec
		}
		same = same && r.Default == s.Default && r.Default != "?"
		s = r.Spec
		covered |= r.minors & around
	}
	return s, covered != 0, same && covered == around
}

// neighbours returns the asked releases just before and after a minor, or all of them if it does not lie between two.
func neighbours(minors uint64, minor int) uint64 {
	if minor < 0 || minor > 63 {
		return minors
	}
	below, above := minors&(1<<minor-1), minors>>minor<<minor
	if below == 0 || above == 0 {
		return minors
	}
	return 1<<(bits.Len64(below)-1) | 1<<bits.TrailingZeros64(above)
}

// removed returns the first minor in which a flag or field is gone that older releases had; ok is false if it is not like that.
func removed(specs []ranged, minors uint64, v Version) (minor int, ok bool) {
	if !v.Known() {
		return 0, false
	}
	for m := v.Minor - 1; m >= 0; m-- {
		if !(ranged{minors: minors}).in(m) {
			continue
		}
		if slices.ContainsFunc(specs, func(r ranged) bool { return r.in(m) }) {
			return m + 1, true
		}
	}
	return 0, false
}

// isList reports whether a flag of a type adds up when it is given again, as lists and maps do in pflag and k8s.io/component-base/cli/flag.
func isList(kind string) bool {
	switch kind {
	case "stringSlice", "strings", "stringArray", "mapStringBool", "mapStringString", "stringToString", "namedCertKey", "intSlice", "ints",
		"colonSeparatedMultimapStringString", "langleSeparatedMapStringString", "list":
		return true
	default:
		return false
	}
}
