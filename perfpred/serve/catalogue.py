"""What there is to ask: models, and the hardware they are of."""

from __future__ import annotations

from collections.abc import Iterable

from perfpred.hardware import Hardware
from perfpred.predict.bank import Bank
from perfpred.predict.machine import is_this_machine
from perfpred.predict.predictor import Predictor
from perfpred.schemas.serving import HardwareDocument, ModelDocument


def models_of(bank: Bank, kernel: str | None = None, hardware: str | None = None) -> list[ModelDocument]:
    """Return the models of a bank, or of a kernel and a hardware.

    Parameters
    ----------
    bank : Bank
    kernel, hardware : str, optional

    Raises
    ------
    UnknownNameError
        If there is no such kernel, or it is not known on that hardware.
    """
    if kernel is not None:
        found: Iterable[Predictor] = bank.find(kernel, hardware=hardware)
    else:
        found = [each for each in bank if hardware in (None, each.combination.hardware)]
    return [_model(each) for each in found]


def hardware_of(bank: Bank) -> list[HardwareDocument]:
    """Return the hardware that a bank has models of."""
    found: dict[str, list[str]] = {}
    for each in bank.combinations:
        found.setdefault(each.hardware, []).append(each.kernel)
    return [_hardware(name, kernels) for name, kernels in found.items()]


def _model(predictor: Predictor) -> ModelDocument:
    key, training = predictor.combination, predictor.training
    return ModelDocument(
        key.kernel,
        key.variant,
        key.hardware,
        training.model,
        predictor.quantity,
        predictor.unit,
        predictor.parameters,
        {name: (seen.low, seen.high) for name, seen in predictor.ranges.items()},
        {name: tuple(values) for name, values in predictor.encoding.categories.items()},
        predictor.constants,
        training.rows,
        training.noise,
    )


def _hardware(name: str, kernels: list[str]) -> HardwareDocument:
    known = Hardware.named(name)
    return HardwareDocument(
        name,
        None if known is None else known.cpu,
        None if known is None else known.isa,
        None if known is None else known.threads,
        is_this_machine([name]),
        tuple(dict.fromkeys(kernels)),
        len(kernels),
    )
