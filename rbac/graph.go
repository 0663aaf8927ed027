package rbac

import (
	"cmp"
	"slices"

	"github.com/kubeharden/kubeharden/workload"
)

// NodeKind is what a node of the graph is.
type NodeKind uint8

// The kinds of nodes.
const (
	SubjectNode      NodeKind = iota
	AccountsNode              // any service account of a namespace, or of all
	RunningNode               // the accounts of workloads with a token, in a namespace or in all
	SecretsNode               // the Secrets of a namespace, or of all
	NamespaceNode             // everything in a namespace
	AnyUserNode               // any user
	HostNode                  // root on a node
	ClusterAdminNode          // every verb on every resource, everywhere
)

func (k NodeKind) String() string {
	return [...]string{"subject", "accounts", "running", "secrets", "namespace", "users", "node", "cluster-admin"}[k]
}

// Node is somebody, or something that somebody can get hold of.
type Node struct {
	Kind NodeKind
	// Subject is set if Kind is SubjectNode.
	Subject Subject
	// Namespace is that of accounts, Secrets and so on; "" is all namespaces.
	Namespace string
}

// String says what the node is, for people.
func (n Node) String() string {
	where := "namespace " + n.Namespace
	if n.Namespace == "" {
		where = "every namespace"
	}
	switch n.Kind {
	case SubjectNode:
		return n.Subject.String()
	case AccountsNode:
		return "any service account of " + where
	case RunningNode:
		return "the accounts that pods of " + where + " run as"
	case SecretsNode:
		return "the Secrets of " + where
	case NamespaceNode:
		return "everything in " + where
	case AnyUserNode:
		return "any user"
	case HostNode:
		return "root on a node"
	case ClusterAdminNode:
		return "cluster-admin"
	}
	return ""
}

// Graph is who can get hold of what, each edge being one step that some right allows. It is made once and may be used by many goroutines.
//
// There is no edge for what the API server's escalation prevention refuses: a binding needs the verb bind or the rights that it gives, a
// change of a role the verb escalate or the rights that it adds
// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping). Rights that only
// together lead somewhere count if one subject has them by bindings of its own.
type Graph struct {
	access  *Access
	nodes   []Node
	index   map[Node]int32
	edges   []edge // by from
	first   []int32
	into    []int32 // edges by to
	firstTo []int32
}

type edge struct {
	from, to int32
	binding  int32 // none if no right is needed, as for the groups of an account
	rule     int32
	how      how
	// permission is what the rule allows, of rights that are had.
	permission string
	// ifOnly says on what the step depends; "" on nothing.
	ifOnly string
	// usual says that what it depends on is the case unless somebody has changed it, so that the step counts.
	usual bool
}

// how is the sort of a step.
type how uint8

const (
	byMembership how = iota
	byEverything
	byPod
	byPodSecrets
	byWorkload
	byExec
	byDebug
	byImage
	byToken
	bySecret
	byTokenSecret
	byLegacyToken
	byNodesProxy
	byImpersonation
	byBinding
	byRole
	byCertificate
	byAdmission
	byVolume
	byPrivilegedPod
	byNode
	bySelection
)

// text says a step, to be read behind who takes it.
func (h how) text() string {
	return [...]string{
		byMembership:    "is a member of it",
		byEverything:    "has every right there",
		byPod:           "runs a pod as one of them",
		byPodSecrets:    "runs a pod that mounts them",
		byWorkload:      "changes a workload so that it runs as one of them",
		byExec:          "runs commands in their containers",
		byDebug:         "adds a container to their pods",
		byImage:         "changes the image of their pods",
		byToken:         "asks for a token of it",
		bySecret:        "reads them",
		byTokenSecret:   "makes a token Secret for one of them and reads it",
		byLegacyToken:   "finds its token among them",
		byNodesProxy:    "runs commands in every container, past admission and audit of the API server",
		byImpersonation: "acts in its name",
		byBinding:       "binds itself to any role",
		byRole:          "adds any right to its own role",
		byCertificate:   "approves a client certificate in any name",
		byAdmission:     "changes what others create, such as the account of their pods",
		byVolume:        "mounts the node's disk by a PersistentVolume",
		byPrivilegedPod: "runs a privileged pod",
		byNode:          "takes the tokens of the pods on it",
		bySelection:     "picks it",
	}[h]
}

// NewGraph follows the rights of everybody who has some.
func NewGraph(a *Access) *Graph {
	b := &builder{Graph: &Graph{access: a, index: map[Node]int32{}}, wanted: requestsByRight(), hits: make([][]hit, len(a.lists)), done: make([]bool, len(a.lists))}
	b.subjects()
	b.places()
	b.sort()
	return b.Graph
}

// Nodes returns the nodes of the graph, which must not be changed.
func (g *Graph) Nodes() []Node { return g.nodes }

type builder struct {
	*Graph
	wanted [rights][]Request
	hits   [][]hit // by list of rules
	done   []bool
	// byNamespace are the accounts of each namespace.
	byNamespace map[string][]int32
	// byName are the accounts of each name, in whatever namespace.
	byName map[string][]int32
}

