package encryption

import "fmt"

// Note is advice on a file that the API server takes.
type Note struct {
	// Path leads to what it is about, Text is to be read behind it.
	Path, Text string
}

// Advice says what is left to do before the encryption is as good as it can be, entry by entry: plain text that is still accepted, rotations
// that were not brought to their end, weak providers, keys in the file.
func (c *Config) Advice() []Note {
	var notes []Note
	for i := range c.Entries {
		providers := c.Entries[i].Providers
		for j := range providers {
			p := &providers[j]
			note := func(format string, args ...any) {
				notes = append(notes, Note{Path: p.Path, Text: fmt.Sprintf(format, args...)})
			}
			switch {
			case p.Sort == Identity && j == 0 && len(providers) > 1:
				note("is identity and comes first, so nothing is encrypted; put it last")
			case p.Sort == Identity && j == 0:
				note("is identity alone, so nothing is encrypted")
			case p.Sort == Identity:
				note("still reads plain text; remove it when everything has been written again")
			case p.Sort == KMSv1:
				note("is KMS v1, deprecated since Kubernetes 1.28 and off since 1.29; move to KMS v2")
			case j > 0 && p.Sort.Local():
				note("only reads what was written before; remove it, and its keys, when everything has been written again")
			case p.Sort.Local():
				note("%s", localAdvice(p))
			}
		}
	}
	return notes
}

// localAdvice is on a provider that writes with a key of the file.
func localAdvice(p *Provider) string {
	text := "has its key in the file; with KMS v2 it is elsewhere"
	switch p.Sort {
	case AESCBC:
		text = "is aescbc, which is open to padding oracles and has its key in the file; secretbox is better, KMS v2 best"
	case AESGCM:
		text = "is aesgcm, which needs a new key every 200,000 writes and has it in the file; secretbox is better, KMS v2 best"
	case Unknown, Identity, KMSv1, Secretbox, KMSv2:
	}
	if n := len(p.Keys); n > 1 {
		text += fmt.Sprintf("; of its %d keys the first writes, and the others can go when everything has been written again", n)
	}
	return text
}
