# TwoLAME: sound to MPEG audio layer 2, with a psychoacoustic model; nearly all
# of it floating point.

prepare() {
	sound=$(choose sound.small sound.normal)
}

work() {
	go twolame "$sound" sound.mp2 >/dev/null 2>&1
	go sha256sum sound.mp2
}
