package network

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

// text writes the policy as YAML.
func (p *draft) text() string {
	var b writer
	b.line(0, comment(p.why))
	b.line(0, "apiVersion: networking.k8s.io/v1")
	b.line(0, "kind: NetworkPolicy")
	b.line(0, "metadata:")
	b.line(2, "name: "+scalar(p.name))
	b.line(2, "namespace: "+scalar(p.namespace))
	b.line(0, "spec:")
	b.selector(2, "podSelector", p.pods)
	b.line(2, "policyTypes:")
	if p.ingress {
		b.line(2, "- Ingress")
	}
	if p.egress {
		b.line(2, "- Egress")
	}
	for d, key := range [...][2]string{Ingress: {"ingress", "from"}, Egress: {"egress", "to"}} {
		if len(p.rules[d]) == 0 {
			continue
		}
		b.line(2, key[0]+":")
		for i := range p.rules[d] {
			b.rule(&p.rules[d][i], key[1])
		}
	}
	return b.String()
}

// writer writes lines of YAML.
type writer struct{ strings.Builder }

func (b *writer) line(indent int, text string) {
	b.WriteString(strings.Repeat(" ", indent) + text + "\n")
}

func (b *writer) rule(r *drule, key string) {
	b.line(2, comment(r.why))
	b.line(2, "- "+key+":")
	for i := range r.peers {
		b.peer(&r.peers[i])
	}
	if len(r.ports) == 0 {
		return
	}
	b.line(4, "ports:")
	for _, p := range r.ports {
		b.line(4, "- protocol: "+p.protocol.String())
		if p.name != "" {
			b.line(6, "port: "+scalar(p.name))
		} else {
			b.line(6, "port: "+strconv.Itoa(p.number))
		}
	}
}

func (b *writer) peer(p *dpeer) {
	switch {
	case p.cidr.IsValid():
		b.line(4, "- ipBlock:")
		b.line(8, "cidr: "+scalar(p.cidr.String()))
	case p.everywhere:
		b.line(4, "- namespaceSelector: {}")
	case p.namespace != "":
		b.line(4, "- namespaceSelector:")
		b.line(8, "matchLabels:")
		b.line(10, workload.NameLabel+": "+scalar(p.namespace))
		if len(p.pods) > 0 {
			b.selector(6, "podSelector", p.pods)
		}
	default:
		b.item(4, "podSelector", p.pods)
	}
}

// item writes a selector as the first field of a list item.
func (b *writer) item(indent int, key string, s label.Selector) {
	var inner writer
	inner.selector(indent+2, key, s)
	b.WriteString(strings.Repeat(" ", indent) + "- " + inner.String()[indent+2:])
}

func (b *writer) selector(indent int, key string, s label.Selector) {
	if len(s) == 0 {
		b.line(indent, key+": {}")
		return
	}
	b.line(indent, key+":")
	first := true
	for _, r := range s {
		if r.Operator == label.In && len(r.Values) == 1 {
			if first {
				b.line(indent+2, "matchLabels:")
			}
			first = false
			b.line(indent+4, scalar(r.Key)+": "+scalar(r.Values[0]))
		}
	}
	first = true
	for _, r := range s {
		if r.Operator == label.In && len(r.Values) == 1 {
			continue
		}
		if first {
			b.line(indent+2, "matchExpressions:")
		}
		first = false
		b.line(indent+2, "- key: "+scalar(r.Key))
		b.line(indent+4, "operator: "+string(r.Operator))
	}
}

// scalar writes a text so that YAML reads it as the same text, in quotes unless it is certainly no number, boolean, null or date.
func scalar(s string) string {
	plain := s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
	for i := 0; i < len(s) && plain; i++ {
		c := s[i]
		plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_./", c) >= 0
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		plain = false
	}
	if plain {
		return s
	}
	return strconv.Quote(s)
}

// comment writes a comment; names in it may hold anything.
func comment(s string) string {
	return "# " + strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
