//go:build !unix

package node

import "io/fs"

// ownerOf returns who owns a file: nobody whom this system could name.
func ownerOf(fs.FileInfo) (uid, gid int, ok bool) { return 0, 0, false }
