# BusyBox: four sums of a file.

prepare() {
	head -c "$(choose 20000 1000000)" text >part
}

work() {
	for sum in cksum md5sum sha1sum sha256sum; do
		go $sum part
	done
}
