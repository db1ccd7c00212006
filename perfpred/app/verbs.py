"""How a function becomes a verb: its help ends with an example; unknown names are answered with near ones."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from inspect import cleandoc
from typing import Any

import typer
from typer.core import TyperGroup

from perfpred.errors import InputError, UnknownNameError

EXAMPLE = "Example: "
"""What the last paragraph of a verb's docstring starts with; the rest is a command line."""
_AS_IT_IS = "\b\n"  # the option parser neither joins nor folds the lines of a paragraph that starts so


class _Verbs(TyperGroup):
    """Verbs, of which an unknown one is refused in one sentence with the nearest known one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the verb that the arguments start with."""
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            raise _unknown_verb(self, ctx, name)
        return super().resolve_command(ctx, args)


def _unknown_verb(group: _Verbs, ctx: Any, name: str) -> InputError:
    """Return the error of a verb that is not there; it may be one of a sub-group."""
    known = group.list_commands(ctx)
    below = {
        verb: f"{each} {verb}"
        for each, sub in group.commands.items()
        if isinstance(sub, _Verbs)
        for verb in sub.commands
    }
    near = difflib.get_close_matches(name, {*known, *below}, n=1) if len(name) < 100 else []
    if near and near[0] not in known:
        return InputError(f"unknown verb '{name}'; did you mean 'perfpred {below[near[0]]}'?")
    return UnknownNameError("verb" if ctx.parent is None else f"{ctx.info_name} verb", name, known)


def unknown_option(error: Any) -> UnknownNameError:
    """Return the error of an option that a verb does not have, in the words of other unknown names.

    Parameters
    ----------
    error : NoSuchOption
        Of the option parser, which comes with typer or beside it.
    """
    parameters = error.ctx.command.get_params(error.ctx) if error.ctx is not None else ()
    known = {
        name
        for each in parameters
        if not getattr(each, "hidden", False)
        for name in each.opts
        if name.startswith("--")
    }
    return UnknownNameError("option", error.option_name, known or error.possibilities or ())


def verb_group(name: str, summary: str) -> typer.Typer:
    """Return a group of verbs; called without one it shows its help."""
    return typer.Typer(
        name=name,
        help=summary,
        cls=_Verbs,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def add_verb(group: typer.Typer, function: Callable[..., Any], name: str | None = None) -> None:
    """Make a function a verb of a group, called as the function is unless it is named.

    Parameters
    ----------
    group : typer.Typer
    function : callable
        Its docstring is the help. Its last paragraph, ``Example: perfpred ...``, stands below the options.
    name : str, optional
    """
    text, example = _help_and_example(function)
    epilog = f"{_AS_IT_IS}Example:\n  {example}" if example else None
    group.command(name, help=text, epilog=epilog)(function)


def _help_and_example(function: Callable[..., Any]) -> tuple[str, str]:
    """Return the paragraphs of a docstring but the example, and the example on one line."""
    paragraphs = cleandoc(function.__doc__ or "").split("\n\n")
    example = ""
    if paragraphs[-1].startswith(EXAMPLE):
        example = " ".join(paragraphs.pop().removeprefix(EXAMPLE).split())
    return "\n\n".join(paragraphs), example
