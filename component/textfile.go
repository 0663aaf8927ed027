package component

import (
	"bytes"
	"path"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// textKind is what a file that holds no Kubernetes object is.
type textKind uint8

const (
	noText          textKind = iota
	unitFile                 // kubelet.service
	unitDropIn               // kubelet.service.d/10-kubeadm.conf
	environment              // kubeadm-flags.env, /etc/default/kubelet, etcd.env
	arguments                // MicroK8s: args/kube-apiserver
	dropInConfig             // a KubeletConfiguration in a file that is called .conf
	etcdConfig               // etcd's --config-file
	k3sConfig                // /etc/rancher/k3s/config.yaml and config.yaml.d, the same of rke2
	talosConfig              // the machine configuration of Talos
	commandLineFile          // proc/PID/cmdline, an argument in each line
)

// maxFile is how large a file is read, in bytes.
const maxFile = 4 << 20

// WantsFile reports whether AddFile may keep something of a file, by its path alone. A manifest or a configuration document with apiVersion
// and kind goes to Add instead.
func WantsFile(file string) bool { return textKindOf(cleanPath(file)) != noText }

// textKindOf returns what a file is by its path.
func textKindOf(file string) textKind {
	slashed := "/" + file
	base, dir := path.Base(slashed), path.Dir(slashed)
	ext := path.Ext(base)
	parent := path.Base(dir)
	switch {
	case isCommandLine(file):
		return commandLineFile
	case ext == ".service":
		return unitFile
	case ext == ".conf" && strings.HasSuffix(parent, ".service.d"):
		return unitDropIn
	case ext == ".env":
		return environment
	case parent == "default" || parent == "sysconfig" || parent == "conf.d":
		return environment
	case parent == "args" && strings.Contains(slashed, "microk8s"):
		if _, ok := kindOf(base); ok {
			return arguments
		}
		return noText
	case ext == ".conf" && base != "etcd.conf":
		return dropInConfig
	}
	return yamlKindOf(slashed, base, parent)
}

func yamlKindOf(slashed, base, parent string) textKind {
	ext := path.Ext(base)
	yaml := ext == ".yaml" || ext == ".yml"
	rancher := strings.Contains(slashed, "/rancher/") || strings.Contains(slashed, "/k3s/") || strings.Contains(slashed, "/rke2/")
	switch {
	case base == "etcd.conf":
		return etcdConfig
	case !yaml:
		return noText
	case strings.Contains(base, "etcd"):
		return etcdConfig
	case rancher && (base == "config.yaml" || parent == "config.yaml.d"):
		return k3sConfig
	case strings.HasPrefix(base, "k3s") || strings.HasPrefix(base, "rke2"):
		return k3sConfig
	default:
		return talosConfig
	}
}

// AddFile keeps what a file says that is no Kubernetes object: a systemd unit or a drop-in of one, an environment file, arguments of MicroK8s,
// the configuration of etcd, k3s, RKE2 or Talos, a drop-in of the kubelet. number is what it will be known by, as the number of an object.
// It reports whether anything was kept; of files that are something else it keeps nothing. What it has kept something of must not be given to
// Add as well.
func (s *Set) AddFile(file string, src []byte, number int) bool {
	file = cleanPath(file)
	kind := textKindOf(file)
	if kind == noText {
		return false
	}
	if len(src) > maxFile {
		s.Flaws = append(s.Flaws, object.Flaw{Object: number, Message: "is too large for the configuration of a component and was not read"})
		return true
	}
	before := s.Len()
	switch kind {
	case unitFile, unitDropIn:
		s.addUnit(file, kind, parseUnit(src), number)
	case environment:
		s.addEnvironment(file, src, number)
	case arguments:
		s.addArguments(file, src, number)
	case commandLineFile:
		s.addCommandLine(file, src, number)
	case dropInConfig, etcdConfig, k3sConfig, talosConfig:
		s.addYAML(file, kind, src, number)
	case noText:
	}
	return s.Len() != before
}

func (s *Set) addUnit(file string, kind textKind, lines []assignment, number int) {
	var kept []assignment
	for _, a := range lines {
		if a.section == "Service" && (a.key == "ExecStart" || a.key == "Environment" || a.key == "EnvironmentFile") {
			kept = append(kept, a)
		}
	}
	if len(kept) > 0 && (kind == unitDropIn || startsComponent(kept)) {
		s.texts = append(s.texts, text{object: number, file: file, kind: kind, lines: kept})
	}
}

// startsComponent tells quickly whether a unit can be of interest.
func startsComponent(lines []assignment) bool {
	for _, a := range lines {
		if a.key == "ExecStart" && (strings.Contains(a.text, "kube") || strings.Contains(a.text, "etcd") || strings.Contains(a.text, "k3s") ||
			strings.Contains(a.text, "rke2") || strings.Contains(a.text, "k0s")) {
			return true
		}
	}
	return false
}

// addEnvironment keeps the variables that command lines of components are made of. Others may be secrets.
func (s *Set) addEnvironment(file string, src []byte, number int) {
	var kept []assignment
	for _, a := range parseEnvironmentFile(src) {
		if strings.Contains(a.text, "--") || strings.HasPrefix(a.key, "ETCD_") || strings.HasPrefix(a.key, "KUBE") || a.text == "" {
			kept = append(kept, a)
		}
	}
	// The file is kept even without variables: that it says nothing is known then.
	s.texts = append(s.texts, text{object: number, file: file, kind: environment, lines: kept})
}

// addArguments reads one argument or more per line, with comments.
// https://microk8s.io/docs/configuring-services
func (s *Set) addArguments(file string, src []byte, number int) {
	t := text{object: number, file: file, kind: arguments}
	offset := 0
	for line := range strings.Lines(string(src)) {
		start := offset
		offset += len(line)
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		words, _ := unitWords(strings.TrimRight(line, "\r\n"))
		for n, w := range words {
			end := len(strings.TrimRight(line, " \t\r\n"))
			if n+1 < len(words) {
				end = words[n+1].at
				end = len(strings.TrimRight(line[:end], " \t"))
			}
			t.words = append(t.words, word{text: w.text, place: Place{Object: number, Start: start + w.at, End: start + end}})
		}
	}
	s.texts = append(s.texts, t)
}

// addYAML reads documents that are no Kubernetes objects, and drop-ins of the kubelet.
func (s *Set) addYAML(file string, kind textKind, src []byte, number int) {
	if kind == dropInConfig && !bytes.Contains(src, []byte("kubelet.config.k8s.io")) {
		return
	}
	if kind == talosConfig && (!bytes.Contains(src, []byte("machine:")) || !bytes.Contains(src, []byte("v1alpha1"))) {
		return
	}
	parser := tree.NewParser()
	for doc := range tree.Split(src) {
		t, err := parser.Parse(src, doc)
		if err != nil {
			s.Flaws = append(s.Flaws, object.Flaw{Object: number, Message: "is no YAML: " + err.Error()})
			continue
		}
		root := t.Root()
		at := Place{Object: number}
		if _, isObject := object.Parse(root); isObject {
			if kind == dropInConfig && root.Get("kind").StrIs("KubeletConfiguration") {
				s.addDocument(root, at, file, document{}, nil)
			}
			continue
		}
		switch kind {
		case etcdConfig:
			if root.Get("data-dir").Exists() || root.Get("listen-client-urls").Exists() || root.Get("client-transport-security").Exists() {
				s.keep(root, at, file, etcdDocument, nil)
			}
		case k3sConfig:
			s.keep(root, at, file, k3sDocument, k3sWanted)
		case talosConfig:
			if root.Get("machine").Kind() == tree.Mapping && root.Get("version").StrIs("v1alpha1") {
				s.keep(root, at, file, talosDocument, talosWanted)
			}
		case noText, unitFile, unitDropIn, environment, arguments, dropInConfig, commandLineFile:
		}
	}
}

// Kinds of documents that have none in their text.
const (
	etcdDocument  = "etcd configuration"
	k3sDocument   = "k3s configuration"
	talosDocument = "Talos machine configuration"
)

func (s *Set) keep(root tree.Node, at Place, file, kind string, wants func(string) bool) {
	d := document{object: at.Object, file: file, kind: kind, fields: copyFields(root, at, FromFile, nil, wants)}
	s.docs = append(s.docs, d)
}
