"""A bank as one C99 header: a function a model, and a selector a kernel."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp

from perfpred.combination import Combination
from perfpred.errors import InputError, ProblemsError
from perfpred.export.c_names import (
    comment_text,
    function_names,
    identifier,
    parameter_names,
    require_same_parameters,
    string_literal,
)
from perfpred.predict.bank import Bank
from perfpred.predict.lowered import expressions_program, seconds_program
from perfpred.predict.predictor import Predictor, Range
from perfpred.predict.store import FORMAT, VERSION
from perfpred.program import NotLowerableError, c_statements
from perfpred.program.as_c import c_number
from perfpred.program.c_helpers import HELPERS

MOST_INSTRUCTIONS = 20_000
"""A longer function would take a compiler minutes."""

_ABOUT = """\
Predicted times of kernels, written by perfpred from models of format {format} {version}. Doubles, seconds;
no dependency but <math.h> and <string.h>. Compile without -ffast-math: the guards compare with NaN and
infinity.

..._seconds(...)   the predicted time, or NaN where there is none: an argument is not finite, or is negative
                   where training saw none negative; a complexity is not > 0; an expression is not finite.
..._in_range(...)  1 where training saw such arguments and complexities, else 0: then it is a guess.
select_...(...)    the index of the fastest model, or -1 where one of them predicts NaN; ..._variant(index)
                   and ..._hardware(index) name it, or are null for an index that there is not. The order
                   is that of variants, then of hardware."""

_DEFINED = re.compile(r"^static inline .*?(\w+)\(", re.MULTILINE)


@dataclass(frozen=True)
class _Model:
    """A predictor and the stem of its C functions."""

    predictor: Predictor
    stem: str

    @property
    def key(self) -> Combination:
        return self.predictor.combination

    @property
    def parameters(self) -> tuple[str, ...]:
        return self.predictor.parameters

    @property
    def signature(self) -> str:
        return ", ".join(f"double {name}" for name in parameter_names(self.parameters).values())


def header(bank: Bank, guard: str) -> str:
    """Return the text of a header with every predictor of a bank.

    Parameters
    ----------
    bank : Bank
    guard : str
        What the include guard is made of, such as the file's name.

    Raises
    ------
    InputError
        If a model cannot be written in C (each is named, with the reason), two would have one name, or
        models of one kernel differ in their parameters.
    """
    stems = function_names(predictor.combination for predictor in bank)
    models = [_Model(predictor, stems[predictor.combination]) for predictor in bank]
    functions, problems = [], []
    for model in models:
        try:
            functions.append(_functions(model))
        except InputError as error:
            problems.append(f"{model.key}: {error}")
    if problems:
        raise ProblemsError("these models cannot be written in C", problems)
    kernels = groupby(sorted(models, key=lambda model: model.key), key=lambda model: model.key.kernel)
    selectors = [text for kernel, group in kernels for text in _selectors(kernel, list(group))]
    macro = f"PERFPRED_{identifier(guard).upper()}"
    about = _ABOUT.format(format=FORMAT, version=VERSION)
    parts = [
        _comment(about.splitlines()),
        f"#ifndef {macro}\n#define {macro}\n\n#include <math.h>\n#include <string.h>\n",
        HELPERS,
        *functions,
        *selectors,
        f"#endif /* {macro} */\n",
    ]
    text = "\n".join(parts)
    _require_distinct(_DEFINED.findall(text))
    return text


def _require_distinct(names: Sequence[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"names must differ in C too, but there would be two functions {repeated[0]}")


def _functions(model: _Model) -> str:
    """Return ``..._seconds`` and ``..._in_range`` of a model, under a comment that says where it is from."""
    predictor = model.predictor
    if predictor.encoding.categories:
        named = ", ".join(predictor.encoding.categories)
        raise NotLowerableError(f"it has categorical parameters ({named}), which C has no type for")
    names = list(parameter_names(predictor.parameters).values())
    lines, [seconds] = _guarded_seconds([model], "NAN")
    seconds_body = [*lines, f"return {seconds};"]
    return "\n".join(
        [
            _comment(_description(predictor)),
            _function("double", f"{model.stem}_seconds", model.signature, seconds_body),
            _function("int", f"{model.stem}_in_range", model.signature, _in_range_body(predictor, names)),
        ]
    )


def _guarded_seconds(models: Sequence[_Model], otherwise: str) -> tuple[list[str], list[str]]:
    """Return statements that compute the seconds of models, or return `otherwise`, and where they stand."""
    first = models[0].predictor
    names = parameter_names(first.parameters)
    non_negative = {
        name for model in models for name, seen in model.predictor.ranges.items() if seen.low >= 0
    }
    columns = first.encoding.labels
    program = seconds_program(
        [model.predictor.formula for model in models],
        columns,
        {column for column, label in columns.items() if label in non_negative},
    )
    if len(program.instructions) > MOST_INSTRUCTIONS:
        raise NotLowerableError(
            f"it takes {len(program.instructions)} operations, more than {MOST_INSTRUCTIONS}"
        )
    lines, conditions, seconds = c_statements(program, list(names.values()))
    domain = [
        f"{'0.0 <=' if parameter in non_negative else '-INFINITY <'} {name} && {name} < INFINITY"
        for parameter, name in names.items()
    ]
    return [_unless(domain, otherwise), *lines, _unless(conditions, otherwise)], seconds


def _unless(conditions: Sequence[str], otherwise: str) -> str:
    return f"if (!({' && '.join(conditions) or '1'})) return {otherwise};"


def _in_range_body(predictor: Predictor, names: Sequence[str]) -> list[str]:
    named = predictor.training.complexity
    program = expressions_program(predictor.encoding.labels, named.values())
    lines, _, complexities = c_statements(program, names)
    ranges = [predictor.ranges[parameter] for parameter in predictor.parameters]
    tests = [_inside(name, seen) for name, seen in zip(names, ranges, strict=True)]
    seen_complexities = [predictor.complexity_ranges[name] for name in named]
    tests += [_inside(value, seen) for value, seen in zip(complexities, seen_complexities, strict=True)]
    return [*lines, f"return {' && '.join(tests) or '1'};"]


def _inside(value: str, seen: Range) -> str:
    return f"{c_number(seen.low)} <= {value} && {value} <= {c_number(seen.high)}"


def _description(predictor: Predictor) -> list[str]:
    training = predictor.training
    low, high = predictor.interval.at_median()
    noise = "unknown" if training.noise is None else f"{training.noise:.1%}"
    ranges = [f"{name} {seen.low:g}..{seen.high:g}" for name, seen in predictor.ranges.items()]
    return [
        f"{predictor.combination}",
        f"model {training.model}, {predictor.formula.n_parameters} parameters, {training.rows} rows, "
        f"noise of the measurements {noise}, data {training.data_sha256[:12]}",
        f"trained on {', '.join(ranges)}",
        f"90% of times of medium length lie between {exp(low):.4f} and {exp(high):.4f} times these",
    ]


def _selectors(kernel: str, models: list[_Model]) -> Iterator[str]:
    """Yield the selector over all models of a kernel, and one a hardware where there are several."""
    if len(models) == 1:
        return
    stem = f"select_{identifier(kernel)}"
    require_same_parameters({str(model.key): model.predictor.encoding.labels for model in models})
    yield _selector(stem, models)
    hardware = dict.fromkeys(model.key.hardware for model in models)
    for each in hardware if len(hardware) > 1 else ():
        there = [model for model in models if model.key.hardware == each]
        yield _selector(f"{stem}_on_{identifier(each)}", there)


def _selector(stem: str, models: list[_Model]) -> str:
    """Return a selector and its tables of names; it computes all models together, as they share much."""
    body, seconds = _guarded_seconds(models, "-1")
    body += [f"double time = {seconds[0]};", "int best = 0;"]
    body += [
        f"if ({value} < time) {{ time = {value}; best = {index}; }}"
        for index, value in enumerate(seconds[1:], start=1)
    ]
    body.append("return time == time ? best : -1;")
    return "\n".join(
        [
            _function("int", stem, models[0].signature, body),
            _table(f"{stem}_variant", [model.key.variant for model in models]),
            _table(f"{stem}_hardware", [model.key.hardware for model in models]),
        ]
    )


def _table(name: str, texts: list[str]) -> str:
    body = [
        f"static const char *const names[] = {{{', '.join(map(string_literal, texts))}}};",
        f"return index >= 0 && index < {len(texts)} ? names[index] : 0;",
    ]
    return _function("const char *", name, "int index", body)


def _function(kind: str, name: str, signature: str, body: Sequence[str]) -> str:
    lines = [f"static inline {kind} {name}({signature}) {{", *(f"  {line}" for line in body), "}\n"]
    return "\n".join(lines)


def _comment(lines: Sequence[str]) -> str:
    return "\n".join(["/*", *(f" * {comment_text(line)}".rstrip() for line in lines), " */"])
