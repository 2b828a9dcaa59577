"""Stands in for the payment provider: it keeps, takes and lets go of money, and declines what is above the limit of a card.

What it is asked under one key it does once. GET /captured tells how much it has taken, /kept what it holds for nobody knows whom.
"""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = 100_000
LEADS_TO = {"captures": "captured", "voids": "voided", "refunds": "refunded"}


class Ledger:
    """Authorizations by their order: the amount in minor units, and where it stands."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._amounts: dict[str, int] = {}
        self._states: dict[str, str] = {}

    def do(self, action: str, order: str, amount: int) -> tuple[int, object]:
        """Status and body of the answer; what was done already is not done again."""
        with self._lock:
            if action == "authorizations":
                if amount > LIMIT:
                    return 402, {"error": "declined"}
                self._amounts.setdefault(order, amount)
                self._states.setdefault(order, "authorized")
                return 201, {"reference": f"auth-{order}"}
            if action not in LEADS_TO or order not in self._states:
                return 404, {"error": "unknown"}
            self._states[order] = LEADS_TO[action]
            return 200, {"reference": f"auth-{order}"}

    def total(self, state: str) -> int:
        """How much money is in a state."""
        with self._lock:
            return sum(amount for order, amount in self._amounts.items() if self._states[order] == state)


class Provider(BaseHTTPRequestHandler):
    """The provider's API."""

    ledger = Ledger()

    def do_POST(self) -> None:
        """Authorize, capture, void or refund."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(*self.ledger.do(self.path.removeprefix("/v1/"), body["order_id"], body["amount"]["minor_units"]))

    def do_GET(self) -> None:
        """How much money is in a state: /captured, /voided, /authorized."""
        self._answer(200, self.ledger.total(self.path.removeprefix("/")))

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Provider).serve_forever()
