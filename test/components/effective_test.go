package components_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/test/cluster"
	"github.com/kubeharden/kubeharden/tree"
)

// instance is what package component makes of a component by the facts of its node.
func instance(t *testing.T, facts *node.Facts, kind component.Kind) *component.Instance {
	t.Helper()
	var s component.Set
	number := 0
	add := func(file, text string) {
		src := []byte(text)
		defer func() { number++ }()
		if component.WantsFile(file) && s.AddFile(file, src, number) {
			return
		}
		parser := tree.NewParser()
		for doc := range tree.Split(src) {
			parsed, err := parser.Parse(src, doc)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for o := range object.Each(parsed.Root()) {
				s.Add(o, number, file)
			}
		}
	}
	var b strings.Builder
	if err := facts.Write(&b); err != nil {
		t.Fatal(err)
	}
	add("facts.json", b.String())
	for _, p := range facts.Spec.Processes {
		add(path.Join(facts.Metadata.Name, "proc", strconv.Itoa(p.PID), "cmdline"), strings.Join(p.Arguments, "\n")+"\n")
	}
	for _, f := range facts.Spec.Files {
		if f.Content != nil && node.Carried(f.Roles) {
			add(path.Join(facts.Metadata.Name, f.Path), *f.Content)
		}
	}
	var found []*component.Instance
	for _, i := range component.New(&s, component.Options{}) {
		if i.Kind == kind {
			found = append(found, i)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d instances of %s, want one", len(found), kind)
	}
	return found[0]
}

// configz is the configuration that a kubelet says it runs with.
func configz(t *testing.T, c *cluster.Cluster, n *cluster.Node) map[string]any {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(c.KubeletClient())
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{cert}}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.KubeletURL()+"/configz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Config map[string]any `json:"kubeletconfig"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || len(answer.Config) == 0 {
		t.Fatalf("/configz answers %s: %v", res.Status, err)
	}
	return answer.Config
}

// same tells whether a value as the component has it is one that package component says.
func same(v *component.Value, actual any) bool {
	switch a := actual.(type) {
	case bool:
		b, ok := v.Bool()
		return ok && a == b || v.Empty() && !a // not said is off
	case float64:
		f, err := strconv.ParseFloat(v.Text, 64)
		return err == nil && a == f
	case []any:
		items, ok := v.List()
		var all []string
		for _, item := range a {
			all = append(all, fmt.Sprint(item))
		}
		return ok && slices.Equal(all, items)
	case string:
		if d, err := time.ParseDuration(a); err == nil {
			if have, ok := v.Duration(); ok {
				return d == have
			}
		}
		return a == v.Text
	}
	return false
}

// compared holds that what package component says of a kubelet is what the kubelet says, field by field, and returns how many were known.
func compared(t *testing.T, i *component.Instance, at string, actual map[string]any) (known int) {
	t.Helper()
	for name, value := range actual {
		field := strings.TrimPrefix(at+"."+name, ".")
		if below, ok := value.(map[string]any); ok {
			if v := i.Field(field); v.Known && v.Type != "" {
				continue // a mapping with keys of its own
			}
			known += compared(t, i, field, below)
			continue
		}
		v := i.Field(field)
		if !v.Known {
			continue
		}
		known++
		if !same(&v, value) {
			t.Errorf("%s is %v, and package component says %q by %v", field, value, v.Text, v.Source)
		}
	}
	return known
}

// said is what one of the three places says of the settings that are tried; nothing if it is "".
type said struct{ readOnlyPort, anonymous, eventQPS string }

func (s said) document() string {
	text := "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
	if s.readOnlyPort != "" {
		text += "readOnlyPort: " + s.readOnlyPort + "\n"
	}
	if s.anonymous != "" {
		text += "authentication: {anonymous: {enabled: " + s.anonymous + "}}\n"
	}
	if s.eventQPS != "" {
		text += "eventRecordQPS: " + s.eventQPS + "\n"
	}
	return text
}