func (b *builder) node(n Node) int32 {
	if i, ok := b.index[n]; ok {
		return i
	}
	i := int32(len(b.nodes))
	b.nodes = append(b.nodes, n)
	b.index[n] = i
	return i
}

func (b *builder) place(kind NodeKind, namespace string) int32 {
	return b.node(Node{Kind: kind, Namespace: namespace})
}

func (b *builder) subject(s Subject) int32 {
	s = s.canonical()
	before := len(b.nodes)
	i := b.node(Node{Kind: SubjectNode, Subject: s})
	if len(b.nodes) > before && s.Kind == KindServiceAccount {
		b.byNamespace[s.Namespace] = append(b.byNamespace[s.Namespace], i)
		b.byName[s.Name] = append(b.byName[s.Name], i)
	}
	return i
}

// subjects makes nodes of everybody who is named somewhere, and edges of their rights.
func (b *builder) subjects() {
	a := b.access
	b.byNamespace, b.byName = map[string][]int32{}, map[string][]int32{}
	b.subject(Subject{Kind: KindGroup, Name: GroupMasters})
	for _, binding := range a.bindings {
		for _, s := range binding.Subjects {
			if s.Kind != KindServiceAccount || s.Namespace != "" {
				b.subject(s)
			}
		}
	}
	for i := range a.workloads.Accounts {
		account := &a.workloads.Accounts[i]
		b.subject(Subject{Kind: KindServiceAccount, Namespace: account.Namespace, Name: account.Name})
	}
	for i := range a.workloads.Workloads {
		w := &a.workloads.Workloads[i]
		b.subject(Subject{Kind: KindServiceAccount, Namespace: w.Namespace, Name: w.ServiceAccount})
	}
	for i := int32(0); int(i) < len(b.nodes); i++ {
		if b.nodes[i].Kind == SubjectNode {
			b.rights(i, b.nodes[i].Subject)
		}
	}
}

// refs returns the places where bindings name a subject, sorted by namespace.
func (b *builder) refs(s Subject) []ref {
	if s.Kind == KindGroup {
		return b.access.groups[s.Name]
	}
	return b.access.users[s.User().Name]
}

// rights makes the edges of one subject.
func (b *builder) rights(node int32, s Subject) {
	if s.Kind == KindGroup && s.Name == GroupMasters {
		b.edges = append(b.edges, edge{from: node, to: b.place(ClusterAdminNode, ""), binding: none, how: byEverything})
	}
	for _, group := range s.implicit() {
		if len(b.access.groups[group]) > 0 {
			b.edges = append(b.edges, edge{from: node, to: b.node(Node{Kind: SubjectNode, Subject: Subject{Kind: KindGroup, Name: group}}), binding: none, how: byMembership})
		}
	}
	refs := b.refs(s)
	var cluster held
	for lo := 0; lo < len(refs); {
		namespace := b.access.bindings[refs[lo].binding].Namespace
		hi := lo
		var h held
		for hi < len(refs) && b.access.bindings[refs[hi].binding].Namespace == namespace {
			b.hold(&h, refs[hi])
			hi++
		}
		step := stepper{builder: b, node: node, namespace: namespace, own: &h, all: &h}
		if namespace == "" {
			cluster = h
			step.cluster()
		} else if len(cluster.rights) > 0 {
			both := held{rights: append(slices.Clip(h.rights), cluster.rights...)}
			step.all = &both
		}
		step.anywhere()
		lo = hi
	}
}

// held is the rights that a subject has in a namespace, or in the cluster.
type held struct{ rights []heldRight }

type heldRight struct {
	hit     *hit
	binding int32
}

// get returns the first way in which a right is held without restriction.
func (h *held) get(r right) *heldRight {
	for i := range h.rights {
		if h.rights[i].hit.right == r && len(h.rights[i].hit.names) == 0 {
			return &h.rights[i]
		}
	}
	return nil
}

func (b *builder) hold(h *held, r ref) {
	role := b.access.roleOf[r.binding]
	if role == none {
		return
	}
	list := b.access.roles[role].list
	if !b.done[list] {
		b.done[list], b.hits[list] = true, hits(b.access.lists[list].rules, &b.wanted)
	}
	for i := range b.hits[list] {
		h.rights = append(h.rights, heldRight{&b.hits[list][i], r.binding})
	}
}

// sort orders edges by where they come from, and by where they lead.
func (b *builder) sort() {
	slices.SortStableFunc(b.edges, func(x, y edge) int { return cmp.Compare(x.from, y.from) })
	b.edges = slices.CompactFunc(b.edges, func(x, y edge) bool { return x == y })
	n := len(b.nodes)
	b.first, b.firstTo = make([]int32, n+1), make([]int32, n+1)
	for _, e := range b.edges {
		b.first[e.from+1]++
		b.firstTo[e.to+1]++
	}
	for i := range n {
		b.first[i+1] += b.first[i]
		b.firstTo[i+1] += b.firstTo[i]
	}
	b.into = make([]int32, len(b.edges))
	next := slices.Clone(b.firstTo)
	for i, e := range b.edges {
		b.into[next[e.to]] = int32(i)
		next[e.to]++
	}
}

// tokenOf reports whether pods of a workload have a token that can be taken.
func (b *builder) tokenOf(w *workload.Workload) bool { return b.access.index.HasToken(w) }
