"""C headers: compiled without a warning, the same numbers as here, and NaN where there is none."""

from __future__ import annotations

import ctypes
import math
import re
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
from perfpred.predict.formula import Forest, GaussianProcess, LinearModel, PosynomialNet, RelatedNets, ReluNet
from perfpred.predict.predictor import Interval, Predictor, Range, Training
from perfpred.predict.related import Relative

RNG = np.random.default_rng(1)
INPUTS = (
    Input("log2(max(m, 0) + 3)", 5.0, 2.0, 2.0, 10.0),
    Input("n % 16 / 16", 0.5, 0.3, 0.0, 0.9375),
    Input("(n % 2 == 0) + (n % 6 != 0) + (m < n <= 700)", 0.5, 0.6, 0.0, 3.0),
)
POSYNOMIAL = PosynomialNet(
    ("1", "m*n", "m*ceil(n/16)*16", "(m//3)*n"),
    RNG.normal(-20, 1, 4),
    INPUTS,
    RNG.normal(size=(4, 3)),
    RNG.normal(size=4),
    RNG.normal(size=4),
    np.zeros(3),
    -1.5,
    1.5,
)
SATURATED = replace(POSYNOMIAL, hidden_weights=30 * POSYNOMIAL.hidden_weights)
UNBOUNDED = replace(POSYNOMIAL, inputs=(*INPUTS[:2], Input("m**1.5 - n", 0.0, 1e3, -1e5, 1e5)))
EXTREME = replace(POSYNOMIAL, hidden_weights=300 * POSYNOMIAL.hidden_weights)
ODD = replace(
    POSYNOMIAL,
    inputs=(Input("3", 2.0, 0.5, 0.0, 4.0), *INPUTS),
    hidden_weights=RNG.normal(size=(3, 4)) * [1, 1, 0, 1],
    hidden_biases=RNG.normal(size=3),
    output_weights=RNG.normal(size=3),
    linear=np.array([0.2, 0.1, 0.0, 0.0]),
)
RELU = ReluNet(INPUTS, RNG.normal(size=(5, 3)), RNG.normal(size=5), np.abs(RNG.normal(size=5)), 2.0, 1e-9)
LINEAR = LinearModel(
    ("1", "min(m, n)", "max(m - n, n//7, m % 5.5)", "sqrt(m)*log2(n + 1)", "m**3", "floor(n**-1)"),
    np.geomspace(1e-6, 1e-9, 6),
    1e-9,
)
PROCESS = GaussianProcess(
    ("1", "m*n"), [-14.0, -20.0], INPUTS, [0.5, 1.0, 1e-3], RNG.normal(size=(25, 3)), RNG.normal(size=25) / 5
)
QUOTIENTS = LinearModel(
    ("1", "m // (n + 1)", "n % (m + 2)", "(m + 0.5) // 0.25", "m % 6", "n // 3"),
    np.geomspace(1, 1e-3, 6),
    1e-9,
)
RELATED = RelatedNets(
    (Relative("relative0", "matvec / other / cpu-1t", SATURATED),),
    (replace(POSYNOMIAL, terms=("1", "relative0", "m*n", "n")), POSYNOMIAL),
)
FOREST = Forest((), [0], [0], [0.0], [0], [0], [1.0])
FORMULAS = {
    "posynomial": POSYNOMIAL,
    "saturated": SATURATED,
    "unbounded": UNBOUNDED,
    "extreme": EXTREME,
    "odd": ODD,
    "quotients": QUOTIENTS,
    "process": PROCESS,
    "relu": RELU,
    "linear": LINEAR,
    "related": RELATED,
}
EDGES = (0.0, -0.0, 1.0, 15.0, 16.0, 16.5, 1023.0, 1e-9, 2.0**53, 1e200, -1.0, math.inf, -math.inf, math.nan)
POINTS = np.vstack(
    [
        RNG.integers(1, 1100, (400, 2)).astype(float),
        RNG.uniform(0, 2000, (200, 2)),
        np.array(np.meshgrid(EDGES, EDGES)).reshape(2, -1).T,
    ]
)


def predictor(name, formula, kernel="matvec", hardware="cpu-1t", parameters=("m", "n"), low=1.0):
    return Predictor(
        Combination(kernel, name, hardware),
        Encoding(parameters),
        formula,
        {each: Range(low, 1000.0) for each in parameters},
        {"work": Range(10.0, 5e5)},
        Interval(-0.1, 0.2),
        Training("augmented", 250, "ab" * 32, 0.012, {"work": "*".join(parameters)}),
    )


BANK = Bank(
    [predictor(name, formula) for name, formula in FORMULAS.items()]
    + [predictor("relu", RELU, hardware="gpu */ ??/ \\")]
)
NAMES = [f"matvec_{name}_cpu_1t" for name in FORMULAS]

