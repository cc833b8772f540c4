# The Tiny C Compiler: translates parts of Lua to i386 objects.

prepare() {
	sources=$(choose 'lzio lctype' 'lapi lcode ldo lgc lstring ltable lvm')
}

work() {
	for source in $sources; do
		go tcc -nostdinc -Iinclude -DLUA_USE_C89 -c \
			-o "$source.o" "lua/$source.c" && go sha256sum "$source.o"
	done
}
