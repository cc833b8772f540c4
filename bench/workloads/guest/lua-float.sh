# Lua: floating point: bodies under gravity, a spectral norm, a Mandelbrot set.

prepare() {
	scale=$(choose 2 100)
}

work() {
	go lua lua-float.lua "$scale"
}
