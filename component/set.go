package component

import (
	"cmp"
	"path"
	"slices"
	"strings"

	facts "github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Set is what has been read of the configuration of components, in the order of the input. The zero Set is empty.
type Set struct {
	runs  []run
	docs  []document
	texts []text
	files []File
	// machines are the nodes whose facts were read.
	machines []machine
	// Flaws are those of the reading; New finds more.
	Flaws []object.Flaw
}

// File is a file of the input that a component may name.
type File struct {
	// Object is the number that it was read under.
	Object int
	// Path is where the input has it, with slashes.
	Path string
	// Kind is the kind of the object in it, Policy or EncryptionConfiguration; "" in a file that holds none.
	Kind string

	fields *field
}

// Field returns what the file says at a dotted path. It is known but not set if the file says nothing there. Of the files of the API server
// only what decides a setting of the API server is kept: anonymous, authorizers, and the names and paths of plugins.
func (f File) Field(path string) Value {
	at := f.fields.path(path)
	if at.null() {
		return Value{Known: true, Place: Place{Object: f.Object}}
	}
	return at.value("")
}

// Len returns how many items the list at a dotted path has.
func (f File) Len(path string) int {
	at := f.fields.path(path)
	if at == nil {
		return 0
	}
	return len(at.items)
}

// document is one configuration document.
type document struct {
	object         int
	file           string
	group, version string // of apiVersion
	kind           string // KubeletConfiguration …, or a name of our own for files that have none: k3s, etcd, talos
	fields         *field
	owner          string // of a document inside of another object: kube-system/kubelet-config
	inner          bool
}

// text is a file that is no YAML: a unit, a drop-in of one, an environment file, or arguments.
type text struct {
	object int
	file   string
	kind   textKind
	lines  []assignment
	words  []word // of arguments
}

// Len returns how many things the set holds, so that a caller can see whether Add kept something.
func (s *Set) Len() int {
	return len(s.runs) + len(s.docs) + len(s.texts) + len(s.files) + len(s.machines) + len(s.Flaws)
}

// Merge adds what another set holds, with base added to the numbers of its objects. The other may not be used any more.
func (s *Set) Merge(other *Set, base int) {
	if base != 0 {
		other.move(base)
	}
	s.runs = append(s.runs, other.runs...)
	s.docs = append(s.docs, other.docs...)
	s.texts = append(s.texts, other.texts...)
	s.files = append(s.files, other.files...)
	s.machines = append(s.machines, other.machines...)
	s.Flaws = append(s.Flaws, other.Flaws...)
}

func (s *Set) move(base int) {
	for i := range s.runs {
		s.runs[i].move(base)
	}
	for i := range s.docs {
		s.docs[i].object += base
		s.docs[i].fields.move(base)
	}
	for i := range s.texts {
		s.texts[i].object += base
		moveWords(s.texts[i].words, base)
	}
	for i := range s.files {
		s.files[i].Object += base
		if f := s.files[i].fields; f != nil {
			f.move(base)
		}
	}
	for i := range s.machines {
		s.machines[i].move(base)
	}
	for i := range s.Flaws {
		s.Flaws[i].Object += base
	}
}

func (f *field) move(base int) {
	f.place.Object += base
	for _, item := range f.items {
		item.move(base)
	}
}

func moveWords(words []word, base int) {
	for i := range words {
		words[i].place.Object += base
	}
}

// Add keeps what an object says on components: pods that run one, configuration documents, ConfigMaps that hold such documents (those of
// kubeadm in kube-system), and the names of files that flags may name. number is what the object will be known by, file the path that it was
// read from.
func (s *Set) Add(o *object.Object, number int, file string) {
	file = cleanPath(file)
	for pod := range o.Pods() {
		s.addPod(o, pod, number, file)
	}
	switch group := o.Group(); group {
	case "kubelet.config.k8s.io", "kubeproxy.config.k8s.io", "kubescheduler.config.k8s.io", "kubeadm.k8s.io", "k0s.k0sproject.io", "k0sctl.k0sproject.io":
		if o.Kind == "CredentialProviderConfig" {
			// It is no configuration of the kubelet itself, and its environment may hold secrets.
			s.addNamed(o, number, file)
			return
		}
		s.addDocument(o.Root, Place{Object: number}, file, document{}, nil)
	case "apiserver.config.k8s.io", "apiserver.k8s.io", "pod-security.admission.config.k8s.io", "eventratelimit.admission.k8s.io":
		s.addNamed(o, number, file)
	case facts.Group:
		if o.Kind == facts.Kind {
			s.addFacts(o, number)
		}
	case "audit.k8s.io":
		if o.Kind == "Policy" {
			s.addNamed(o, number, file)
		}
	case "":
		switch o.Kind {
		case "ConfigMap":
			s.addConfigMap(o, number, file)
		case "Config": // a kubeconfig
			s.addNamed(o, number, file)
		default:
		}
	default:
	}
}

// addNamed keeps that a file which a flag may name is there, and what of it decides a setting.
func (s *Set) addNamed(o *object.Object, number int, file string) {
	kept := copyFields(o.Root, Place{Object: number}, FromFile, nil, decisive)
	s.files = append(s.files, File{Object: number, Path: file, Kind: strings.Clone(o.Kind), fields: kept})
}

// decisive are the parts of the API server's files that File.Field is asked for. No key and no token is among them.
func decisive(path string) bool {
	head, rest, _ := strings.Cut(path, ".")
	head, _, _ = strings.Cut(head, "[")
	switch head {
	case "anonymous":
		return true
	case "authorizers", "plugins":
		return rest == "" || rest == "type" || rest == "name" || rest == "path"
	default:
		return false
	}
}

// addDocument keeps a configuration document that names its kind.
func (s *Set) addDocument(root tree.Node, at Place, file string, d document, inner *tree.TextLines) {
	group, version, ok := strings.Cut(root.Get("apiVersion").Text(), "/")
	if !ok {
		return
	}
	d.object, d.file, d.inner = at.Object, file, inner != nil
	d.group, d.version, d.kind = strings.Clone(group), strings.Clone(version), object.Keep(root.Get("kind"))
	if group == "kubeadm.k8s.io" && !d.readableKubeadm() {
		s.Flaws = append(s.Flaws, object.Flaw{Object: at.Object, Path: cmp.Or(at.Path, "apiVersion"), Message: "is no version of kubeadm's API that is read: " + short(d.version)})
	}
	d.fields = copyFields(root, at, FromFile, inner, wanted(d.kind))
	s.docs = append(s.docs, d)
	s.files = append(s.files, File{Object: at.Object, Path: file, Kind: d.kind})
}

// wanted returns which paths of a kind of document are kept. Tokens and keys are not.
func wanted(kind string) func(string) bool {
	var roots []string
	switch kind {
	case "InitConfiguration":
		roots = []string{"nodeRegistration", "localAPIEndpoint", "skipPhases"}
	case "JoinConfiguration":
		roots = []string{"nodeRegistration", "controlPlane", "skipPhases"}
	case "ClusterConfig":
		roots = []string{"spec", "spec.api", "spec.controllerManager", "spec.scheduler", "spec.storage", "spec.workerProfiles", "spec.network"}
	default:
		return nil
	}
	return func(path string) bool {
		if kind == "ClusterConfig" && strings.HasPrefix(path, "spec.") {
			head, _, _ := strings.Cut(path[len("spec."):], ".")
			head, _, _ = strings.Cut(head, "[")
			return slices.Contains(roots, "spec."+head)
		}
		head, _, _ := strings.Cut(path, ".")
		return slices.Contains(roots, head) || head == "apiVersion" || head == "kind"
	}
}

// addConfigMap reads the documents that kubeadm keeps in ConfigMaps of kube-system: kubelet-config (with the minor in its name up to
// 1.23), kube-proxy and kubeadm-config.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/constants/constants.go
func (s *Set) addConfigMap(o *object.Object, number int, file string) {
	if o.Namespace != "kube-system" {
		return
	}
	var key string
	switch {
	case o.Name == "kubelet-config" || strings.HasPrefix(o.Name, "kubelet-config-1."):
		key = "kubelet"
	case o.Name == "kube-proxy":
		key = "config.conf"
	case o.Name == "kubeadm-config":
		key = "ClusterConfiguration"
	default:
		return
	}
	value := o.Root.Get("data").Get(key)
	content, ok := value.Str()
	if !ok {
		return
	}
	lines := value.TextLines()
	at := Place{Object: number, Path: string(tree.AppendKey([]byte("data"), key))}
	src, parser := []byte(content), tree.NewParser()
	for doc := range tree.Split(src) {
		t, err := parser.Parse(src, doc)
		if err != nil {
			s.Flaws = append(s.Flaws, object.Flaw{Object: number, Path: at.Path, Message: "is no YAML: " + err.Error()})
			continue
		}
		s.addDocument(t.Root(), at, file, document{owner: o.Namespace + "/" + o.Name}, &lines)
	}
}

// cleanPath returns a path with slashes and without "." and "..".
func cleanPath(p string) string {
	if p == "" {
		return ""
	}
	return path.Clean(strings.ReplaceAll(p, "\\", "/"))
}
