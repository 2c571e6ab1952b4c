#!/usr/bin/env python3
"""The statistics of `strata rank` once more, by scipy and by counting ordered pairs as the
formulae are written, from the settings that the program prints.

usage: rank_reference.py SETTINGS.csv JUDGED.json N_SAMPLES
       rank_reference.py golden

SETTINGS.csv is `rank DIR --table settings --format csv`, JUDGED.json `rank DIR --format
json` with the same choices, N_SAMPLES the number of test samples. Exits 1 where a number
differs. `golden` prints the values that tests/unit/test_rank.c holds: data B of that test,
and the same with ties.
"""
import collections
import csv
import itertools
import json
import math
import sys

import numpy as np
import scipy.stats


def tau_b(mu, gap):
    return scipy.stats.kendalltau(mu, gap).statistic


def tau_a(mu, gap):
    n = len(mu)
    signs = [np.sign(mu[i] - mu[j]) * np.sign(gap[i] - gap[j])
             for i, j in itertools.permutations(range(n), 2)]
    return sum(signs) / (n * (n - 1))


def granulated(axes, mu, gap):
    psi = []
    for axis in range(axes.shape[1]):
        groups = collections.defaultdict(list)
        for i, row in enumerate(axes):
            groups[tuple(np.delete(row, axis))].append(i)
        taus = [tau_a(mu[g], gap[g]) for g in groups.values() if len(g) > 1]
        psi.append(np.mean(taus) if taus else math.nan)
    defined = [x for x in psi if not math.isnan(x)]
    return psi, np.mean(defined) if defined else math.nan


def entropy(labels):
    counts = np.array(list(collections.Counter(labels).values()), float)
    return scipy.stats.entropy(counts)


def cmi_given(axes, chosen, mu, gap):
    """I(V_mu; V_g | U) / H(V_g | U) over ordered pairs of different settings."""
    cells = collections.defaultdict(list)
    for i, j in itertools.permutations(range(len(mu)), 2):
        u = tuple(axes[i, chosen]), tuple(axes[j, chosen])
        cells[u].append((np.sign(gap[i] - gap[j]), np.sign(mu[i] - mu[j])))
    total = sum(len(c) for c in cells.values())
    information = h = 0
    for c in cells.values():
        share = len(c) / total
        hg = entropy([g for g, _ in c])
        information += share * (hg + entropy([m for _, m in c]) - entropy(c))
        h += share * hg
    return information / h if h > 0 else math.nan


def cmi(axes, mu, gap):
    k = axes.shape[1]
    values = [cmi_given(axes, list(s), mu, gap) for size in range(3)
              for s in itertools.combinations(range(k), size)]
    return np.nanmin(values) if not np.all(np.isnan(values)) else math.nan


def contest_given(axes, chosen, mu, gap):
    tables = collections.defaultdict(lambda: np.zeros((2, 2)))
    for i, j in itertools.product(range(len(mu)), repeat=2):
        u = tuple(axes[i, chosen]), tuple(axes[j, chosen])
        tables[u][0 if gap[i] > gap[j] else 1, 0 if mu[i] > mu[j] else 1] += 1
    information, h = [], []
    for table in tables.values():
        p = table / table.sum()
        row, column = p.sum(axis=1), p.sum(axis=0)
        information.append(sum(p[a, b] * np.log2(p[a, b] / (row[a] * column[b]))
                               for a in (0, 1) for b in (0, 1) if p[a, b] > 0))
        h.append(-np.sum(row * np.log2(row + 1e-12)))
    return np.mean(information) / np.mean(h)


def contest(axes, mu, gap):
    k = axes.shape[1]
    full = np.prod([len(set(axes[:, i])) for i in range(k)])
    if k < 3 or full != len(mu):
        return math.nan
    return min(contest_given(axes, list(s), mu, gap)
               for s in itertools.permutations(range(k), 2))


