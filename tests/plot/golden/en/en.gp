# Written by selkirk plot.  gnuplot en.gp makes en.svg of en.dat;
# gnuplot -e "format='png'" en.gp makes en.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'en.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1206 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,603 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'repeat: E(n) = S + n T'
set xlabel 'n (repetitions n)'
set ylabel 'cycles'
set key at screen 0.5, screen 0.015 center bottom vertical maxcols 1 Left reverse
set bmargin at screen 0.229
set xrange [0.629232:1589.24]
set yrange [57965.6:1.42846e+08]
set logscale x
set format x '%.0s%c'
set logscale y
set format y '%.0s%c'
plot 'en.dat' index 0 using ($1/1):($2/1) with points linewidth 2 linecolor rgb '#0072b2' pointtype 7 pointsize 0.9 notitle, \
    (2000 + 90000 * x*1)/1 with lines linewidth 1.5 linecolor rgb '#0072b2' title 'gears 0: S = 2 k, T = 90 k', \
    'en.dat' index 1 using ($1/1):($2/1) with points linewidth 2 linecolor rgb '#e69f00' pointtype 5 pointsize 0.9 notitle, \
    (400000 + 24000 * x*1)/1 with lines linewidth 1.5 linecolor rgb '#e69f00' title 'gears 0-1: S = 400 k, T = 24 k', \
    'en.dat' index 2 using ($1/1):($2/1) with points linewidth 2 linecolor rgb '#009e73' pointtype 9 pointsize 0.9 notitle, \
    (1500000 + 9500 * x*1)/1 with lines linewidth 1.5 linecolor rgb '#009e73' title 'gears 0-2: S = 1.5 M, T = 9.5 k'
set output
