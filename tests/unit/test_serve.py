"""The service, asked in this process."""

import json
import warnings
from dataclasses import replace

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")
pytest.importorskip("orjson")
pytest.importorskip("httpx")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a successor of httpx
    from starlette.testclient import TestClient

import perfpred as pp
from perfpred.errors import InputError
from perfpred.schemas import to_json
from perfpred.schemas.prediction import MachineSelectionDocument, PredictionDocument
from perfpred.serve.application import application
from perfpred.serve.settings import Limits, Settings, read_token
from perfpred.shipped import shipped_models

HERE = "intel-xeon-6-207-avx512-1t"
ONE = {
    "kernel": "matmul",
    "variant": "openblas",
    "hardware": HERE,
    "parameters": {"m": 512, "n": 300, "k": 70},
}
ROWS = [{"m": 512, "n": 300, "k": 70}, {"m": 3, "n": 4, "k": 5000}]
SELECT = {"kernel": "matmul", "hardware": HERE, "parameters": {"m": 512, "n": 300, "k": 70}}
SETTINGS = Settings(shipped_models(), limits=Limits(rows=500, body_bytes=100_000))
CSV = {"Content-Type": "text/csv"}


@pytest.fixture(scope="module")
def bank():
    return pp.load(shipped_models())


@pytest.fixture(scope="module")
def client():
    with TestClient(application(SETTINGS), raise_server_exceptions=False) as found:
        yield found


def problem(response, status):
    """The detail of a problem, whose shape is checked."""
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert response.status_code == document["status"] == status
    assert set(document) == {"type", "title", "status", "detail"}
    return document["detail"]


def without(document, *names):
    return {name: value for name, value in document.items() if name not in names}


def test_predictions_are_those_of_python_and_the_command_line(client, bank, perfpred):
    answered = client.post("/v1/predict", json=ONE).json()
    here = answered["this_machine"]
    found = bank.predict("matmul", ONE["parameters"], variant="openblas", hardware=HERE)
    assert answered == to_json(PredictionDocument.of(found, here))
    sizes = [f"{name}={value}" for name, value in ONE["parameters"].items()]
    printed = perfpred("predict", "matmul", "--variant", "openblas", "--hardware", HERE, "--json", *sizes)
    assert answered == printed.json


def test_selections_are_those_of_python_and_the_command_line(client, bank, perfpred):
    for body in ({**SELECT, "top": 2}, {**SELECT, "default": "eigen"}, without(SELECT, "hardware")):
        answered = client.post("/v1/select", json=body).json()
        options = {name: body[name] for name in ("hardware", "default", "top") if name in body}
        found = bank.select("matmul", body["parameters"], **options)
        here = answered["this_machine"]
        assert answered == json.loads(
            json.dumps(to_json(MachineSelectionDocument.of(found, this_machine=here)))
        )
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        sizes = [f"{name}={value}" for name, value in body["parameters"].items()]
        assert answered == perfpred("select", "matmul", "--json", *words, *sizes).json


def test_a_batch_answers_as_single_queries_do(client, bank):
    batch = client.post("/v1/predict", json={**without(ONE, "parameters"), "queries": ROWS}).json()
    singles = [client.post("/v1/predict", json={**ONE, "parameters": row}).json() for row in ROWS]
    assert [without(each, "time_s", "low_s", "high_s") for each in batch] == [
        without(each, "time_s", "low_s", "high_s") for each in singles
    ]
    for one, other in zip(batch, singles, strict=True):
        assert [one[n] for n in ("time_s", "low_s", "high_s")] == pytest.approx(
            [other[n] for n in ("time_s", "low_s", "high_s")], rel=1e-12
        )
    chosen = client.post("/v1/select", json={"kernel": "matmul", "hardware": HERE, "queries": ROWS}).json()
    expected = bank.select_rows("matmul", {n: [r[n] for r in ROWS] for n in "mnk"}, hardware=HERE)
    assert [each["best"]["variant"] for each in chosen] == list(expected.variants)
    assert [each["reason"] for each in chosen] == list(expected.reasons)
    assert [each["best"]["time_s"] for each in chosen] == expected.time_s.tolist()


