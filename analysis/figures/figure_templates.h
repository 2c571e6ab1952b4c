/* The texts of analysis/figures/, which the build makes arrays of. */
#ifndef STRATA_ANALYSIS_FIGURE_TEMPLATES_H
#define STRATA_ANALYSIS_FIGURE_TEMPLATES_H

extern const char figure_template_style[], figure_template_curves[],
    figure_template_gap[], figure_template_heatmap[], figure_template_node[],
    figure_template_profile[];

#endif
