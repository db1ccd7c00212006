"""A bank as one C99 header: a function a model, and a selector a kernel."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp

from perfpred.combination import Combination
from perfpred.errors import InputError, ProblemsError
from perfpred.export.c_names import (
    comment_text,
    common_columns,
    function_names,
    guard_name,
    identifier,
    parameter_names,
    string_literal,
)
from perfpred.export.c_range import in_range_body
from perfpred.kernels.domain import SizeRule
from perfpred.predict.bank import Bank
from perfpred.predict.lowered import seconds_program
from perfpred.predict.predictor import Predictor
from perfpred.predict.reading import rules_of
from perfpred.predict.store import FORMAT, VERSION
from perfpred.program import NotLowerableError, c_statements
from perfpred.program.c_helpers import HELPERS, c_number

MAX_INSTRUCTIONS = 20_000
"""A longer function would take a compiler minutes."""

_ABOUT = """\
Predicted times of kernels, written by perfpred from models of format {format} {version}. Doubles, seconds;
no dependency but <math.h> and <string.h>. Not for -ffast-math and its parts: they change the values.

..._seconds(...)   the predicted time, or NaN where there is none: an argument is not finite, or is negative
                   where training saw none negative; the kernel has no output of such sizes; a complexity is
                   not > 0; an expression is not finite.
..._in_range(...)  1 where training saw such arguments and complexities, else 0: then it is a guess.
select_...(...)    the index of the fastest model among those in range; of the fastest of all where none is
                   in range; or -1 where one of them predicts NaN. It takes every parameter that one of its
                   models has. ..._in_range(..., index) says whether the model is in range,
                   ..._variant(index) and ..._hardware(index) name it, or are null for an index that there
                   is not. The order is that of variants, then of hardware."""

_PRECISE = """\
/* Clang and older GCC have no macro for some options that change the values: they are switched off here. */
#if defined(__clang__) && __clang_major__ >= 12
#pragma float_control(precise, on, push)
#elif defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
#pragma GCC push_options
#pragma GCC optimize ("no-associative-math", "no-reciprocal-math")
#endif
"""
_AS_BEFORE = """\
#if defined(__clang__) && __clang_major__ >= 12
#pragma float_control(pop)
#elif defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
#pragma GCC pop_options
#endif
"""

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
        If a model cannot be written in C (each is named, with the reason) or predicts something else than
        time, or two would have one name.
    """
    for predictor in bank:
        predictor.require_time()
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
    macro = guard_name(guard)
    about = _ABOUT.format(format=FORMAT, version=VERSION)
    parts = [
        _comment(about.splitlines()),
        f"#ifndef {macro}\n#define {macro}\n\n#include <math.h>\n#include <string.h>\n",
        _PRECISE,
        HELPERS,
        *functions,
        *selectors,
        _AS_BEFORE,
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
    lines, [seconds] = _guarded_seconds([model], predictor.encoding.labels, "NAN")
    seconds_body = [*lines, f"return {seconds};"]
    return "\n".join(
        [
            _comment(_description(predictor)),
            _function("double", f"{model.stem}_seconds", model.signature, seconds_body),
            _function("int", f"{model.stem}_in_range", model.signature, in_range_body(predictor, names)),
        ]
    )


def _guarded_seconds(
    models: Sequence[_Model], columns: Mapping[str, str], otherwise: str
) -> tuple[list[str], list[str]]:
    """Return statements that compute the seconds of models, or return `otherwise`, and where they stand.

    `columns` are those of all the models, each with its parameter.
    """
    names = parameter_names(list(columns.values()))
    non_negative = {
        name for model in models for name, seen in model.predictor.ranges.items() if seen.low >= 0
    }
    program = seconds_program(
        [model.predictor.formula for model in models],
        columns,
        {column for column, label in columns.items() if label in non_negative},
        dict.fromkeys(text for m in models for text in m.predictor.training.complexity.values()),
    )
    if len(program.instructions) > MAX_INSTRUCTIONS:
        raise NotLowerableError(
            f"it takes {len(program.instructions)} operations, more than {MAX_INSTRUCTIONS}"
        )
    lines, conditions, seconds = c_statements(program, list(names.values()))
    domain = [
        f"{'0.0 <=' if parameter in non_negative else '-INFINITY <'} {name} && {name} < INFINITY"
        for parameter, name in names.items()
    ]
    domain += dict.fromkeys(_size_rule(rule, names) for m in models for rule in rules_of(m.predictor))
    return [_unless(domain, otherwise), *lines, _unless(conditions, otherwise)], seconds


def _size_rule(rule: SizeRule, names: Mapping[str, str]) -> str:
    least = names[rule.at_least] if isinstance(rule.at_least, str) else c_number(float(rule.at_least))
    return f"{names[rule.parameter]} >= {least}"


def _unless(conditions: Sequence[str], otherwise: str) -> str:
    return f"if (!({' && '.join(conditions) or '1'})) return {otherwise};"


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
    yield _selector(stem, models)
    hardware = dict.fromkeys(model.key.hardware for model in models)
    for each in hardware if len(hardware) > 1 else ():
        there = [model for model in models if model.key.hardware == each]
        yield _selector(f"{stem}_on_{identifier(each)}", there)


def _selector(stem: str, models: list[_Model]) -> str:
    """Return a selector and its tables of names; it computes all models together, as they share much."""
    columns = common_columns({str(model.key): model.predictor.encoding.labels for model in models})
    names = parameter_names(list(columns.values()))
    signature = ", ".join(f"double {name}" for name in names.values())
    body, seconds = _guarded_seconds(models, columns, "-1")
    body += _fastest(f"{stem}_in_range({', '.join(names.values())}, ", seconds)
    return "\n".join(
        [
            _function("int", f"{stem}_in_range", f"{signature}, int index", _in_range_of(models, names)),
            _function("int", stem, signature, body),
            _table(f"{stem}_variant", [model.key.variant for model in models]),
            _table(f"{stem}_hardware", [model.key.hardware for model in models]),
        ]
    )


def _fastest(in_range: str, seconds: Sequence[str]) -> list[str]:
    """Return statements that choose by the seconds; `in_range` is a call but for its last argument.

    The ranges of others are looked at only where the fastest is out of its own.
    """
    count = len(seconds)
    return [
        f"double time = {seconds[0]};",
        "int best = 0, known = -1, i;",
        *(
            f"if ({value} < time) {{ time = {value}; best = {index}; }}"
            for index, value in enumerate(seconds[1:], start=1)
        ),
        "if (!(time == time)) return -1;",
        f"if ({in_range}best)) return best;",
        "{",
        f"  const double times[{count}] = {{{', '.join(seconds)}}};",
        f"  for (i = 0; i < {count}; ++i)",
        f"    if ((known < 0 || times[i] < times[known]) && {in_range}i)) known = i;",
        "}",
        "return known < 0 ? best : known;",
    ]


def _in_range_of(models: Sequence[_Model], names: Mapping[str, str]) -> list[str]:
    """Return the statements of a function that says of the model at an index whether it is in range."""
    calls = []
    for index, model in enumerate(models):
        arguments = ", ".join(names[parameter] for parameter in model.parameters)
        calls.append(f"  case {index}: return {model.stem}_in_range({arguments});")
    return ["switch (index) {", *calls, "  default: return 0;", "}"]


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