def test_values_of_a_batch_may_be_shared(client):
    shared = {**without(ONE, "parameters"), "parameters": {"k": 70}, "queries": [{"m": 512, "n": 300}] * 100}
    found = client.post("/v1/predict", json=shared).json()
    one = client.post("/v1/predict", json=ONE).json()
    assert len(found) == 100
    assert found[99]["time_s"] == pytest.approx(one["time_s"], rel=1e-12)
    again = client.post("/v1/predict", json={**shared, "queries": [{"m": 1, "n": 1, "k": 1}]})
    assert problem(again, 422) == "query 1: 'k' is given twice: here and for all queries"


@pytest.mark.parametrize("verb", ["predict", "select"])
def test_a_csv_table_is_answered_as_on_the_command_line(client, perfpred, tmp_path, verb):
    table = 'm,n,k,note\n512,300,70,"a, b"\n64,64,9,\n3,4,5000,x\n'
    path = tmp_path / "queries.csv"
    path.write_text(table)
    names = {"kernel": "matmul", "hardware": HERE} | ({"variant": "openblas"} if verb == "predict" else {})
    answered = client.post(f"/v1/{verb}", params=names, content=table, headers=CSV)
    assert answered.headers["content-type"].startswith("text/csv")
    options = [w for n in names if n != "kernel" for w in (f"--{n}", names[n])]
    assert answered.text == perfpred(verb, "matmul", *options, "--table", path).out


def test_columns_may_choose_the_model_of_a_row(client, perfpred, tmp_path):
    table = f"variant,hardware,m,n,k\nopenblas,{HERE},512,300,70\neigen,{HERE},512,300,70\n"
    path = tmp_path / "queries.csv"
    path.write_text(table)
    answered = client.post("/v1/predict?kernel=matmul", content=table, headers=CSV)
    assert answered.text == perfpred("predict", "matmul", "--table", path).out
    wrong = table.replace("eigen", "eigenn")
    detail = problem(client.post("/v1/predict?kernel=matmul", content=wrong, headers=CSV), 422)
    assert "row 2: unknown variant 'eigenn'; did you mean 'eigen'?" in detail


