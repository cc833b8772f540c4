# SQLite: a database in memory: inserts, indexes, joins, groups, updates.

prepare() {
	sed "s/@ROWS@/$(choose 100 4000)/" sqlite.sql >script
}

work() {
	go sqlite3 -batch -init script :memory: .quit
}
