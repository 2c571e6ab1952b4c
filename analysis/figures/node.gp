# Samples of each class by the pre-activation that they give a node: a line through the
# counts of the bins.
set multiplot
eval begin_page
do for [p = 1:n_panels] {
    eval begin_panel
    plot for [b in panel_means[p]] data index block(b) using 1:3 with lines \
        lc rgb colour(b) lw 0.8 * mean_width dt dash(b), \
        for [b in panel_means[p]] data index block(b) using 1:3 every 5 with points \
        lc rgb colour(b) pt marker(b) ps 1.3 * point_size
    eval finish_panel
}
unset multiplot
