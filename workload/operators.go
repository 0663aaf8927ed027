package workload

import (
	"slices"

	"github.com/kubeharden/kubeharden/object"
)

// Made is an object from which an operator makes pods that no manifest has.
type Made struct {
	Object    int
	Namespace string
}

// operated are the kinds from which well-known operators make pods without a template that could be read, by their API group.
var operated = map[string][]string{
	"monitoring.coreos.com":        {"Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"},
	"opentelemetry.io":             {"OpenTelemetryCollector"},
	"jaegertracing.io":             {"Jaeger"},
	"grafana.integreatly.org":      {"Grafana"},
	"ray.io":                       {"RayCluster", "RayService"},
	"kafka.strimzi.io":             {"Kafka", "KafkaBridge", "KafkaConnect", "KafkaMirrorMaker2"},
	"rabbitmq.com":                 {"RabbitmqCluster"},
	"postgresql.cnpg.io":           {"Cluster", "Pooler"},
	"acid.zalan.do":                {"postgresql"},
	"elasticsearch.k8s.elastic.co": {"Elasticsearch"},
	"kibana.k8s.elastic.co":        {"Kibana"},
	"minio.min.io":                 {"Tenant"},
	"serving.knative.dev":          {"Service"},
	"install.istio.io":             {"IstioOperator"},
}

// Operated returns the kinds from which operators make pods, by API group. It may not be changed.
func Operated() map[string][]string { return operated }

// IsOperated reports whether an operator makes pods from objects of a kind.
func IsOperated(group, kind string) bool { return slices.Contains(operated[group], kind) }

func (g *Governance) addMade(o *object.Object, number int) bool {
	if !IsOperated(o.Group(), o.Kind) {
		return false
	}
	g.Made = append(g.Made, Made{Object: number, Namespace: o.EffectiveNamespace()})
	return true
}
