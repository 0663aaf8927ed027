package rbac

// Dangling is a binding that names what is not there. Whoever makes a thing of that name later gets the rights.
type Dangling struct {
	Binding *Binding
	// Subject is the number of the subject that is missing in Binding.Subjects; -1 if the role is missing.
	Subject int
	// Sure says that the place is known where the thing would have to be: other ClusterRoles, other things of the namespace are
	// declared. Without it nothing is known of the place, and the thing may well be there.
	Sure bool
}

// Dangling returns the bindings whose role is neither in the set nor built in, and the service accounts in bindings that nobody declares.
// Not counted are "default", which every namespace has, and the accounts of the API server's own controllers.
func (a *Access) Dangling() []Dangling {
	declared, clusterRoles := a.declared()
	own := map[name]bool{}
	for _, b := range Builtins().Bindings {
		for _, s := range b.Subjects {
			if s.Kind == KindServiceAccount {
				own[name{s.Namespace, s.Name}] = true
			}
		}
	}
	var out []Dangling
	for i, b := range a.bindings {
		if b.Object == Builtin {
			continue
		}
		if a.roleOf[i] == none && b.RoleName != "" {
			sure := clusterRoles
			if b.RoleKind == KindRole {
				// A ClusterRoleBinding to a Role can never find it.
				sure = b.Namespace == "" || declared[b.Namespace]
			}
			out = append(out, Dangling{Binding: b, Subject: -1, Sure: sure})
		}
		for j, s := range b.Subjects {
			s = s.canonical()
			if s.Kind != KindServiceAccount || s.Name == "default" || s.Name == "" || s.Namespace == "" || own[name{s.Namespace, s.Name}] ||
				a.index.Account(s.Namespace, s.Name) != nil {
				continue
			}
			out = append(out, Dangling{Binding: b, Subject: j, Sure: declared[s.Namespace]})
		}
	}
	return out
}

// declared returns the namespaces of which something is declared that lives where accounts do, and whether there are ClusterRoles.
// A namespace with nothing but RBAC in it is one whose accounts somebody else makes.
func (a *Access) declared() (namespaces map[string]bool, clusterRoles bool) {
	namespaces = map[string]bool{}
	for i := range a.workloads.Namespaces {
		namespaces[a.workloads.Namespaces[i].Name] = true
	}
	for i := range a.workloads.Accounts {
		namespaces[a.workloads.Accounts[i].Namespace] = true
	}
	for i := range a.workloads.Workloads {
		namespaces[a.workloads.Workloads[i].Namespace] = true
	}
	for i := range a.workloads.Services {
		namespaces[a.workloads.Services[i].Namespace] = true
	}
	for i := range a.roles {
		if r := a.roles[i].role; r.Namespace == "" && r.Object != Builtin {
			return namespaces, true
		}
	}
	return namespaces, false
}
