# Written by selkirk plot.  gnuplot ablation.gp makes ablation.svg of ablation.dat;
# gnuplot -e "format='png'" ablation.gp makes ablation.png.
if (!exists('format')) format = 'svg'
if (!exists('output')) output = 'ablation.'.format
set encoding utf8
if (format eq 'png') set terminal pngcairo noenhanced size 1920,552 font 'sans-serif,10' fontscale 2 linewidth 2 pointscale 2 background '#ffffff'
if (format ne 'png') set terminal svg noenhanced size 960,276 font 'sans-serif,14' background '#ffffff'
set output output
set datafile missing '?'
set border 3 linewidth 1
set tics nomirror out
set grid ytics linetype 1 linecolor rgb '#dddddd'
set title 'Gears and baselines: beside r3000'."\n".'(geometric mean of 5 workloads)'
set xlabel 'change of cycles, %'
set key off
unset grid
set grid xtics linetype 1 linecolor rgb '#dddddd'
set border 1
set ytics scale 0
set style fill solid 1 noborder
set yrange [2.6:-0.6]
set offsets graph 0.12, graph 0.12, 0, 0
set arrow from first 0, graph 0 to first 0, graph 1 nohead front linewidth 1 linecolor rgb '#000000'
low(v) = v < 0 ? v : 0
high(v) = v < 0 ? 0 : v
plot 'ablation.dat' using 2:0:(low($2)):(high($2)):($0-0.35):($0+0.35):($2 < 0 ? 0x0072b2 : 0xd55e00):ytic(1) with boxxyerror linecolor rgb variable, \
    '' using (high($2)):0:($2 < 0 ? '' : strcol(3)) with labels left offset 0.6,0, \
    '' using (low($2)):0:($2 < 0 ? strcol(3) : '') with labels right offset -0.6,0
set output
