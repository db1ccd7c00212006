# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Tuning data of others
#
# Kernel Tuner caches and T4 files are read as they are. `tests/data/tuning` has small extracts of published ones
# (its README names their source and licence).

# %%
from pathlib import Path

import matplotlib.pyplot as plt

from perfpred.exchange import Names, import_file
from perfpred.report import figures
from perfpred.report.tuning import tuning_summary
from perfpred.tuning.replay import Trial, replay_all

DATA = Path("../tests/data/tuning")
profile = import_file(DATA / "pnpoly-RTX_3090.kernel_tuner.json", Names(None, None, None)).profile
summary = tuning_summary("pnpoly on an RTX 3090", profile)
print(f"{len(summary.table)} configurations ran, failed: {summary.failed or 'none'}; the best:")
summary.best

# %% [markdown]
# `perfpred import FILE --out F.csv` does the same from the command line. Such an extract is too small to say more.
#
# ## A space that was measured whole
#
# The shipped profile of a Halide blur with four knobs: tile width and height, vector lanes, and rows per block.

# %%
import pandas as pd

import perfpred as pp
from perfpred.halide.measure.schedules_file import read_schedules

CSV = Path("../datasets/halide/knobs/halide-blur.csv")
KNOBS = {"tile_x": "x", "tile_y": "y", "lanes": "x_i", "block": "y_i"}


def knobs(schedule):
    """Return the factors of the splits that are the knobs."""
    splits = [each for each in schedule.directives if each.func == "blur_y" and each.method == "split"]
    factors = {each.args[0]: each.args[3] for each in splits}
    return {name: int(factors.get(loop, 1)) for name, loop in KNOBS.items()}


schedules = read_schedules(CSV)
rows = pp.read_profile(CSV).ok.table.query("variant == 'template'")
rows = rows[rows["width"] == rows["width"].max()]
table = pd.DataFrame([knobs(schedules[each]) for each in rows["schedule"]]).assign(
    time_s=rows["time_s"].to_numpy()
)
profile = pp.Profile(
    table.assign(kernel="blur", variant="template", hardware="xeon", noise=0.01), tuple(KNOBS)
)
summary = tuning_summary("blur with four knobs", profile)
print(f"{len(summary.table)} configurations; the best:")
summary.best

# %% [markdown]
# ## Which parameters matter?
#
# The share of a parameter is what a forest loses when its values are shuffled, on configurations it did not see.

# %%
figure, axes = plt.subplots(1, 3, figsize=(15, 4), layout="constrained")
figures.importance(axes[0], summary.importances)
figures.parallel_coordinates(axes[1], summary.table)
figures.slices(axes[2], summary.table, next(iter(summary.importances)))

# %% [markdown]
# ## Replaying searches
#
# How many evaluations would a search have needed? Each is replayed on the recorded times.

# %%
trial = Trial(("model", "random"), tuple(range(1, 41)), repeats=4)
results = replay_all(profile, trial, n_jobs=1)
figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
figures.best_so_far(axes, results)
axes.legend(frameon=False)

# %%
results[results["budget"].isin((10, 20, 40))].groupby(["strategy", "budget"])["ratio"].mean().unstack().round(
    3
)

# %% [markdown]
# ## A live search
#
# There is no command that tunes a program of yours as it runs: this notebook replays recorded measurements. A search of
# your own can be run from Python today: bring a space and say what each candidate costs.

# %%
import numpy as np

from perfpred.search import Outcome, Search, strategy
from perfpred.search.listed import ListedSpace

space = ListedSpace(("x", "y"), [(x, y) for x in range(9) for y in range(9)], np.array)
search = Search(space, strategy("evolution").factory(population=10), np.random.default_rng(0))
while len(search.trace) < 40:
    for x, y in search.ask(4):
        search.tell((x, y), Outcome(1.0 + (x - 3) ** 2 + (y - 5) ** 2))
search.trace.best
