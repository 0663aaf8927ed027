package component

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

const oracle = "../../shared/oracle"

type labelled struct {
	ID, Source, Check, Expect, Note string
	Files                           []string
}

func cases(t *testing.T, source string) []labelled {
	t.Helper()
	f, err := os.Open(filepath.Join(oracle, "cases.jsonl"))
	if err != nil {
		t.Skipf("no labelled cases of other tools beside the repository: %v", err)
	}
	defer f.Close()
	var out []labelled
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c labelled
		if json.Unmarshal(lines.Bytes(), &c) == nil && c.Source == source {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		t.Skipf("no cases of %s", source)
	}
	return out
}

// valid is the valid configuration of Kubernetes' own test of the kubelet's validation, as YAML.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/apis/config/validation/validation_test.go
func valid() map[string]any {
	return map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "cgroupsPerQOS": true, "enforceNodeAllocatable": []any{"pods"},
		"systemReservedCgroup": "/system.slice", "kubeReservedCgroup": "/kubelet.service", "podLogsDir": "/logs", "eventBurst": 10, "eventRecordQPS": 5,
		"healthzPort": 10248, "imageGCHighThresholdPercent": 85, "imageGCLowThresholdPercent": 80, "imageMinimumGCAge": "2m",
		"imagePullCredentialsVerificationPolicy": "NeverVerifyPreloadedImages", "iptablesDropBit": 15, "iptablesMasqueradeBit": 14,
		"kubeAPIBurst": 10, "kubeAPIQPS": 5, "maxOpenFiles": 1000000, "maxPods": 110, "oomScoreAdj": -999, "podsPerCore": 100, "port": 65535,
		"readOnlyPort": 0, "registryBurst": 10, "registryPullQPS": 5, "hairpinMode": "promiscuous-bridge", "nodeLeaseDurationSeconds": 1,
		"cpuCFSQuotaPeriod": "25ms", "topologyManagerScope": "pod", "topologyManagerPolicy": "single-numa-node", "shutdownGracePeriod": "30s",
		"shutdownGracePeriodCriticalPods": "10s", "memoryThrottlingFactor": 0.9, "memoryReservationPolicy": "None",
		"featureGates": map[string]any{"GracefulNodeShutdown": true, "MemoryQoS": true, "KubeletCrashLoopBackOffMax": true},
		"logging":      map[string]any{"format": "text"}, "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
		"containerLogMaxWorkers": 1, "containerLogMaxFiles": 5, "containerLogMonitorInterval": "10s",
		"crashLoopBackOff": map[string]any{"maxContainerRestartPeriod": "3s"},
	}
}

// explained are cases of the kubelet whose label does not hold for a configuration file, with the reason.
var explained = map[string]string{
	"invalid NodeLeaseDurationSeconds":                                                                     "0 in a file is the default of 40",
	"invalid ContainerRuntimeEndpoint":                                                                     "\"\" in a file is the default",
	"pod logs path must be not empty":                                                                      "\"\" in a file is the default",
	"DefaultPodSysctls configured with feature gate enabled":                                               "refused on systems that are not Linux",
	"DefaultPodSysctls with valid sysctl name containing slashes":                                          "refused on systems that are not Linux",
	"KubeletCrashLoopBackOffMax feature gate on, but no crashLoopBackOff.MaxContainerRestartPeriod config": "the default fills it in",
}

func TestKubeletValidation(t *testing.T) {
	agreed, total := 0, 0
	for _, c := range cases(t, "k8s-kubelet") {
		var note struct{ Name string }
		if err := json.Unmarshal([]byte(c.Note), &note); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(oracle, c.Files[0]))
		if err != nil {
			t.Fatal(err)
		}
		config := valid()
		if rest := applyGo(config, string(text)); rest != "" {
			t.Errorf("%s: cannot read %q", note.Name, rest)
			continue
		}
		total++
		src, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		i := only(t, read(t, "n/config.yaml", string(src)), Kubelet, "v1.37")
		fails := len(i.Flaws) > 0
		why := explained[note.Name]
		switch want := c.Expect == "fail"; {
		case fails == want && why == "":
			agreed++
		case fails == want:
			t.Errorf("%s: agrees though it is explained: %s", note.Name, why)
		case why == "":
			t.Errorf("%s: %s, got %v", note.Name, c.Note, i.Flaws)
		}
	}
	t.Logf("%d of %d agree, the others are explained", agreed, total)
}

