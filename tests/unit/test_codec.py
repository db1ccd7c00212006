"""Dataclasses to JSON values and back: every field of its type, or a sentence that names the place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from perfpred.documents.codec import decode, encode
from perfpred.errors import InputError, ModelFileError


@dataclass(frozen=True)
class Salt:
    grams: float


@dataclass(frozen=True)
class Water:
    litres: float
    hot: bool = False


@dataclass(frozen=True)
class Soup:
    name: str
    parts: tuple[Salt | Water, ...]
    by: Mapping[str, Salt] = field(default_factory=dict)
    best: Salt | None = None
    servings: int = 2
    weights: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))

    def __post_init__(self) -> None:
        if self.servings < 1:
            raise InputError(f"servings must be >= 1, but is {self.servings}")
        if self.servings > 100:
            raise ArithmeticError("too many")


def given(**changes: Any) -> dict[str, Any]:
    """Return the document of a soup, with some fields changed."""
    soup = Soup("tomato", (Salt(1), Water(0.5, True)), {"me": Salt(2)}, Salt(3))
    return {**encode(soup), **changes}


def test_what_was_encoded_comes_back():
    found = decode(given(), Soup)
    assert found.name == "tomato" and found.parts == (Salt(1.0), Water(0.5, True))
    assert found.by == {"me": Salt(2.0)} and found.best == Salt(3.0)
    assert given()["weights"] == [0.0, 0.0] and isinstance(found.parts[0].grams, float)
    assert decode(given(best=None), Soup).best is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "Stew"}, "model.type must be 'Soup', but is 'Stew'"),
        ({"name": 3}, "model.name must be str, but is int"),
        ({"name": "a\x1bb"}, "model.name must hold no control character '\\x1b', as 'a\\x1bb' does"),
        ({"parts": {}}, "model.parts must be list, but is dict"),
        ({"parts": [{"type": "Oil"}]}, "model.parts[0].type must be one of Salt, Water, but is 'Oil'"),
        ({"parts": [[1]]}, "model.parts[0] must be dict, but is list"),
        (
            {"parts": [{"type": "Salt", "grams": True}]},
            "model.parts[0].grams must be int or float, but is bool",
        ),
        (
            {"parts": [{"type": "Salt", "grams": 10**400}]},
            "model.parts[0].grams must be a double, but is an integer beyond any",
        ),
        (
            {"parts": [{"type": "Water", "litres": 1, "hot": 1}]},
            "model.parts[0].hot must be bool, but is int",
        ),
        ({"by": []}, "model.by must be dict, but is list"),
        ({"by": {"\u202e": {}}}, "model.by must hold no control character '\\u202e', as '\\u202e' does"),
        (
            {"by": {"me": {"type": "Salt"}}},
            "model.by.me must have the fields grams; missing or unknown: grams",
        ),
        ({"best": 1}, "model.best must be dict, but is int"),
        ({"servings": 1.5}, "model.servings must be int, but is float"),
        ({"servings": 0}, "model: servings must be >= 1, but is 0"),
        ({"servings": 101}, "model cannot be a Soup (ArithmeticError: 'too many')"),
        ({"weights": "x"}, "model.weights must be list, but is str"),
        ({"colour": "red"}, None),
    ],
)
def test_what_is_of_another_type_is_named_with_its_place(changes, message):
    with pytest.raises(ModelFileError) as caught:
        decode(given(**changes), Soup)
    expected = message or (
        "model must have the fields name, parts, by, best, servings, weights; missing or unknown: colour"
    )
    assert str(caught.value) == expected
