"""Log densities of one node's pre-activations under its ten classes, by scipy or scikit-learn:
measured at some points, and reported as seconds for all samples and all nodes of the network.
The cost of both is linear in points; the time to fit is left out.

usage: densities.py {scipy|sklearn} SCRATCH POINTS NODES
"""

import sys
import time

import scratch
from scratch import np


def scipy_model(values):
    stats = scratch.package("scipy.stats", "python3-scipy")
    return stats.gaussian_kde(values).logpdf


def sklearn_model(values):
    """The same bandwidth: scikit-learn's own rule leaves out the standard deviation."""
    neighbors = scratch.package("sklearn.neighbors", "python3-sklearn")
    bandwidth = values.std(ddof=1) * len(values) ** -0.2
    tree = neighbors.KernelDensity(bandwidth=bandwidth).fit(values[:, None])
    return lambda points: tree.score_samples(points[:, None])


def main():
    library, folder, n_points, n_nodes = sys.argv[1:]
    values = scratch.node(folder).astype(np.float64)
    start = scratch.groups(folder)
    points = values[np.linspace(0, len(values) - 1, int(n_points)).astype(int)]
    model = {"scipy": scipy_model, "sklearn": sklearn_model}[library]
    models = [model(values[start[c]:start[c + 1]]) for c in range(10)]
    started = time.perf_counter()
    for log_density in models:
        if not np.isfinite(log_density(points)).all():
            sys.exit("a log density is not finite")
    seconds = time.perf_counter() - started
    scratch.report(f"{library} densities", [seconds * len(values) / len(points) * int(n_nodes)])
    scratch.report_version(f"{library} {sys.modules[library].__version__}")


main()