def test_an_arrow_table_is_answered_with_one(client):
    pa = pytest.importorskip("pyarrow")
    sent = pa.table({"m": [512, 3], "n": [300, 4], "k": [70.0, 5000.0], "note": ["a", None]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, sent.schema) as stream:
        stream.write_table(sent)
    kind = {"Content-Type": "application/vnd.apache.arrow.stream"}
    names = {"kernel": "matmul", "variant": "openblas", "hardware": HERE}
    data = sink.getvalue().to_pybytes()
    answered = client.post("/v1/predict", params=names, content=data, headers=kind)
    found = pa.ipc.open_stream(answered.content).read_all()
    batch = client.post("/v1/predict", json={**without(ONE, "parameters"), "queries": ROWS}).json()
    assert found["time_s"].to_pylist() == [each["time_s"] for each in batch]
    assert found["in_range"].to_pylist() == [True, False]
    assert found["m"].to_pylist() == [512, 3]
    for broken in (data[:40], b"", b"\xff" * 50, data[:-30]):
        assert client.post("/v1/predict", params=names, content=broken, headers=kind).status_code in (
            200,
            422,
        )


def test_arrow_without_pyarrow_says_so(client, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    kind = {"Content-Type": "application/vnd.apache.arrow.stream"}
    detail = problem(client.post("/v1/predict?kernel=matmul", content=b"x", headers=kind), 415)
    assert "needs pyarrow" in detail


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ('{"kernel": "matmul", "parameters": {"m": NaN}}', 400, "NaN is no JSON: a number must be finite"),
        ('{"kernel": "matmul", "parameters": {"m": Infinity}}', 400, "Infinity is no JSON"),
        ('{"kernel": "matmul", "parameters": {"m": 1e999}}', 400, "infinity"),
        ('{"kernel": "matmul"', 400, "the body is not JSON"),
        ("", 400, "the body is empty"),
        ('{"kernel": "a", "kernel": "matmul", "parameters": {}}', 400, "'kernel' is there twice"),
        ('{"kernel": "matmul", "parameters": {"m": 1, "m" : 2}}', 400, "'m' is there twice"),
        ('{"kernel": "matmul", "queries": [{"m": "a:b"}, {"m": 1, "m": 2}]}', 400, "'m' is there twice"),
        ('{"parameters": ' + "[" * 1200 + "]" * 1200 + "}", 400, ""),
        ("[1]", 422, "the body must be a JSON object, but is an array"),
        ("{}", 422, "the member 'kernel' is missing"),
        ('{"kernel": "matmul"}', 422, "a query needs 'parameters'"),
        ('{"kernel": 3, "parameters": {}}', 422, "kernel must be a text that is not empty, but is a number"),
        ('{"kernel": "matmul", "parameters": [1]}', 422, "values by name, but is an array"),
        (
            '{"kernel": "matmul", "parameters": {"m": true}}',
            422,
            "'m' must be a number or a text, but is true",
        ),
        ('{"kernel": "matmul", "parameters": {"m": null}}', 422, "but is null"),
        ('{"kernel": "matmul", "queries": []}', 422, "a batch has 1 to 500 queries, but this one has 0"),
        ('{"kernel": "matmul", "queries": [3]}', 422, "query 1 must be an object"),
        (
            '{"kernel": "matmul", "paramters": {}}',
            422,
            "unknown member 'paramters'; did you mean 'parameters'?",
        ),
        ('{"kernel": "matmull", "parameters": {}}', 404, "did you mean 'matmul'?"),
        ('{"kernel": "matmul", "variant": "openblass", "parameters": {}}', 404, "did you mean 'openblas'?"),
        ('{"kernel": "matmul", "hardware": "x", "parameters": {}}', 404, "unknown hardware 'x'"),
        ('{"kernel": "matmul", "parameters": {"m": 1, "n": 1, "k": 1}}', 422, "predictors match; say which"),
    ],
    ids=range(23),
)
def test_what_is_wrong_is_said(client, text, status, said):
    response = client.post("/v1/predict", content=text, headers={"Content-Type": "application/json"})
    assert said in problem(response, status)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"m": 1, "n": 1}, "a value of k is missing"),
        ({"m": 1, "n": 1, "k": 1, "M": 1}, "unknown parameter of matmul 'M'; did you mean 'm'?"),
        ({"m": -1, "n": 1, "k": 1}, "m must be >= "),
        ({"m": "many", "n": 1, "k": 1}, "many"),
    ],
    ids=["missing", "unknown", "negative", "no number"],
)
def test_parameters_are_checked_alike_in_one_query_and_a_batch(client, parameters, said):
    for body in ({**ONE, "parameters": parameters}, {**without(ONE, "parameters"), "queries": [parameters]}):
        assert said in problem(client.post("/v1/predict", json=body), 422)


def test_errors_of_http_have_the_same_shape(client):
    assert "/openapi.json" in problem(client.get("/v2/predict"), 404)
    wrong = client.get("/v1/predict")
    assert "cannot be asked with GET" in problem(wrong, 405)
    assert wrong.headers["allow"] == "POST"
    assert "but none is said" in problem(client.post("/v1/predict", content=b"{}"), 415)
    form = client.post("/v1/predict", data={"kernel": "matmul"})
    assert "'application/x-www-form-urlencoded'" in problem(form, 415)
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert "gzip" in problem(client.post("/v1/predict", content=b"{}", headers=packed), 415)
    assert "100,000 bytes" in problem(client.post("/v1/predict", json={"kernel": "x" * 100_001}), 413)
    many = {"kernel": "matmul", "queries": [{}] * 501}
    assert "a batch has 1 to 500 queries" in problem(client.post("/v1/predict", json=many), 422)
    rows = "m\n" + "1\n" * 501
    asked = client.post("/v1/predict?kernel=matmul", content=rows, headers=CSV)
    assert "1 to 500 rows" in problem(asked, 422)
    assert "kernel" in problem(client.post("/v1/predict?kernal=x", json=ONE), 422)


def test_a_body_that_does_not_say_its_length_is_limited(client):
    def pieces():
        for _ in range(200):
            yield b" " * 1000

    headers = {"Content-Type": "application/json"}
    assert "more came" in problem(client.post("/v1/predict", content=pieces(), headers=headers), 413)


