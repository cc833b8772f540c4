# Written by selkirk plot.  gnuplot stack.gp makes stack.svg of stack.dat;
# gnuplot -e "format='png'" stack.gp makes stack.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'stack.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1080 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,540 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'Gears and baselines: cycles by cause'
set ylabel 'share of the cycles, %'
set xtics scale 0 norotate
set key outside right top vertical Left reverse invert
set style data histograms
set style histogram rowstacked
set style fill solid 1 border rgb '#ffffff'
set yrange [0:*]
set yrange [0:108]
set boxwidth 0.7
set offsets 0, 0, graph 0.06, 0
plot 'stack.dat' using ($2/1):xtic(1) title 'issue' linecolor rgb '#0072b2', \
    'stack.dat' using ($3/1):xtic(1) title 'gear2' linecolor rgb '#e69f00', \
    'stack.dat' using ($4/1):xtic(1) title 'dcache' linecolor rgb '#009e73', \
    '' using 0:(($2+$3+$4)/1):5 with labels offset 0,0.6 notitle
set output
