package cluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// pki makes the certificates of a cluster, in the files that kubeadm would make them in.
//
// https://kubernetes.io/docs/setup/best-practices/certificates/
type pki struct {
	root   string // of the file system of the control plane
	adjust func(name string, template *x509.Certificate)

	accounts *ecdsa.PrivateKey // signs the tokens of service accounts
}

const pkiDir = "etc/kubernetes/pki"

func (p *pki) path(name string) string {
	return filepath.Join(p.root, pkiDir, filepath.FromSlash(name))
}

// template is a certificate that holds from an hour ago (clocks differ) for d.
func template(subject pkix.Name, d time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: subject, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(d), BasicConstraintsValid: true,
	}, nil
}

const year = 365 * 24 * time.Hour

func (p *pki) authority(name, commonName string) (*authority, error) {
	t, err := template(pkix.Name{CommonName: commonName}, 10*year)
	if err != nil {
		return nil, err
	}
	t.IsCA, t.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	cert, certPEM, keyPEM, err := p.make(name, t, key, &authority{t, key})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(writeFile(p.path(name)+".crt", certPEM, 0o644), writeFile(p.path(name)+".key", keyPEM, 0o600)); err != nil {
		return nil, err
	}
	return &authority{cert, key}, nil
}

// leaf is what a certificate is for.
type leaf struct {
	name    string // of the file, without its ending
	subject pkix.Name
	server  bool
	client  bool
	hosts   []string
}

// issue makes a key and a certificate for it, in two files.
func (p *pki) issue(l leaf, by *authority) error {
	cert, key, err := p.sign(l, by)
	if err != nil {
		return err
	}
	return errors.Join(writeFile(p.path(l.name)+".crt", cert, 0o644), writeFile(p.path(l.name)+".key", key, 0o600))
}

// sign makes a key and a certificate for it.
func (p *pki) sign(l leaf, by *authority) (certPEM, keyPEM []byte, err error) {
	t, err := template(l.subject, year)
	if err != nil {
		return nil, nil, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	if l.server {
		t.ExtKeyUsage = append(t.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	if l.client {
		t.ExtKeyUsage = append(t.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
	}
	for _, h := range l.hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	_, certPEM, keyPEM, err = p.make(l.name, t, key, by)
	return certPEM, keyPEM, err
}

func (p *pki) make(name string, t *x509.Certificate, key *ecdsa.PrivateKey, by *authority) (cert *x509.Certificate, certPEM, keyPEM []byte, err error) {
	if p.adjust != nil {
		p.adjust(name, t)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, by.cert, key.Public(), by.key)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("certificate %s: %w", name, err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		return nil, nil, nil, fmt.Errorf("certificate %s: %w", name, err)
	}
	if keyPEM, err = encodeKey(key); err != nil {
		return nil, nil, nil, err
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), keyPEM, nil
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

// cluster writes all certificates and keys of a cluster whose API server and node have the address.
func (p *pki) cluster(node string, addresses ...string) (*authority, error) {
	ca, err := p.authority("ca", "kubernetes")
	if err != nil {
		return nil, err
	}
	etcd, err := p.authority("etcd/ca", "etcd-ca")
	if err != nil {
		return nil, err
	}
	front, err := p.authority("front-proxy-ca", "front-proxy-ca")
	if err != nil {
		return nil, err
	}
	hosts := append([]string{"localhost", node}, addresses...)
	api := append([]string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "10.96.0.1"}, hosts...)
	err = errors.Join(
		p.issue(leaf{name: "apiserver", subject: pkix.Name{CommonName: "kube-apiserver"}, server: true, hosts: api}, ca),
		p.issue(leaf{name: "apiserver-kubelet-client", subject: pkix.Name{CommonName: "kube-apiserver-kubelet-client", Organization: []string{"kubeadm:cluster-admins"}}, client: true}, ca),
		p.issue(leaf{name: "front-proxy-client", subject: pkix.Name{CommonName: "front-proxy-client"}, client: true}, front),
		p.issue(leaf{name: "apiserver-etcd-client", subject: pkix.Name{CommonName: "kube-apiserver-etcd-client"}, client: true}, etcd),
		p.issue(leaf{name: "etcd/server", subject: pkix.Name{CommonName: node}, server: true, client: true, hosts: hosts}, etcd),
		p.issue(leaf{name: "etcd/peer", subject: pkix.Name{CommonName: node}, server: true, client: true, hosts: hosts}, etcd),
		p.issue(leaf{name: "etcd/healthcheck-client", subject: pkix.Name{CommonName: "kube-etcd-healthcheck-client"}, client: true}, etcd),
		p.serviceAccounts(),
	)
	if err != nil {
		return nil, err
	}
	return ca, nil
}

// serviceAccounts makes the key that signs the tokens of service accounts.
func (p *pki) serviceAccounts() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := encodeKey(key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	p.accounts = key
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return errors.Join(writeFile(p.path("sa.key"), private, 0o600), writeFile(p.path("sa.pub"), public, 0o600))
}

// token signs a JSON Web Token as the API server does.
func (p *pki) token(claims map[string]any) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(p.accounts.Public())
	if err != nil {
		return "", err
	}
	id := sha256.Sum256(der)
	header, err := json.Marshal(map[string]string{"alg": "ES256", "kid": base64.RawURLEncoding.EncodeToString(id[:])})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, p.accounts, sum[:])
	if err != nil {
		return "", err
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature[:]), nil
}

// writeFile writes a file with exactly this mode, and the folders above it.
func writeFile(path string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode) // whatever the umask says
}