var assignmentLine = regexp.MustCompile(`(?s)conf(?:ig)?\.([A-Za-z.]+)(?:\["([^"]+)"\]|\[string\(features\.(\w+)\)\])? = (.*)`)

// applyGo makes the assignments of a case in a configuration. It returns what it does not understand.
func applyGo(config map[string]any, text string) string {
	_, body, _ := strings.Cut(text, "{\n")
	body, _, _ = strings.Cut(body, "\treturn conf")
	variables := map[string]any{}
	lines := strings.Split(body, "\n")
	for n := 0; n < len(lines); n++ {
		line := strings.TrimSpace(lines[n])
		if name, value, ok := strings.Cut(line, " := "); ok {
			v, known := goValue(value, nil)
			if !known {
				return line
			}
			variables["&"+name] = v
			continue
		}
		if line == "" || line == "}" || strings.HasPrefix(line, "if ") {
			continue
		}
		for (strings.Count(line, "{") > strings.Count(line, "}")) && n+1 < len(lines) {
			n++
			line += " " + strings.TrimSpace(lines[n])
		}
		m := assignmentLine.FindStringSubmatch(line)
		if m == nil {
			return line
		}
		value, ok := goValue(strings.TrimSpace(m[4]), variables)
		if !ok {
			return line
		}
		setGo(config, m[1], m[2]+m[3], value)
	}
	return ""
}

// setGo sets a field of Go's name by the key that the file has for it.
func setGo(config map[string]any, path, key string, value any) {
	parts := strings.Split(path, ".")
	at := config
	for n, part := range parts {
		name := fileKey(part)
		if n == len(parts)-1 && key == "" {
			if value == nil {
				delete(at, name)
			} else {
				at[name] = value
			}
			return
		}
		next, ok := at[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[name] = next
		}
		at = next
	}
	at[key] = value
}

func fileKey(name string) string {
	for path := range tables()[Kubelet].fields {
		last := path[strings.LastIndexByte(path, '.')+1:]
		if strings.EqualFold(last, name) {
			return last
		}
	}
	return strings.ToLower(name[:1]) + name[1:]
}

var (
	goDuration = regexp.MustCompile(`^&?metav1\.Duration\{Duration: (-?\d+)(?: \* time\.(\w+))?\}$`)
	goPointer  = regexp.MustCompile(`^(?:ptr\.To(?:\[int32\])?|int32)\((.*)\)$`)
	goPair     = regexp.MustCompile(`(?:"([^"]*)"|(strings\.Repeat\("a", 254\))|(\w+)):\s*([^,]+?)\s*(?:,|$)`)
)

// words are names of constants and what they stand for.
var words = map[string]any{
	"nil": nil, "true": true, "false": false, "kubetypes.SystemReservedEnforcementKey": "system-reserved",
	"kubetypes.SystemReservedCompressibleEnforcementKey": "system-reserved-compressible", "kubetypes.KubeReservedEnforcementKey": "kube-reserved",
	"kubetypes.KubeReservedCompressibleEnforcementKey": "kube-reserved-compressible", "kubetypes.NodeAllocatableEnforcementKey": "pods",
	"kubetypes.NodeAllocatableNoneKey": "none", "string(kubeletconfig.NeverVerify)": "NeverVerify",
	"kubeletconfig.TieredReservationMemoryReservationPolicy": "TieredReservation", "metav1.Now()": "2026-01-01T00:00:00Z",
	"kubeletconfig.CrashLoopBackOffConfig{}": map[string]any{}, "make(map[string]bool)": map[string]any{},
}

