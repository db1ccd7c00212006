"""What a person is told who asks for help, mistypes, or lets the shell complete a word."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from perfpred.app.cli import app

ROOT = Path(__file__).parent.parent.parent
CHEAP = ("kernels", "predict", "select", "inspect", "export", "halide list")
HEAVY = ("pandas", "torch", "sklearn", "halide")
HARDWARE = "intel-xeon-6-207-avx512-1t"


def verbs():
    """All verbs with the command of the option parser."""
    top = typer.main.get_command(app).commands
    for name, command in top.items():
        if hasattr(command, "commands"):
            yield from ((f"{name} {each}", sub) for each, sub in command.commands.items())
        else:
            yield name, command


VERBS = dict(verbs())


def example_of(verb):
    epilog = VERBS[verb].epilog or ""
    assert epilog.startswith("\b\nExample:\n  perfpred "), f"the docstring of {verb} ends with no example"
    return shlex.split(epilog.splitlines()[-1])[1:]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the project ships in it."""
    for name in ("models", "datasets", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_ends_with_an_example_of_it(verb, perfpred):
    words = example_of(verb)
    assert words[: len(verb.split())] == verb.split()
    last = perfpred(*verb.split(), "--help").out.rstrip().splitlines()
    assert last[-2].strip() == "Example:"
    assert shlex.split(last[-1])[1:] == words


@pytest.mark.parametrize("verb", VERBS)
def test_examples_parse(verb, folder):
    words = example_of(verb)
    for name in words:
        if name.endswith((".csv", ".json", ".toml")) and "/" not in name:
            Path(name).touch()
        if "/" in name and "*" not in name and not name.startswith("http"):
            assert Path(name).exists(), f"{verb}: there is no {name}"
    VERBS[verb].make_context(verb, words[len(verb.split()) :])


@pytest.mark.parametrize("verb", CHEAP)
def test_cheap_examples_run(verb, folder, perfpred):
    outcome = perfpred(*example_of(verb))
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["selct"], "unknown verb 'selct'; did you mean 'select'? known: audit, "),
        (["halide", "scedule"], "unknown halide verb 'scedule'; did you mean 'schedule'? known: bench, "),
        (["scedule"], "unknown verb 'scedule'; did you mean 'perfpred halide schedule'?"),
        (
            ["select", "k", "--model", "m"],
            "unknown option '--model'; did you mean '--models'? known: --default",
        ),
        (["halide", "rank", "blur", "--sise", "8x8"], "unknown option '--sise'; did you mean '--size'?"),
        (["--verson"], "unknown option '--verson'; did you mean '--version'?"),
        (
            ["predict", "softmax", "m=1", "nn=2", "--variant", "eigen", "--hardware", HARDWARE],
            "did you mean 'n'?",
        ),
        (["\x1b[2J"], "unknown verb '\\x1b[2J'; known: "),
    ],
)
def test_what_is_mistyped_is_named_with_the_nearest(typed, said, perfpred):
    outcome = perfpred(*typed)
    assert outcome.code == 2
    assert said in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert "\x1b" not in outcome.err


def completed(shell, line, tmp_path, **environment):
    """What the completion protocol answers for a command line, in a process that reports heavy modules."""
    code = (
        f"import sys, atexit; sys.argv = ['perfpred']; heavy = {HEAVY}\n"
        "loaded = lambda: print('LOADED', [each for each in heavy if each in sys.modules], file=sys.stderr)\n"
        "atexit.register(loaded)\n"
        "from perfpred.app.main import main; main()"
    )
    words = line.split(" ")
    typed = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **typed[shell], "_PERFPRED_COMPLETE": f"complete_{shell}", **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr.strip() == "LOADED []"
    return done.stdout


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("perfpred ins", ["inspect"]),
        ("perfpred halide re", ["replay"]),
        ("perfpred select matmul --to", ["--top"]),
        ("perfpred predict matm", ["matmul"]),
        ("perfpred predict conv2d --variant e", ["eigen"]),
        ("perfpred train --model aug", ["augmented"]),
        ("perfpred halide rank blu", ["blur"]),
        ("perfpred export --to ", ["c", "t4"]),
    ],
)
def test_bash_is_offered_verbs_options_and_names(line, offered, tmp_path):
    assert completed("bash", line, tmp_path).split() == offered


def test_zsh_is_offered_them_too(tmp_path):
    assert '"matmul"' in completed("zsh", "perfpred predict matm", tmp_path)
    assert '"--top":"Length of the ranking' in completed("zsh", "perfpred select --to", tmp_path)


def test_models_that_cannot_be_read_offer_nothing(tmp_path):
    assert completed("bash", "perfpred predict --models none matm", tmp_path).strip() == ""


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_completion_script_is_one_the_shell_reads(shell, tmp_path):
    code = (
        "import sys; sys.argv = ['perfpred', '--show-completion']; from perfpred.app.main import main; main()"
    )
    environment = {**os.environ, "_PERFPRED_COMPLETE": f"source_{shell}"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert "_PERFPRED_COMPLETE=complete_" in done.stdout
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    subprocess.run([shell, "-n"], input=done.stdout, text=True, timeout=60, check=True)
