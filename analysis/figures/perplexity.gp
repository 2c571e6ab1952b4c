# Mean perplexity of each hidden layer, a curve a setting.
set multiplot
eval begin_page
do for [p = 1:n_panels] {
    eval begin_panel
    eval plot_curves
    eval finish_panel
}
unset multiplot
