"""The process that runs compiled schedules, each at each size in a fork that may die; line in, line out.

A fork answers two questions: what our own check says, by the code that profiles are measured with, and how
the outputs on random data differ from NumPy's and from those of the unscheduled build.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.halide.measure import runner
from perfpred.halide.measure.checking.operands import Operands
from perfpred.sandbox.forking import ForkLimits, run_forked
from perfpred.sandbox.limits import die_with_parent
from perfpred.sandbox.serving import Answer, serve_standard_streams

from .judging import Allowed, Array, difference

LIMITS = ForkLimits(60.0, 8 << 30)
M_PERTURB, POISON = -6, 0xCB
"""An option of glibc's `mallopt`: what is newly allocated is filled, so that what is not written shows."""


class Untimed:
    """In place of the contention probe: our check is asked, and nothing is timed."""

    def when_quiet(self, measure: Callable[[], float], long_s: float) -> tuple[float, float]:
        """Return no time."""
        return 0.0, 0.0


class Judge:
    """Runs libraries of one pipeline.

    Parameters
    ----------
    setup : mapping
        ``profile``: what a timing process of a profile is set up with; ``folder``: where the random inputs
        and NumPy's outputs of each size lie; ``tolerance`` and ``steps``.
    """

    def __init__(self, setup: Mapping[str, Any]) -> None:
        runner._probe = lambda setup: Untimed()  # type: ignore[assignment,return-value]
        ctypes.CDLL(None).mallopt(M_PERTURB, POISON)
        self._own = runner.Runner(setup["profile"])
        self._profile = setup["profile"]
        self._allowed = Allowed(setup["tolerance"], setup["steps"])
        self._folder = Path(setup["folder"])
        self._cases: dict[str, Operands] = {}
        self._numpy: dict[str, list[Array]] = {}
        for size, each in self._profile["sizes"].items():
            self._cases[size] = self._operands(size, each)
            self._numpy[size] = _arrays(self._folder / size, "right")
        self._plain: dict[str, list[Array]] = {}

    def warm(self) -> None:
        """Have our check know the right outputs before there are forks, which would forget them."""
        for size, each in self._profile["sizes"].items():
            self._own.answer({"library": each["reference"], "size": size, "check": True})
            case = self._own._case(size)
            for number in case.data:
                case.spread(number)

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what became of a library at each size; ``plain`` makes its outputs a reference."""
        if request.get("plain"):
            return self._take_plain(request["library"])
        sizes = request.get("sizes", list(self._cases))
        return {
            "status": "ok",
            "sizes": {
                size: run_forked(lambda size=size: self._judged(request["library"], size), LIMITS, "crashed")
                for size in sizes
            },
        }

    def _take_plain(self, library: str) -> dict[str, Any]:
        found = {}
        for size in self._cases:
            path = self._folder / size

            def save(size: str = size, path: Path = path) -> dict[str, Any]:
                outputs = self._run(library, size)
                for index, each in enumerate(outputs):
                    np.save(path / f"plain{index}.npy", each)
                return {"numpy": self._against_numpy(outputs, size)}

            found[size] = run_forked(save, LIMITS, "crashed")
            if found[size]["status"] == "ok":
                self._plain[size] = _arrays(path, "plain")
        return {"status": "ok", "sizes": found}

    def _judged(self, library: str, size: str) -> dict[str, Any]:
        try:
            outputs = self._run(library, size)
        except runner.CallError as error:
            return {"status": "refused", "message": str(error)[:300]}
        reply: dict[str, Any] = {
            "numpy": self._against_numpy(outputs, size) or self._cases[size].overrun(),
            "plain": difference(outputs, self._plain[size], self._allowed) if size in self._plain else None,
        }
        try:
            own = self._own.answer({"library": library, "size": size, "check": True})
        except runner.CallError as error:
            own = {"status": "runtime_error", "message": str(error)[:300]}
        return {**reply, "own": "" if own["status"] == "ok" else f"{own['status']}: {own['message']}"}

    def _against_numpy(self, outputs: list[Array], size: str) -> str | None:
        right = self._numpy[size]
        return difference(outputs, right, self._allowed) if right else None

    def _run(self, library: str, size: str) -> list[Array]:
        case = self._cases[size]
        case.poison()
        self._own._call(runner._entry(library), case)
        return case.outputs

    def _operands(self, size: str, setup: Mapping[str, Any]) -> Operands:
        made = Operands(setup)
        for place, values in zip(made.inputs, _arrays(self._folder / size, "random"), strict=True):
            place[...] = values
        return made


def _arrays(folder: Path, stem: str) -> list[Array]:
    found = []
    while (path := folder / f"{stem}{len(found)}.npy").exists():
        found.append(np.load(path))
    return found


def start(setup: Mapping[str, Any]) -> Answer:
    """Return what answers requests for the pipeline of a setup."""
    judge = Judge(setup)

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        reply = judge.answer(request)
        if request.get("plain"):
            judge.warm()
        return reply

    return answer


def main() -> None:
    """Run as ``python -m halide_pipelines.running``."""
    die_with_parent()
    serve_standard_streams(start)


if __name__ == "__main__":
    main()
