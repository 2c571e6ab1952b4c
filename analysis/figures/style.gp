# Shared by all figures. What stands above this line was made from the archive: arrays with
# one element a panel, a curve, a label. Change what is below and run gnuplot again.
set encoding utf8
set datafile missing 'NaN'
ink = 0x000000
grey = 0xbbbbbb
mean_width = 1.8
seed_width = 0.7
point_size = 0.55

set border 3 lc rgb ink lw 0.8
set tics nomirror out scale 0.5 textcolor rgb ink
set grid ytics lc rgb grey lw 0.4 lt 1
unset key

# Columns of the data: place on the axis, x, y (a mean, or one seed's), low, high, N. A block
# is a curve; panel_means, panel_seeds and panel_bands hold their numbers.
faint(colour) = 0x90000000 + colour
inside(v) = v < panel_least[p] ? panel_least[p] : v > panel_most[p] ? panel_most[p] : v
log_ticks(p) = panel_high[p] < 6 * panel_low[p] ? '1 1.2 1.5 2 3 4 5 6 8' : '1 2 5'
few_decades(p) = panel_log[p] && panel_high[p] < 2000 * panel_low[p]
block(b) = strlen(b) ? int(b) : 0 # of no block too: lists may be empty
colour(b) = curve_colour[block_curve[block(b) + 1]]
marker(b) = curve_marker[block_curve[block(b) + 1]]
dash(b) = curve_dash[block_curve[block(b) + 1]]

# The page, in the first panel: heading, and the list of curves where there is one.
begin_page = "\
set label 1 heading at screen heading_x, heading_y left textcolor rgb ink font heading_font; \
do for [i = 1:n_listed] { c = listed_curve[i]; \
if (has_lines) { set arrow i from screen list_x, listed_y[i] to screen list_x + list_line, listed_y[i] \
nohead lc rgb curve_colour[c] lw mean_width dt curve_dash[c] }; \
set label 1 + i curve_label[c] at screen list_x + list_line, listed_y[i] left \
offset char 0.7, 0 textcolor rgb ink; \
set label 101 + i ' ' at screen list_x + 0.5 * list_line, listed_y[i] \
point pt curve_marker[c] ps 1.3 * point_size lc rgb curve_colour[c] }"

# Axes, title and labels of panel p.
begin_panel = "\
set lmargin at screen panel_left[p]; set rmargin at screen panel_right[p]; \
set bmargin at screen panel_bottom[p]; set tmargin at screen panel_top[p]; \
set xrange [x_low:x_high]; set yrange [panel_low[p]:panel_high[p]]; \
if (x_log) { set logscale x } else { unset logscale x }; \
if (panel_log[p]) { set logscale y } else { unset logscale y }; \
if (n_ticks) { set xtics () }; \
do for [i = 1:n_ticks] { \
set xtics add (panel_words_x[p] ? tick_text[i] : '' tick_at[i]) }; \
if (few_decades(p)) { set ytics (); do for [e = -3:5] { do for [m in log_ticks(p)] { \
set ytics add (panel_words_y[p] ? sprintf('%g', m * 10.0**e) : '' m * 10.0**e) } } } \
else { set ytics autofreq }; \
set format x panel_words_x[p] ? '%g' : ''; \
set format y panel_words_y[p] ? '%g' : ''; \
set xlabel panel_words_x[p] ? x_label : '' textcolor rgb ink offset 0, 0.4; \
set ylabel panel_words_y[p] ? panel_label[p] : '' textcolor rgb ink offset 0.3, 0; \
set title panel_title[p] textcolor rgb ink offset 0, -0.6; \
do for [i = 1:n_ends] { \
if (end_panel[i] == p) { \
c = end_curve[i]; \
set label 201 + i curve_label[c] at graph end_x, end_y[i] left offset char 0.8, -0.2 \
textcolor rgb ink point pt curve_marker[c] ps 1.3 * point_size lc rgb curve_colour[c] } }"

finish_panel = "unset label; unset arrow"

# Bands below, every seed thin, means with markers above.
plot_curves = "\
plot for [b in panel_bands[p]] data index block(b) \
using 1:(inside($4)):(inside($5)) with filledcurves \
fc rgb colour(b) fs transparent solid 0.15 noborder, \
for [b in panel_bars[p]] data index block(b) using 1:3:(inside($4)):(inside($5)) \
with yerrorbars lc rgb colour(b) lw 1 pt 0, \
for [b in panel_seeds[p]] data index block(b) using 1:3 with lines \
lc rgb faint(colour(b)) lw seed_width dt dash(b), \
for [b in panel_means[p]] data index block(b) using 1:3 with linespoints \
lc rgb colour(b) lw mean_width dt dash(b) pt marker(b) ps point_size"
