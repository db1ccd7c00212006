"""Models to learn from: which model has a use for them, and which of a bank a combination can use."""

from __future__ import annotations

from collections.abc import Sequence

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.learn import registry
from perfpred.learn.registry import Model
from perfpred.predict.bank import Bank
from perfpred.predict.formula import Formula

DEFAULT = "augmented"
"""The model that is trained unless another is named, or there are models to learn from."""


def source_bank(transfer_from: Bank | None, like: Bank | None) -> Bank | None:
    """Return the bank to learn from, of which `like` is the earlier name.

    Raises
    ------
    InputError
        If it is given under both names.
    """
    if transfer_from is not None and like is not None:
        raise InputError("like is an earlier name of transfer_from: give one of them")
    return like if transfer_from is None else transfer_from


def learners() -> tuple[Model, ...]:
    """Return the models that learn from others, in order of registration; the first is the default."""
    return tuple(each for each in registry.models() if each.transfer is not None)


def chosen_model(name: str | None, sources: Bank | None) -> Model:
    """Return the model of that name, or the default; raises `InputError` if it has no use for `sources`."""
    chosen = registry.model(name or (DEFAULT if sources is None else learners()[0].name))
    if sources is not None:
        require_learner([chosen])
    return chosen


def require_learner(models: Sequence[Model]) -> None:
    """Raise `InputError` unless one of `models` learns from others."""
    if not any(each.transfer for each in models):
        named = " and ".join(each.name for each in models)
        verb = "does" if len(learners()) == 1 else "do"
        learns = f"model {named} learns" if len(models) == 1 else f"{named} learn"
        raise InputError(
            f"{learns} nothing from other models; {', '.join(each.name for each in learners())} {verb}"
        )


def source_models_of(
    combination: Combination, parameters: Sequence[str], learner: Model, sources: Bank | None
) -> dict[str, Formula]:
    """Return the models of a bank that `learner` can use for a combination, by whose they are.

    They are those of other variants or hardware with the same parameters, all numeric, and of a kind that
    the learner's registration names.

    Parameters
    ----------
    combination : Combination
        What is to be trained.
    parameters : sequence of str
    learner : Model
    sources : Bank or None
        None has no models.

    Raises
    ------
    InputError
        If there is a bank and the learner has a use for one, but none of its models can be used.
    """
    if sources is None or learner.transfer is None:
        return {}
    found = {
        str(each.combination): each.formula
        for each in sources
        if each.combination.kernel == combination.kernel
        and each.combination != combination
        and sorted(each.parameters) == sorted(parameters)
        and not each.encoding.categories
        and isinstance(each.formula, learner.transfer.formulas)
    }
    if not found:
        raise InputError(
            f"{combination}: none of {len(sources)} models to learn from is {learner.transfer.noun} of "
            f"kernel '{combination.kernel}' with numeric parameters {', '.join(parameters)}, and of another "
            "variant or hardware"
        )
    return found
