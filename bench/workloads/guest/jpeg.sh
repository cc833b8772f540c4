# libjpeg-turbo: an image to JPEG and back, in integers, and with progressive
# coding and floating point.

prepare() {
	image=$(choose image.small image.normal)
}

work() {
	go cjpeg -quality 85 -dct int "$image" >plain.jpg
	go djpeg -dct int plain.jpg | go sha256sum
	go cjpeg -quality 75 -dct float -progressive -optimize "$image" >progressive.jpg
	go djpeg -dct float progressive.jpg | go sha256sum
	go sha256sum plain.jpg progressive.jpg
}
