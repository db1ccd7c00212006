"""One file of each kind that perfpred writes, as the code of a generation writes it.

PYTHONPATH=CHECKOUT python tests/data/documents/make.py GENERATION

``KIND-GENERATION.SUFFIX`` is written beside this script, and what it means into ``expected-GENERATION.json``. A
file is kept for good once a version wrote it: a change of a format adds a generation and removes none.

Generation 0: a model as it was shipped in the first days, with what the code of then answered. 1: models of
version 1, journals without checksums. 2: models of version 2, journals with checksums, schedule databases that
say what failed. 3: models that say which quantity they predict, traces with further figures.
"""

import importlib
import inspect
import io
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import perfpred as pp
from perfpred.combination import Combination
from perfpred.predict import store
from perfpred.predict.blend import Blend
from perfpred.predict.design import Input
from perfpred.predict.encoding import Encoding
from perfpred.predict.forest import BoostedTrees, Forest
from perfpred.predict.gaussian_process import GaussianProcess
from perfpred.predict.linear import LinearModel
from perfpred.predict.nets import PosynomialNet, ReluNet
from perfpred.predict.predictor import Interval, Predictor, Range, Training
from perfpred.predict.related import RelatedNets, Relative
from perfpred.search.listed import ListedSpace

HERE = Path(__file__).parent
QUERIES = [{"m": 1.0, "mode": "a"}, {"m": 17.0, "mode": "b"}, {"m": 100.0, "mode": "a"}]


def of(*places):
    """Return the first ``module:name`` that there is: things have moved between generations."""
    for place in places:
        module, name = place.split(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    return None


def formulas():
    """Return a small formula of every class."""
    rng = np.random.default_rng(0)
    inputs = (Input("log2(m + 3)", 5.0, 2.0, 2.0, 10.0), Input("mode_b", 0.5, 0.5, 0.0, 1.0))
    terms, coefficients = ("1", "m**2"), np.array([-14.0, -20.0])
    weights = [rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=3)]
    net = PosynomialNet(terms, coefficients, inputs, *weights, np.zeros(2), -1.0, 1.0)
    process = GaussianProcess(
        terms, coefficients, inputs, np.exp(rng.normal(size=2)), rng.normal(size=(5, 2)), rng.normal(size=5)
    )
    leaves = np.array([0.5, 0.0, 0.0]), np.array([1, 1, 2]), np.array([2, 1, 2])
    forest = Forest(("m",), np.array([0]), np.array([0, 0, 0]), *leaves, np.array([0.0, -9.0, -5.0]))
    trees = BoostedTrees(
        ("m", "log2(m + 3)"),
        np.array([0, 3]),
        np.array([1, 0, 0, 0]),
        np.array([4.5, 0.0, 0.0, 0.0]),
        np.array([1, 1, 2, 3]),
        np.array([2, 1, 2, 3]),
        rng.normal(size=4),
        -7.1,
    )
    relu = ReluNet(inputs, rng.normal(size=(4, 2)), rng.normal(size=4), rng.normal(size=4), 2.0, 1e-9)
    relative = Relative("relative_0", "k / v/0 / cpu-1t", net)
    knowing = replace(net, inputs=(*inputs[:1], Input("log2(relative_0)", -20.0, 2.0, -40.0, 0.0)))
    return {
        "posynomial-net": net,
        "relu-net": relu,
        "linear": LinearModel(("1", "m"), np.array([1e-6, 1e-9]), 1e-9),
        "forest": forest,
        "boosted-trees": trees,
        "gaussian-process": process,
        "blend": Blend((forest, trees, process), np.array([0.5, 0.25, 0.25])),
        "related-nets": RelatedNets((relative,), (net, knowing), process, 0.25),
    }


