# Written by selkirk plot.  gnuplot packing.gp makes packing.svg of packing.dat;
# gnuplot -e "format='png'" packing.gp makes packing.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'packing.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1080 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,540 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'layer: molecules by format'."\n".'(over the bars: atoms per molecule)'
set ylabel 'share of the molecules, %'
set xtics scale 0 norotate
set key outside right top vertical Left reverse invert
set style data histograms
set style histogram rowstacked
set style fill solid 1 border rgb '#ffffff'
set yrange [0:*]
set yrange [0:108]
set boxwidth 0.4
set offsets 0, 0, graph 0.06, 0
plot 'packing.dat' using ($2/1):xtic(1) title 'lsu_alu1_alu0_imm32' linecolor rgb '#0072b2', \
    'packing.dat' using ($3/1):xtic(1) title 'lsu_alu1_alu0_bru' linecolor rgb '#e69f00', \
    'packing.dat' using ($4/1):xtic(1) title 'alu0_alu1' linecolor rgb '#009e73', \
    'packing.dat' using ($5/1):xtic(1) title 'alu0_bru' linecolor rgb '#cc79a7', \
    'packing.dat' using ($6/1):xtic(1) title 'lsu_alu1' linecolor rgb '#56b4e9', \
    'packing.dat' using ($7/1):xtic(1) title 'other' linecolor rgb '#999999', \
    '' using 0:(($2+$3+$4+$5+$6+$7)/1):8 with labels offset 0,0.6 notitle
set output
