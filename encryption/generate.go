package encryption

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// keySize is the length in bytes of new keys, which every provider takes: AES-256, XSalsa20.
const keySize = 32

// Options are what Generate makes a file of.
type Options struct {
	// Provider encrypts: Secretbox, AESGCM, AESCBC or KMSv2.
	Provider Sort
	// Resources are what is encrypted, as the file names them; Secrets if there are none.
	Resources []string
	// Endpoint is the socket of the KMS plugin, unix:///…, and Name what it is called, "kms" if it is empty. Only with KMSv2.
	Endpoint, Name string
	// Random is where the key comes from; nothing but crypto/rand.Reader will do outside of tests. Not with KMSv2.
	Random io.Reader
}

// Generate returns an EncryptionConfiguration that encrypts with a fresh key, or with a KMS, and that still reads what was stored before as
// plain text. The API server takes what it returns; an error says which option it would refuse.
func Generate(o Options) ([]byte, error) {
	resources := o.Resources
	if len(resources) == 0 {
		resources = []string{"secrets"}
	}
	var b strings.Builder
	b.WriteString("# What the API server encrypts before it stores it. Owner root, mode 0600, in no repository.\n")
	b.WriteString("apiVersion: " + Group + "/v1\nkind: " + Kind + "\nresources:\n  - resources:\n")
	for _, r := range resources {
		b.WriteString("      - " + scalar(r) + "\n")
	}
	b.WriteString("    providers:\n      # The first provider encrypts what is written.\n")
	switch o.Provider {
	case Secretbox, AESGCM, AESCBC:
		key, err := newKey(o.Random)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "      - %s:\n          keys:\n            - name: key1\n              secret: %s\n", o.Provider, key)
	case KMSv2:
		name := o.Name
		if name == "" {
			name = "kms"
		}
		fmt.Fprintf(&b, "      - kms:\n          apiVersion: v2\n          name: %s\n          endpoint: %s\n          timeout: 3s\n", scalar(name), scalar(o.Endpoint))
	case Unknown, Identity, KMSv1:
		return nil, fmt.Errorf("generate encryption configuration: %s is no provider for a new file", o.Provider)
	}
	b.WriteString("      # Reads what was stored before; to be removed when everything has been written again.\n      - identity: {}\n")
	out := []byte(b.String())
	_, _, flaws, err := parse(out)
	if err == nil && len(flaws) > 0 {
		err = errors.New(flaws[0].String())
	}
	if err != nil {
		return nil, fmt.Errorf("generate encryption configuration: %w", err)
	}
	return out, nil
}

// newKey returns a key in base64.
func newKey(random io.Reader) (string, error) {
	raw := make([]byte, keySize)
	if random == nil {
		return "", errors.New("make key: no random source")
	}
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	if weakness(raw) != "" {
		return "", errors.New("make key: the random source gives no random bytes")
	}
	text := base64.StdEncoding.EncodeToString(raw)
	clear(raw)
	return text, nil
}

var plainScalar = regexp.MustCompile(`^[a-z][a-z0-9./:_-]*$`)

// scalar writes a text so that YAML reads that text: plain if it is of small letters and cannot be anything else.
func scalar(s string) string {
	switch s {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
	default:
		if plainScalar.MatchString(s) && !strings.HasSuffix(s, ":") {
			return s
		}
	}
	return strconv.Quote(s)
}

// parse reads the only document of a file.
func parse(src []byte) (root tree.Node, config *Config, flaws []Flaw, err error) {
	for doc := range tree.Split(src) {
		if root.Exists() {
			return root, nil, nil, errors.New("the file has more than one document; the API server reads only the first")
		}
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			return root, nil, nil, err
		}
		root = parsed.Root()
	}
	if !root.Exists() {
		return root, nil, nil, errors.New("the file is empty")
	}
	config, flaws = Read(root)
	return root, config, flaws, nil
}

// rewrite is the command that writes all objects of a resource again, so that they are encrypted by the first provider.
func rewrite(resources []string) string {
	for _, r := range resources {
		if strings.HasPrefix(r, "*") {
			return "for every resource that is meant by " + r + ": kubectl get RESOURCE --all-namespaces -o json | kubectl replace -f -"
		}
	}
	return "kubectl get " + strings.Join(resources, ",") + " --all-namespaces -o json | kubectl replace -f -"
}

// Steps says what to do with a file that Generate made, in order. Source:
// https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/.
func (o *Options) Steps(file string) []string {
	resources := o.Resources
	if len(resources) == 0 {
		resources = []string{"secrets"}
	}
	stored := "k8s:enc:" + o.Provider.String() + ":v1:key1:"
	first := "Keep a copy of the key where you keep no backup of etcd: without it nothing can be read that is written from now on."
	if o.Provider == KMSv2 {
		stored = "k8s:enc:kms:v2:"
		first = "Run the KMS plugin on every control plane node, with its socket at " + o.Endpoint + ". It has to start before the API server, which cannot read Secrets without it."
	}
	return []string{
		first,
		"Copy " + file + " to /etc/kubernetes/enc/encryption-config.yaml on every control plane node, owner root, mode 0600. It has to be the same on all.",
		"In the API server's manifest add --encryption-provider-config=/etc/kubernetes/enc/encryption-config.yaml, and mount the folder /etc/kubernetes/enc read-only (hostPath); without the mount the API server does not start.",
		"With several API servers: move identity to the front first and restart them all, one by one; then move it to the end and restart them again. Otherwise one of them cannot read what another has written.",
		"Write everything again, because what is stored stays as it is until then: " + rewrite(resources),
		"Look into etcd: etcdctl get /registry/secrets/NAMESPACE/NAME must begin with " + stored,
		"Remove identity and restart the API servers. From then on what is stored as plain text is refused and not believed.",
	}
}
