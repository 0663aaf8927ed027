package signing_test

import (
	"encoding/base64"
	"strconv"
	"testing"

	"github.com/kubeharden/kubeharden/controls/internal/signing"
	"github.com/kubeharden/kubeharden/tree"
)

func parse(t testing.TB, text string) tree.Node {
	t.Helper()
	doc, err := tree.NewParser().Parse([]byte(text), tree.Document{End: len(text)})
	if err != nil {
		t.Skip(err)
	}
	return doc.Root()
}

func TestRead(t *testing.T) {
	for request, want := range map[string]struct {
		user      string
		component bool
	}{
		signing.OfUser: {"jane", false}, signing.OfMaster: {"root", false}, signing.OfNode: {"system:node:a", true}, signing.OfScheduler: {"system:kube-scheduler", true},
	} {
		l, at, err := signing.Read(parse(t, `{spec: {request: `+request+`}}`))
		if err != nil || l.User != want.user || l.Component() != want.component || at.Text() != request {
			t.Errorf("%+v, %v", l, err)
		}
	}
	for _, bad := range []string{"", "!", "aGVsbG8=", base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"))} {
		if l, _, err := signing.Read(parse(t, `{spec: {request: "`+bad+`"}}`)); err == nil {
			t.Errorf("%q gives %+v", bad, l)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{signing.OfUser, signing.OfMaster, signing.OfNode, "", "LS0t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, request string) {
		if l, _, err := signing.Read(parse(t, `{"spec": {"request": `+strconv.Quote(request)+`}}`)); err != nil && l.User != "" {
			t.Errorf("%+v and %v", l, err)
		}
	})
}
