package component

import (
	"strings"
	"testing"
)

// FuzzShell: whatever the script, words are bounded by it, and quoting them again gives the same words.
func FuzzShell(f *testing.F) {
	for _, s := range []string{"exec a --b=c", "a 'b c' \"d\\\"e\" >>f 2>&1", "a <<b", "a > > b", "a \\\n b", "a {", "\\", "a 2", ">"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, why := shellWords(s)
		if why != "" {
			return
		}
		total := 0
		quoted := make([]string, len(got))
		for n, w := range got {
			total += len(w)
			if strings.Contains(w, "'") {
				return
			}
			quoted[n] = "'" + w + "'"
		}
		if total > len(s) {
			t.Fatalf("%d bytes of words from %d", total, len(s))
		}
		if len(got) == 0 || got[0] == "exec" || got[0] == "" || strings.Contains(got[0], "=") {
			return
		}
		again, why := shellWords(strings.Join(quoted, " "))
		if why != "" || strings.Join(again, "\x00") != strings.Join(got, "\x00") {
			t.Fatalf("%q: %q, again %q %s", s, got, again, why)
		}
	})
}

// FuzzUnit: spans lie in the file and in order, and hold the text where it is written as it is read.
func FuzzUnit(f *testing.F) {
	for _, s := range []string{kubeadmDropIn, kubeletUnit, "A=\\\n#\\\nb\n", "[Service]\nExecStart = x \r\n y=z\\", "A=\"b\\\"c\"\n", "=", "\\\n=\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		src := []byte(s)
		last := 0
		for _, a := range parseUnit(src) {
			if a.start < last || a.end < a.start || a.end > len(src) {
				t.Fatalf("%q: %+v after %d", s, a, last)
			}
			if a.end-a.start == len(a.text) && s[a.start:a.end] != a.text {
				t.Fatalf("%q: %+v is not %q", s, a, s[a.start:a.end])
			}
			last = a.end
			words, _ := unitWords(a.text)
			for _, w := range words {
				if w.at < 0 || w.end < w.at || w.end > len(a.text) {
					t.Fatalf("%q: word %+v", a.text, w)
				}
			}
		}
		for _, a := range parseEnvironmentFile(src) {
			if a.start < 0 || a.end < a.start || a.end > len(src) {
				t.Fatalf("%q: %+v", s, a)
			}
		}
	})
}

// FuzzFiles: no file makes New panic, and what is said twice is the same.
func FuzzFiles(f *testing.F) {
	for n, s := range []string{
		kubeadmDropIn, kubeletUnit, kubeletFile + "readOnlyPort: 1\nregisterWithTaints: [{}]\n", "KUBELET_EXTRA_ARGS=--a=$B ${C}\n", "data-dir: a\nauto-tls: true\n",
		"kube-apiserver-arg: [a=b]\nkubelet-arg: x\n", "--anonymous-auth=false\n", talos, apiServerPod, "kubelet\n--read-only-port\n1\n--config=/c/config.yaml\n",
	} {
		f.Add(uint8(n), s)
	}
	names := []string{
		"n/kubelet.service.d/10.conf", "n/kubelet.service", "n/config.yaml", "n/default/kubelet", "etcd.yaml", "etc/rancher/k3s/config.yaml",
		"var/snap/microk8s/current/args/kube-apiserver", "talos.yaml", "n/kubelet.conf.d/a.conf", "n/proc/1/cmdline",
	}
	f.Fuzz(func(t *testing.T, name uint8, text string) {
		var s Set
		s.AddFile(names[int(name)%len(names)], []byte(text), 0)
		s.AddFile("n/kubelet.service", []byte("[Service]\nEnvironmentFile=/etc/default/kubelet\nExecStart=/kubelet --config=/c/config.yaml --config-dir=/kubelet.conf.d $KUBELET_EXTRA_ARGS ${C}\n"), 1)
		for _, i := range New(&s, Options{Version: "v1.33"}) {
			for _, flag := range append(i.Flags(), "anonymous-auth", "feature-gates", "authorization-mode", "client-cert-auth") {
				v := i.Flag(flag)
				if v.Known && v.Set && v.Place.Exists() && v.Place.End > len(text)+1000 {
					t.Fatalf("%s: %+v", flag, v)
				}
				if !v.Known && v.Reason == "" {
					t.Fatalf("%s is unknown without a reason: %+v", flag, v)
				}
				i.EditOf(flag, "x")
				i.Reference(flag)
			}
			for _, flaw := range i.Flaws {
				if flaw.Object < 0 || flaw.Message == "" {
					t.Fatalf("a flaw that stands nowhere: %+v", flaw)
				}
			}
			i.Field("readOnlyPort")
			i.FeatureGate("SidecarContainers")
		}
	})
}
