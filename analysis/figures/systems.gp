# Accuracy of each layer's nodes as classifiers; the network's own is dashed.
set multiplot
eval begin_page
do for [p = 1:n_panels] {
    eval begin_panel
    eval plot_curves
    eval finish_panel
}
unset multiplot
