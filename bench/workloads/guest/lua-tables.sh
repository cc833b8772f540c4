# Lua: tables, strings, closures, and the collector that clears up behind them.

prepare() {
	scale=$(choose 1 10)
}

work() {
	go lua lua-tables.lua "$scale"
}
