"""What is scheduled and timed: a pipeline at a size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.sizes import Size, size_text


@dataclass(frozen=True)
class Workload:
    """A pipeline at a size.

    Parameters
    ----------
    pipeline : PipelineRef
    size : (int, int)
        Width and height.

    Examples
    --------
    >>> str(Workload(PipelineRef.of("blur"), (640, 480)))
    'blur at 640x480'
    """

    pipeline: PipelineRef
    size: Size

    @property
    def name(self) -> str:
        """What measurements call the pipeline."""
        return self.pipeline.name

    def __str__(self) -> str:
        return f"{self.name} at {size_text(self.size)}"

    def to_json(self) -> dict[str, Any]:
        """Return a plain dictionary, for another process."""
        return {"name": self.pipeline.name, "location": self.pipeline.location, "size": list(self.size)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Workload:
        """Return the workload that `to_json` described."""
        width, height = document["size"]
        return cls(PipelineRef(document["name"], document["location"]), (int(width), int(height)))
