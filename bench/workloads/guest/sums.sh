# BusyBox: four sums of a file.

prepare() {
	head -c "$(choose 20000 400000)" text >part
	rounds=$(choose 1 '1 2 3')
}

work() {
	for round in $rounds; do
		for sum in cksum md5sum sha1sum sha256sum; do
			go $sum part
		done
	done
}
