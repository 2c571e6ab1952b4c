# Values that tests/unit/test_stats.c holds, from R: exact sign-flip p from all signings,
# the adjustments of Holm and of Benjamini and Hochberg. Run: Rscript tests/reference/paired.R
differences <- list(
    six = c(0.02, 0.01, 0.03, -0.005, 0.015, 0.02),
    eight = c(1.5, -0.25, 2.25, 0.75, -1.0, 3.0, 0.5, 1.25),
    ties = c(0.1, 0.2, -0.1, 0.3, 0.1, -0.2, 0.1),
    zeros = c(0.0, 0.01, 0.0, 0.02, 0.01, 0.0, 0.03),
    twelve = c(0.31, -0.12, 0.55, 0.48, -0.07, 0.91, 0.13, -0.33, 0.27, 0.66, 0.05, -0.19))
sign_flip <- function(d) {
    whole <- round(d * 1000) # exact in integers, ties too
    signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), length(d))))
    mean(abs(signs %*% whole) >= abs(sum(whole)))
}
for (name in names(differences))
    cat(name, format(sign_flip(differences[[name]]), digits = 17), "\n")
p <- list(distinct = c(0.01, 0.04, 0.03, 0.005), tied = c(0.02, 0.02, 0.5, 0.01, 0.9))
for (method in c("holm", "BH"))
    for (name in names(p)) cat(method, name, format(p.adjust(p[[name]], method), digits = 17), "\n")
