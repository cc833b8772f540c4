# Written by selkirk plot.  gnuplot sweep.gp makes sweep.svg of sweep.dat;
# gnuplot -e "format='png'" sweep.gp makes sweep.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'sweep.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1080 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,540 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'buffer: cycles per instruction over store_buffer'
set xlabel 'store_buffer'
set ylabel 'cycles per instruction'
set key outside right top vertical Left reverse
set xrange [3.09429:165.466]
set yrange [1.06607:1.76745]
set logscale x
set xtics ('4' 4, '8' 8, '16' 16, '32' 32, '64' 64, '128' 128)
plot 'sweep.dat' index 0 using ($1/1):($2/1) with linespoints linewidth 2 linecolor rgb '#0072b2' dashtype 1 pointtype 7 pointsize 0.9 title 'crc32', \
    'sweep.dat' index 1 using ($1/1):($2/1) with linespoints linewidth 2 linecolor rgb '#e69f00' dashtype 1 pointtype 5 pointsize 0.9 title 'quicksort', \
    'sweep.dat' index 2 using ($1/1):($2/1) with linespoints linewidth 2 linecolor rgb '#009e73' dashtype 1 pointtype 9 pointsize 0.9 title 'string'
set output