def test_catalogue_and_probes(client, bank):
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["models"], ready["problem"]) == ("ready", len(bank), None)
    models = client.get("/v1/models").json()
    assert len(models) == len(bank)
    some = client.get("/v1/models", params={"kernel": "matmul", "hardware": HERE}).json()
    assert {(each["kernel"], each["hardware"]) for each in some} == {("matmul", HERE)}
    assert some[0]["ranges"].keys() == {"m", "n", "k"}
    assert "did you mean" in problem(client.get("/v1/models?kernel=matmull"), 404)
    hardware = client.get("/v1/hardware").json()
    assert sum(each["models"] for each in hardware) == len(bank)
    text = client.get("/metrics").text
    assert 'perfpred_requests_total{method="GET",path="/healthz",status="200"}' in text
    assert f"perfpred_models {len(bank)}.0" in text


def test_a_token_is_asked_for(tmp_path):
    settings = replace(SETTINGS, token="a-token-that-nobody-guesses")
    with TestClient(application(settings)) as client:
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"}):
            refused = client.post("/v1/predict", json=ONE, headers=headers)
            assert "Authorization: Bearer TOKEN" in problem(refused, 401)
            assert refused.headers["www-authenticate"].startswith("Bearer")
        assert client.get("/openapi.json").status_code == client.get("/nothing").status_code == 401
        shown = {"Authorization": f"Bearer {settings.token}"}
        assert client.post("/v1/predict", json=ONE, headers=shown).status_code == 200
        assert client.get("/").headers["www-authenticate"].startswith("Basic")
        assert client.get("/", auth=("anybody", settings.token)).status_code == 200
    assert settings.token not in repr(settings)


def test_a_token_is_needed_where_others_can_reach(tmp_path):
    assert read_token(None, "127.0.0.1") is None
    with pytest.raises(InputError, match="--token-file"):
        read_token(None, "0.0.0.0")
    path = tmp_path / "token"
    path.write_text("short\n")
    with pytest.raises(InputError, match="one word of 16 to"):
        read_token(path, "127.0.0.1")
    path.write_text("a-token-that-nobody-guesses\n")
    assert read_token(path, "0.0.0.0") == "a-token-that-nobody-guesses"
    with pytest.raises(InputError, match="No such file"):
        read_token(tmp_path / "none", "0.0.0.0")


def test_openapi_has_an_example_for_every_operation(client):
    document = client.get("/openapi.json").json()
    assert {
        "/v1/predict",
        "/v1/select",
        "/v1/models",
        "/v1/hardware",
        "/healthz",
        "/readyz",
        "/metrics",
    } == set(document["paths"])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            contents = operation["responses"]["200"]["content"].values()
            assert any("example" in content for content in contents), path
            if "requestBody" in operation:
                bodies = operation["requestBody"]["content"]
                for example in bodies["application/json"]["examples"].values():
                    assert client.post(path, json=example["value"]).status_code == 200
                table = bodies["text/csv"]["examples"]["table"]["value"]
                names = {p["name"]: p["example"] for p in operation["parameters"] if "example" in p}
                assert client.post(path, params=names, content=table, headers=CSV).status_code == 200


def test_the_page_shows_the_ranking_and_runs_no_script(client, bank):
    shown = client.get(
        "/", params={"kernel": "matmul", "hardware": HERE, "p.m": "512", "p.n": "300", "p.k": "70"}
    )
    best = bank.select("matmul", m=512, n=300, k=70, hardware=HERE).best
    assert shown.text.index(f"<td>{best.variant}</td>") < shown.text.index("</tbody>")
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy + shown.text
    wrong = client.get("/", params={"kernel": "matmul", "p.m": "<script>alert(1)</script>"}).text
    assert "<script" not in wrong
    assert "alert(1)&lt;/script&gt;" in wrong
    problem(client.get("/?kernel=<b>"), 404)


def test_the_map_is_a_picture(client):
    pytest.importorskip("matplotlib")
    where = {"kernel": "softmax", "hardware": HERE}
    found = client.get("/map.svg", params=where)
    assert found.headers["content-type"] == "image/svg+xml"
    assert "<script" not in found.text
    problem(client.get("/map.svg", params={**where, "theme": "pink"}), 422)
    problem(client.get("/map.svg", params={**where, "hardware": "none"}), 404)


def test_the_map_is_a_table_where_nothing_draws(client, monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.setattr("perfpred.serve.page.paths.can_draw", lambda: False)
    text = client.get("/", params={"kernel": "softmax", "hardware": HERE}).text
    assert "Winners by two parameters" in text
