#!/usr/bin/env python3
"""What Strata does to training inputs once more, by numpy: which samples are corrupted, by
what, and the noise of every epoch. Random numbers are docs/measures.md's.

usage: inputs_reference.py DIR DATA

DIR is a sweep of 1 hidden tanh layer, mse and sgd without momentum, one minibatch an epoch,
with the networks of `init`, `step:1` and `final`, the second step; DATA has its IDX files.
Exits 1 where networks.nc holds another mask than found here, archive.nc other accuracies, or
where a step is not the gradient's by the inputs found here.
"""
import statistics
import sys

import netCDF4
import numpy as np

CORRUPT, NOISE = 3, 9  # purposes
PIXEL = np.float32(1) / np.float32(255)


def philox(seed, purpose, stream, index):
    """Philox4x32-10: [..., 4] words of each index."""
    mask, index = np.uint64(0xFFFFFFFF), np.asarray(index, np.uint64)
    low, high = (np.full_like(index, part) for part in (stream % 2**32, stream >> 32))
    c = [index & mask, index >> np.uint64(32), low, high]
    k0, k1 = seed, purpose
    for _ in range(10):
        p, q = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [q >> np.uint64(32) ^ c[1] ^ np.uint64(k0), q & mask,
             p >> np.uint64(32) ^ c[3] ^ np.uint64(k1), p & mask]
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return np.stack(c, axis=-1)


def uniform(seed, purpose, stream, index):
    words = philox(seed, purpose, stream, index)
    return ((words[..., 0] << np.uint64(32) | words[..., 1]) >> np.uint64(11)) * 2.0**-53


SIZES = np.float32([statistics.NormalDist().inv_cdf(0.5 + (i + 0.5) / 65536)
                    for i in range(32768)])


