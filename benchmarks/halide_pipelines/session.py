"""One pipeline under test: described at its sizes, with random data and the right outputs."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.halide.measure.compiling import prepare
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.timed import operands_setup
from perfpred.halide.measure.workers import Description, HalideWorkers, compile_job
from perfpred.halide.pipeline.sizes import size_text
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.miscompiled import miscompiled
from perfpred.halide.schedule.reference import reference_schedule
from perfpred.hardware import Site
from perfpred.sandbox.child import Child, Command

from .cases import Case

BENCHMARKS = Path(__file__).parent.parent
REPLY_S = 600.0


class SetupError(Exception):
    """A pipeline cannot be built, or its unscheduled build disagrees with NumPy."""


@dataclass(frozen=True)
class Machinery:
    """What all pipelines are compiled and run with."""

    workers: HalideWorkers
    site: Site


class Session:
    """A context manager: its end ends the process that runs the schedules.

    Raises
    ------
    SetupError
    InputError
        If the pipeline cannot be described.
    """

    def __init__(self, case: Case, machinery: Machinery, folder: Path, seed: int = 0) -> None:
        self.case, self._machinery, self.folder = case, machinery, folder
        described = {
            size: machinery.workers.describe(Workload(case.source, size), str(folder / size_text(size)))
            for size in case.sizes
        }
        self.experiment = Experiment(case.source, machinery.site, described, folder)
        if len(self.experiment.first_of_each()) != 1:
            raise SetupError("it is another algorithm at each size")
        self.graph = described[case.sizes[0]].graph
        for size in case.sizes:
            self._make_data(size, seed)
        prepare(self.experiment, machinery.workers)
        self._child = Child(self._command())
        self._take_plain()

    @property
    def described(self) -> Description:
        """What candidates are drawn for: the first of the sizes."""
        return self.experiment.described[self.case.sizes[0]]

    def judged(self, candidate: Candidate, *, rules: bool = True) -> dict[str, Any]:
        """Return what became of a schedule: refused by a rule, not compiled, or an outcome per size."""
        entry: dict[str, Any] = {"judged": candidate.id, "source": candidate.source}
        entry["refused"] = miscompiled(candidate, self.graph)
        if entry["refused"] and rules:
            return {**entry, "status": "refused"}
        library = self.folder / f"{candidate.id}.so"
        try:
            reply = self._compiled(candidate, library)
            if reply["status"] != "ok":
                return {**entry, "status": reply["status"], "message": str(reply["message"])[:300]}
            found = self._child.ask({"library": str(library)}, REPLY_S)
        finally:
            for path in (library, library.with_suffix(".json")):
                path.unlink(missing_ok=True)
        if found["status"] != "ok":
            return {**entry, "status": "lost", "message": str(found["message"])[:300]}
        return {**entry, "status": "ok", "sizes": found["sizes"]}

    def _compiled(self, candidate: Candidate, library: Path) -> dict[str, Any]:
        job = compile_job(self.described.workload, candidate, self.experiment.target, str(library))
        return self._machinery.workers.run(job)

    def _make_data(self, size: tuple[int, int], seed: int) -> None:
        """Write random inputs like the examples, and NumPy's outputs, beside the examples."""
        folder = self.folder / size_text(size)
        arguments = self.experiment.described[size].arguments
        examples = [
            np.load(folder / each["file"]) if each["kind"] == "image" else each["value"] for each in arguments
        ]
        inputs = self.case.inputs(examples, seed)
        images = [each for each in inputs if isinstance(each, np.ndarray)]
        for stem, arrays in (("random", images), ("right", self.case.right(inputs))):
            for index, each in enumerate(arrays):
                np.save(folder / f"{stem}{index}.npy", each)

    def _command(self) -> Command:
        profile = {  # as for the process that times and checks the candidates of a profile
            "runtime": str(self.experiment.runtime_library),
            "sizes": {
                size_text(size): operands_setup(self.experiment, size, each)
                for size, each in self.experiment.described.items()
            },
        }
        setup = {
            "profile": profile,
            "folder": str(self.folder),
            "tolerance": self.case.tolerance,
            "steps": self.case.steps,
        }
        path = os.pathsep.join(filter(None, (str(BENCHMARKS), os.environ.get("PYTHONPATH", ""))))
        environment = {"PYTHONPATH": path, "HL_NUM_THREADS": str(self._machinery.site.threads)}
        return Command("the judge", ["-m", "halide_pipelines.running"], setup, environment)

    def _take_plain(self) -> None:
        plain = Candidate(()) if self.case.unscheduled else reference_schedule(self.graph)
        library = self.folder / "plain.so"
        reply = self._compiled(plain, library)
        if reply["status"] != "ok":
            raise SetupError(f"its unscheduled build: {reply['message']}")
        found = self._child.ask({"library": str(library), "plain": True}, REPLY_S)
        if found["status"] != "ok":
            raise SetupError(f"its unscheduled build: {found['message']}")
        for size, each in found["sizes"].items():
            if each["status"] != "ok" or each["numpy"]:
                why = each.get("numpy") or each.get("message")
                raise SetupError(f"its unscheduled build at {size} differs from NumPy: {why}")

    def close(self) -> None:
        """End the process that runs the schedules."""
        with suppress(Exception):
            self._child.end()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
