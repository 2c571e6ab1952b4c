# A measure over two options: a tile a setting, with its mean and the number of seeds.
array shade[8] = [0x440154, 0x46327e, 0x365c8d, 0x277f8e, 0x1fa187, 0x4ac16d, 0xa0da39, 0xfde725]
part(c, k) = int(c / 256**k) % 256
between(a, b, w, k) = int(part(a, k) + w * (part(b, k) - part(a, k)) + 0.5) * 256**k
mix(a, b, w) = between(a, b, w, 2) + between(a, b, w, 1) + between(a, b, w, 0)
share(v) = z_high > z_low ? (v - z_low) / (z_high - z_low) : 0.5
below(v) = share(v) >= 1 ? 7 : 1 + int(7 * share(v))
viridis(v) = mix(shade[below(v)], shade[below(v) + 1], 7 * share(v) - (below(v) - 1))
# Relative luminance (WCAG 2): above 0.18 black is the better contrast. Not quite black, which
# would be the page's ink.
linear(c) = c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055)**2.4
light(c, k) = linear(part(c, k) / 255.0)
luminance(c) = 0.2126 * light(c, 2) + 0.7152 * light(c, 1) + 0.0722 * light(c, 0)
on_tile(v) = luminance(viridis(v)) > 0.18 ? 0x010101 : 0xffffff

unset grid
set border 0
set tics scale 0
set multiplot
eval begin_page
do for [p = 1:n_panels] {
    eval begin_panel
    unset ytics
    unset xtics
    set xtics scale 0 ()
    do for [i = 1:n_ticks] {
        set xtics add (tick_text[i] tick_at[i])
    }
    if (panel_words_y[p]) { set ytics scale 0 () }
    do for [i = 1:n_curves] {
        if (panel_words_y[p]) { set ytics add (curve_label[i] i - 1) }
    }
    set ylabel ''
    plot for [b in panel_means[p]] data index block(b) \
        using 1:(block_curve[block(b) + 1] - 1):(0.49):(0.48):(viridis($3)) \
        with boxxyerror fs solid 1 noborder lc rgb variable, \
        for [b in panel_means[p]] data index block(b) \
        using 1:(block_curve[block(b) + 1] - 1):(sprintf('%.4g', $3)):(on_tile($3)) \
        with labels offset 0, 0.5 textcolor rgb variable, \
        for [b in panel_means[p]] data index block(b) \
        using 1:(block_curve[block(b) + 1] - 1):(sprintf('n %d', $6)):(on_tile($3)) \
        with labels offset 0, -0.5 textcolor rgb variable
    eval finish_panel
}
unset multiplot
