package secrets

import "strings"

// cloudCredential reports whether a key is the name by which a cloud's tools read a secret. It belongs into no ConfigMap, not
// even with a placeholder: somebody will fill it in there.
func cloudCredential(key string) bool {
	switch strings.ToUpper(key) {
	case "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_CLIENT_SECRET", "AZURE_BATCH_KEY", "AZURE_STORAGE_KEY", "AZURE_STORAGE_CONNECTION_STRING",
		"GOOGLE_CREDENTIALS", "GCP_SERVICE_ACCOUNT_KEY", "OCI_CLI_KEY_CONTENT", "ALICLOUD_SECRET_KEY", "DIGITALOCEAN_ACCESS_TOKEN", "HCLOUD_TOKEN":
		return true
	}
	return false
}

// hasValue reports whether a text is more than nothing or a reference that something else fills in.
func hasValue(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && !strings.ContainsAny(text, "$<>{}")
}

// holdsKeyBlock reports whether a text has the block of a private key with anything in it, also a placeholder that somebody will fill in.
func holdsKeyBlock(text string) bool {
	_, rest, found := strings.Cut(text, "-----BEGIN ")
	if !found {
		return false
	}
	kind, rest, found := strings.Cut(rest[:min(len(rest), 200)], "-----")
	if !found || !strings.HasSuffix(kind, "PRIVATE KEY") {
		return false
	}
	body, _, _ := strings.Cut(rest, "-----")
	return strings.Trim(body, ". \r\n\t") != "" && hasValue(body)
}
