# Share of each class's samples that activate a node; ticks are the layers' first nodes.
set grid xtics lc rgb grey lw 0.4 lt 1
set multiplot
eval begin_page
do for [p = 1:n_panels] {
    eval begin_panel
    plot for [b in panel_means[p]] data index block(b) using 1:3 with points \
        lc rgb colour(b) pt marker(b) ps 0.5 * point_size
    eval finish_panel
}
unset multiplot
