"""The documents of commands: their JSON schemas, and that a document of another shape is refused."""

import subprocess
import sys

import pytest

from perfpred.errors import UnknownNameError
from perfpred.schemas import DOCUMENTS, json_schema
from perfpred.testing import ContractError, check_document

PREDICTION = {
    **{"time_s": 1e-3, "low_s": 9e-4, "high_s": 2e-3, "in_range": True, "reason": "", "this_machine": None}
}


@pytest.mark.parametrize("command", DOCUMENTS)
def test_every_command_has_a_json_schema(command):
    schema = json_schema(DOCUMENTS[command])
    assert schema.get("type") in ("object", "array") or "anyOf" in schema


def test_a_document_of_another_shape_is_refused():
    check_document("predict", PREDICTION)
    with pytest.raises(ContractError, match=r"what predict prints has \.time_s: Field required"):
        check_document("predict", {k: v for k, v in PREDICTION.items() if k != "time_s"})
    with pytest.raises(ContractError, match=r"\.time_s: Input should be a valid number"):
        check_document("predict", PREDICTION | {"time_s": None})
    with pytest.raises(ContractError, match="keys that its type does not have"):
        check_document("predict", PREDICTION | {"more": 1})
    with pytest.raises(ContractError, match="or in another order"):
        check_document("predict", dict(reversed(PREDICTION.items())))
    with pytest.raises(UnknownNameError, match="did you mean 'predict'"):
        check_document("predic", PREDICTION)


def test_printing_a_prediction_loads_no_pydantic():
    code = (
        "import perfpred.app.console, perfpred.schemas.prediction, sys; sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
