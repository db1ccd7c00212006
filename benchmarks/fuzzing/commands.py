"""The commands on profiles, models and files of other tools; see `fuzzing.command_line`."""

from __future__ import annotations

import json
import math
import random
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import perfpred as pp
from fuzzing import columns, csv_files, kernel_tuner, model_files, t4
from fuzzing.command_line import Case, Command, Ended, document
from fuzzing.kinds import WrongAnswerError
from perfpred.errors import InputError
from perfpred.profile import read_profile

LINEAR = ("--model", "linear-c")


class _OnProfiles(Command):
    """A command that reads a CSV, perhaps with a mapping of its columns and metadata beside it."""

    outputs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        plain, mixed, several = csv_files.seeds()
        mapping, foreign = columns.parts(columns.seeds()[0])
        verb = self.verb()
        return [
            Case((verb, "in.csv", *self.options), {"in.csv": plain, "in.meta.json": self._metadata()}),
            Case((verb, "in.csv", *self.options, "--json"), {"in.csv": mixed}),
            Case((verb, "in.csv", *self.options), {"in.csv": several}),
            Case((verb, "in.csv", "--kernel", "k", *self.options), {"in.csv": foreign, "in.toml": mapping}),
        ]

    def verb(self) -> str:
        """Return the name of the command."""
        return self.name.removeprefix("command_")

    def damage(self, name: str, content: bytes, rng: random.Random) -> bytes:
        """Damage a file as its kind is damaged."""
        if name.endswith(".toml"):
            return columns.damaged_mapping(content, rng)
        if name.endswith(".json"):
            return t4.T4Files().mutate(content, rng)
        return csv_files.CsvFiles().mutate(content, rng)

    @staticmethod
    def _metadata() -> bytes:
        content = {"units": {"time_s": "s"}, "complexity": {"work": "m"}, "seed": 1}
        return json.dumps(content).encode()


class Train(_OnProfiles):
    """`perfpred train`; what it has written must be loaded again."""

    name, outputs = "command_train", ("--models",)
    options = ("--models", "models", *LINEAR)

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        first, *others = super().cases()
        return [Case((*first.argv, "--complexity", "work=m*2"), first.files), *others]

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        document(case, ended)
        folders = {path.parent for path in ended.changed if path.suffix == ".json"}
        if not folders:
            raise WrongAnswerError("nothing was written")
        for folder in folders:
            _load(folder)


class Evaluate(_OnProfiles):
    """`perfpred evaluate` with linear models; errors must not be negative."""

    name = "command_evaluate"
    options = (*LINEAR, "--repeats", "1")

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        found = document(case, ended)
        rows = found if isinstance(found, list) else (found or {}).get("results", [])
        for row in rows:
            for key in ("mape", "mape_slowest70", "median_ape", "p90_ape", "fit_s", "noise"):
                _require(row.get(key), 0.0, math.inf, f"{key} of {row}")
            _require(row.get("coverage90"), 0.0, 1.0, "coverage90")
            _require(row.get("spearman"), -1.0 - 1e-9, 1.0 + 1e-9, "spearman")


class Inspect(_OnProfiles):
    """`perfpred inspect`."""

    name = "command_inspect"

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        document(case, ended)


class Search(_OnProfiles):
    """`perfpred search`, a short random one: no search beats the optimum."""

    name, outputs = "command_search", ("--plot",)
    options = ("--strategy", "random", "--budget", "3", "--repeats", "1")

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        _, mixed, _ = csv_files.seeds()
        content = _tuned()
        one = _tuned((32,))
        other = one.replace(b",h,", b",h2,")
        return [
            Case(("search", "in.csv", *self.options, "--json"), {"in.csv": one}),
            Case(("search", "in.csv", *self.options, "--fixed", "n"), {"in.csv": content}),
            Case(("search", "in.csv", *self.options, "--fixed", "none", "--json"), {"in.csv": mixed}),
            Case(
                ("search", "in.csv", *self.options, "--warm-start", "b.csv"),
                {"in.csv": one, "b.csv": other},
            ),
        ]

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        for row in document(case, ended) or []:
            _require(row.get("ratio"), 1.0 - 1e-12, math.inf, f"ratio of {row}")


class Best(_OnProfiles):
    """`perfpred best` at a size never run."""

    name = "command_best"

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        content = _tuned()
        return [
            Case(("best", "in.csv", "n=48"), {"in.csv": content}),
            Case(("best", "in.csv", "n=48", "--json", "--top", "2"), {"in.csv": content}),
        ]

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        found = document(case, ended)
        if found is not None and isinstance(found, dict) and found.get("expected") is not None:
            _require(found["expected"], 0.0, math.inf, "expected")


class _OnModels(Command):
    """A command that reads models."""

    def damage(self, name: str, content: bytes, rng: random.Random) -> bytes:
        """Damage a file as its kind is damaged."""
        if name.endswith(".csv"):
            return csv_files.CsvFiles().mutate(content, rng)
        return model_files.ModelFiles().mutate(content, rng)


class Predict(_OnModels):
    """`perfpred predict`, of one size and of a table."""

    name = "command_predict"

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        named = ("predict", "k", "--models", "models")
        return [
            *(Case((*named, "m=20", "mode=a"), {"models/a.json": each}) for each in _models()),
            Case((*named, "m=20", "mode=b", "--json"), {"models/a.json": _models()[0]}),
            Case((*named, "--table", "q.csv"), {"models/a.json": _models()[0], "q.csv": _queries()}),
            Case(
                (*named, "--table", "q.csv", "--out", "o.csv"),
                {"models/a.json": _models()[1], "q.csv": _queries()},
            ),
        ]

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        found = document(case, ended)
        if isinstance(found, dict):
            _require_interval(found)


