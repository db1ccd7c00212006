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
# # Choosing a variant and a thread count
#
# The shipped models are of kernels measured on one Intel Xeon, per library (variant), instruction set and thread count
# (hardware). Selecting runs nothing: it compares predictions.

# %%
import matplotlib.pyplot as plt
import pandas as pd

import perfpred as pp
from perfpred.audit.regrets import losses_of_bank
from perfpred.report import figures
from perfpred.report.selection_map import selection_map
from perfpred.shipped import datasets

bank = pp.load(pp.shipped_models())
selection = bank.select("matmul", m=384, n=128, k=900, top=5)
pd.DataFrame(
    {"variant": each.variant, "hardware": each.hardware, "µs": 1e6 * each.time_s, "in range": each.in_range}
    for each in selection.ranking
)

# %%
print(selection.reason)

# %% [markdown]
# ## How many threads?
#
# For small sizes a second thread costs more than it brings. The fastest variant on one and on two threads:

# %%
CPU = "intel-xeon-6-207-avx512"
rows = []
for size in (8, 16, 32, 64, 128, 256, 512, 1000):
    one, two = (bank.select("matmul", hardware=f"{CPU}-{count}t", m=size, n=size, k=size) for count in (1, 2))
    winner = 2 if two.best.time_s < one.best.time_s else 1
    rows.append(
        {
            "m = n = k": size,
            "1 thread": one.best.variant,
            "2 threads": two.best.variant,
            "threads to use": winner,
        }
        | {"gain of 2": f"{one.best.time_s / two.best.time_s:.2f}x", "in range": two.best.in_range}
    )
pd.DataFrame(rows)

# %% [markdown]
# ## The selection map
#
# Which variant wins over two parameters, the third held; hatched where the winner is not clearly faster than the second.

# %%
figure, axes = plt.subplots(1, 2, figsize=(13, 4), layout="constrained")
for axis, count in zip(axes, (1, 2), strict=True):
    figures.winners(axis, selection_map(bank, "matmul", f"{CPU}-{count}t", steps=18))

# %% [markdown]
# ## What does choosing by prediction cost?
#
# Where several variants were measured at the same sizes, the choice can be compared with the fastest. The models
# were trained on these sizes, which flatters them: `perfpred evaluate` judges on sizes left out.

# %%
profile = pp.read_profile(datasets("maxpool"))
figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
figures.regret(axes, losses_of_bank(profile, bank))
