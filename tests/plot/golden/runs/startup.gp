# Written by selkirk plot.  gnuplot startup.gp makes startup.svg of startup.dat;
# gnuplot -e "format='png'" startup.gp makes startup.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'startup.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1290 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,645 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title '3 runs: instructions completed'
set xlabel 'cycles, millions'
set ylabel 'instructions, millions'
set key at screen 0.5, screen 0.015 center bottom vertical maxcols 1 Left reverse
set bmargin at screen 0.279
set xrange [0:10.6]
set yrange [0:10.8444]
plot 'startup.dat' index 0 using ($1/1e+06):($2/1e+06) with lines linewidth 2 linecolor rgb '#0072b2' dashtype 1 title 'layer', \
    'startup.dat' index 1 using ($1/1e+06):($2/1e+06) with lines linewidth 2 linecolor rgb '#e69f00' dashtype 1 title 'gear0', \
    'startup.dat' index 2 using ($1/1e+06):($2/1e+06) with lines linewidth 2 linecolor rgb '#009e73' dashtype 1 title 'r3000', \
    'startup.dat' index 3 using ($1/1e+06):($2/1e+06) with points pointtype 7 pointsize 1.8 linecolor rgb '#000000' notitle, \
    '' index 3 using ($1/1e+06):($2/1e+06):3 with labels textcolor rgb '#ffffff' font ',9' notitle, \
    NaN with points pointtype 7 linecolor rgb '#000000' title '1: layer passes gear0 at 311 k cycles', \
    NaN with points pointtype 7 linecolor rgb '#000000' title '2: layer passes r3000 at 3.35 M cycles'
set output
