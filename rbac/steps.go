package rbac

import (
	"slices"
	"strings"
)

// stepper makes the edges of the rights that a subject has in one namespace, or, with namespace "", in the cluster.
type stepper struct {
	*builder
	node      int32
	namespace string
	// own are the rights given there; all are those and what the cluster gives.
	own, all *held
}

func (s *stepper) edge(r *heldRight, to int32, how how, permission, ifOnly string) {
	if to == s.node {
		return
	}
	s.edges = append(s.edges, edge{from: s.node, to: to, binding: r.binding, rule: r.hit.rule, how: how, permission: permission, ifOnly: ifOnly})
}

// first returns the first of the rights that is held.
func (s *stepper) first(rights ...right) *heldRight {
	for _, r := range rights {
		if h := s.own.get(r); h != nil {
			return h
		}
	}
	return nil
}

// anywhere makes the edges of rights that can be had for a namespace or for all of them.
func (s *stepper) anywhere() {
	ns := s.namespace
	if r := s.own.get(rightEverything); r != nil {
		to := s.place(ClusterAdminNode, "")
		if ns != "" {
			to = s.place(NamespaceNode, ns)
		}
		s.edge(r, to, byEverything, r.hit.permission, "")
		return
	}
	accounts, secrets := Node{Kind: AccountsNode, Namespace: ns}, Node{Kind: SecretsNode, Namespace: ns}
	to := func(r *heldRight, n Node, how how) {
		if r != nil {
			s.edge(r, s.builder.node(n), how, r.hit.permission, "")
		}
	}
	create := s.first(rightCreateControllers, rightCreatePods)
	to(create, accounts, byPod)
	to(create, secrets, byPodSecrets)
	to(s.own.get(rightUpdateControllers), accounts, byWorkload)
	to(s.own.get(rightUpdateControllers), secrets, byPodSecrets)
	running := Node{Kind: RunningNode, Namespace: ns}
	to(s.own.get(rightUpdatePods), running, byImage)
	to(s.own.get(rightExec), running, byExec)
	if r := s.own.get(rightExecByGet); r != nil && s.all.get(rightExec) == nil {
		s.edge(r, s.builder.node(running), byExec, r.hit.permission, "as long as the API server is older than 1.35")
	}
	to(s.own.get(rightDebug), running, byDebug)
	to(s.own.get(rightToken), accounts, byToken)
	to(s.own.get(rightReadSecrets), secrets, bySecret)
	if r := s.own.get(rightCreateSecrets); r != nil && s.all.get(rightReadSecrets) != nil {
		s.edge(r, s.builder.node(accounts), byTokenSecret, r.hit.permission+" and "+s.all.get(rightReadSecrets).hit.permission, "")
	}
	to(s.own.get(rightImpersonateAccounts), accounts, byImpersonation)
	s.names()
	s.roles()
	s.host(create)
}

// names makes the edges of rights that are limited to names.
func (s *stepper) names() {
	for i := range s.own.rights {
		r := &s.own.rights[i]
		for _, name := range r.hit.names {
			switch r.hit.right {
			case rightToken, rightImpersonateAccounts:
				how := byToken
				if r.hit.right == rightImpersonateAccounts {
					how = byImpersonation
				}
				for _, account := range s.accountsNamed(name) {
					s.edge(r, account, how, r.hit.permission+" "+name, "")
				}
			case rightImpersonateUsers:
				if s.namespace == "" {
					s.known(r, Subject{Kind: KindUser, Name: name}, name)
				}
			case rightImpersonateGroups:
				// The API server takes groups only together with a user or an account.
				if s.namespace == "" && s.someUser() {
					s.known(r, Subject{Kind: KindGroup, Name: name}, name)
				}
			default:
			}
		}
	}
}

// known makes an edge to a subject that is named somewhere; of others nothing more is known.
func (s *stepper) known(r *heldRight, subject Subject, name string) {
	if i, ok := s.index[Node{Kind: SubjectNode, Subject: subject.canonical()}]; ok {
		s.edge(r, i, byImpersonation, r.hit.permission+" "+name, "")
	}
}

