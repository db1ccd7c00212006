"""Changes to the arguments of a command: hostile names and numbers, options left out, doubled or foreign."""

from __future__ import annotations

import random
from collections.abc import Callable

NUMBERS = (
    *(
        "1e400",
        "-1e400",
        "1e308",
        "1e-400",
        "5e-324",
        "9" * 400,
        "9" * 5000,
        "-1",
        "0",
        "-0",
        "1.5",
        "+5",
        "1.",
    ),
    *(
        "nan",
        "inf",
        "-inf",
        "0x10",
        "1_0",
        "1,5",
        "\u0661",
        "\uff12",
        "",
        " ",
        " 5",
        "5 ",
        "true",
        "64K",
        "12%",
    ),
)
NAMES = (
    *(
        "[bold]x[/bold]",
        "[/]",
        "[red]",
        "\x1b[2J",
        "\x1b]0;x\x07",
        "\x9b31m",
        "\x7f",
        "\b\b\b",
        "\r",
        "\n",
        "\t",
    ),
    *(
        "\u202eabc",
        "\u2028",
        "\u200b",
        "\ufeff",
        "\udcff",
        "\udc80x",
        "\u00e9",
        "e\u0301",
        "\u77e9\u9635",
        "\U0001f4a9",
    ),
    *(
        "..",
        "../..",
        "../x",
        "../../x.csv",
        ".",
        "./",
        "here/",
        "in.csv",
        "in.csv/x",
        "nosuch.csv",
        "~",
        "~root",
    ),
    *(
        "a" * 300,
        "a" * 5000,
        "a/" * 200,
        "con",
        "nul",
        "-",
        "--",
        "-x",
        "--help",
        "--nosuch",
        "*",
        "?",
        "a\\b",
        " x ",
    ),
    *(
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "| touch pwned",
        "x\ntouch pwned",
        "{kernel}",
        "%s%n",
    ),
    *(
        "__import__('os').system('touch pwned')",
        "{0.__class__}",
        '"',
        "'",
        '"a',
        "a,b",
        ",",
        ",,",
        "=",
        "==",
        "m==",
    ),
    *("kernel", "time_s", "m", "variant", "k", "v", "h", "work", "self", "None", "null", "default"),
)
EXPRESSIONS = (
    *(
        "work=m**m**m",
        "work=" + "(" * 500,
        "work=" + "m*" * 3000 + "m",
        "work=1/0",
        "work=m/0",
        "work=9**9**9",
    ),
    *("work=__import__('os').system('touch pwned')", "work=m\nimport os", "work=lambda: 0", "work=[m]*10**9"),
    *(
        "work=nosuch",
        "work=",
        "=m",
        "work",
        "work=m=n",
        "work=log2(m-1000)",
        "work=exp(m)",
        "work=1e308*m",
        "work=m%0",
    ),
    *(
        "m > 1",
        "m > 'a'",
        "m == nan",
        "m >",
        "m > 1 and " * 500 + "m > 1",
        "not " * 500 + "m > 1",
        "m in m",
        "m > 1e400",
    ),
    *(
        "m.__class__ == 1",
        "os.system('touch pwned')",
        'kernel == "\x1b[2J"',
        "m=512",
        "m=1e400",
        "m=nan",
        "m=",
        "=5",
    ),
    *(
        "m=512",
        "n=3",
        "m=-1",
        "m=0",
        "m=\u0661",
        "m=[bold]",
        "m=5 6",
        "layout=nchw",
        "layout=\x1b[2J",
        "nosuch=1",
    ),
)
OPTIONS = (
    *(
        "--models",
        "--out",
        "--model",
        "--json",
        "--seed",
        "--kernel",
        "--variant",
        "--hardware",
        "--complexity",
    ),
    *(
        "--time",
        "--unit",
        "--parameters",
        "--ignore",
        "--kernel-column",
        "--variant-column",
        "--hardware-column",
    ),
    *(
        "--wide",
        "--runs",
        "--where",
        "--group",
        "--estimate",
        "--numbers",
        "--train-size",
        "--table",
        "--top",
    ),
    *(
        "--transfer-from",
        "--like",
        "--default",
        "--chosen",
        "--to",
        "--space",
        "--param",
        "--fixed",
        "--until",
        "--warm-start",
    ),
)
COUNTS = ("--repeats", "--budget", "--train-size", "--top", "--new")
"""Options whose huge numbers are honest wishes for a long run: theirs are replaced by such that are wrong."""
WRONG_COUNTS = (
    "0",
    "-1",
    "1e400",
    "nan",
    "",
    "x",
    "9" * 400,
    "9" * 5000,
    "1.5",
    "2,",
    ",",
    "1,2,-3",
    "\u0661",
)
FLAGS = ("--json",)
MODELS = ("linear-c", "nosuch", "", "\x1b[2J", "linear-c,linear-c", "Linear-C")


