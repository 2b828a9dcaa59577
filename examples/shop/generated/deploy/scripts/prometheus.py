"""Asks Prometheus how fast each service uses up its error budget."""

from __future__ import annotations

import json
import math
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

METRIC = "http_server_request_duration_seconds_count"
NOT_PROBES = 'http_route!~"/health.*|/metrics"'
FAILED = 'http_response_status_code=~"5.."'
LONGEST = 4000
"""Proxies refuse long addresses: where there are more names than this, all services are asked for and ours picked out."""

ALWAYS_TOO_MANY = 0.5
"""Half of all requests failing is too many, however small a service's promise is."""


class BlindError(Exception):
    """Prometheus does not answer, or knows nothing of a service: nobody can tell whether a release is sound."""


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus by its address: ``https://...``, or ``kubernetes://NAMESPACE/SERVICE:PORT`` through the API server of the cluster.

    ``selector`` narrows what is asked, such as ``namespace="shop-production"`` where one Prometheus serves several environments.
    """

    address: str
    window: str = "5m"
    selector: str = ""
    timeout_s: float = 10

    def error_ratios(self, services: list[str]) -> dict[str, float]:
        """The part of each service's requests that failed within the window; services without requests are left out.

        Raises:
            BlindError: Prometheus does not answer, or answers something else.

        """
        every = self._rates(services, NOT_PROBES)
        failed = self._rates(services, NOT_PROBES, FAILED)
        return {service: failed.get(service, 0.0) / rate for service, rate in every.items() if rate > 0 and service in services}

    def measured(self, services: list[str]) -> set[str]:
        """The services of which Prometheus knows anything, be it probes.

        Raises:
            BlindError: Prometheus does not answer, or answers something else.

        """
        return set(self._query(f"count by (service) ({METRIC}{{{self._matching(services)}}})"))

    def _rates(self, services: list[str], *more: str) -> dict[str, float]:
        return self._query(f"sum by (service) (rate({METRIC}{{{self._matching(services, *more)}}}[{self.window}]))")

    def _matching(self, services: list[str], *more: str) -> str:
        names = "|".join(sorted(services))
        ours = f'service=~"{names}"' if len(names) <= LONGEST else 'service!=""'
        return ",".join(each for each in (ours, *more, self.selector) if each)

    def _query(self, query: str) -> dict[str, float]:
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": query})
        try:
            answer = json.loads(self._get(path))
            results = answer["data"]["result"]
            pairs = [(str(each["metric"]["service"]), float(each["value"][1])) for each in results]
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise BlindError(f"{self.address} does not answer a query: {error}") from error
        return {service: value for service, value in pairs if math.isfinite(value)}

    def _get(self, path: str) -> bytes:
        if self.address.startswith("kubernetes://"):
            return self._through_cluster(path)
        request = urllib.request.Request(self.address.rstrip("/") + path)
        token = os.environ.get("PROMETHEUS_TOKEN")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=self.timeout_s) as response:
            return bytes(response.read())

    def _through_cluster(self, path: str) -> bytes:
        namespace, _, service = self.address.removeprefix("kubernetes://").partition("/")
        raw = f"/api/v1/namespaces/{namespace}/services/{service}/proxy{path}"
        try:
            done = subprocess.run(["kubectl", "get", "--raw", raw], capture_output=True, check=False, timeout=self.timeout_s)
        except subprocess.TimeoutExpired as error:
            raise OSError(f"no answer within {self.timeout_s:g} s") from error
        if done.returncode != 0:
            raise OSError(done.stderr.decode(errors="replace").strip())
        return done.stdout


@dataclass(frozen=True)
class Judge:
    """Knows when a service burns: its error budget goes ``burn_rate`` times faster than its promise allows.

    ``before`` are the ratios from before the release. A service that burned already is held against the release only where it
    has become worse; else a fix could never be released.
    """

    promises: Mapping[str, float]
    burn_rate: float
    before: Mapping[str, float]

    def limit(self, service: str) -> float:
        """The part of failed requests above which a service burns."""
        budget = max(0.0, 1 - self.promises[service] / 100)
        allowed = min(self.burn_rate * budget, ALWAYS_TOO_MANY)
        earlier = self.before.get(service, 0.0)
        return min(1.25 * earlier, 0.999) if earlier > allowed else allowed

    def burning(self, ratios: Mapping[str, float]) -> list[str]:
        """What is wrong, a sentence for each service that burns."""
        return [
            f"{service}: {ratio:.2%} of its requests fail, more than {self.limit(service):.2%}"
            f" (promise {self.promises[service]:g} %, burn rate {self.burn_rate:g})"
            for service, ratio in sorted(ratios.items())
            if service in self.promises and ratio > self.limit(service)
        ]
