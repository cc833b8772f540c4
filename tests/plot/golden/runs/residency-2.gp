# Written by selkirk plot.  gnuplot residency-2.gp makes residency-2.svg of residency-2.dat;
# gnuplot -e "format='png'" residency-2.gp makes residency-2.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'residency-2.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1280 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,640 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'gear0: instructions by gear'
set multiplot
set lmargin at screen 0.1
set rmargin at screen 0.76
set key at screen 0.78, graph 1 left top vertical Left reverse
set style fill solid 1 noborder
set xrange [0:10]
set ytics autofreq
set tmargin at screen 0.92
set bmargin at screen 0.54
set format x ''
set ylabel 'share of instructions, %'
set yrange [0:100]
plot 'residency-2.dat' using ($1/1e+06):(($2+$3+$4+$5)/1) with fillsteps linecolor rgb '#e69f00' title 'gear 0', \
    'residency-2.dat' using ($1/1e+06):(($2+$3+$4)/1) with fillsteps linecolor rgb '#009e73' title 'handlers', \
    'residency-2.dat' using ($1/1e+06):(($2+$3)/1) with fillsteps linecolor rgb '#56b4e9' title 'gear 1', \
    'residency-2.dat' using ($1/1e+06):(($2)/1) with fillsteps linecolor rgb '#0072b2' title 'gear 2'
set tmargin at screen 0.48
set bmargin at screen 0.34
unset title
set format x ''
set ylabel 'translations'
set yrange [0:*]
set ytics 50
plot 'residency-2.dat' using ($1/1e+06):(($6)/1) with steps linewidth 1.5 linecolor rgb '#56b4e9' title 'gear 1 translations', \
    'residency-2.dat' using ($1/1e+06):(($7)/1) with steps linewidth 1.5 linecolor rgb '#0072b2' title 'gear 2 translations'
set tmargin at screen 0.28
set bmargin at screen 0.13
set format x '%g'
set xlabel 'cycles, millions'
set ylabel 'faults'
set yrange [0:*]
set ytics 10
plot 'residency-2.dat' using ($1/1e+06):(($8)/1) with steps linewidth 1.5 linecolor rgb '#d55e00' title 'rollbacks', \
    'residency-2.dat' using ($1/1e+06):(($9)/1) with steps linewidth 1.5 linecolor rgb '#cc79a7' title 'guest exceptions'
unset multiplot
set output
