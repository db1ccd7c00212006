"""Expressions of a pipeline: `Term`, shared wherever one occurs twice, and walks that visit each once.

Sums of thousands of terms and networks of shared subexpressions are ordinary: nothing here recurses, and no
walk visits a term more than once, however often it occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

IMAGE, FUNC = 0, 4
"""Call types: of an input, of a Func; the others compute."""
INTRINSIC = (5, 6)
"""Call types of what Halide compiles to an instruction or few."""
INTEGER = (0, 1)
"""Type codes of signed and unsigned integers."""
LOGICAL = frozenset(("EQ", "NE", "LT", "LE", "GT", "GE", "And", "Or", "Not"))
"""Kinds of terms that are true or false."""
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Type:
    """A scalar type: Halide's code (0 int, 1 unsigned, 2 float) and its bits."""

    code: int
    bits: int

    @property
    def size_bytes(self) -> int:
        """Bytes an element takes."""
        return max(1, self.bits // 8)

    @property
    def is_integer(self) -> bool:
        """Whether it holds whole numbers."""
        return self.code in INTEGER


BOOL = Type(1, 1)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Term:
    """One operation: its kind, its operands, and a name, a number or a type where it has one.

    A call has the name of what is called and, as `value`, its call type; `value_index` is the element of a
    Func's tuple that it reads. Terms are equal if they are written alike.

    Attributes
    ----------
    kind : str
        What it does.
    operands : tuple of Term
        What it does that to.
    name : str
        Of what is called or read.
    value : float
        A number, or the type of a call.
    type : Type, optional
        Of its value, where written.
    value_index : int
        The element of a Func's tuple that it reads.
    digest : bytes
        Of the term with all below it: comparing and hashing a term take no longer for a deep one.
    result : Type or None
        The type of its value, None where nothing says it.

    Examples
    --------
    >>> one, x = Term("Int", value=1), Term("Variable", name="x")
    >>> Term("Add", (x, one)) == Term("Add", (Term("Variable", name="x"), one))
    True
    """

    kind: str
    operands: tuple[Term, ...] = ()
    name: str = ""
    value: float = 0
    type: Type | None = None
    value_index: int = 0
    digest: bytes = field(init=False)
    result: Type | None = field(init=False)

    def __post_init__(self) -> None:
        kind = (self.type.code, self.type.bits) if self.type else None
        head = repr((self.kind, self.name, self.value, kind, self.value_index, len(self.operands)))
        below = b"".join(operand.digest for operand in self.operands)
        object.__setattr__(self, "digest", blake2b(head.encode() + below, digest_size=16).digest())
        object.__setattr__(self, "result", self.type or _result(self))

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, Term) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Term({self.kind!r}, name={self.name!r}, value={self.value!r}, {len(self.operands)} operands)"


def walk(terms: Iterable[Term]) -> Iterator[Term]:
    """Yield some terms and all below them, each once, in the order they are first written."""
    seen: set[Term] = set()
    waiting = list(terms)[::-1]
    while waiting:
        term = waiting.pop()
        if term in seen:
            continue
        seen.add(term)
        yield term
        waiting += reversed(term.operands)


def fold(term: Term, combine: Callable[[Term, list[Found]], Found], known: dict[Term, Found]) -> Found:
    """Return what `combine` makes of a term and of what it made of its operands.

    `known` holds what was found so far, and what is found here is added: each term is combined once.

    Examples
    --------
    >>> x = Term("Variable", name="x")
    >>> fold(Term("Add", (x, x)), lambda term, below: 1 + sum(below), {})
    3
    """
    waiting = [term]
    while waiting:
        each = waiting[-1]
        unknown = [] if each in known else [operand for operand in each.operands if operand not in known]
        if unknown:
            waiting += unknown
            continue
        waiting.pop()
        if each not in known:
            known[each] = combine(each, [known[operand] for operand in each.operands])
    return known[term]


def calls(terms: Iterable[Term]) -> Iterator[Term]:
    """Yield the calls of Funcs and inputs in some expressions, each once, in the order they are written."""
    return (term for term in walk(terms) if is_read(term))


def is_read(term: Term) -> bool:
    """Whether a term reads a Func or an input."""
    return term.kind == "Call" and term.value in (IMAGE, FUNC)


def _result(term: Term) -> Type | None:
    if term.kind in LOGICAL:
        return BOOL
    return term.operands[1 if term.kind == "Select" else 0].result if term.operands else None
