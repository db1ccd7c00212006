"""The models by name. One registration says everything about a model; torch loads when one is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfpred.errors import InputError
from perfpred.predict.formula import Formula, PosynomialNet
from perfpred.registry import Registry

if TYPE_CHECKING:
    from perfpred.learn.estimators.base import TimeRegressor

Complexities = Mapping[str, str] | None
Features = Mapping[str, str] | Sequence[str] | None
Factory = Callable[[Complexities, Features, Any], "TimeRegressor"]


@dataclass(frozen=True)
class Transfer:
    """What a model can learn from other models; its estimators have a parameter `source_models`.

    Parameters
    ----------
    formulas : tuple of type
        The types of formula that it can use.
    noun : str
        What such a model is called, with its article, for messages.
    """

    formulas: tuple[type[Formula], ...]
    noun: str


@dataclass(frozen=True)
class Model:
    """A registered model.

    Parameters
    ----------
    name, summary : str
        Its name and one line about it.
    factory : callable
        ``(complexity, features, random_state)`` to an unfitted estimator.
    uses_complexity : bool
        Whether complexity expressions make a difference.
    max_parameters : int or None
        Bound on the number of fitted numbers, if there is one.
    selects_features : bool
        Whether it chooses among features, so that it may be given many.
    useful_rows : int
        With fewer rows it fits fewer parameters than it might.
    transfer : Transfer, optional
        What it can learn from other models; None if it learns from rows alone.
    max_sizes : int or None
        Of more distinct sizes it is fitted to so many, chosen to cover them: more teach it little, and take
        long.
    """

    name: str
    summary: str
    factory: Factory
    uses_complexity: bool
    max_parameters: int | None
    selects_features: bool = False
    useful_rows: int = 0
    transfer: Transfer | None = None
    max_sizes: int | None = None

    def make(
        self,
        complexity: Complexities = None,
        features: Features = None,
        random_state: Any = 0,
        source_models: Mapping[str, Formula] | None = None,
    ) -> TimeRegressor:
        """Return an unfitted estimator.

        Parameters
        ----------
        complexity, features : mapping of str to str, optional
            Expressions over the kernel's parameters.
        random_state : int, RandomState or None
        source_models : mapping of str to Formula, optional
            Models to learn from, of the types that `transfer` names, by whose they are.

        Raises
        ------
        InputError
            If there are source models, and the model learns nothing from them.
        """
        estimator = self.factory(complexity, features, random_state)
        if not source_models:
            return estimator
        if self.transfer is None:
            raise InputError(f"model {self.name} learns nothing from other models")
        informed: TimeRegressor = estimator.set_params(source_models=dict(source_models))
        return informed


MODELS: Registry[Model] = Registry("model", group="perfpred.models")


def register(model: Model) -> Model:
    """Add a model; raises `InputError` if its name is taken."""
    return MODELS.add(model)


def model(name: str) -> Model:
    """Return the model called `name`; raises `UnknownNameError` with the nearest name."""
    return MODELS.named(name)


def models() -> tuple[Model, ...]:
    """Return every registered model, in order of registration."""
    return tuple(MODELS.values())


def _augmented(complexity: Complexities, features: Features, random_state: Any) -> TimeRegressor:
    from perfpred.learn.estimators.augmented import AugmentedRegressor

    return AugmentedRegressor(complexity, features, random_state=random_state)


def _paper(complexity: Complexities, features: Features, random_state: Any) -> TimeRegressor:
    from perfpred.learn.estimators.paper import PaperNetRegressor

    return PaperNetRegressor(complexity, random_state=random_state)


def _plain(complexity: Complexities, features: Features, random_state: Any) -> TimeRegressor:
    return _paper(None, features, random_state)


def _linear(complexity: Complexities, features: Features, random_state: Any) -> TimeRegressor:
    from perfpred.learn.estimators.linear import LinearRegressor

    return LinearRegressor(complexity, random_state=random_state)


def _forest(complexity: Complexities, features: Features, random_state: Any) -> TimeRegressor:
    from perfpred.learn.estimators.forest import ForestRegressor

    return ForestRegressor(complexity, random_state=random_state)


def _lightgbm(complexity: Complexities, features: Features, random_state: Any) -> TimeRegressor:
    try:
        from perfpred.learn.estimators.boosting import LightGBMRegressor
    except ModuleNotFoundError as error:
        if error.name != "lightgbm":
            raise
        raise InputError(
            "model lightgbm-c needs the package lightgbm, which is not installed; "
            "pip install 'perfpred[lightgbm]'"
        ) from None

    return LightGBMRegressor(complexity, features, random_state=random_state)


def _gp(complexity: Complexities, features: Features, random_state: Any) -> TimeRegressor:
    from perfpred.learn.estimators.gaussian_process import GPRegressor

    return GPRegressor(complexity, features, random_state=random_state)


def _ensemble(complexity: Complexities, features: Features, random_state: Any) -> TimeRegressor:
    from perfpred.learn.estimators.ensemble import EnsembleRegressor

    return EnsembleRegressor(complexity, features, random_state=random_state)


def _related(complexity: Complexities, features: Features, random_state: Any) -> TimeRegressor:
    from perfpred.learn.estimators.related import RelatedRegressor

    return RelatedRegressor(complexity, features, random_state=random_state)


register(
    Model(
        "augmented",
        "complexities corrected by a small net, in log time",
        _augmented,
        uses_complexity=True,
        max_parameters=75,
        selects_features=True,
        useful_rows=120,
        max_sizes=1000,
    )
)
register(
    Model(
        "paper-nnc",
        "the paper's net: parameters and complexity to seconds",
        _paper,
        uses_complexity=True,
        max_parameters=75,
        max_sizes=1000,
    )
)
register(
    Model(
        "nn",
        "the paper's net without complexity",
        _plain,
        uses_complexity=False,
        max_parameters=75,
        max_sizes=1000,
    )
)
register(
    Model(
        "linear-c",
        "non-negative sum of complexities and parameters",
        _linear,
        uses_complexity=True,
        max_parameters=None,
        max_sizes=20_000,
    )
)
register(
    Model(
        "forest-c",
        "random forest on log parameters and log complexities",
        _forest,
        uses_complexity=True,
        max_parameters=None,
        max_sizes=20_000,
    )
)
register(
    Model(
        "lightgbm-c",
        "boosted trees on log parameters and log complexities",
        _lightgbm,
        uses_complexity=True,
        max_parameters=None,
        max_sizes=20_000,
    )
)
register(
    Model(
        "gp-c",
        "complexities corrected by a Gaussian process, in log time",
        _gp,
        uses_complexity=True,
        max_parameters=None,
        max_sizes=1000,
    )
)
register(
    Model(
        "ensemble",
        "a Gaussian process and trees on products, for tuning spaces",
        _ensemble,
        uses_complexity=True,
        max_parameters=None,
        max_sizes=5000,
    )
)
register(
    Model(
        "related",
        "mean of augmented nets that know the kernel's other combinations",
        _related,
        uses_complexity=True,
        max_parameters=None,
        selects_features=True,
        useful_rows=120,
        transfer=Transfer((PosynomialNet,), "an augmented net"),
        max_sizes=1000,
    )
)
