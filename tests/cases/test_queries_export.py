"""C headers: options that change values are refused, in range comes first, any parameter name compiles."""

from __future__ import annotations

import math
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.export.c_header import header
from perfpred.export.c_names import parameter_names
from perfpred.predict.bank import Bank
from perfpred.predict.design import Input
from perfpred.predict.encoding import Encoding
from perfpred.predict.familiar import Familiar
from perfpred.predict.formula import GaussianProcess, LinearModel, PosynomialNet
from perfpred.predict.predictor import Interval, Predictor, Range, Training
from perfpred.program import Instruction, Program, c_statements
from perfpred.program.c_helpers import c_number, numbers
from perfpred.program.layers import TanhSum

RNG = np.random.default_rng(3)
INPUTS = (Input("log2(n + 1)", 5.0, 2.0, 0.0, 20.0), Input("n % 16 / 16", 0.5, 0.3, 0.0, 0.9375))
NET = PosynomialNet(
    ("1", "n", "ceil(n/16)*n"),
    RNG.normal(-18, 1, 3),
    INPUTS,
    RNG.normal(size=(5, 2)),
    RNG.normal(size=5),
    RNG.normal(size=5),
    np.zeros(2),
    -1.5,
    1.5,
)
PROCESS = GaussianProcess(
    ("n",), [-18.0], INPUTS, [0.5, 1.0], RNG.normal(size=(12, 2)), RNG.normal(size=12) / 5
)
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no cc")


def predictor(variant, formula, ranges, kernel="mine"):
    return Predictor(
        Combination(kernel, variant, "cpu"),
        Encoding(tuple(ranges)),
        formula,
        {name: Range(*ends) for name, ends in ranges.items()},
        {},
        Interval(-0.1, 0.1),
        Training("augmented", 100, "00", 0.01, {}),
    )


def line(variant, slope, ranges):
    """Time is `slope` times the first parameter."""
    return predictor(variant, LinearModel((next(iter(ranges)),), (slope,), 1e-12), ranges)


