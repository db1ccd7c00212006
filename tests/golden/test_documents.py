"""Files that outlive a version: what is written is, to the character, what was written before."""

import gzip
import json
import re

import numpy as np
import pytest

from perfpred.combination import Combination
from perfpred.export.c_header import header
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.document import Schedule
from perfpred.halide.schedule.loop_names import FuncNames
from perfpred.measure.journal import CampaignJournal
from perfpred.measure.stages import Stage, StageJournal
from perfpred.predict import store
from perfpred.predict.bank import Bank
from perfpred.predict.design import Input
from perfpred.predict.encoding import Encoding
from perfpred.predict.formula import (
    FORMULAS,
    Blend,
    BoostedTrees,
    Forest,
    GaussianProcess,
    LinearModel,
    PosynomialNet,
    RelatedNets,
    ReluNet,
)
from perfpred.predict.predictor import Interval, Predictor, Range, Training
from perfpred.predict.related import Relative

INPUTS = (Input("log2(n + 3)", 5.0, 2.0, 2.0, 10.0), Input("log2(m + 3)", 4.0, 2.0, 2.0, 10.0))
NET = PosynomialNet(
    terms=("1", "m*n"),
    log_coefficients=np.array([-14.0, -20.0]),
    inputs=INPUTS,
    hidden_weights=np.array([[1.0, 0.0], [0.5, -1.0]]),
    hidden_biases=np.array([0.0, 0.125]),
    output_weights=np.array([0.25, -0.125]),
    linear=np.array([0.0625, 0.0]),
    low=-0.5,
    high=0.5,
)
RELU = ReluNet(INPUTS, np.array([[1.0, 0.0], [0.5, -1.0]]), np.zeros(2), np.array([2.0, -1.0]), 0.5, 1e-9)
LINEAR = LinearModel(("1", "m*n"), np.array([1e-6, 1e-9]), 1e-9)
TREES = {
    "roots": np.array([0, 3]),
    "feature": np.array([0, 0, 0, 0]),
    "threshold": np.array([2.5, 0.0, 0.0, 0.0]),
    "left": np.array([1, 1, 2, 3]),
    "right": np.array([2, 1, 2, 3]),
    "value": np.array([-9.0, -8.0, -7.0, -6.5]),
}
PROCESS = GaussianProcess(
    ("1", "m*n"),
    np.array([-14.0, -20.0]),
    INPUTS,
    np.array([0.5, 2.0]),
    np.array([[-1.0, 0.0], [0.0, 0.5], [1.0, -1.0]]),
    np.array([0.125, -0.25, 0.375]),
)
FOREST, BOOSTED = Forest(("n",), **TREES), BoostedTrees(("n",), **TREES, offset=-0.5)
EXAMPLES = {
    "PosynomialNet": NET,
    "ReluNet": RELU,
    "LinearModel": LINEAR,
    "Forest": FOREST,
    "BoostedTrees": BOOSTED,
    "GaussianProcess": PROCESS,
    "Blend": Blend((PROCESS, BOOSTED), np.array([0.25, 0.75])),
    "RelatedNets": RelatedNets((Relative("there", "k / v / cpu-1t", NET),), (NET, NET), PROCESS, 0.5),
}


def predictor(formula, variant="tiled", categories=("a", "b")):
    """A predictor with everything that a file may hold."""
    parameters = ("m", "n", "mode") if categories else ("m", "n")
    return Predictor(
        Combination("product", variant, "cpu-avx2-1t"),
        Encoding(parameters, {"mode": categories} if categories else {}),
        formula,
        {"m": Range(1.0, 100.0), "n": Range(2.0, 200.0)},
        {"work": Range(2.0, 20000.0)},
        Interval(-0.1, 0.2, (-12.0, -8.0), (2.0, 1.0), 0.5),
        Training("augmented", 250, "ab", 0.03, {"work": "m*n"}),
    )


def test_every_formula_has_an_example():
    assert EXAMPLES.keys() == FORMULAS.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_model(name, golden, tmp_path):
    before = predictor(EXAMPLES[name])
    path = store.save(before, tmp_path)
    golden.check(path.read_text(), ".json")
    columns = {"m": np.arange(1.0, 9.0), "n": np.arange(2.0, 10.0), "mode": ["a", "b"] * 4}
    kept = store.loads(golden.stem.with_suffix(".json").read_text())
    np.testing.assert_array_equal(kept.seconds(columns), before.seconds(columns))


def test_header(golden):
    names = ("GaussianProcess", "LinearModel", "PosynomialNet", "RelatedNets", "ReluNet")
    bank = Bank([predictor(EXAMPLES[name], name, ()) for name in names])
    golden.check(header(bank, "models.h"), ".h")


def candidate(factor, source="own"):
    split = Directive("blur_y", 0, "split", ("x", "xo", "xi", factor))
    more = (Directive("blur_y", 0, "vectorize", ("xi",)), Directive("blur_y", 0, "compute_root"))
    return Candidate((split, *more), source)


def test_schedule(golden, tmp_path):
    funcs = {"blur_y": FuncNames(2, ("x", "y"), ()), "blur_x": FuncNames(1, ("x", "y"), (("r",),))}
    others = ((candidate(16, "adams2019"), 0.002),)
    target = "x86-64-linux-avx-avx2-f16c-fma-sse41"
    schedule = Schedule(
        "blur", "0123456789abcdef", target, ((640, 480),), candidate(8), funcs, 0.00125, others
    )
    schedule.save(tmp_path / "schedule.json")
    golden.check((tmp_path / "schedule.json").read_text(), ".json")
    assert Schedule.from_json(json.loads(golden.stem.with_suffix(".json").read_text())) == schedule


def test_schedule_database(golden, tmp_path):
    model = Blend(
        (
            GaussianProcess(
                ("1",),
                np.array([1.0]),
                (Input("log_tasks", 1.0, 2.0, 0.0, 3.0),),
                np.array([0.5]),
                np.array([[0.5]]),
                np.array([0.25]),
            ),
            BoostedTrees(("log_tasks",), **TREES, offset=0.5),
        ),
        np.array([0.5, 0.5]),
    )
    database = ScheduleDatabase(
        "blur",
        "0123456789abcdef",
        "cpu-avx2-2t",
        ((640, 480), (1280, 960)),
        (candidate(8), candidate(16, "adams2019")),
        np.array([[-7.0, -5.5], [-6.75, np.nan]]),
        np.array([[0.01, 0.02], [0.03, np.nan]]),
        model,
        0.25,
        0.875,
        {candidate(4).id: "wrong_result"},
    )
    path = database.save(tmp_path)
    golden.check(gzip.decompress(path.read_bytes()).decode(), ".json")


def test_journal(golden, tmp_path):
    path = tmp_path / "a.journal"
    with CampaignJournal(path, {"kernel": "matvec", "seed": 0}, resume=False) as journal:
        stages = StageJournal(journal, 100)
        for number, stage in enumerate((Stage((5, 6)), Stage((8,), (5,)))):
            stages.open(stage)
            for row, size in enumerate(stage.sizes):
                timing = {"status": "ok", "time_s": 1e-3 * size, "monitor_s": 5e-6}
                stages.log(number).append({"row": row, **timing})
            stages.conclude({"rows": 2, "error": 0.1, "noise": 0.01})
    golden.check(re.sub(r'"sum": "\w+"', '"sum": "<CHAINED FROM THE MOMENT>"', path.read_text()))
