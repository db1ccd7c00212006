"""A generator written in Python as a pipeline, built with the examples that its class names.

The class is a ``halide.Generator`` with ``@halide.generator()`` and has beside ``generate``

    @staticmethod
    def examples(width, height):
        return {"image": array, "gain": 0.5}, (width, height)

an example for each input by its name (arrays with Halide's dimension 0 last, or scalars) and the outputs'
extents in Halide's order: one list for all, or a list of lists, one per output. It is built as for an
autoscheduler: ``self.using_autoscheduler()`` is true, and where it is, ``generate`` leaves the scheduling to
others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import halide as hl
from halide import _generator_helpers as helpers

from perfpred.errors import InputError

AUTOSCHEDULER = "perfpred"
CONTRACT = "a static method examples(width, height) that returns ({input name: example}, output_extents)"

Made = tuple[Any, list[tuple[Any, Any]], Any]


def pipeline_of(kind: type) -> Callable[[int, int], Made]:
    """Return the function of width and height that builds a generator's pipeline.

    Raises
    ------
    InputError
        If the class is not a decorated generator with examples.
    """
    name = kind.__name__
    if not issubclass(kind, hl.Generator):
        raise InputError(f"class {name} must be a halide.Generator to be a pipeline")
    if not hasattr(kind, "_halide_registered_name"):
        raise InputError(f"generator {name} must be decorated with @halide.generator()")
    if not callable(getattr(kind, "examples", None)):
        raise InputError(f"generator {name} must have {CONTRACT}")
    return lambda width, height: _built(kind, width, height)


@contextmanager
def unregistered() -> Iterator[None]:
    """Load a file of generators as if none were known: loading it again must not find its names in use."""
    known = dict(helpers._python_generators)
    helpers._python_generators.clear()
    try:
        yield
    finally:
        helpers._python_generators.clear()
        helpers._python_generators.update(known)


def _built(kind: Any, width: int, height: int) -> Made:
    with hl.GeneratorContext(hl.get_host_target(), hl.AutoschedulerParams(AUTOSCHEDULER, {})):
        generator = kind()
        inputs = _names(generator)
        examples, extents = _examples(kind, inputs, width, height)
        pipeline = generator._build_pipeline()
    return pipeline, [(getattr(generator, name), examples[name]) for name in inputs], extents


def _names(generator: Any) -> list[str]:
    """Return the names of a generator's inputs, those that ``configure`` adds included."""
    arguments = generator._get_arginfos()
    return [each.name for each in arguments if each.dir == hl.ArgInfoDirection.Input]


def _examples(kind: Any, inputs: list[str], width: int, height: int) -> tuple[Mapping[str, Any], Any]:
    """Return the examples by input, and the outputs' extents."""
    found = kind.examples(width, height)
    if not (isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], Mapping)):
        raise InputError(f"generator {kind.__name__} must have {CONTRACT}, but it returned {found!r:.80}")
    problems = [f"has none of {name}" for name in inputs if name not in found[0]]
    problems += [f"has one of {name}, which is no input" for name in found[0] if name not in inputs]
    if problems:
        raise InputError(
            f"generator {kind.__name__} must have one example for each input, but {'; '.join(problems)}"
        )
    return found