def sign_error(axes, mu, gap, n_samples):
    """Worst environment, mean over all pairs, pairs, pairs kept."""
    environments = collections.defaultdict(list)
    pairs = kept = 0
    for i, j in itertools.combinations(range(len(mu)), 2):
        differing = np.flatnonzero(axes[i] != axes[j])
        if len(differing) != 1:
            continue
        pairs += 1
        sure = max(0, 1 - 2 * math.exp(-2 * n_samples * (abs(gap[i] - gap[j]) / 2) ** 2))
        if sure == 0:
            continue
        kept += 1
        error = (1 - np.sign(mu[i] - mu[j]) * np.sign(gap[i] - gap[j])) / 2
        values = frozenset((axes[i, differing[0]], axes[j, differing[0]]))
        environments[differing[0], values].append((sure ** 2, error))
    if not kept:
        return math.nan, math.nan, pairs, 0
    worst = max(np.average([e for _, e in c], weights=[w for w, _ in c])
                for c in environments.values())
    every = [x for c in environments.values() for x in c]
    return worst, np.average([e for _, e in every], weights=[w for w, _ in every]), pairs, kept


def judge(axes, mu, gap, n_samples):
    psi, overall = granulated(axes, mu, gap)
    worst, mean, pairs, kept = sign_error(axes, mu, gap, n_samples)
    return {"tau": tau_b(mu, gap), "granulated": overall, "cmi": cmi(axes, mu, gap),
            "contest_cmi": contest(axes, mu, gap), "sign_error_worst": worst,
            "sign_error": mean, "pairs": pairs, "pairs_kept": kept, "psi": psi}


def number(text):
    """Values of options that are names are compared as numbers of their own."""
    try:
        return float(text) if text else math.nan
    except ValueError:
        return float(int.from_bytes(text.encode(), "big"))


def compare(settings_path, judged_path, n_samples):
    with open(settings_path, newline="") as file:
        settings = list(csv.DictReader(file))
    with open(judged_path) as file:
        rows = json.load(file)
    names = list(settings[0])
    axis_names = names[:names.index("seeds")]
    column = {n: np.array([number(s[n]) for s in settings]) for n in names}
    wrong = 0
    for row in rows:
        there = ~np.isnan(column[row["measure"]]) & ~np.isnan(column["gap"])
        assert there.sum() == row["settings"], row
        if there.sum() < 5:
            assert row["tau"] is None, row
            continue
        axes = np.array([column[n][there] for n in axis_names]).T
        used = [k for k in range(axes.shape[1]) if len(set(axes[:, k])) > 1]
        found = judge(axes[:, used], column[row["measure"]][there], column["gap"][there],
                      n_samples)
        psi = found.pop("psi")
        found.update({f"psi_{axis_names[k]}": p for k, p in zip(used, psi)})
        for key, value in found.items():
            ours = math.nan if row[key] is None else row[key]
            if not np.isclose(ours, value, rtol=1e-11, atol=1e-11, equal_nan=True):
                print(f"{row['measure']}: {key} is {ours}, the reference has {value}")
                wrong += 1
    print(f"{len(rows)} measures compared")
    return wrong


def data_b():
    state = 7

    def uniform():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 11) * 2.0**-53

    axes, gap, mu = [], [], []
    for a, b, c in itertools.product((0, 1), repeat=3):
        axes.append((a, b, c))
        gap.append(.05 + .1 * a + .05 * b + .02 * c + .1 * uniform())
        mu.append(1 + 2 * a + .3 * b - .5 * c + 1.5 * uniform())
    return np.array(axes), np.array(mu), np.array(gap)


def golden():
    axes, mu, gap = data_b()
    print("data B:", judge(axes, mu, gap, 1000))
    print("contest by pair:", [contest_given(axes, list(s), mu, gap)
                               for s in itertools.combinations(range(3), 2)])
    tied_mu, tied_gap = np.round(mu), np.round(gap, 1)
    print("rounded to 1 and 0.1:", judge(axes, tied_mu, tied_gap, 1000))
    part = [0, 1, 2, 4, 5, 6]
    print("without 3 and 7:", judge(axes[part], mu[part], gap[part], 1000))


if __name__ == "__main__":
    if sys.argv[1:] == ["golden"]:
        golden()
    else:
        sys.exit(compare(sys.argv[1], sys.argv[2], float(sys.argv[3])) > 0)
