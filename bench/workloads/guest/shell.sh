# BusyBox: a shell script that starts many processes, as a configure script.

prepare() {
	rm -rf tree
	rounds=$(choose 1 12)
}

work() {
	go sh shell.guest "$rounds"
}
