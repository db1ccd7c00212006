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
# # A new machine
#
# The shipped models were measured on another machine. A few dozen measurements here, and what those models know of the
# kernel, make predictors of this one. The cells measure for some seconds: times differ from run to run, and a busy machine
# says so by its noise.

# %%
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import perfpred as pp
from perfpred.report import figures
from perfpred.report.judged import judged_all

OUT = Path(tempfile.mkdtemp()) / "here.csv"
SHIPPED = "intel-xeon-6-207-avx512-1t"
shipped = pp.load(pp.shipped_models())

# %% [markdown]
# A brief profile: 40 sizes, few rounds. Without `--samples` and with the default rounds it is 500 sizes, precisely.

# %%
command = [
    "profile",
    "matmul",
    "--variant",
    "openblas",
    "--samples",
    "40",
    "--min-rounds",
    "3",
    "--max-rounds",
    "4",
]
subprocess.run(
    [sys.executable, "-m", "perfpred", *command, "--time-limit", "0.3", "--out", str(OUT)], check=True
)
here = pp.read_profile(OUT)
print(f"{len(here.ok)} rows, noise {here.ok.noise_floor:.1%}")

# %% [markdown]
# Half of the sizes teach, the others judge.

# %%
rows = here.ok.table.sample(frac=1, random_state=0).reset_index(drop=True)
half = len(rows) // 2
taught, unseen = (pp.Profile(part, here.parameters) for part in (rows[:half], rows[half:]))
bank = pp.train(taught, transfer_from=shipped, random_state=0, n_jobs=1)
adapted = judged_all(unseen, bank)

# %% [markdown]
# The shipped model of the other machine, asked about the same sizes: how far it is off is how much the machines differ.

# %%
as_if_there = pp.Profile(unseen.table.assign(hardware=SHIPPED), unseen.parameters)
foreign = judged_all(as_if_there, shipped)
for name, each in (("shipped", foreign[0]), ("adapted with few rows", adapted[0])):
    print(f"{name}: error {each.mape:.1%}, bias {each.bias:+.1%}, coverage {each.coverage:.0%}")

# %%
figure, axes = plt.subplots(figsize=(6, 4.2), layout="constrained")
figures.predicted_against_measured(axes, [*foreign, *adapted])

# %% [markdown]
# `perfpred train here.csv --transfer-from models --models mine` does the same from the command line, and
# `perfpred report here.csv --models mine` shows it.
