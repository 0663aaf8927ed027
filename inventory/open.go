package inventory

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Open is a container with a program that asks nobody for a login unless it is told to.
type Open struct {
	Object int
	// Program is its name, Container that of the container, and Path leads to its image.
	Program, Container, Path string
	// Login says what makes it ask for a login: an argument, a variable, its release; "" if nothing does.
	Login string
	// File says that a file may tell it, which is not looked at.
	File bool
}

// openProgram is a program with what tells it to ask for a login: words of arguments, or names of variables.
type openProgram struct {
	name   string
	images []string
	logins []string
	// until is the first major release that asks by itself; 0 is none.
	until int
	// off is what tells a release that asks by itself not to: name=value of a variable.
	off string
}

// openPrograms are those whose documentation, or whose image's, says that they ask for no login by default.
//
//	https://redis.io/docs/latest/operate/oss_and_stack/management/security/ (the image switches protected mode off)
//	https://www.mongodb.com/docs/manual/administration/security-checklist/
//	https://www.elastic.co/guide/en/elasticsearch/reference/8.19/security-minimal-setup.html
//	https://docs.memcached.org/features/authentication/
//	https://cassandra.apache.org/doc/stable/cassandra/operating/security.html
//	https://distribution.github.io/distribution/about/deploying/#restricting-access
var openPrograms = []openProgram{
	{name: "Redis", images: []string{"library/redis", "redis/redis-stack-server"}, logins: []string{"requirepass", "aclfile", "REDIS_PASSWORD"}},
	{name: "Valkey", images: []string{"valkey/valkey"}, logins: []string{"requirepass", "aclfile", "VALKEY_PASSWORD"}},
	{name: "Memcached", images: []string{"library/memcached"}, logins: []string{"-S", "--enable-sasl", "-Y", "--auth-file"}},
	{name: "MongoDB", images: []string{"library/mongo"}, logins: []string{"MONGO_INITDB_ROOT_USERNAME", "--auth", "--keyFile", "MONGO_INITDB_ROOT_USERNAME_FILE"}},
	{
		name: "Elasticsearch", images: []string{"elasticsearch/elasticsearch", "library/elasticsearch"}, logins: []string{"xpack.security.enabled=true"},
		until: 8, off: "xpack.security.enabled=false",
	},
	{name: "Cassandra", images: []string{"library/cassandra"}, logins: []string{"PasswordAuthenticator"}},
	{name: "ZooKeeper", images: []string{"library/zookeeper"}, logins: []string{"requireClientAuthScheme", "sessionRequireClientSASLAuth", "enforce.auth.enabled"}},
	{name: "NATS", images: []string{"library/nats"}, logins: []string{"--user", "--auth", "--pass", "--tlsverify"}},
	{name: "Kafka", images: []string{"apache/kafka"}, logins: []string{"SASL", "SSL"}},
	{name: "a registry of images", images: []string{"library/registry"}, logins: []string{"REGISTRY_AUTH"}},
	{name: "MLflow", images: []string{"mlflow/mlflow"}, logins: []string{"basic-auth", "--app-name"}},
	{name: "Ollama", images: []string{"ollama/ollama"}},
}

// openOf returns the program that an image is of, with its tag; nil if it is of none.
func openOf(name string) (p *openProgram, tag string) {
	ref, err := image.Parse(name)
	if err != nil {
		return nil, ""
	}
	path := ref.Path()
	for i := range openPrograms {
		for _, end := range openPrograms[i].images {
			if rest, ok := strings.CutSuffix(path, end); ok && (rest == "" || strings.HasSuffix(rest, "/")) {
				return &openPrograms[i], ref.Tag
			}
		}
	}
	return nil, ""
}

// maxOpen is how many containers of an object are kept.
const maxOpen = 100

func (l *live) addOpen(o *object.Object, number int) {
	for pod := range o.Pods() {
		for c := range pod.Containers() {
			n := c.Node.Get("image")
			p, tag := openOf(n.Text())
			if p == nil || len(l.open) > 0 && l.open[len(l.open)-1].Object == number && countOf(l.open, number) >= maxOpen {
				continue
			}
			said := saidTo(c.Node)
			x := Open{Object: number, Program: p.name, Container: object.Keep(c.Node.Get("name")), Path: o.Root.Path(n), File: readsFile(c.Node, said)}
			if p.until > 0 && !asksNot(p, tag, said) {
				x.Login = "its release asks for one by itself"
			}
			for _, word := range said {
				if i := slices.IndexFunc(p.logins, func(login string) bool { return tells(word, login) }); i >= 0 && x.Login == "" {
					x.Login = p.logins[i]
				}
			}
			l.open = append(l.open, x)
		}
	}
}

func countOf(all []Open, number int) (n int) {
	for i := range all {
		if all[i].Object == number {
			n++
		}
	}
	return n
}

// tells reports whether a word is what tells a program to ask for a login: short options only as a word of their own.
func tells(word, login string) bool {
	if len(login) == 2 && login[0] == '-' {
		return word == login
	}
	return strings.Contains(word, login)
}

// asksNot reports whether a program whose newer releases ask for a login by themselves does not.
func asksNot(p *openProgram, tag string, said []string) bool {
	if slices.Contains(said, p.off) {
		return true
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(tag, "v"), ".")
	for n := range p.until {
		if major == string(rune('0'+n)) {
			return true
		}
	}
	return false
}

// maxSaid is how many words are looked at of what a container is told.
const maxSaid = 1000

// saidTo returns what a container is told: its arguments, and its variables as name=value.
func saidTo(c tree.Node) (all []string) {
	for _, key := range [...]string{"command", "args"} {
		for _, word := range c.Get(key).Items() {
			if len(all) < maxSaid {
				all = append(all, word.Text())
			}
		}
	}
	for _, env := range c.Get("env").Items() {
		if len(all) < maxSaid {
			all = append(all, env.Get("name").Text()+"="+env.Get("value").Text())
		}
	}
	return all
}

// readsFile reports whether a container is given files that may configure its program: what it is told names one, or something is mounted where
// programs look for theirs. Variables of a whole ConfigMap or Secret are as good as a file.
func readsFile(c tree.Node, said []string) bool {
	if c.Get("envFrom").Len() > 0 {
		return true
	}
	isFile := func(s string) bool {
		for _, end := range [...]string{".conf", ".cfg", ".yaml", ".yml", ".toml", ".config", ".properties", ".json", ".acl"} {
			if strings.HasSuffix(s, end) {
				return true
			}
		}
		return strings.Contains(s, "/etc/") || strings.HasSuffix(s, "/conf") || strings.HasSuffix(s, "/config")
	}
	for _, word := range said {
		if isFile(word) || strings.ContainsAny(word, "\n;|") { // a script may do anything
			return true
		}
	}
	for _, m := range c.Get("volumeMounts").Items() {
		if isFile(m.Get("mountPath").Text()) {
			return true
		}
	}
	return false
}

// OpenPrograms are the containers with programs that ask nobody for a login unless they are told to.
func (v *Inventory) OpenPrograms() []Open { return v.live.open }
