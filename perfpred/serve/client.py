"""A client of the service, of the standard library alone.

Examples
--------
>>> client = Client("http://127.0.0.1:8000")
>>> client.url
'http://127.0.0.1:8000'
"""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from perfpred.errors import InputError, PerfpredError, quoted

Values: TypeAlias = Mapping[str, "float | str"]


class ServiceError(PerfpredError):
    """The service has no answer; the message is its own, `status` that of HTTP, None if it was not reached.

    Parameters
    ----------
    detail : str
    status : int, optional
    """

    def __init__(self, detail: str, status: int | None = None) -> None:
        super().__init__(detail)
        self.status = status


class Client:
    """Asks a service that ``perfpred serve`` started.

    Parameters
    ----------
    url : str
        Such as ``http://127.0.0.1:8000``.
    token : str, optional
        What its ``--token-file`` holds.
    timeout_s : float
        For one request.

    Raises
    ------
    InputError
        If `url` is none of HTTP.
    """

    def __init__(self, url: str, token: str | None = None, timeout_s: float = 30.0) -> None:
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise InputError(f"url must begin with http:// or https://, but is {quoted(url)}")
        self.url = url.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s

    def predict(
        self, kernel: str, parameters: Values, *, variant: str | None = None, hardware: str | None = None
    ) -> dict[str, Any]:
        """Return a prediction: ``time_s``, ``low_s``, ``high_s``, ``in_range``, ``reason``.

        Parameters
        ----------
        kernel : str
        parameters : mapping of str to float or str
        variant, hardware : str, optional

        Raises
        ------
        ServiceError
            If the service has no answer.
        """
        names = {"kernel": kernel, "variant": variant, "hardware": hardware}
        found: dict[str, Any] = self._ask("/v1/predict", {**names, "parameters": dict(parameters)})
        return found

    def predict_batch(
        self,
        kernel: str,
        queries: Sequence[Values],
        *,
        variant: str | None = None,
        hardware: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return a prediction per query, in their order; as `predict`.

        Parameters
        ----------
        kernel : str
        queries : sequence of mapping
        variant, hardware : str, optional
        """
        names = {"kernel": kernel, "variant": variant, "hardware": hardware}
        found: list[dict[str, Any]] = self._ask("/v1/predict", {**names, "queries": list(map(dict, queries))})
        return found

    def select(
        self,
        kernel: str,
        parameters: Values,
        *,
        hardware: str | None = None,
        default: str | None = None,
        top: int | None = None,
    ) -> dict[str, Any]:
        """Return a selection: ``best``, ``ranking``, ``ties``, ``reason``.

        Parameters
        ----------
        kernel : str
        parameters : mapping of str to float or str
        hardware, default : str, optional
            Rank on this hardware alone; stay with this variant unless another is clearly faster.
        top : int, optional
            The length of the ranking.

        Raises
        ------
        ServiceError
            If the service has no answer.
        """
        names = {"kernel": kernel, "hardware": hardware, "default": default, "top": top}
        found: dict[str, Any] = self._ask("/v1/select", {**names, "parameters": dict(parameters)})
        return found

    def select_batch(
        self,
        kernel: str,
        queries: Sequence[Values],
        *,
        hardware: str | None = None,
        default: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return the choice per query, in their order; as `select`.

        Parameters
        ----------
        kernel : str
        queries : sequence of mapping
        hardware, default : str, optional
        """
        names = {"kernel": kernel, "hardware": hardware, "default": default}
        found: list[dict[str, Any]] = self._ask("/v1/select", {**names, "queries": list(map(dict, queries))})
        return found

    def models(self) -> list[dict[str, Any]]:
        """Return what there are models of."""
        found: list[dict[str, Any]] = self._ask("/v1/models", None)
        return found

    def hardware(self) -> list[dict[str, Any]]:
        """Return the hardware that there are models of."""
        found: list[dict[str, Any]] = self._ask("/v1/hardware", None)
        return found

    def _ask(self, path: str, body: Mapping[str, Any] | None) -> Any:
        headers = {"Accept": "application/json"}
        data = None
        if body is not None:
            data = _encoded({name: value for name, value in body.items() if value is not None})
            headers["Content-Type"] = "application/json"
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise ServiceError(_detail(error), error.code) from None
        except (OSError, ValueError) as error:
            raise ServiceError(f"no answer from {self.url}: {getattr(error, 'reason', error)}") from None


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(body, allow_nan=False, default=_plain).encode()
    except ValueError:
        raise InputError("values must be finite, but one is nan or infinite") from None


def _plain(value: Any) -> float | int:
    """Return the Python number that a NumPy number is."""
    number = value.item() if hasattr(value, "item") else value
    if not isinstance(number, int | float) or not math.isfinite(number):
        raise InputError(f"values must be finite numbers or texts, but one is {quoted(value)}")
    return number


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the service answered {error.code} {error.reason}"