// someUser reports whether some user or account may be impersonated.
func (s *stepper) someUser() bool {
	return slices.ContainsFunc(s.all.rights, func(h heldRight) bool {
		return h.hit.right == rightImpersonateUsers || h.hit.right == rightImpersonateAccounts
	})
}

// accountsNamed returns the accounts of a name in the namespace, or in all of them.
func (s *stepper) accountsNamed(name string) []int32 {
	if s.namespace != "" {
		if i, ok := s.index[Node{Kind: SubjectNode, Subject: Subject{Kind: KindServiceAccount, Namespace: s.namespace, Name: name}}]; ok {
			return []int32{i}
		}
		return nil
	}
	return s.byName[name]
}

// roles makes the edges of rights on roles and bindings.
func (s *stepper) roles() {
	target := Node{Kind: NamespaceNode, Namespace: s.namespace}
	// The verb bind is asked for in the namespace of the binding, and in the cluster's own scope for those of the cluster.
	if r := s.own.get(rightWriteRoleBindings); r != nil && s.all.get(rightBind) != nil {
		s.edge(r, s.builder.node(target), byBinding, r.hit.permission+" and bind", "")
	} else if r := s.own.get(rightBind); r != nil && s.all.get(rightWriteRoleBindings) != nil {
		s.edge(r, s.builder.node(target), byBinding, r.hit.permission+" and "+s.all.get(rightWriteRoleBindings).hit.permission, "")
	}
	if r := s.own.get(rightUpdateRoles); r != nil && s.all.get(rightEscalateRoles) != nil {
		s.edge(r, s.builder.node(target), byRole, r.hit.permission+" and escalate", "")
	}
}

// host makes the edges that lead to a node.
func (s *stepper) host(create *heldRight) {
	if create == nil {
		return
	}
	if v := s.all.get(rightCreateVolumes); v != nil {
		s.edge(create, s.place(HostNode, ""), byVolume, create.hit.permission+" and create persistentvolumes", "")
		return
	}
	if s.namespace == "" {
		s.edge(create, s.place(HostNode, ""), byPrivilegedPod, create.hit.permission, "if some namespace enforces no Pod Security level")
		return
	}
	ns := s.access.index.Namespace(s.namespace)
	if ns == nil {
		return // what it enforces is not known
	}
	if level, _ := ns.Labels.Get("pod-security.kubernetes.io/enforce"); level != "baseline" && level != "restricted" {
		s.edge(create, s.place(HostNode, ""), byPrivilegedPod, create.hit.permission, "as long as namespace "+s.namespace+" enforces no Pod Security level")
	}
}

// cluster makes the edges of rights that only a ClusterRoleBinding gives.
func (s *stepper) cluster() {
	if s.own.get(rightEverything) != nil {
		return // anywhere says it all
	}
	admin := s.place(ClusterAdminNode, "")
	bind := s.own.get(rightBind)
	if r := s.own.get(rightWriteClusterRoleBindings); r != nil && bind != nil {
		s.edge(r, admin, byBinding, r.hit.permission+" and bind", "")
	}
	if r := s.own.get(rightUpdateClusterRoles); r != nil && s.own.get(rightEscalateClusterRoles) != nil {
		s.edge(r, admin, byRole, r.hit.permission+" and escalate", "")
	}
	if r := s.own.get(rightNodesProxy); r != nil {
		s.edge(r, s.place(RunningNode, ""), byNodesProxy, r.hit.permission, "")
	}
	users := s.own.get(rightImpersonateUsers)
	if users != nil {
		s.edge(users, s.place(AnyUserNode, ""), byImpersonation, users.hit.permission, "")
	}
	if r := s.own.get(rightImpersonateGroups); r != nil && s.someUser() {
		s.edge(r, s.subject(Subject{Kind: KindGroup, Name: GroupMasters}), byImpersonation, r.hit.permission, "")
	}
	if r := s.own.get(rightApproveCSR); r != nil && s.own.get(rightApproveSigner) != nil && s.own.get(rightCreateCSR) != nil {
		s.edge(r, s.place(AnyUserNode, ""), byCertificate, r.hit.permission+", approve signers and create certificatesigningrequests", "")
	}
	if r := s.own.get(rightMutatingWebhooks); r != nil {
		s.edge(r, s.place(AccountsNode, ""), byAdmission, r.hit.permission, "")
	}
	if r := s.own.get(rightMutatingPolicies); r != nil && s.own.get(rightMutatingPolicyBindings) != nil {
		s.edge(r, s.place(AccountsNode, ""), byAdmission, r.hit.permission+" and their bindings", "")
	}
}

