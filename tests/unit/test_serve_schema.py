"""Requests made from the OpenAPI document, right and wrong ones, find no fault; a benchmark makes more."""

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("prometheus_client")
pytest.importorskip("orjson")
pytest.importorskip("schemathesis")

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from perfpred.serve.application import application
from perfpred.serve.settings import Settings
from perfpred.shipped import shipped_models

app = application(Settings(shipped_models()))
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@schema.parametrize()
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_answers_are_what_the_document_says(case):
    # A query that the schema allows may still name what no model has: 422 or 404 says so.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])
