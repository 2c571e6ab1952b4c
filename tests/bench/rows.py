"""The rows of the goals table: which measured quantities make a row, and how."""

from typing import NamedTuple

PIXELS, CLASSES = 784, 10


class Row(NamedTuple):
    number: int      # of the goal; run.py --rows selects by it
    what: str
    ours: str        # name of a quantity
    other: str       # what it is held against; "" where the quantity itself is the goal
    kind: str        # a key of KINDS
    required: tuple  # (">=" or "<=", bound), or None
    aim: tuple
    steps: tuple     # of run.py: where the quantities come from
    shape: str = ""  # of the network, where the step trains one


# How `ours` and `other` make one number, and how it is written.
KINDS = {
    "faster": (lambda ours, other: other / ours, "{:.2f}x"),
    "percent": (lambda ours, other: 100 * ours / other, "{:.1f} %"),
    "over": (lambda ours, other: ours / other, "{:.3f}"),
    "share": (lambda ours, other: 100 * ours, "{:.2f} %"),
    "seconds": (lambda ours, other: ours, "{:.3f} s"),
    "ms": (lambda ours, other: ours, "{:.3f} ms"),
}


def at_least(bound):
    return (">=", bound)


def at_most(bound):
    return ("<=", bound)


def faster_than_torch(number, shape, required, aim):
    return Row(number, f"training {shape}, PyTorch over ours", f"train {shape}",
               f"torch {shape}", "faster", at_least(required), at_least(aim),
               ("train", "torch"), shape)


def share_of_sgemm(number, shape, required, aim):
    return Row(number, f"training {shape}, GF/s over sgemm(1024^3)", f"GF/s {shape}",
               f"sgemm by {shape}", "percent", at_least(required), at_least(aim), ("train",),
               shape)


def equal_decisions(layer):
    return Row(6, f"decisions of exact densities, layer {layer}", f"equal decisions {layer}",
               "", "share", at_least(99.95), at_least(99.99), ("exact",))


def two_ranks(shape, required, aim):
    return Row(10, f"two ranks, {shape}: seconds alone over together", f"alone {shape}",
               f"together {shape}", "over", at_least(required), at_least(aim), ("pairs",),
               shape)


ROWS = [
    faster_than_torch(1, "6x100", 3.2, 3.6),
    Row(1, "the same with batch normalisation, PyTorch over ours", "train 6x100n",
        "torch 6x100n", "faster", None, None, ("train", "torch"), "6x100n"),
    faster_than_torch(2, "1x20", 7, 10),
    Row(2, "the same by four networks side by side, PyTorch over ours", "train 1x20*4", "torch 1x20", "faster", None,
        None, ("train", "torch"), "1x20*4"),
    faster_than_torch(2, "10x200", 2.2, 2.5),
    faster_than_torch(2, "9x320", 2.0, 2.3),
    share_of_sgemm(3, "6x100", 85, 92),
    share_of_sgemm(3, "10x200", 85, 92),
    share_of_sgemm(3, "9x320", 85, 92),
    share_of_sgemm(4, "1x20", 60, 85),
    Row(5, "three node classifiers of 6x100", "probe classifiers", "", "seconds",
        at_most(0.15), at_most(0.09), ("probe",)),
    Row(5, "the same, scipy's gaussian_kde over ours", "probe classifiers",
        "scipy densities", "faster", None, None, ("probe", "scipy")),
    Row(5, "the same, scikit-learn's KernelDensity over ours", "probe classifiers",
        "sklearn densities", "faster", None, None, ("probe", "sklearn")),
    *map(equal_decisions, range(1, 7)),
    Row(7, "counting patterns, np.unique over ours", "patterns", "numpy unique", "faster",
        at_least(40), at_least(80), ("probe", "numpy")),
    Row(7, "the same, np.packbits and np.unique over ours", "patterns",
        "numpy packbits and unique", "faster", None, None, ("probe", "numpy")),
    Row(7, "forward and patterns over bare forward", "forward and patterns", "forward",
        "over", at_most(1.30), at_most(1.15), ("probe",)),
    Row(8, "probe's forward, GF/s over sgemm(1024^3)", "GF/s forward", "sgemm by probe",
        "percent", at_least(95), at_least(105), ("probe",)),
    Row(9, "whole probe over one epoch of training", "snapshot all", "train 6x100", "over",
        at_most(1.5), at_most(1.1), ("probe", "train"), "6x100"),
    two_ranks("1x20", 0.95, 0.98),
    two_ranks("6x100", 0.95, 0.98),
    two_ranks("10x200", 0.95, 0.98),
    two_ranks("9x320", 0.88, 0.93),
    Row(11, "archive of 10,000 cells, written", "archive ms a cell", "", "ms",
        at_most(0.5), at_most(0.3), ("archive",)),
    Row(11, "the same, opened by xarray", "archive ms to open", "", "ms", at_most(5), None,
        ("archive", "xarray")),
]


def size(shape):
    """Of a network: depth and width. n behind it says that it is normalised, * how many train
    together."""
    return map(int, shape.split("*")[0].rstrip("n").split("x"))


def weights(shape):
    depth, width = size(shape)
    return PIXELS * width + (depth - 1) * width ** 2 + width * CLASSES


def derive(found):
    """Adds quantities that follow from measured ones."""
    for name in list(found):
        if name.startswith("train "):
            shape = name.removeprefix("train ")
            _, width = size(shape)
            # Three products a weight, but no gradient of the pixels.
            flop = (6 * weights(shape) - 2 * PIXELS * width) * found["samples trained"]
            found[f"GF/s {shape}"] = 1e-9 * flop / found[name]
    if "snapshot bare" in found:
        # Without measures a snapshot is the forward pass, counts that all probes share, and
        # the network's loss; the counts are timed apart, on the hidden layers.
        found["forward"] = found["snapshot bare"] - found["probe bare"]
        found["forward and patterns"] = found["snapshot patterns"]
        found["patterns"] = found["probe patterns"] - found["probe bare"]
        flop = 2 * weights("6x100") * found["samples probed"]
        found["GF/s forward"] = 1e-9 * flop / found["forward"]


def holds(goal, value):
    sign, bound = goal
    return value >= bound if sign == ">=" else value <= bound


def verdict(row, value):
    if row.required is None:
        return "-"
    if row.aim is not None and holds(row.aim, value):
        return "aim"
    return "required" if holds(row.required, value) else "missed"
