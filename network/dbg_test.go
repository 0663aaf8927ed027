package network_test
import "testing"
func TestDbg(t *testing.T){
 for _, c := range oracleCases(t, "netpol-analyzer") {
   if c.Check=="diff" {continue}
   cl := readFiles(t, oracleDir, c.Files)
   for _, f := range cl.set.Flaws { t.Log(c.note.ExpectedOutput, cl.names[f.Object], f.Path, f.Message) }
 }
}
