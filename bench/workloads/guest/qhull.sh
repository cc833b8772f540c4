# Qhull: convex hulls and a Delaunay triangulation of points in space; double
# precision, and much memory.

prepare() {
	points=$(choose 40 2500)
	go rbox "$points" t1 D3 B100 >cube
	go rbox "$points" t2 D2 B100 >square
	go rbox "$((points / 5))" s t3 D4 B100 >sphere
}

work() {
	go qhull s FA <cube 2>&1 | go grep -v CPU
	go qhull d Qt Fv <square | go sha256sum
	go qhull s FA <sphere 2>&1 | go grep -v CPU
}
