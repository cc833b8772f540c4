# BusyBox: gzip compresses a text and restores it.

prepare() {
	head -c "$(choose 20000 400000)" text >part
}

work() {
	go gzip -c part >part.gz
	go gunzip -c part.gz | go cmp - part && echo restored
	go sha256sum part.gz
}