def write_models(generation, expected):
    """Write a model per formula; what it says of some queries is what it must always say."""
    for name, formula in formulas().items():
        predictor = Predictor(
            Combination("k", "v/1", "cpu-1t"),
            Encoding(("m", "mode"), {"mode": ("a", "b")}),
            formula,
            {"m": Range(1.0, 100.0)},
            {"work": Range(1.0, 10000.0)},
            Interval(-0.1, 0.2),
            Training("augmented", 250, "ab", 0.03, {"work": "m**2"}),
        )
        path = HERE / f"model-{name}-{generation}.json"
        path.write_text(store.dumps(predictor), encoding="utf-8")
        answers = [predictor.predict(query) for query in QUERIES]
        expected[path.name] = [[each.time_s, each.low_s, each.high_s, each.in_range] for each in answers]


def write_schedule(generation, expected):
    """Write a schedule with a second best one."""
    names = of("perfpred.halide.schedule.loop_names:FuncNames", "perfpred.halide.loop_names:FuncNames",
               "perfpred.halide.schedule:FuncNames")  # fmt: skip
    directive, candidate = pp.halide.Directive, pp.halide.Candidate
    first = candidate((directive("blur_y", 0, "split", ("y", "y_1", "yi", 16, "ShiftInwards")),
                       directive("blur_y", 0, "parallel", ("y_1",)),
                       directive("blur_x", 0, "compute_at", ("blur_y", "yi"))), "own")  # fmt: skip
    second = candidate((directive("blur_y", 0, "vectorize", ("x", 8)),), "adams2019")
    funcs = {"blur_y": names(1, ("x", "y"), ()), "blur_x": names(0, ("x", "y"), ())}
    schedule = pp.halide.Schedule(
        "blur", "7508e4c7ad49823f", "x86-64-linux-avx2", ((64, 64), (1536, 1024)), first, funcs, 2.5e-4,
        ((second, 3.5e-4),),
    )  # fmt: skip
    path = HERE / f"schedule-{generation}.json"
    schedule.save(path)
    expected[path.name] = schedule.to_json()


def write_database(generation, expected, models):
    """Write a schedule database of four schedules, with a small model."""
    load = of("perfpred.halide.choose.database:load_database", "perfpred.halide.choose.database:load_experience",
              "perfpred.halide.choosing.experience:load_experience")  # fmt: skip
    whole = load(next(iter(sorted((models / "halide").glob("blur*.json.gz")))))
    small = replace(
        whole,
        candidates=whole.candidates[:4],
        log_time=whole.log_time[:4],
        noise=whole.noise[:4],
        model=Blend(tuple(map(_cut, whole.model.members)), whole.model.weights),
    )
    if "failed" in inspect.signature(type(whole)).parameters:
        small = replace(small, failed={"s0123456789a": "wrong_result"})
    with tempfile.TemporaryDirectory() as folder:
        data = small.save(Path(folder)).read_bytes()
    path = HERE / f"schedule-database-{generation}.json.gz"
    path.write_bytes(data)
    n = len(pp.halide.FEATURES)
    seconds = small.of_unseen(np.vstack([np.ones(n), np.full(n, 3.0)])).tolist()
    ids = [each.id for each in small.candidates]
    expected[path.name] = {"ids": ids, "log_time": small.log_time.tolist(), "of_unseen": seconds}


def _cut(member):
    if isinstance(member, GaussianProcess):
        return replace(member, centres=member.centres[:8], weights=member.weights[:8])
    end = int(member.roots[1])  # trees lie one after the other, each from its root on
    nodes = {key: getattr(member, key)[:end] for key in ("feature", "threshold", "left", "right", "value")}
    return replace(member, roots=member.roots[:1], **nodes)