def mutated(argv: list[str], rng: random.Random) -> list[str]:
    """Return arguments with one to three changes; the verb stays."""
    verb, rest = argv[:1], argv[1:]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choice(CHANGES)(rest, rng)
    return [each.replace("\0", "") for each in (*verb, *rest)]


def _value(argv: list[str], rng: random.Random) -> None:
    """Replace a value: an argument that is no option."""
    places = [place for place, each in enumerate(argv) if not each.startswith("--")]
    if places:
        place = rng.choice(places)
        argv[place] = _hostile(argv[place - 1] if place else "", argv[place], rng)


def _hostile(option: str, value: str, rng: random.Random) -> str:
    if option in COUNTS:
        return rng.choice(WRONG_COUNTS)
    if option == "--model":
        return rng.choice(MODELS)
    if option == "--strategy":
        return rng.choice(("random", "nosuch", "", "\x1b[2J", "random,random"))
    name, equals, right = value.partition("=")
    if equals and rng.random() < 0.7:
        other = rng.choice(rng.choice((NUMBERS, NAMES)))
        return rng.choice((f"{name}={other}", f"{other}={right}", rng.choice(EXPRESSIONS)))
    return rng.choice(rng.choice((NUMBERS, NAMES, NAMES, EXPRESSIONS)))


def _inside(argv: list[str], rng: random.Random) -> None:
    """Put something hostile into a value."""
    places = [place for place, each in enumerate(argv) if not each.startswith("--")]
    if not places:
        return
    place = rng.choice(places)
    if place and argv[place - 1] in (*COUNTS, "--model", "--strategy"):
        return
    text, at = argv[place], rng.randint(0, len(argv[place]))
    argv[place] = _relative(text[:at] + rng.choice(NAMES) + text[at:])


def _add(argv: list[str], rng: random.Random) -> None:
    option = rng.choice(OPTIONS)
    added = [option] if option in FLAGS else [option, _relative(_hostile(option, "", rng))]
    place = rng.choice((0, len(argv)))
    argv[place:place] = added


def _drop(argv: list[str], rng: random.Random) -> None:
    if argv:
        del argv[rng.randrange(len(argv))]


def _double(argv: list[str], rng: random.Random) -> None:
    if argv:
        start = rng.randrange(len(argv))
        argv[start:start] = argv[start : start + 2] * rng.choice((1, 1, 1, 50))


def _swap(argv: list[str], rng: random.Random) -> None:
    if len(argv) > 1:
        one, other = rng.sample(range(len(argv)), 2)
        argv[one], argv[other] = argv[other], argv[one]


def _extra(argv: list[str], rng: random.Random) -> None:
    extra = rng.choice(rng.choice((NAMES, EXPRESSIONS, NUMBERS)))
    argv.insert(rng.randint(0, len(argv)), _relative(extra))


def _joined(argv: list[str], rng: random.Random) -> None:
    """Write an option and its value as one argument."""
    places = [place for place, each in enumerate(argv[:-1]) if each.startswith("--") and each not in FLAGS]
    if places:
        place = rng.choice(places)
        argv[place : place + 2] = [f"{argv[place]}={argv[place + 1]}"]


def _relative(text: str) -> str:
    return text.lstrip("/")


CHANGES: tuple[Callable[[list[str], random.Random], None], ...] = (
    *(_value, _value, _value, _value, _inside, _inside, _add, _add, _drop, _double, _swap, _extra, _joined),
)
