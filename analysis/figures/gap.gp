# A measure against the generalization gap: settings large, networks small.
set multiplot
eval begin_page
do for [p = 1:n_panels] {
    eval begin_panel
    plot for [b in panel_seeds[p]] data index block(b) using 1:3 with points \
        lc rgb faint(colour(b)) pt marker(b) ps 0.7 * point_size, \
        for [b in panel_means[p]] data index block(b) using 1:3 with points \
        lc rgb colour(b) pt marker(b) ps 1.5 * point_size
    eval finish_panel
}
unset multiplot