class Select(_OnModels):
    """`perfpred select`, of one size and of a table."""

    name = "command_select"

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        one, other, third, *_ = _models()
        files = {
            "models/a.json": one,
            "models/b.json": _renamed(other, "v2"),
            "models/c.json": _renamed(third, "v3"),
        }
        named = ("select", "k", "--models", "models")
        return [
            Case((*named, "m=20", "mode=a"), files),
            Case((*named, "m=20", "mode=a", "--default", "v2", "--json"), files),
            Case((*named, "m=20", "mode=a", "--top", "1", "--hardware", "cpu-1t"), files),
            Case((*named, "--table", "q.csv", "--out", "o.csv"), {**files, "q.csv": _queries()}),
        ]

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        found = document(case, ended)
        if isinstance(found, dict):
            for entry in found.get("ranking", []):
                _require_interval(entry)


class Export(_OnModels):
    """`perfpred export` to C and, of a profile, to T4."""

    name = "command_export"

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        one, other = _trained()
        rows = csv_files.seeds()[0]
        return [
            Case(
                ("export", "models", "--to", "c", "--out", "o.h"),
                {"models/a.json": one, "models/b.json": other},
            ),
            Case(("export", "models/a.json", "--out", "o.h", "--json"), {"models/a.json": one}),
            Case(("export", "in.csv", "--to", "t4", "--out", "o.json"), {"in.csv": rows}),
        ]

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        document(case, ended)
        for path in ended.changed:
            text = path.read_text(encoding="utf-8")
            if "t4" not in _values_of(case) and not text.replace("\n", "").replace("\t", "").isprintable():
                raise WrongAnswerError(f"{path} holds what does not print")
            if "t4" in _values_of(case):
                json.loads(text, parse_constant=_no_constant)


class Import(Command):
    """`perfpred import`; what it has written must be read again."""

    name = "command_import"

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        caches, results = kernel_tuner.seeds(), t4.seeds()
        named = ("--kernel", "k", "--hardware", "h", "--out", "o.csv")
        return [
            Case(("import", "in.json", *named), {"in.json": caches[0]}),
            Case(("import", "in.json", *named, "--json", "--estimate", "min"), {"in.json": caches[1]}),
            Case(("import", "in.json", *named, "--param", "q=4096"), {"in.json": results[0]}),
        ]

    def damage(self, name: str, content: bytes, rng: random.Random) -> bytes:
        """Damage a file as its kind is damaged."""
        return kernel_tuner.KernelTunerCaches().mutate(content, rng)

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        document(case, ended)
        for path in ended.changed:
            if path.suffix == ".csv":
                try:
                    read_profile(path)
                except InputError as error:
                    raise WrongAnswerError(f"what was written cannot be read: {error}") from None


@cache
def _models() -> tuple[bytes, ...]:
    return tuple(model_files.seeds())


def _renamed(model: bytes, variant: str) -> bytes:
    from perfpred.predict import document as documents

    content = json.loads(model)
    content["predictor"]["combination"]["variant"] = variant
    content["sha256"] = documents.digest(content["predictor"])
    return json.dumps(content).encode()


def _trained() -> tuple[bytes, ...]:
    """Return models of numbers alone, which can be written in C."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.csv")
        rows = csv_files.seeds()[0].decode()
        path.write_text(rows + rows.partition("\n")[2].replace("eigen", "other"), encoding="utf-8")
        bank = pp.train(read_profile(path), model="linear-c", complexity={"work": "m*2"}, n_jobs=1)
        return tuple(each.read_bytes() for each in bank.save(Path(folder, "models")))


def _queries() -> bytes:
    return b"id,m,mode\n" + b"".join(
        b"%d,%d,%s\n" % (n, n * 7, b"ab"[n % 2 : n % 2 + 1]) for n in range(1, 12)
    )


def _tuned(sizes: Sequence[int] = (16, 32, 64)) -> bytes:
    rows = ["kernel,variant,hardware,n,block,unroll,time_ms"]
    for n in sizes:
        rows += [
            f"k,v,h,{n},{b},{u},{n * (1 + abs(b - 8) / 8) * (1 + 0.1 * u):.4f}"
            for b in (4, 8, 16)
            for u in (1, 2)
        ]
    return "\n".join(rows).encode() + b"\n"


def _load(folder: Any) -> None:
    try:
        pp.load(folder)
    except InputError as error:
        raise WrongAnswerError(f"the models that were written cannot be loaded: {error}") from None


def _require(value: Any, low: float, high: float, what: str) -> None:
    """Raise unless a number is within bounds; null is no number, and says so."""
    if value is not None and not (isinstance(value, int | float) and low <= value <= high):
        raise WrongAnswerError(f"{what} is {value}")


def _require_interval(entry: dict[str, Any]) -> None:
    low, time, high = (entry.get(key) for key in ("low_s", "time_s", "high_s"))
    if not (isinstance(time, float) and 0 < low <= time <= high < math.inf):
        raise WrongAnswerError(f"{entry} is no answer")


def _no_constant(text: str) -> None:
    raise WrongAnswerError(f"{text} in a JSON file")


def _values_of(case: Case) -> list[str]:
    return [each.rpartition("=")[2] for each in case.argv]