def run(folder, text, body, *options):
    """Compile a program around a header and run it; returns its output, None where it does not compile."""
    (folder / "b.h").write_text(text)
    (folder / "t.c").write_text(
        f'#include "b.h"\n#include <stdio.h>\nint main(void) {{ {body} return 0; }}\n'
    )
    command = ["cc", "-std=c99", *options, "t.c", "-o", "t", "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    return subprocess.run(["./t"], cwd=folder, capture_output=True, text=True, check=True).stdout.split()


@needs_cc
@pytest.mark.parametrize(
    "options",
    [
        ("-O3", "-Ofast"),
        ("-O3", "-ffast-math"),
        ("-O3", "-fassociative-math"),
        ("-O3", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math"),
        ("-O3", "-funsafe-math-optimizations"),
        ("-O3", "-freciprocal-math"),
        ("-O3", "-ffinite-math-only"),
        ("-O3", "-fsingle-precision-constant"),
        ("-O3", "-march=native", "-ffp-contract=fast"),
        ("-O3", "-fno-signed-zeros", "-fno-math-errno", "-fno-trapping-math"),
    ],
)
def test_an_option_is_refused_or_changes_nothing(tmp_path, options):
    bank = Bank([predictor("net", NET, {"n": (1, 1e6)}), predictor("gp", PROCESS, {"n": (1, 1e6)})])
    sizes = [1, 15, 16, 17, 1000.5, 98765, 1e6]
    calls = [f'printf("%.17g\\n", mine_{v}_cpu_seconds({n!r}));' for v in ("net", "gp") for n in sizes]
    found = run(tmp_path, header(bank, "b.h"), "".join(calls), *options)
    if found is not None:
        wanted = [bank.predict("mine", variant=v, n=n).time_s for v in ("net", "gp") for n in sizes]
        np.testing.assert_allclose([float(each) for each in found], wanted, rtol=1e-9)
    fast = {"-Ofast", "-ffast-math", "-funsafe-math-optimizations", "-ffinite-math-only"}
    assert found is None or not fast & set(options)


@needs_cc
def test_the_selector_takes_what_is_in_range_and_every_parameter(tmp_path):
    small, large = {"n": (1, 100), "threads": (1, 8)}, {"block": (32, 256), "n": (1, 1e6)}
    fast = predictor("a", LinearModel(("n",), (1e-9,), 1e-12), small)
    slow = predictor("b", LinearModel(("n*block",), (1e-9,), 1e-12), large)
    slower = predictor("c", LinearModel(("n*block",), (2e-9,), 1e-12), large)
    bank = Bank([fast, slow, slower])
    text = header(bank, "b.h")
    assert "int select_mine(double n, double threads, double block)" in text
    queries = [(50, 4, 64), (1000, 4, 64), (1e9, 4, 64), (50, 99, 64), (-1, 4, 64)]
    calls = "".join(
        f'i = select_mine({n}, {t}, {b}); printf("%d %d\\n", i, select_mine_in_range({n}, {t}, {b}, i));'
        for n, t, b in queries
    )
    found = run(tmp_path, text, f"int i; {calls}", "-Wall", "-Wextra", "-Werror", "-pedantic")
    assert [int(each) for each in found] == [0, 1, 1, 1, 0, 0, 1, 1, -1, 0]
    for (n, threads, block), index in zip(queries[:4], found[::2], strict=False):
        chosen = bank.select("mine", n=n, threads=threads, block=block).best
        assert chosen.variant == "abc"[int(index)]


def test_columns_of_one_name_and_two_meanings_are_refused():
    formula = LinearModel(("block_size",), (1e-9,), 1e-12)
    names = {"a": "block size", "b": "block-size"}
    bank = Bank([predictor(variant, formula, {name: (1, 9)}) for variant, name in names.items()])
    with pytest.raises(InputError, match="a / cpu has 'block size' and mine / b / cpu has 'block-size'"):
        header(bank, "b.h")


NAMES = [
    *("FP_NAN", "FP_NORMAL", "math_errhandling", "PERFPRED_ROLLED", "PERFPRED_HELPERS", "M_PI", "NAN"),
    *("INFINITY", "HUGE_VAL", "NULL", "MATH_ERRNO", "RAND_MAX", "EXIT_FAILURE", "I", "M", "N", "errno"),
    *("signgam", "stdin", "perfpred_min", "perfpred_floor", "int", "class", "index", "i", "time", "times"),
    *("known", "best", "v1", "v2w", "mine_a_cpu_in_range", "mine_a_cpu_seconds", "select_mine", "copysign"),
    *("memcpy", "complex", "near", "unix", "BUFSIZ", "assert", "isnan", "constexpr", "co_await", "M_PI_"),
]


@needs_cc
@pytest.mark.parametrize("language", [("-x", "c", "-std=c99"), ("-x", "c++")])
def test_any_parameter_name_compiles(tmp_path, language):
    if language[1] == "c++" and shutil.which("c++") is None:
        pytest.skip("there is no c++")
    ranges = dict.fromkeys(NAMES, (1.0, 9.0))
    labels = Encoding(tuple(NAMES)).labels
    inputs = tuple(Input(name, 5.0, 2.0, 0.0, 20.0) for name in list(labels)[:2])
    net = replace(NET, terms=tuple(labels), log_coefficients=np.full(len(labels), -20.0), inputs=inputs)
    bank = Bank([predictor("a", net, ranges), predictor("b", net, ranges)])
    (tmp_path / "b.h").write_text(header(bank, "helpers"))
    libraries = ("complex.h", "errno.h", "stdio.h", "stdlib.h", "tgmath.h", "string.h", "math.h", "assert.h")
    chosen = libraries if language[1] == "c" else libraries[1:4]
    includes = "".join(f"#include <{name}>\n" for name in chosen)
    (tmp_path / "t.c").write_text(f'{includes}#include "b.h"\n#include "b.h"\nint nothing;\n')
    command = ["cc", *language, "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "t.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(set(parameter_names(NAMES).values())) == len(NAMES)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_constants_that_c_has_no_number_for_are_refused(value):
    for write in (c_number, lambda each: numbers([1.0, each])):
        with pytest.raises(InputError, match="C has no number for that"):
            write(value)
    assert numbers([-0.0, 1.5, -2.0]) == "-0.0, 1.5, -2.0"


def test_weights_whose_double_overflows_are_refused():
    layer = TanhSum(np.zeros((2, 1)), np.zeros(2), np.full(2, 1.5e308), False)
    program = Program(("n",), (Instruction("input", name="n"), Instruction("layer", (0,), layer=layer)), (1,))
    with np.errstate(all="ignore"), pytest.raises(InputError, match="C has no number for that"):
        c_statements(program, ["n"])


@needs_cc
def test_sizes_without_an_answer_have_none_in_c_either(tmp_path):
    gp = predictor("gp", PROCESS, {"n": (1, 1e6)})
    sizes = [5e-324, 1e-300, 1e-285, 1e-3, 0.0, -0.0]
    calls = "".join(f'printf("%.17g\\n", mine_gp_cpu_seconds({n!r}));' for n in sizes)
    found = [float(each) for each in run(tmp_path, header(Bank([gp]), "b.h"), calls)]
    for n, seconds in zip(sizes, found, strict=True):
        try:
            assert seconds == pytest.approx(gp.predict({"n": n}).time_s, rel=1e-9)
        except InputError:
            assert math.isnan(seconds)


@needs_cc
def test_a_kernels_own_rules_hold_in_c(tmp_path):
    ranges = dict.fromkeys(("c_in", "c_out", "h", "w"), (7.0, 64.0))
    net = LinearModel(("h*w*c_in*c_out",), (1e-9,), 1e-12)
    bank = Bank([predictor("a", net, ranges, "conv2d_nchw"), predictor("b", net, ranges, "conv2d_nchw")])
    body = (
        'printf("%g\\n", conv2d_nchw_a_cpu_seconds(1, 1, 1, 1));'
        'printf("%g\\n", conv2d_nchw_a_cpu_seconds(1, 1, 3, 3));'
        'printf("%d\\n", select_conv2d_nchw(1, 1, 2, 9));'
    )
    assert run(tmp_path, header(bank, "b.h"), body) == ["nan", "9e-09", "-1"]


@needs_cc
def test_floor_and_ceil_keep_the_sign_of_zero_in_c(tmp_path):
    text = header(Bank([line("a", 1e-9, {"n": (1, 9)})]), "b.h")
    body = "".join(
        f'printf("%d\\n", signbit(perfpred_{name}({x})) != 0);'
        for name in ("floor", "ceil", "floor0", "ceil0")
        for x in ("-0.0", "0.0")
    )
    found = run(tmp_path, text, body + 'printf("%d\\n", signbit(perfpred_ceil(-0.5)) != 0);')
    assert found == ["1", "0"] * 4 + ["1"]


@needs_cc
def test_the_whole_range_test_is_in_c(tmp_path):
    n, m = RNG.uniform(1, 1000, 60), 2.0 ** RNG.integers(0, 9, 60)
    columns = {"n": n, "m": np.where(m == 32, 64, m)}
    levels = {"m": tuple(sorted({float(each) for each in columns["m"]}))}
    familiar = Familiar.of(columns, levels)
    ranges = {name: (float(values.min()), float(values.max())) for name, values in columns.items()}
    formula = LinearModel(("n*m",), (1e-9,), 1e-12)
    one = replace(predictor("a", formula, ranges), familiar=familiar)
    queries = np.column_stack([RNG.uniform(0.5, 1100, 300), 2.0 ** RNG.uniform(-1, 10, 300)])
    queries = np.vstack([queries, np.column_stack([n, columns["m"]])])
    calls = "".join(f'printf("%d\\n", mine_a_cpu_in_range({a!r}, {b!r}));' for a, b in queries.tolist())
    found = [int(each) for each in run(tmp_path, header(Bank([one]), "b.h"), calls)]
    wanted = one.in_range({"n": queries[:, 0], "m": queries[:, 1]})
    assert found == wanted.astype(int).tolist()
    assert 20 < sum(found) < 330
