# Written by selkirk plot.  gnuplot engine.gp makes engine.svg of engine.dat;
# gnuplot -e "format='png'" engine.gp makes engine.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'engine.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1080 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,540 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'Gears and baselines: speed of the host'
set ylabel 'guest MIPS'
set xtics scale 0 norotate
set key outside right top vertical Left reverse
set style data histograms
set style histogram clustered gap 1
set style fill solid 1 border rgb '#ffffff'
set yrange [0:*]
plot 'engine.dat' using ($2/1):xtic(1) title 'r3000' linecolor rgb '#0072b2', \
    'engine.dat' using ($3/1):xtic(1) title 'gears 0' linecolor rgb '#e69f00', \
    'engine.dat' using ($4/1):xtic(1) title 'gears 0-1' linecolor rgb '#009e73', \
    'engine.dat' using ($5/1):xtic(1) title 'gears 0-2' linecolor rgb '#cc79a7'
set output
