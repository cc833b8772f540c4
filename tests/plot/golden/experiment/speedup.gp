# Written by selkirk plot.  gnuplot speedup.gp makes speedup.svg of speedup.dat;
# gnuplot -e "format='png'" speedup.gp makes speedup.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'speedup.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1080 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,540 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'Gears and baselines: speed beside r3000'."\n".'(at equal clock)'
set ylabel 'cycles of r3000 / cycles'
set xtics scale 0 norotate
set key outside right top vertical Left reverse
set style data histograms
set style histogram clustered gap 1
set style fill solid 1 border rgb '#ffffff'
set yrange [0:*]
set arrow from graph 0, first 1 to graph 1, first 1 nohead front linewidth 1 dashtype 2 linecolor rgb '#000000'
plot 'speedup.dat' using ($2/1):xtic(1) title 'gears 0' linecolor rgb '#0072b2', \
    'speedup.dat' using ($3/1):xtic(1) title 'gears 0-1' linecolor rgb '#e69f00', \
    'speedup.dat' using ($4/1):xtic(1) title 'gears 0-2' linecolor rgb '#009e73'
set output
