# bzip2: compresses a text and restores it.

prepare() {
	head -c "$(choose 20000 300000)" text >part
}

work() {
	go bzip2 -9 -c part >part.bz2
	go bzip2 -d -c part.bz2 | go cmp - part && echo restored
	go sha256sum part.bz2
}
