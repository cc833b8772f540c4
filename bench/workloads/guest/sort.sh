# BusyBox: sort by text, by number and by a field; uniq.

prepare() {
	head -c "$(choose 10000 60000)" text | tr -s ' .,' '\n\n\n' >words
	head -c "$(choose 4000 25000)" text >part
}

work() {
	go sort words | go uniq -c | go sort -rn >ranks
	go head -n 50 ranks
	go sort -k 3,3 -k 1,1r part | go sha256sum
}
