# Written by selkirk plot.  gnuplot startup.gp makes startup.svg of startup.dat;
# gnuplot -e "format='png'" startup.gp makes startup.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'startup.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1080 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,540 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'layer: instructions completed'
set xlabel 'cycles, millions'
set ylabel 'instructions, millions'
set key off
set xrange [0:10.6]
set yrange [0:10.8444]
plot 'startup.dat' index 0 using ($1/1e+06):($2/1e+06) with lines linewidth 2 linecolor rgb '#0072b2' dashtype 1 title 'layer'
set output
