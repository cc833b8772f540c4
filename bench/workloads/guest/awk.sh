# mawk: counts words, lengths and numbers of a text, and ranks them.

prepare() {
	head -c "$(choose 20000 300000)" text >part
}

work() {
	go mawk -f awk.awk part
}
