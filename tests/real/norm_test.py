"""Training with batch normalisation against PyTorch: the same initial network, the same
minibatches (all samples), the same optimizer. After some steps what Strata has is as near to
PyTorch in double as PyTorch in float is.

usage: norm_test.py STRATA MPIRUN
"""

import gzip
import os
import shutil
import subprocess
import sys

try:
    import netCDF4
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-netcdf4, python3-numpy, python3-torch)")
    sys.exit(77)

DATA = "/usr/share/datasets/fashion-mnist"
SAMPLES, DEPTH, WIDTH = 1800, 3, 40
RATE, MOMENTUM, BN_MOMENTUM, EPSILON = 0.01, 0.9, 0.2, 1e-4
STEPS = {"init": 0, "step:1": 1, "step:2": 2, "final": 8}
# A value that rounding takes across zero changes relu's gradient by far more than rounding:
# after more steps that happens.
LAST = {"relu": 2, "sigmoid": 8}
STUDY = f"""\
study: norm
data: {{name: fashion-mnist, train: {SAMPLES + 200}, validation: 200, test: 100}}
grid:
  seed: 1
  depth: {DEPTH}
  width: {WIDTH}
  optimizer: [adam, sgd]
  loss: [mse, cross-entropy]
  activation: [relu, sigmoid]
train:
  batch_norm: true
  batch_norm_momentum: {BN_MOMENTUM}
  batch_norm_epsilon: {EPSILON}
  batch_size: {SAMPLES}
  epochs: {STEPS["final"]}
  learning_rate: {RATE}
  momentum: {MOMENTUM}
  bias: all
probe: {{at: [{", ".join(f'"{label}"' for label in STEPS)}], measures: []}}
keep: {{networks: [{", ".join(f'"{label}"' for label in STEPS)}]}}
"""


def read_idx(name, header):
    with gzip.open(f"{DATA}/{name}.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def network(activation):
    layers, sizes = [], [784] + [WIDTH] * DEPTH
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(n_in, n_out, bias=False),
                   torch.nn.BatchNorm1d(n_out, eps=EPSILON, momentum=BN_MOMENTUM),
                   torch.nn.ReLU() if activation == "relu" else torch.nn.Sigmoid()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(WIDTH, 10))


def tensors(model):
    """In the order of a vector of networks.nc."""
    norms = [m for m in model if isinstance(m, torch.nn.BatchNorm1d)]
    linear = [m for m in model if isinstance(m, torch.nn.Linear)]
    for layer, norm in zip(linear, norms):
        yield from (layer.weight, norm.bias, norm.weight)
    yield from (linear[-1].weight, linear[-1].bias)
    for norm in norms:
        yield from (norm.running_mean, norm.running_var)


def load(model, vector):
    with torch.no_grad():
        at = 0
        for tensor in tensors(model):
            n = tensor.numel()
            tensor.copy_(torch.from_numpy(vector[at:at + n].copy()).reshape(tensor.shape))
            at += n
    assert at == len(vector)


def train(options, initial, images, labels, dtype):
    """The vector after each step."""
    model = network(options["activation"])
    load(model, initial)
    model.to(dtype).train()
    x = torch.from_numpy(images / np.float32(255)).to(dtype)
    y = torch.from_numpy(labels.astype(np.int64))
    targets = torch.nn.functional.one_hot(y, 10).to(dtype)
    if options["optimizer"] == "adam":
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    vectors = []
    for _ in range(max(STEPS.values()) + 1):
        vectors.append(torch.cat([t.detach().reshape(-1) for t in tensors(model)])
                       .double().numpy().copy())
        output = model(x)
        loss = (0.5 * ((output - targets) ** 2).sum(1).mean() if options["loss"] == "mse"
                else torch.nn.functional.cross_entropy(output, y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return vectors


def accuracy(options, vector, images, labels):
    """Correct decisions with running statistics."""
    model = network(options["activation"])
    load(model, vector)
    with torch.no_grad():
        output = model.eval()(torch.from_numpy(images / np.float32(255)))
    return int((output.argmax(1).numpy() == labels).sum())


def distance(a, b):
    return float(np.sqrt(((a - b) ** 2).mean()))


def main():
    strata, mpirun = sys.argv[1:]
    if not os.path.isdir(DATA):
        print(f"skipped: no {DATA} (Debian: dataset-fashion-mnist)")
        sys.exit(77)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    shutil.rmtree("run", ignore_errors=True)
    with open("study.yaml", "w", encoding="utf-8") as file:
        file.write(STUDY)
    subprocess.run([mpirun, "-n", "1", strata, "sweep", "study.yaml", "-o", "run", "-q"],
                   check=True, stdin=subprocess.DEVNULL)
    images = read_idx("train-images-idx3-ubyte", 16).reshape(-1, 784)[:SAMPLES]
    labels = read_idx("train-labels-idx1-ubyte", 8)[:SAMPLES]
    archive, nets = (netCDF4.Dataset(f"run/{name}.nc") for name in ("archive", "networks"))
    failures, n = 0, nets.dimensions["network"].size
    vectors = np.asarray(nets["parameter"][:]).reshape(n, -1)
    owners, snapshots = nets["network_cell_id"][:], nets["network_snapshot"][:]
    for cell, cell_id in enumerate(archive["cell_id"][:]):
        options = {name: archive[name].flag_meanings.split()[int(archive[name][cell])]
                   for name in ("optimizer", "loss", "activation")}
        ours = {str(snapshots[i]): vectors[i] for i in np.flatnonzero(owners == cell_id)}
        single, double = (train(options, ours["init"], images, labels, dtype)
                          for dtype in (torch.float32, torch.float64))
        for s, (label, step) in enumerate(STEPS.items()):
            if step > LAST[options["activation"]]:
                continue
            vector = ours[label]
            moved = distance(double[step], double[0])
            found, peer = distance(vector, double[step]), distance(single[step], double[step])
            correct = accuracy(options, vector, images, labels)
            stored = int(archive["network_correct"][cell, s, 0])
            # Both round, each in its own order; an error in a formula is a share of `moved`.
            good = found <= 4 * peer + 1e-4 * moved and abs(correct - stored) <= 2
            failures += not good
            print("ok    " if good else "FAILED", *options.values(), label,
                  f"moved {moved:.2e}, off by {found:.2e}, PyTorch by {peer:.2e}; "
                  f"{stored} correct, PyTorch {correct}")
    sys.exit(failures > 0)


main()
