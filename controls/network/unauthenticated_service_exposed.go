package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

// UnauthenticatedServiceExposed: what asks nobody who he is answers everybody.
var UnauthenticatedServiceExposed = control.Control{
	ID: "unauthenticated-service-exposed", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Expose no database or service that asks for no login",
	Scope: control.Everything,
	Needs: control.AllOf(control.EntryKinds(), control.PolicyKinds(), control.Core("Namespace")),
	Kinds: control.WorkloadKinds(),
	Require: &control.Together{
		Check: checkUnauthenticated, Text: "a program that asks for no login by default, and is not told to, must not be reachable from outside",
	},
	Suppresses: []string{"workload-exposed-to-internet"},
	Risk:       "Clients outside of the cluster have to log in, or to come by another way.",
	Fix:        control.Advice,
	NoFix:      "Whether clients get a login or the way in is closed only a person can say.",
	NoPolicy:   "An admission policy sees one object at a time.",
	Remedy:     "Make the Service a ClusterIP, or let the program ask for a login (the finding names it) with the password from a Secret; a NetworkPolicy limits who reaches it inside.",
	Refs: control.Refs{
		NSA:   []string{"Network separation: network policies"},
		MITRE: []string{"T1190"},
		Source: []string{
			"https://redis.io/docs/latest/operate/oss_and_stack/management/security/", "https://www.mongodb.com/docs/manual/administration/security-checklist/",
			"https://www.elastic.co/guide/en/elasticsearch/reference/8.19/security-minimal-setup.html", "https://distribution.github.io/distribution/about/deploying/",
		},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0274"},
	},
	Why: `Open databases are found within minutes, emptied and held for ransom, and Redis or a registry that everybody writes to runs the attacker's code. They ask for no login
because they were made for networks where all are friends.`,
	Examples: []control.Example{
		{Name: "Redis behind a load balancer", Manifests: exposed("redis:8.2", "", "LoadBalancer"), Want: []string{"Deployment/shop/db spec.template.spec.containers[0].image"}},
		{
			Name: "Elasticsearch that is told not to ask", Manifests: exposed("docker.elastic.co/elasticsearch/elasticsearch:9.1.0", "env: [{name: xpack.security.enabled, value: \"false\"}]", "NodePort"),
			Want: []string{"Deployment/shop/db spec.template.spec.containers[0].image"},
		},
		{Name: "a file may tell it", Manifests: exposed("redis:8.2", "args: [/usr/local/etc/redis/redis.conf]", "LoadBalancer"), Want: []string{"Deployment/shop/db spec.template.spec.containers[0].image"}},
		{Name: "good: it asks for a password", Manifests: exposed("redis:8.2", "args: [--requirepass, $(PASSWORD)]", "LoadBalancer")},
		{Name: "good: inside only", Manifests: exposed("redis:8.2", "", "ClusterIP")},
		{Name: "good: it asks by itself", Manifests: exposed("docker.elastic.co/elasticsearch/elasticsearch:9.1.0", "", "LoadBalancer")},
	},
}

// exposed is an example of a program behind a Service, with more of its container.
func exposed(image, container, service string) string {
	if container != "" {
		container = ", " + container
	}
	return "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db, namespace: shop}\nspec:\n  selector: {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n" +
		"    spec: {containers: [{name: db, image: \"" + image + "\", ports: [{containerPort: 6379}]" + container + "}]}\n" +
		"---\napiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\nspec: {type: " + service + ", selector: {app: db}, ports: [{port: 6379, targetPort: 6379}]}\n"
}

func checkUnauthenticated(v *control.Verdicts) {
	byObject := map[int]int{}
	for i := range v.Workloads.Workloads {
		byObject[v.Workloads.Workloads[i].Object] = i
	}
	ways := v.WaysIn()
	open := v.OpenPrograms()
	for i := range open {
		o := &open[i]
		n, ok := byObject[o.Object]
		if !ok {
			continue
		}
		w := &v.Workloads.Workloads[n]
		if len(ways[n]) == 0 || o.Login != "" {
			v.Pass(1)
			continue
		}
		b := exposure(w.Object, "runs "+o.Program+", which asks for no login, and is reachable from outside", ways[n], cause("workload "+w.String()))
		b.Path = o.Path
		switch {
		case o.File:
			b.Unknown, b.Message = true, o.Program+" is reachable from outside, and whether a file or a script tells it to ask for a login is not known"
		case onlyRoutes(ways[n]):
			b.Unknown, b.Message = true, o.Program+" asks for no login and is reachable by a route, and whether the route asks for one is not known"
		}
		v.Fail(b)
	}
}

// onlyRoutes reports whether all ways in are routes of HTTP, before which something may ask for a login.
func onlyRoutes(ways []network.Exposure) bool {
	for i := range ways {
		if how := ways[i].How; how == "LoadBalancer" || how == "NodePort" {
			return false
		}
	}
	return true
}