def write_journals(generation, expected):
    """Write journals of a campaign of rows, of one in stages, and of one of Halide's schedules."""
    ok = {"status": "ok", "monitor_s": 5e-6}
    rows = [{"row": row, **ok, "time_s": 1e-3 * (row + 1)} for _ in range(2) for row in range(3)]
    failed = {"row": 3, "status": "runtime_error", "message": "out of memory"}
    stages = [{"stage": 0, "new": [4, 7, 9], "anchors": []}]
    stages += [{"stage": 0, **each} for each in rows[:3]]
    stages += [{"stage": 0, "finding": {"rows": 3, "error": 0.1, "noise": 0.01}}]
    stages += [{"stage": 1, "new": [5], "anchors": [4]}, {"stage": 1, **rows[0]}]
    candidate = pp.halide.Candidate((pp.halide.Directive("f", 0, "vectorize", ("x", 8)),), "own")
    compiled = {"compiled": candidate.id, "status": "ok", "message": "", "codes": ["ab"], "compile_s": 0.5}
    halide = [{"candidates": [candidate.to_json()], "notes": ["one was refused"]}, compiled]
    halide += [{"proposed": 1, "schedules": []}, {"look1": 0, **ok, "time_s": 2e-3}, rows[0]]
    if generation != "1":
        halide[-1] = {**rows[0], "of": candidate.id}
    for kind, entries in (("rows", [*rows, failed]), ("stages", stages), ("halide", halide)):
        path = HERE / f"journal-{kind}-{generation}.journal"
        path.unlink(missing_ok=True)
        opened = of("perfpred.measure.journal:CampaignJournal", "perfpred.measure.journal:Journal")
        with opened(path, {"kernel": "matvec", "of": kind}, resume=False) as journal:
            for entry in entries:
                journal.append(entry)
        expected[path.name] = entries


def write_trace(generation, expected):
    """Write a trace of a search, with a failure."""
    outcome = of("perfpred.search.outcome:Outcome", "perfpred.search.objective:Outcome")
    trace_class = of("perfpred.search.trace:Trace")
    rows = [(x, y) for x in (1, 2) for y in ("row", "column")]
    space = ListedSpace(("x", "y"), rows, lambda chosen: np.zeros((len(chosen), 1)))
    outcomes = [outcome(2e-3, cost_s=0.5), outcome.failed("timeout", 3.0), outcome(1e-3, cost_s=0.25)]
    if generation not in ("1", "2"):
        outcomes[0] = outcome(2e-3, {"energy_j": 0.5}, {"memory": 0.25}, cost_s=0.5)
    trace = trace_class()
    for row, each in zip(rows, outcomes, strict=False):
        trace.add(row, each)
    lines_of = of("perfpred.search.trace_lines:lines_of")
    lines = list(trace.lines(space) if lines_of is None else lines_of(trace, space))
    line_log = of("perfpred.search.trace_lines:LineLog")
    if line_log is not None:  # proposed, and interrupted before it was evaluated
        stream = io.StringIO()
        line_log(stream, space).proposed(rows[3])
        lines.append(stream.getvalue().strip())
    path = HERE / f"trace-{generation}.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    expected[path.name] = [[list(row), each.status, each.cost_s] for row, each in zip(rows, outcomes, strict=False)]


def write_profile(generation, expected):
    """Write a profile with a failure, and its metadata."""
    text = "kernel,variant,hardware,n,mode,time_s,noise,rounds,status\n"
    text += "k,v,cpu-1t,1,a,0.001,0.02,5,ok\nk,v,cpu-1t,2,b,,,,timeout\nk,v,cpu-1t,3,a,0.0031415926535897933,0.01,7,ok\n"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "p.csv").write_text(text)
        (Path(folder) / "p.meta.json").write_text('{"complexity": {"work": "n**2"}, "note": "größe"}')
        profile = pp.read_profile(Path(folder) / "p.csv")
    path = HERE / f"profile-{generation}.csv"
    pp.write_profile(profile, path)
    rows = [
        {key: None if value != value else value for key, value in row.items()}
        for row in profile.table.to_dict(orient="records")
    ]
    expected[path.name] = {"rows": rows, "metadata": profile.metadata}


CAMPAIGN = """out = "{kernel}-{cpu}.csv"
samples = 20

[[measure]]
kernels = ["matvec"]
variants = ["naive"]
"""


def main(generation, models):
    """Write everything of a generation."""
    expected = {}
    write_models(generation, expected)
    write_schedule(generation, expected)
    write_database(generation, expected, models)
    write_journals(generation, expected)
    write_trace(generation, expected)
    write_profile(generation, expected)
    (HERE / f"campaign-{generation}.toml").write_text(CAMPAIGN, encoding="utf-8")
    text = json.dumps(expected, indent=1, sort_keys=True) + "\n"
    (HERE / f"expected-{generation}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(pp.__file__).parents[1] / "models")
