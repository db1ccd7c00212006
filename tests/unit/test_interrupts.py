"""Ctrl-C during long work: one sentence says what is kept, and the exit code is 130."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfpred.app.campaigns import shown_campaign
from perfpred.app.console import progress_bar
from perfpred.app.interrupts import WorkInterrupted

ROOT = Path(__file__).parent.parent.parent
SOFTMAX = ROOT / "datasets" / "softmax-intel-xeon-6-207.csv"


@pytest.mark.parametrize(
    ("patched", "command", "said"),
    [
        ("perfpred.learn.training.train", ("train", SOFTMAX, "--models", "mine"), "no model was written"),
        (
            "perfpred.learn.evaluation.accuracy.evaluate",
            ("evaluate", SOFTMAX),
            "nothing of this run is kept, and nothing else was changed; the same command starts it again; "
            "fewer --repeats are quicker",
        ),
        ("perfpred.learn.evaluation.accuracy.evaluate", ("demo",), "nothing of this run is kept"),
    ],
)
def test_one_sentence_says_what_is_kept(patched, command, said, perfpred, monkeypatch, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(patched, interrupted)
    monkeypatch.chdir(tmp_path)
    outcome = perfpred(*command)
    assert outcome.code == 130
    assert outcome.err.splitlines()[-1].startswith(f"interrupted: {said}")
    assert "Traceback" not in outcome.err
    assert not list(tmp_path.glob("mine/*.json"))


def test_nothing_is_drawn_off_a_terminal(capsys):
    with progress_bar("working") as bar:
        bar.update(1, 2, "half")
    assert capsys.readouterr().err == ""


def test_a_signal_names_itself_in_the_exit_code():
    with pytest.raises(WorkInterrupted, match="--resume") as caught, shown_campaign("timing"):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert caught.value.code == 143


TRAINING_FOR_LONG = """
import time
from perfpred.app.main import main
from perfpred.learn import training

def train(*arguments, **more):
    print("training", flush=True)
    time.sleep(100)

training.train = train
main()
"""


def test_a_real_interrupt_of_training(tmp_path):
    training = subprocess.Popen(
        [sys.executable, "-c", TRAINING_FOR_LONG, "train", str(SOFTMAX), "--models", "mine"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert training.stdout is not None
    assert training.stdout.readline() == "training\n"
    training.send_signal(signal.SIGINT)
    _, err = training.communicate(timeout=60)
    assert training.returncode == 130
    assert err.splitlines()[-1].startswith("interrupted: no model was written")
    assert "Traceback" not in err
    assert not list(tmp_path.glob("mine/*.json"))
