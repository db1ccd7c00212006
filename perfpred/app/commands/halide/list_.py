"""``perfpred halide list``."""

from __future__ import annotations

from perfpred.app.arguments import Json
from perfpred.app.console import print_json, table
from perfpred.halide.pipeline.sizes import size_text
from perfpred.schemas.halide import PipelineDocument


def list_pipelines(json: Json = False) -> None:
    """Show the pipelines of the suite.

    Example: perfpred halide list
    """
    from perfpred.halide.pipeline.suite import PIPELINES

    records = list(PIPELINES.values())
    if json:
        print_json(
            [
                PipelineDocument(
                    each.name, each.what, size_text(each.default_size), tuple(map(size_text, each.sizes))
                )
                for each in records
            ]
        )
        return
    rows = [[each.name, size_text(each.default_size), each.what] for each in records]
    table("", {"pipeline": "left", "size": "right", "what": "left"}, rows)
