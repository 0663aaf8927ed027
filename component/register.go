package component

// fromNodeRegistrations makes the kubelets that kubeadm configures: flags of nodeRegistration over the KubeletConfiguration beside it, which
// kubeadm completes.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/componentconfigs/kubelet.go
func (b *builder) fromNodeRegistrations() {
	for n := range b.set.docs {
		d := &b.set.docs[n]
		if d.group != "kubeadm.k8s.io" || d.inner || !d.readableKubeadm() {
			continue
		}
		config := b.index.beside(d, "KubeletConfiguration")
		cluster := b.index.beside(d, "ClusterConfiguration")
		switch d.kind {
		case "InitConfiguration", "JoinConfiguration":
		case "ClusterConfiguration":
			if b.index.beside(d, "InitConfiguration") != nil || b.index.beside(d, "JoinConfiguration") != nil || config == nil {
				continue
			}
		default:
			continue
		}
		b.kubeadmKubelet(d, config, cluster)
	}
}

func (b *builder) kubeadmKubelet(d, config, cluster *document) {
	v, certs := b.version, certificatesDir(nil)
	if cluster != nil {
		v, certs = b.kubeadmVersion(cluster), certificatesDir(cluster.fields)
	}
	const at = "nodeRegistration.kubeletExtraArgs"
	i := b.distributed(d, Kubelet, v, "kubeadm", d.fields.path(at), joinedPlace(d, at), []argument{
		{"bootstrap-kubeconfig", "/etc/kubernetes/bootstrap-kubelet.conf"},
		{"kubeconfig", "/etc/kubernetes/kubelet.conf"},
		{"config", "/var/lib/kubelet/config.yaml"},
	})
	i.Name = "kubelet of kubeadm's " + d.kind
	i.edits = d.kubeadmEdits()
	if d.kind == "ClusterConfiguration" {
		i.edits, i.list, i.Path = editNothing, "", ""
	}
	c := &i.config
	c.path, c.base = "/var/lib/kubelet/config.yaml", true
	switch {
	case config != nil:
		c.fields, c.at = config.fields, config.fields.place
		b.take(i, config)
	case cluster == nil:
		c.missing = "the kubelet's configuration comes from the cluster (ConfigMap kube-system/kubelet-config) and was not read"
	}
	c.distribution = distributionFields(map[string]string{
		"authentication.x509.clientCAFile": certs + "/ca.crt", "authentication.anonymous.enabled": "false",
		"authentication.webhook.enabled": "true", "authorization.mode": "Webhook", "healthzBindAddress": "127.0.0.1", "healthzPort": "10248",
		"staticPodPath": "/etc/kubernetes/manifests", "cgroupDriver": "systemd",
	})
	if c.missing == "" {
		c.forced = distributionFields(map[string]string{"rotateCertificates": "true"})
	}
	b.made = append(b.made, i)
}
