# Written by selkirk plot.  gnuplot histogram-morph.gear2.sizes.gp makes histogram-morph.gear2.sizes.svg of histogram-morph.gear2.sizes.dat;
# gnuplot -e "format='png'" histogram-morph.gear2.sizes.gp makes histogram-morph.gear2.sizes.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'histogram-morph.gear2.sizes.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,1080 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,540 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'layer: morph.gear2.sizes'."\n".'(layer (mean 7.204))'
set ylabel 'share of what was counted, %'
set xlabel 'morph.gear2.sizes'
set xtics scale 0 norotate
set key off
set style data histograms
set style histogram clustered gap 1
set style fill solid 1 border rgb '#ffffff'
set yrange [0:*]
plot 'histogram-morph.gear2.sizes.dat' using ($2/1):xtic(1) title 'layer (mean 7.204)' linecolor rgb '#0072b2'
set output
