# Curves: means over seeds thick, single seeds thin, bands; a panel a place on the page.
set multiplot
eval begin_page
do for [p = 1:n_panels] {
    eval begin_panel
    eval plot_curves
    eval finish_panel
}
unset multiplot