func goValue(s string, variables map[string]any) (v any, ok bool) {
	s = strings.TrimSuffix(strings.TrimSpace(s), ",")
	if w, known := words[s]; known {
		return w, true
	}
	if w, known := variables[s]; known {
		return w, true
	}
	if m := goDuration.FindStringSubmatch(s); m != nil {
		unit := map[string]string{"": "ns", "Nanosecond": "ns", "Millisecond": "ms", "Second": "s", "Minute": "m"}[m[2]]
		return m[1] + unit, unit != ""
	}
	if m := goPointer.FindStringSubmatch(s); m != nil {
		return goValue(m[1], variables)
	}
	if strings.HasPrefix(s, `"`) && strings.HasSuffix(s, `"`) {
		return s[1 : len(s)-1], true
	}
	var number any
	if json.Unmarshal([]byte(s), &number) == nil {
		return number, true
	}
	kind, body, braces := strings.Cut(s, "{")
	if !braces {
		return nil, false
	}
	body = strings.TrimSuffix(body, "}")
	switch {
	case kind == "[]string":
		var list []any
		for part := range strings.SplitSeq(body, ",") {
			item, ok := goValue(part, variables)
			if !ok {
				return nil, false
			}
			list = append(list, item)
		}
		return list, true
	case strings.HasPrefix(kind, "[]"):
		item, ok := goValue("struct"+body, variables)
		return []any{item}, ok
	}
	out := map[string]any{}
	for _, m := range goPair.FindAllStringSubmatch(body, -1) {
		value, ok := goValue(m[4], variables)
		if !ok {
			return nil, false
		}
		key := m[1]
		if m[2] != "" {
			key = strings.Repeat("a", 254)
		} else if m[3] != "" {
			key = fileKey(m[3])
		}
		out[key] = value
	}
	return out, true
}

// explainedBench are cases of kube-bench's evaluation that ask for what components do not do.
var explainedBench = map[string]string{
	"kube-bench/TestTestExecute/016.yaml": "some-arg:some-val is no flag of a component",
	"kube-bench/TestTestExecute/025.yaml": "a version in the output of a command is no setting of a component",
	"kube-bench/TestTestExecute/035.yaml": "the API server reads no setting from its environment",
	"kube-bench/TestTestExecute/036.yaml": "the API server reads no setting from its environment",
}

// TestKubeBenchEvaluation runs the cases of kube-bench that have a command line or a configuration. The others are about operators of its own
// policy language (op:…) and about splitting and counting texts (parse/…): they ask nothing of a component.
func TestKubeBenchEvaluation(t *testing.T) {
	agreed, others, why := 0, 0, 0
	for _, c := range cases(t, "kube-bench") {
		if !strings.HasPrefix(c.Check, "flag-eval/") {
			others++
			continue
		}
		if explainedBench[c.Files[0]] != "" {
			why++
			continue
		}
		src, err := os.ReadFile(filepath.Join(oracle, c.Files[0]))
		if err != nil {
			t.Fatal(err)
		}
		if holds := evaluate(t, src); holds != (c.Expect == "pass") {
			t.Errorf("%s: %v, want %s", c.Files[0], holds, c.Expect)
			continue
		}
		agreed++
	}
	t.Logf("%d agree, %d explained, %d are about kube-bench's own operators", agreed, why, others)
}

func evaluate(t *testing.T, src []byte) bool {
	t.Helper()
	doc, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
	if err != nil {
		t.Fatal(err)
	}
	root := doc.Root()
	i := &Instance{Kind: APIServer}
	if config := root.Get("audit_config_output").Text(); config != "" {
		text := "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n" + config
		if config[0] == '{' {
			text = strings.Replace(config, "{", `{"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", `, 1)
		}
		i = only(t, read(t, "n/config.yaml", text), Kubelet, "")
	} else {
		var line []word
		for text := range strings.FieldsSeq(root.Get("audit_output").Text()) {
			if strings.HasPrefix(text, "--peer") {
				i.Kind = Etcd
			}
			line = append(line, word{text: text})
		}
		b := builder{}
		b.addWords(i, line)
	}
	and := !root.Get("tests").Get("bin_op").StrIs("or")
	result := and
	for _, item := range root.Get("tests").Get("test_items").Items() {
		v := i.Flag(item.Get("flag").Text())
		if path := item.Get("path").Text(); path != "" {
			path = strings.Trim(path, "{}.")
			v = i.Field(path)
		}
		holds := v.Set == item.Get("set").StrIs("true")
		if b, ok := item.Get("set").Bool(); ok {
			holds = v.Set == b
		}
		if compare := item.Get("compare"); holds && compare.Exists() {
			holds = comparison(v, compare.Get("op").Text(), compare.Get("value").Text())
		}
		if and {
			result = result && holds
		} else {
			result = result || holds
		}
	}
	return result
}

func comparison(v Value, op, want string) bool {
	n, _ := v.Int()
	m, _ := Value{Known: true, Text: want}.Int()
	switch op {
	case "eq":
		return v.Text == want
	case "noteq":
		return v.Text != want
	case "gt":
		return n > m
	case "gte":
		return n >= m
	case "lt":
		return n < m
	case "lte":
		return n <= m
	case "has":
		return v.Has(want)
	case "nothave":
		return !v.Has(want)
	default:
		return false
	}
}
