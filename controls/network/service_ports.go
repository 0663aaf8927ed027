package network

import (
	"regexp"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

var (
	isTLSName  = regexp.MustCompile(tlsNames).MatchString
	isHTTPName = regexp.MustCompile(httpNames).MatchString
)

// isTLSPort reports whether a port of a service is one for TLS, by what it is called or by its number.
func isTLSPort(port tree.Node) bool {
	number, _ := port.Get("port").Int()
	return number == 443 || number == 8443 || isTLSName(port.Get("name").Text()) || isTLSName(port.Get("appProtocol").Text())
}

// isHTTPPort reports whether a port of a service is one for plain HTTP.
func isHTTPPort(port tree.Node) bool {
	number, _ := port.Get("port").Int()
	return number == 80 || number == 8080 || isHTTPName(port.Get("name").Text()) || isHTTPName(port.Get("appProtocol").Text())
}

// loadBalancerTLSCEL says what LoadBalancerTLSMissing requires.
func loadBalancerTLSCEL(c control.CEL) string {
	ports := servicePorts.CEL(c.At) + ".orValue([])"
	one := func(names string, numbers ...int) string {
		quoted, is := control.Quote(names), ""
		for _, n := range numbers {
			is += "p.?port.orValue(0) == " + strconv.Itoa(n) + " || "
		}
		return ports + ".exists(p, " + is + "p.?name.orValue('').matches(" + quoted + ") || p.?appProtocol.orValue('').matches(" + quoted + "))"
	}
	return "(!" + publicLoadBalancerCEL(c.At) + " || " + control.QuoteAll(loadBalancerCertificates) + ".exists(k, " + annotations.CEL(c.At) + "[?k].orValue('') != '') || " +
		"(" + annotationCEL(c.At, awsBackend) + " == 'http' ? " + ports + " == [] : " + one(tlsNames, 443, 8443) + " || !" + one(httpNames, 80, 8080) + "))"
}
