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
# # Choosing a Halide schedule
#
# Schedules of twelve pipelines were measured at three sizes each. Nothing is compiled here: the shipped profiles answer.
# The largest size is hidden, schedules are ranked for it by what was measured at the others, and the choice is compared with
# what was measured there. (`perfpred halide schedule` chooses on this machine; it compiles and runs.)

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.choose.ranking import choose, rank
from perfpred.halide.cost.machine import Target
from perfpred.report import figures
from perfpred.report.nests import nest_text

DATA = Path("../datasets/halide")
database = ScheduleDatabase.read(DATA / "halide-blur.csv")
print(
    f"{len(database.candidates)} schedules of {database.pipeline} on {database.hardware}, sizes {database.sizes}"
)

# %%
hidden = max(database.sizes, key=lambda size: size[0] * size[1])
ranking = rank(database.without(hidden), hidden, None, Target())
choice = choose(ranking)
print(f"for {hidden}: {choice.best.candidate.source}, {choice.reason}")

# %% [markdown]
# Predicted against measured at the hidden size:

# %%
column = database.sizes.index(hidden)
measured = {
    each.id: t for each, t in zip(database.candidates, np.exp(database.log_time[:, column]), strict=True)
}
pairs = pd.DataFrame(
    {"expected_s": each.expected_s, "time_s": measured[each.candidate.id], "source": each.candidate.source}
    for each in ranking
).dropna()
chosen = measured[choice.best.candidate.id]
print(f"rank correlation {pairs['expected_s'].corr(pairs['time_s'], method='spearman'):.3f}")
print(
    f"the choice is {chosen / pairs['time_s'].min():.3f} times as slow as the fastest of all that were measured there"
)
automatic = pairs[pairs["source"].isin(("mullapudi2016", "adams2019", "li2018"))]
print(f"and {automatic['time_s'].min() / chosen:.2f} times as fast as the best autoscheduler's")

# %%
figure, axes = plt.subplots(figsize=(5.5, 3.8), layout="constrained")
figures.expected_against_measured(axes, pairs)

# %% [markdown]
# What the chosen schedule does, as a loop nest:

# %%
print(nest_text(choice.best.candidate))

# %% [markdown]
# ## The whole suite
#
# Speedups over the fastest of Halide's autoschedulers, without a run and with some, as `perfpred halide bench` judged them.

# %%
import json

rows = json.loads(Path("../benchmarks/results/halide.json").read_text(encoding="utf-8"))
figure, axes = plt.subplots(figsize=(10, 3.8), layout="constrained")
figures.speedups(axes, rows)
