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
set title 'layer: cycles by cause'
set ylabel 'cycles per instruction'
set xtics scale 0 norotate
set key outside right top vertical Left reverse invert
set style data histograms
set style histogram rowstacked
set style fill solid 1 border rgb '#ffffff'
set yrange [0:*]
set boxwidth 0.4
set offsets 0, 0, graph 0.06, 0
plot 'stack.dat' using ($2/1):xtic(1) title 'gear2' linecolor rgb '#0072b2', \
    'stack.dat' using ($3/1):xtic(1) title 'branch' linecolor rgb '#e69f00', \
    'stack.dat' using ($4/1):xtic(1) title 'dcache' linecolor rgb '#009e73', \
    'stack.dat' using ($5/1):xtic(1) title 'indirect' linecolor rgb '#cc79a7', \
    'stack.dat' using ($6/1):xtic(1) title 'interlock' linecolor rgb '#56b4e9', \
    'stack.dat' using ($7/1):xtic(1) title 'other' linecolor rgb '#999999', \
    '' using 0:(($2+$3+$4+$5+$6+$7)/1):8 with labels offset 0,0.6 notitle
set output
