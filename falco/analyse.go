package falco

// analyse tells what Falco does not.
func (l *loader) analyse() {
}