def normals(seed, purpose, stream, row, n):
    """The first n normal numbers of a row."""
    index = np.uint64(row << 32) + np.arange((n + 127) // 128 * 16, dtype=np.uint64)
    words = philox(seed, purpose, stream, index).reshape(-1, 16, 4)
    bits = np.stack([words & np.uint64(0xFFFF), words >> np.uint64(16)], axis=-1)
    bits = bits.reshape(-1, 16, 8).transpose(0, 2, 1).ravel()[:n]  # 8 halves of 16 blocks
    return np.where(bits >> np.uint64(15), -1, 1) * SIZES[bits & np.uint64(0x7FFF)]


def gaussian(image, seed, sample):
    x = image.astype(np.float64) / 255
    z = normals(seed, CORRUPT, 3, sample, image.size).astype(np.float32)
    return np.float32(x.mean()) + np.float32(x.std()) * z


def structured(image):
    return np.float32(255 - np.rot90(image).ravel()) * PIXEL


def training_inputs(images, seed, kind, fraction):
    """[sample, pixel], and which are replaced."""
    replaced = uniform(seed, CORRUPT, 2, np.arange(len(images))) < fraction
    replaced &= kind != "none"
    x = [(gaussian(image, seed, i) if kind == "gaussian" else structured(image))
         if replaced[i] else np.float32(image.ravel()) * PIXEL
         for i, image in enumerate(images)]
    return np.stack(x), replaced


def noise(seed, epoch, n, n_inputs):
    return np.stack([normals(seed, NOISE, epoch, i, n_inputs) for i in range(n)])


def read(path, header):
    return np.fromfile(path, np.uint8)[header:]


def name(variable, i):
    """Of a flag's value."""
    return variable.flag_meanings.split()[variable[i]]


def layers(parameters, n_inputs, width, n_classes):
    w, b, v = np.split(parameters, [width * n_inputs, width * n_inputs + width])
    return w.reshape(width, n_inputs), b, v.reshape(n_classes, width)


def forward(x, w, b, v):
    a = np.tanh(x @ w.T + b)
    return a, a @ v.T


def gradient(x, labels, w, b, v):
    """Of half the squared gap to one-hot labels, mean over samples."""
    a, z = forward(x, w, b, v)
    delta = (z - np.eye(len(v))[labels]) / len(x)
    below = (delta @ v) * (1 - a * a)
    return np.concatenate([(below.T @ x).ravel(), below.sum(axis=0), (delta.T @ a).ravel()])


def close(what, found, expected, tolerance):
    gap = np.abs(np.asarray(found) - expected).max()
    if not gap <= tolerance:
        sys.exit(f"{what}: {gap:g} off, {tolerance:g} allowed")


def check_accuracies(archive, i, snapshot, z, labels, original, corrupt):
    """Samples whose two largest outputs differ by rounding alone may count or not."""
    top = np.sort(z, axis=1)
    unclear = ((top[:, -1] - top[:, -2]) < 1e-5).sum()
    guess = z.argmax(axis=1)
    for variable, right, among in (("clean", guess == labels, ~corrupt),
                                   ("corrupt", guess == labels, corrupt),
                                   ("original", guess == original, corrupt)):
        found = archive["train_accuracy_" + variable][i, snapshot]
        if np.ma.is_masked(found) != (among.sum() == 0):
            sys.exit(f"cell {i}: train_accuracy_{variable} is {found}")
        if among.any():
            close(f"cell {i}: train_accuracy_{variable}", found * among.sum(),
                  right[among].sum(), unclear + 1e-6)


def check_cell(archive, networks, i, images, labels):
    ids = archive["cell_id"][:]
    c = list(networks["cell_id"][:]).index(ids[i])
    option = {key: float(archive[key][i]) for key in (
        "seed", "width", "learning_rate", "input_noise", "input_corruption_fraction")}
    seed = int(option["seed"])
    rows = np.asarray(networks["train_sample"][c])
    trained = np.asarray(networks["train_label"][c])
    x, replaced = training_inputs(images[rows], seed, name(archive["input_corruption"], i),
                                  option["input_corruption_fraction"])
    flags = (trained != labels[rows]) + 2 * replaced
    if (np.asarray(networks["train_corrupt"][c]) != flags).any():
        sys.exit(f"cell {i}: train_corrupt is not what numpy finds")
    if archive["corrupt_count"][i] != (flags % 2).sum():
        sys.exit(f"cell {i}: corrupt_count")
    if archive["input_corrupt_count"][i] not in (replaced.sum(), np.ma.masked):
        sys.exit(f"cell {i}: input_corrupt_count")
    x, steps = x.astype(np.float64), []
    shape = x.shape[1], int(option["width"]), int(labels.max()) + 1
    at = np.flatnonzero(networks["network_cell_id"][:] == ids[i])
    for snapshot, k in enumerate(at):
        offset = networks["parameter_offset"][k]
        vector = networks["parameter"][offset:offset + networks["parameter_count"][k]]
        steps.append(np.asarray(vector, np.float64))
        z = forward(x, *layers(steps[-1], *shape))[1]
        check_accuracies(archive, i, snapshot, z, trained, labels[rows], flags > 0)
    for epoch in (0, 1):
        noisy = x + option["input_noise"] * noise(seed, epoch, len(x), shape[0])
        step = option["learning_rate"] * gradient(noisy, trained, *layers(steps[epoch], *shape))
        close(f"cell {i}, step {epoch + 1}", steps[epoch + 1], steps[epoch] - step, 3e-7)
    return flags


def main():
    directory, data = sys.argv[1:]
    labels = read(f"{data}/train-labels-idx1-ubyte", 8)
    images = read(f"{data}/train-images-idx3-ubyte", 16)
    side = int(round((len(images) / len(labels)) ** 0.5))
    images = images.reshape(-1, side, side)
    seen = set()
    with netCDF4.Dataset(f"{directory}/archive.nc") as archive, \
            netCDF4.Dataset(f"{directory}/networks.nc") as networks:
        n = len(archive.dimensions["cell"])
        for i in range(n):
            seen |= set(check_cell(archive, networks, i, images, labels).tolist())
    if seen != {0, 1, 2, 3}:
        sys.exit(f"only samples {seen}: the test shows nothing")
    print(f"{n} cells have numpy's inputs")


if __name__ == "__main__":
    main()
