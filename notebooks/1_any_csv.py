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
# # From any CSV to a predictor
#
# `docs/examples/fft.csv` has the times of two FFT libraries, as a benchmark wrote them: `library`, `n`, `batch`, `time_us`
# and a rate. A few lines turn it into predictors, judge them on sizes that training did not see, and show where they err.

# %%
from pathlib import Path

import matplotlib.pyplot as plt

import perfpred as pp
from perfpred.profile.inspection import inspect_profile
from perfpred.report import figures
from perfpred.report.advice import advice
from perfpred.report.judged import judged_all

CSV = Path("../docs/examples/fft.csv")

# %% [markdown]
# What would each column be taken for, and which complexity would be tried?

# %%
found = inspect_profile(CSV, pp.ColumnMapping(), {"kernel": "fft"})
for column in found.columns:
    print(f"{column.name:10} {column.role:10} {column.reason}")

# %% [markdown]
# The rate is left out: no one has it for a run that was not made. The library names the variant.

# %%
names = {"kernel": "fft", "hardware": "my-laptop"}
profile = pp.read_profile(
    CSV, **names, columns=pp.ColumnMapping(variant_column="library", ignore=("Mpoints/s",))
)
profile.table.head()

# %% [markdown]
# Train on half of the sizes, judge on the others: the error beside the noise is what counts. These rows were timed once,
# so nothing tells their noise.

# %%
rows = profile.table.sample(frac=1, random_state=0).reset_index(drop=True)
half = len(rows) // 2
train_rows, test_rows = (pp.Profile(part, profile.parameters) for part in (rows[:half], rows[half:]))
bank = pp.train(train_rows, complexity={"work": "n*log2(n + 1)*batch"}, model="linear-c", random_state=0)
judged = judged_all(test_rows, bank)
for each in judged:
    print(f"{each.name}: error {each.mape:.1%}. {advice(each)}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
figures.predicted_against_measured(axes[0], judged)
figures.error_by_size(axes[1], judged[0])

# %% [markdown]
# How many measurements are enough?

# %%
import pandas as pd

curve = pd.concat(
    pp.evaluate(profile, models=["linear-c"], train_size=size, repeats=3, random_state=0, n_jobs=1)
    for size in (15, 30, 60)
)
figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
figures.learning_curve(axes, curve)

# %% [markdown]
# One prediction, with its 90% interval, and a choice. `bank.save("models")` keeps them; loading needs NumPy alone.

# %%
answer = bank.predict("fft", variant="numpy", n=4096, batch=10)
print(
    f"{1e6 * answer.time_s:.0f} µs (90%: {1e6 * answer.low_s:.0f} to {1e6 * answer.high_s:.0f}), in range: {answer.in_range}"
)
print(bank.select("fft", n=4096, batch=10).reason)
