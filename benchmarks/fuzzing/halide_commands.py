"""`perfpred halide rank` on files of measured schedules; see `fuzzing.command_line`."""

from __future__ import annotations

import gzip
import json
import math
import random
from collections.abc import Sequence
from functools import cache

from fuzzing import halide_models
from fuzzing.command_line import Case, Command, Ended, document
from fuzzing.kinds import WrongAnswerError
from perfpred.halide.choose.database_folder import SUFFIX
from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.hardware import Site, probe
from perfpred.names import file_stem


class HalideRank(Command):
    """Ranks the schedules of a pipeline, whose file is damaged, at a size."""

    name, outputs = "command_halide_rank", ()
    compiles = True

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        file = f"models/halide/{file_stem(('blur', _hardware()), PIPELINES)}{SUFFIX}"
        named = ("halide", "rank", "blur", "--models", "models")
        return [
            Case((*named, "--size", "640x480"), {file: _of_this_machine()}),
            Case((*named, "--size", "64x48", "--top", "3", "--json"), {file: _of_this_machine()}),
        ]

    def damage(self, name: str, content: bytes, rng: random.Random) -> bytes:
        """Damage a file as its kind is damaged."""
        return halide_models.HalideModels().mutate(gzip.decompress(content), rng)

    def check(self, case: Case, ended: Ended) -> None:
        """Look at what was printed and written."""
        for each in document(case, ended) or []:
            expected = each.get("expected_s", 1.0)
            if not (isinstance(expected, float) and 0 < expected < math.inf):
                raise WrongAnswerError(f"{each} is no answer")


@cache
def _of_this_machine() -> bytes:
    body = json.loads(halide_models.seeds()[0])["experience"]
    body["hardware"] = _hardware()
    return gzip.compress(halide_models._file(body), 1, mtime=0)


def _hardware() -> str:
    return str(Site.of(probe()).hardware.id)
