# PicoSAT: decides a random formula in conjunctive form.

prepare() {
	formula=$(choose formula.small formula.normal)
}

work() {
	go picosat "$formula"
}