COMPILERS = [
    pytest.param(
        [name, "-std=c99"], marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"there is no {name}")
    )
    for name in ("cc", "clang")
] + [
    pytest.param(
        ["c++", "-x", "c++"], marks=pytest.mark.skipif(shutil.which("c++") is None, reason="there is no c++")
    )
]
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-O2"]


def compiled(folder, compiler, text, source):
    """Compile a header with a source that includes it, into a library."""
    (folder / "bank.h").write_text(text)
    (folder / "bank.c").write_text(f'#include "bank.h"\n#include "bank.h"\n{source}')
    library = folder / "bank.so"
    command = [*compiler, *STRICT, "-shared", "-fPIC", "-o", library, folder / "bank.c", "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(library))


def wrappers(names):
    """C source that calls each function for every point."""
    linkage = '#ifdef __cplusplus\nextern "C" {\n#endif\n'
    lines = [
        f"void all_{name}(int n, const double *x, double *y);\n"
        f"void all_{name}(int n, const double *x, double *y)"
        f"{{ int i; for (i = 0; i < n; ++i) y[i] = {name}(x[2 * i], x[2 * i + 1]); }}\n"
        for name in names
    ]
    tables = "".join(
        f"const char *text_{name}(int i);\nconst char *text_{name}(int i) {{ return {name}(i); }}\n"
        for name in ("select_matvec_variant", "select_matvec_hardware")
    )
    return linkage + "".join(lines) + tables + "#ifdef __cplusplus\n}\n#endif\n"


def called(library, name):
    points, results = np.ascontiguousarray(POINTS), np.empty(len(POINTS))
    pointer = ctypes.POINTER(ctypes.c_double)
    arguments = (points.ctypes.data_as(pointer), results.ctypes.data_as(pointer))
    getattr(library, f"all_{name}")(len(points), *arguments)
    return results


def answered(predictor):
    """What `predict` says at each point, None where it refuses."""
    found, bank = [], Bank([predictor])
    for m, n in POINTS:
        try:
            found.append(bank.predict("matvec", {"m": m, "n": n}))
        except InputError:
            found.append(None)
    return found


@pytest.mark.parametrize("compiler", COMPILERS)
def test_c_agrees_with_python(tmp_path, compiler):
    names = [f"{stem}_{what}" for stem in NAMES for what in ("seconds", "in_range")]
    names += ["select_matvec", "select_matvec_on_cpu_1t"]
    library = compiled(tmp_path, compiler, header(BANK, "bank.h"), wrappers(names))
    expected = {p.combination: answered(p) for p in BANK}
    for predictor, name in zip(BANK, NAMES, strict=False):
        answers = expected[predictor.combination]
        times = np.array([math.nan if each is None else each.time_s for each in answers])
        np.testing.assert_allclose(called(library, f"{name}_seconds"), times, rtol=1e-10)
        familiar = [each is not None and each.in_range for each in answers]
        in_range = called(library, f"{name}_in_range")
        answerable = ~np.isnan(times)
        np.testing.assert_array_equal(in_range[answerable], np.array(familiar)[answerable])
        assert 0 < in_range.sum() < len(POINTS)
    models = sorted(expected)  # the order of indices
    rows = list(zip(*(expected[key] for key in models), strict=True))
    times = np.array([[math.nan if each is None else each.time_s for each in row] for row in rows])
    inside = np.array([[each is not None and each.in_range for each in row] for row in rows])
    ranked = np.where(inside, times, np.where(inside.any(axis=1, keepdims=True), np.inf, times))
    best = [-1 if np.isnan(row).any() else int(by.argmin()) for row, by in zip(times, ranked, strict=True)]
    np.testing.assert_array_equal(called(library, "select_matvec"), best)
    library.text_select_matvec_variant.restype = ctypes.c_char_p
    library.text_select_matvec_hardware.restype = ctypes.c_char_p
    assert library.text_select_matvec_variant(3) == b"posynomial"
    assert library.text_select_matvec_hardware(8) == b"gpu */ ??/ \\"
    assert library.text_select_matvec_variant(-1) is None
    assert library.text_select_matvec_variant(11) is None


@pytest.mark.parametrize(("formula", "loops"), [(SATURATED, 1), (ODD, 1), (EXTREME, 1), (RELATED, 2)])
def test_layers_are_loops_over_pairs_of_units(formula, loops):
    text = header(Bank([predictor("one", formula)]), "bank.h")
    assert len(re.findall(r"for \(v\d+i = 0; v\d+i < 4;", text)) == text.count("for (") == loops


TOLERANCES = {"exp2v": {"rtol": 1e-12}}


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no cc")
def test_c_functions_of_our_own(tmp_path):
    points = np.concatenate([2.0 ** np.arange(-1022, 1024), RNG.uniform(1e-3, 1e3, 5000), np.arange(1, 5000)])
    cases = {"log2n": (np.log2, points), "exp40": (np.exp, RNG.uniform(-40, 40, 5000))}
    cases["exp2v"] = np.exp2, np.concatenate([RNG.uniform(-1000, 1000, 5000), np.arange(-1000, 1001) / 2])
    source = "".join(
        f"void all_{name}(int n, const double *x, double *y);\n"
        f"void all_{name}(int n, const double *x, double *y)"
        f"{{ int i; for (i = 0; i < n; ++i) y[i] = perfpred_{name}(x[i]); }}\n"
        for name in cases
    )
    library = compiled(tmp_path, ("cc", "-std=c99"), header(BANK, "bank.h"), source)
    pointer = ctypes.POINTER(ctypes.c_double)
    for name, (expected, x) in cases.items():
        found = np.empty(len(x))
        getattr(library, f"all_{name}")(len(x), x.ctypes.data_as(pointer), found.ctypes.data_as(pointer))
        np.testing.assert_allclose(found, expected(x), **TOLERANCES.get(name, {"rtol": 2e-13, "atol": 2e-13}))
        if name == "log2n":  # whoever rounds logarithms of sizes relies on it
            np.testing.assert_array_equal(found[:2046], np.arange(-1022, 1024))
            np.testing.assert_array_equal(np.floor(found), np.floor(np.log2(x)))


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no cc")
def test_parameters_that_c_has_other_uses_for(tmp_path):
    parameters = ("int", "exp", "v3", "block size", "block-size", "time", "NAN")
    names = parameter_names(parameters)
    assert names["int"] == "int_"
    assert len(set(names.values())) == len(parameters)
    encoding = Encoding(parameters)
    formula = LinearModel(("1", *encoding.labels), np.ones(8), 1e-9)
    one = Predictor(
        Combination("3d", "a b", "ü"),
        encoding,
        formula,
        {each: Range(-1.0, 9.0) for each in parameters},
        {},
        Interval(0.0, 0.0),
        Training("m", 9, "00", None, {}),
    )
    text = header(Bank([one]), "1.h")
    assert "x3d_a_b_x_seconds(double int_, double exp_, double v3_," in text
    compiled(tmp_path, ["cc", "-std=c99"], text, "int nothing(void);\nint nothing(void) { return 0; }\n")


def test_the_header_says_where_a_model_is_from():
    text = header(Bank([predictor("linear", LINEAR)]), "f.h")
    for said in (
        "matvec / linear / cpu-1t",
        "model augmented",
        "250 rows",
        "noise of the measurements 1.2%",
        "perfpred-model 2",
        "trained on m 1..1000, n 1..1000",
    ):
        assert said in text
    assert "select_" not in text.split("*/", 1)[1]
    assert "#ifndef PERFPRED_F_H" in text


def test_models_that_c_cannot_have_are_all_named():
    categorical = Predictor(
        Combination("matvec", "modal", "cpu-1t"),
        Encoding(("mode",), {"mode": ("a", "b")}),
        LinearModel(("1",), [1.0], 1.0),
        {},
        {},
        Interval(0.0, 0.0),
        Training("m", 9, "00", None, {}),
    )
    with pytest.raises(InputError) as caught:
        header(Bank([predictor("forest", FOREST), predictor("fine", LINEAR), categorical]), "f.h")
    message = str(caught.value)
    assert "these models cannot be written in C: 2 problems" in message
    assert "matvec / forest / cpu-1t: model type Forest cannot be exported to C" in message
    assert "matvec / modal / cpu-1t: it has categorical parameters (mode)" in message


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (predictor("a+b", LINEAR), "two models would both be called matvec_a_b_cpu_1t in C"),
        (predictor("c", LINEAR, kernel="mat vec"), None),
        (predictor("c", LinearModel(("1",), [1.0], 1.0), parameters=("n", "m")), None),
        (predictor("c", LinearModel(("1",), [1.0], 1.0), parameters=("block",)), None),
        (predictor("c", LINEAR, kernel="matvec!"), None),
    ],
)
def test_names_and_parameters_must_fit_together(second, message):
    bank = Bank([predictor("a b", LINEAR), second])
    if message is None:
        assert header(bank, "f.h")
        return
    with pytest.raises(InputError, match=message.replace("+", r"\+")):
        header(bank, "f.h")


def test_two_kernels_whose_selectors_would_collide_are_refused():
    bank = Bank(
        [predictor(v, LINEAR, kernel=k) for k, v in (("a b", "c"), ("a b", "d"), ("a-b", "e"), ("a-b", "f"))]
    )
    with pytest.raises(InputError, match="there would be two functions select_a_b"):
        header(bank, "f.h")
