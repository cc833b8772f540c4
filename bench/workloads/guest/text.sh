# BusyBox: a file of text through grep, sed, tr, cut, awk and wc.

prepare() {
	head -c "$(choose 5000 60000)" text >part
}

work() {
	go grep -c 'st[aeiou]*ng' part
	go grep -E -o '[0-9]+ [a-z]+ing?' part | go sort | go uniq | go wc
	go sed -e 's/\([a-z]*\) \([a-z]*\)/\2 \1/g' -e '/^[aeiou]/d' \
		-e 's/[0-9][0-9]*/<&>/' part | go tr a-z A-Z | go sha256sum
	go awk '{ s += length($0); w[$1]++ } END { print NR, s, length(w) }' part
	go cut -d ' ' -f 2,4-6 part | go sha256sum
}
