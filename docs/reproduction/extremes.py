#!/usr/bin/python3
"""How selective nodes are: of each network, snapshot and layer in DIR/nodes.nc, the share of
pairs (node, class) of which at most 2 % or at least 98 % of the class's test samples
activate the node.

usage: extremes.py DIR
"""
import sys

import numpy as np
import xarray

nodes, archive = (xarray.open_dataset(f"{sys.argv[1]}/{name}.nc")
                  for name in ("nodes", "archive"))
seed = dict(zip(archive.cell_id.values, archive.seed.values))
on = nodes.active_count.isel(split=2).values
of = nodes.sample_count.isel(split=2).values
print("seed,snapshot,layer,extreme")
for i, cell in enumerate(nodes.network_cell_id.values):
    first = int(nodes.record_offset[i])
    records = slice(first, first + int(nodes.record_count[i]))
    share = on[records] / of[i]
    extreme = (share <= 0.02) | (share >= 0.98)
    layer = nodes.layer.values[records]
    for k in np.unique(layer):
        print(f"{seed[cell]},{str(nodes.network_snapshot.values[i])},{k},"
              f"{extreme[layer == k].mean():.6f}")
