// Package supervise is the first process of a node: it makes the node's file system and starts, watches and ends programs in the node's
// namespaces for a test outside, by requests and events of one line of JSON each.
package supervise

// Request asks for one thing; Setup, Start, Run or Signal is set.
type Request struct {
	ID     int
	Setup  *Setup  `json:",omitempty"`
	Start  *Start  `json:",omitempty"`
	Run    *Start  `json:",omitempty"` // as Start, and the answer comes when it has ended
	Signal *Signal `json:",omitempty"`
}

// Setup is the file system of the node.
type Setup struct {
	Hostname string
	// Overlays are folders of the machine that the node may change without changing the machine, with the folder that takes the changes.
	Overlays []Mount
	// Binds are files and folders that the node sees elsewhere.
	Binds []Mount
	// Settings are those of the kernel (below /proc/sys) that the kubelet would set for the whole machine: the node sees files that hold
	// what is wanted.
	Settings map[string]string
	Scratch  string
	// Forward is an address of the node at which a server elsewhere is reached: the Service of the API server.
	Forward, Backend string
}

// Mount is where something is and where the node has it.
type Mount struct{ From, To string }

// Start starts a program.
type Start struct {
	Path string
	Args []string // with the name
	Env  []string
	Dir  string
	Out  string // file for what it prints
	Err  string // file for its errors, the same if empty
}

// Signal sends a signal to a process of the node, by its number there.
type Signal struct{ PID, Number int }

// Event answers a request (ID is set) or says that a process ended.
type Event struct {
	ID    int    `json:",omitempty"`
	PID   int    `json:",omitempty"`
	Ended bool   `json:",omitempty"`
	Code  int    `json:",omitempty"` // -1 if a signal ended it
	How   string `json:",omitempty"`
	Error string `json:",omitempty"`
}
