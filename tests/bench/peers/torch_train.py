"""Epochs of training in PyTorch, as a user writes it: Linear layers, Adam, mini-batches of a
float tensor in memory.

usage: torch_train.py SAMPLES EPOCHS DEPTHxWIDTH[n]...    n: with batch normalisation
"""

import itertools
import sys
import time

import scratch

torch = scratch.package("torch", "python3-torch")

BATCH = 64


def network(depth, width, normalised):
    sizes = [784] + [width] * depth
    layers = []
    for i, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        layers.append(torch.nn.Linear(n_in, n_out, bias=i == 0 and not normalised))
        layers += [torch.nn.BatchNorm1d(n_out)] if normalised else []
        layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, 10, bias=False))


def adam_variants(parameters):
    """The ways of asking for Adam that this version has on a CPU."""
    found = []
    for options in ({"foreach": False}, {"foreach": True}, {"fused": True}):
        try:
            torch.optim.Adam(parameters, lr=1e-3, **options)
            found.append(options)
        except (RuntimeError, TypeError, ValueError):
            pass
    return found


def train_epoch(model, adam, images, targets):
    """Seconds of one epoch."""
    started = time.perf_counter()
    order = torch.randperm(len(images))
    for rows in order.split(BATCH):
        output = model(images.index_select(0, rows))
        loss = torch.nn.functional.mse_loss(output, targets.index_select(0, rows))
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
    return time.perf_counter() - started


def measure(shape, n_epochs, images, targets):
    """Times epochs with the variant of Adam that is fastest in a fifth of one."""
    depth, width = map(int, shape.rstrip("n").split("x"))
    torch.manual_seed(1)
    model = network(depth, width, shape.endswith("n"))
    adams = [torch.optim.Adam(model.parameters(), lr=1e-3, **options)
             for options in adam_variants(model.parameters())]
    part = len(images) // 5
    train_epoch(model, adams[0], images[:part], targets[:part])  # sets up its memory
    first = [train_epoch(model, adam, images[:part], targets[:part]) for adam in adams]
    fastest = adams[first.index(min(first))]
    scratch.report(f"torch {shape}", [train_epoch(model, fastest, images, targets)
                                      for _ in range(n_epochs)])


def main():
    torch.set_num_threads(1)
    # Numbers near zero slow the CPU down; Strata flushes them too.
    torch.set_flush_denormal(True)
    n_samples, n_epochs = map(int, sys.argv[1:3])
    images, labels = scratch.training_samples(n_samples)
    images = torch.from_numpy(images.copy()).float() / 255
    targets = torch.nn.functional.one_hot(torch.from_numpy(labels.copy()).long(), 10).float()
    for shape in sys.argv[3:]:
        measure(shape, n_epochs, images, targets)
    scratch.report_version(f"PyTorch {torch.__version__}")


main()
