"""Damage to bytes that no format is needed for."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable

HOSTILE = (
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xed\xa0\x80",  # a lone surrogate
    b"\xc0\x80",  # an overlong null
    b"\r",
    b"\r\n",
    b"\n\n\n",
    b'"',
    b"\x1b[2J",
    "\u202e".encode(),  # text runs from right to left
    "\u2028".encode(),
    "é\u0301\U0001f4a9".encode(),
    b"[[[[[[[[",
)


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with up to eight of their bits flipped."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncate(data: bytes, rng: random.Random) -> bytes:
    """Return the beginning, the end, or all but the middle."""
    start, stop = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return rng.choice([data[:start], data[start:], data[:start] + data[stop:], data[start:stop]])


def repeat(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with a piece of them repeated."""
    start, stop = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return data[:stop] + data[start:stop] * rng.choice([1, 1, 2, 50]) + data[stop:]


def insert(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with something hostile in them, often at the start."""
    position = rng.choice([0, rng.randint(0, len(data)), len(data)])
    return data[:position] + rng.choice(HOSTILE) * rng.choice([1, 1, 3, 2000]) + data[position:]


def noise(data: bytes, rng: random.Random) -> bytes:
    """Return random bytes, or the bytes with random ones among them."""
    position = rng.randint(0, len(data))
    extra = rng.randbytes(rng.choice([1, 10, 1000]))
    return rng.choice([extra, data[:position] + extra + data[position:]])


def pack(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes gzipped: rightly, in members, damaged, or twice."""
    packed = gzip.compress(data, mtime=0)
    half = len(data) // 2
    members = gzip.compress(data[:half], mtime=0) + gzip.compress(data[half:], mtime=0)
    damaged = rng.choice([flip_bits, truncate])(packed, rng)
    return rng.choice([packed, members, damaged, packed + b"rest", gzip.compress(packed, mtime=0)])


def bomb(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes gzipped with some MB of one byte behind them."""
    return gzip.compress(data + rng.choice([b"\0", b"\n", b",", b"1", b'"', b"["]) * (20 << 20), mtime=0)


ANY: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip_bits,
    truncate,
    repeat,
    insert,
    noise,
    pack,
)