// testKubeletSources holds that a flag beats a drop-in and a drop-in the file, in the kubelet, in package component, in what is observed and in
// the place that a finding names.
func (w *worker) testKubeletSources(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	for _, test := range []struct {
		name               string
		file, dropIn, flag said
		// want is what counts, and by whom the bad ones are said.
		want      said
		decidedBy map[string]string
	}{
		{
			"file",
			said{"10255", "true", "1"},
			said{},
			said{},
			said{"10255", "true", "1"},
			map[string]string{"kubelet-read-only-port-open": "config.yaml", "kubelet-anonymous-auth-enabled": "config.yaml", "kubelet-event-qps-unsuitable": "config.yaml"},
		},
		{
			"drop-in over file",
			said{"0", "false", "50"},
			said{"10255", "true", "2"},
			said{},
			said{"10255", "true", "2"},
			map[string]string{"kubelet-read-only-port-open": "10-test.conf", "kubelet-anonymous-auth-enabled": "10-test.conf", "kubelet-event-qps-unsuitable": "10-test.conf"},
		},
		{
			"a good drop-in over a bad file", said{"10255", "true", "1"}, said{"0", "false", "50"}, said{}, said{"0", "false", "50"}, nil,
		},
		{
			"flag over drop-in over file",
			said{"0", "false", "50"},
			said{"0", "false", "60"},
			said{"10255", "true", "3"},
			said{"10255", "true", "3"},
			map[string]string{"kubelet-read-only-port-open": "cmdline", "kubelet-anonymous-auth-enabled": "cmdline", "kubelet-event-qps-unsuitable": "cmdline"},
		},
		{
			"a good flag over bad files", said{"10255", "true", "1"}, said{"10255", "true", "2"}, said{"0", "false", "50"}, said{"0", "false", "50"}, nil,
		},
		{
			"one of each",
			said{"10255", "false", "50"},
			said{"", "true", "50"},
			said{"", "", "4"},
			said{"10255", "true", "4"},
			map[string]string{"kubelet-read-only-port-open": "config.yaml", "kubelet-anonymous-auth-enabled": "10-test.conf", "kubelet-event-qps-unsuitable": "cmdline"},
		},
	} {
		flags := cluster.Flags{"config-dir": "/etc/kubernetes/kubelet.conf.d"}
		for name, value := range map[string]string{"read-only-port": test.flag.readOnlyPort, "anonymous-auth": test.flag.anonymous, "event-qps": test.flag.eventQPS} {
			if value != "" {
				flags[name] = value
			}
		}
		undo := written(t, w.Path("etc/kubernetes/kubelet.conf.d/10-test.conf"), test.dropIn.document(), 0o600)
		if err := w.kubelet(t, false, flags, test.file.document()+"enableDebuggingHandlers: true\n"); err != nil {
			t.Errorf("%s: %v", test.name, err)
			undo()
			continue
		}
		facts := nodeFacts(t, w.Node)
		i, actual := instance(t, facts, component.Kubelet), configz(t, c, w.Node)
		if known := compared(t, i, "", actual); known < 50 {
			t.Errorf("%s: %d fields were compared", test.name, known)
		}
		for field, want := range map[string]string{"readOnlyPort": test.want.readOnlyPort, "authentication.anonymous.enabled": test.want.anonymous, "eventRecordQPS": test.want.eventQPS} {
			if v := i.Field(field); v.Text != want || !v.Set && want != "0" { // 0 is the default of a file
				t.Errorf("%s: %s is %q by %v, want %s", test.name, field, v.Text, v.Source, want)
			}
		}
		code, body := unknown(t, w.KubeletURL()+"/pods")
		if want := map[string]int{"true": http.StatusForbidden, "false": http.StatusUnauthorized}[test.want.anonymous]; code != want {
			t.Errorf("%s: anonymous /pods: %d %.200s, want %d", test.name, code, body, want)
		}
		code, body = unknown(t, w.ReadOnlyURL()+"/healthz")
		if open := code == http.StatusOK; open != (test.want.readOnlyPort == "10255") {
			t.Errorf("%s: the read-only port: %d %.200s", test.name, code, body)
		}
		v := w.look(t)
		for _, id := range []string{"kubelet-read-only-port-open", "kubelet-anonymous-auth-enabled", "kubelet-event-qps-unsuitable"} {
			by, bad := test.decidedBy[id]
			found := v.findings[id]
			if bad != v.failed(id) || bad && (len(found) != 1 || path.Base(found[0].Place.File) != by) {
				t.Errorf("%s: %s: %+v, want one of %s", test.name, id, found, by)
			}
		}
		undo()
	}
	if err := os.RemoveAll(w.Path("etc/kubernetes/kubelet.conf.d")); err != nil {
		t.Fatal(err)
	}
}

// accepts tells whether a server takes a version of TLS.
func accepts(t *testing.T, url string, version uint16) bool {
	t.Helper()
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: &tls.Config{
		InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, CipherSuites: everySuite(),
	}}
	conn, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "https://"))
	if err != nil {
		if strings.Contains(err.Error(), "refused") {
			t.Fatal(err)
		}
		return false
	}
	conn.Close()
	return true
}

// everySuite are all suites of Go, those that it calls insecure too.
func everySuite() (ids []uint16) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, s.ID)
	}
	return ids
}

// testTLS holds that the kubelet takes TLS 1.0 and 1.1 exactly if the control says so.
func (w *worker) testTLS(t *testing.T) {
	t.Helper()
	for _, setting := range []struct {
		version string
		oldest  uint16
	}{{"VersionTLS10", tls.VersionTLS10}, {"VersionTLS11", tls.VersionTLS11}, {"VersionTLS12", tls.VersionTLS12}, {"VersionTLS13", tls.VersionTLS13}, {"", tls.VersionTLS12}} {
		config := "{tlsMinVersion: null, tlsCipherSuites: null}"
		if setting.version != "" {
			config = "{tlsMinVersion: " + setting.version + ", tlsCipherSuites: null}"
		}
		if err := w.kubelet(t, false, nil, config); err != nil {
			t.Errorf("%s: %v", setting.version, err)
			continue
		}
		v := w.look(t)
		for version := uint16(tls.VersionTLS10); version <= tls.VersionTLS13; version++ {
			if got := accepts(t, w.KubeletURL(), version); got != (version >= setting.oldest) {
				t.Errorf("tlsMinVersion %q: %s is taken: %t", setting.version, tls.VersionName(version), got)
			}
		}
		if old := setting.oldest < tls.VersionTLS12; v.failed("kubelet-tls-min-version-too-low") != old {
			t.Errorf("tlsMinVersion %q takes %s, and the control says %+v", setting.version, tls.VersionName(setting.oldest), v.counts["kubelet-tls-min-version-too-low"])
		}
	}
}