// ofController reports whether an account is known from the bindings of Kubernetes' own controllers only. The controller manager makes it if it
// is told to: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles
func (b *builder) ofController(account int32) bool {
	s := b.nodes[account].Subject
	if s.Namespace != "kube-system" || b.access.index.Account(s.Namespace, s.Name) != nil {
		return false
	}
	return slices.ContainsFunc(b.access.users[s.User().Name], func(r ref) bool {
		binding := b.access.bindings[r.binding]
		return binding.Object == Builtin && strings.HasPrefix(binding.Name, "system:controller:")
	})
}

// places makes the edges of everything that is no subject.
func (b *builder) places() {
	running := map[string][]int32{}
	for i := range b.access.workloads.Workloads {
		w := &b.access.workloads.Workloads[i]
		if b.tokenOf(w) {
			running[w.Namespace] = append(running[w.Namespace], b.subject(Subject{Kind: KindServiceAccount, Namespace: w.Namespace, Name: w.ServiceAccount}))
		}
	}
	holders := make([]int32, len(b.access.tokens))
	for i, t := range b.access.tokens {
		holders[i] = b.subject(Subject{Kind: KindServiceAccount, Namespace: t.Namespace, Name: t.Account})
	}
	namespaces := b.sortedNamespaces()
	link := func(from, to int32, how how, ifOnly string) {
		b.edges = append(b.edges, edge{from: from, to: to, binding: none, how: how, ifOnly: ifOnly})
	}
	for _, ns := range namespaces {
		accounts, run, secrets := b.place(AccountsNode, ns), b.place(RunningNode, ns), b.place(SecretsNode, ns)
		link(b.place(AccountsNode, ""), accounts, bySelection, "")
		link(b.place(RunningNode, ""), run, bySelection, "")
		link(b.place(SecretsNode, ""), secrets, bySelection, "")
		link(b.place(NamespaceNode, ""), b.place(NamespaceNode, ns), bySelection, "")
		for _, to := range []int32{accounts, secrets} {
			link(b.place(NamespaceNode, ns), to, byEverything, "")
		}
		for _, account := range b.byNamespace[ns] {
			link(accounts, account, bySelection, "")
			if b.ofController(account) {
				last := &b.edges[len(b.edges)-1]
				last.ifOnly, last.usual = "as the controller manager usually runs with --use-service-account-credentials", true
			}
		}
		seen := map[int32]bool{}
		for _, account := range running[ns] {
			if !seen[account] {
				link(run, account, bySelection, "")
			}
			seen[account] = true
		}
	}
	for i, t := range b.access.tokens {
		link(b.place(SecretsNode, t.Namespace), holders[i], byLegacyToken, "")
	}
	link(b.place(HostNode, ""), b.place(RunningNode, ""), byNode, "of the pods on that node")
	for i := range b.nodes {
		if n := b.nodes[i]; n.Kind == SubjectNode && n.Subject.Kind == KindUser {
			link(b.place(AnyUserNode, ""), int32(i), bySelection, "")
		}
	}
}

// sortedNamespaces returns the namespaces that have accounts.
func (b *builder) sortedNamespaces() []string {
	all := make([]string, 0, len(b.byNamespace))
	for ns := range b.byNamespace {
		all = append(all, ns)
	}
	slices.Sort(all)
	return all
}
