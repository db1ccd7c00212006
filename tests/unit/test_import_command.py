"""``perfpred import`` and ``perfpred export --to t4`` as scripts use them."""

import pytest

from perfpred.profile import read_profile


@pytest.fixture
def t4(extracts):
    return extracts / "convolution_milo-A6000.T4.json"


@pytest.fixture
def cache(extracts):
    return extracts / "pnpoly-RTX_3090.kernel_tuner.json"


def test_import_tells_on_stderr_and_writes(perfpred, t4, extracts, tmp_path):
    out = tmp_path / "conv.csv.gz"
    space = extracts / "convolution_milo.T1.json"
    outcome = perfpred(
        "import", t4, "--kernel", "conv", "--hardware", "a6000", "--space", space, "--out", out
    )
    assert (outcome.code, outcome.out) == (0, "")
    told = outcome.err.splitlines()
    assert told[0] == (
        "convolution_milo-A6000.T4.json: T4 results, 38 rows: 8 ok, 14 compile_error "
        "(CompilationFailedConfig), 16 runtime_error (RuntimeFailedConfig)"
    )
    assert told[1] == "times are in milliseconds: metadata.timeunit is 'miliseconds'"
    assert told[2].startswith("vary: block_size_x (")
    assert "constant: use_cmem, filter_height, filter_width; noise floor" in told[2]
    assert told[-1] == f"written to {out} as conv / tuned / a6000"
    profile = read_profile(out)
    assert len(profile) == 38
    assert len(profile.metadata["space"]["conditions"]) == 4


def test_import_prints_one_document(perfpred, cache, tmp_path):
    outcome = perfpred("import", cache, "--variant", "cuda", "--out", tmp_path / "p.csv", "--json")
    document = outcome.json
    assert document["statuses"] == {"ok": 8, "runtime_error": 8}
    assert (document["kernel"], document["variant"]) == ("cn_pnpoly", "cuda")
    assert document["hardware"] == "nvidia-geforce-rtx-3090"
    assert document["unit"]["assumed"] is True
    assert document["rejected"] == []
    assert "warning: times are in milliseconds: the file states none" in outcome.err


def test_import_of_a_space_writes_json_that_serves_as_space(perfpred, t4, extracts, tmp_path):
    out = tmp_path / "conv.space.json"
    outcome = perfpred("import", extracts / "convolution_milo.T1.json", "--out", out, "--json")
    assert outcome.code == 0
    assert outcome.json["parameters"]["tile_size_x"] == [1, 2, 3, 4]
    assert outcome.json["kernel"] == "convolution_milo"
    assert "a space of 10240 combinations for convolution_milo" in outcome.err
    again = perfpred("import", t4, "--hardware", "g", "--space", out, "--out", tmp_path / "c.csv", "--json")
    assert (again.json["kernel"], again.json["outside_space"]) == ("convolution_milo", [])


def test_wrong_requests_exit_with_2(perfpred, t4, cache, extracts, tmp_path):
    space = extracts / "convolution_milo.T1.json"
    for arguments, message in (
        ((t4, "--out", "x.csv"), "give --kernel and --hardware"),
        ((cache, "--out", "x.json"), "--out must end in .csv or .csv.gz, but is 'x.json'"),
        ((tmp_path / "none.json", "--out", "x.csv"), "there is no such file"),
        ((tmp_path, "--out", "x.csv"), "this is a folder; name the JSON file in it"),
        ((space, "--out", "x.csv"), "is a tuning space: --out must name another file, ending in .json"),
        ((space, "--out", "x.json", "--hardware", "g"), "which holds no results: leave out --hardware"),
        ((cache, "--out", "x.csv", "--space", t4), "holds T4 results; a tuning space is needed"),
    ):
        outcome = perfpred("import", *arguments)
        assert outcome.code == 2
        assert message in outcome.err
        assert "Traceback" not in outcome.err


def test_export_to_t4_and_back(perfpred, cache, tmp_path):
    first, file, second = tmp_path / "a.csv", tmp_path / "a.T4.json", tmp_path / "b.csv"
    assert perfpred("import", cache, "--out", first).code == 0
    outcome = perfpred("export", first, "--to", "t4", "--out", file, "--json")
    assert outcome.json == {"file": str(file), "to": "t4", "rows": 16}
    assert perfpred("import", file, "--out", second).code == 0
    assert second.read_bytes() == first.read_bytes()
    assert (tmp_path / "b.meta.json").read_bytes() == (tmp_path / "a.meta.json").read_bytes()


def test_export_to_t4_needs_one_combination(perfpred, csv, tmp_path):
    outcome = perfpred("export", csv, "--to", "t4", "--out", tmp_path / "x.json")
    assert outcome.code == 2
    assert "the profile has 2: matmul / openblas / test-cpu-avx2-1t; matmul / eigen" in outcome.err
    assert perfpred("export", csv, "--out", tmp_path / "x.h", "--kernel", "k").code == 2
