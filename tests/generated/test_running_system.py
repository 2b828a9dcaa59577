"""Two generated services on PostgreSQL and RabbitMQ, killed and cut off at the worst moments."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from tests.generated.running import BROKER_URL, Proxy, Running, free_port, new_database, read_example, run, sql, until, write_system

pytestmark = pytest.mark.slow

ORDER = {
    "customer_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "customer_email": "someone@example.com",
    "lines": [{"sku": "BIKE-1", "quantity": 1, "unit_price": {"minor_units": 1250, "currency": "EUR"}}],
    "total": {"minor_units": 1250, "currency": "EUR"},
    "note": "Grüße, 你好 🚲",
}


def through(url: str, proxy: Proxy) -> str:
    """The same URL, by way of a proxy."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}" if user else f"127.0.0.1:{proxy.port}"))


@dataclass
class Shop:
    """The order and the payment service, each behind proxies to its servers."""

    order: Running
    payment: Running
    order_db: str
    payment_db: str
    order_database: Proxy
    order_broker: Proxy
    payment_broker: Proxy
    interpreter: Path

    def place(self, key: str = "") -> str:
        """Place an order, and give its id."""
        answer = self.order.call("POST", "/v1/orders", ORDER, Idempotency_Key=key or str(uuid4()))
        assert answer.status == 201, answer.text
        return str(answer.json["id"])

    def count(self, table: str, *, of: str) -> int:
        """How many rows a table has."""
        found = sql(self.interpreter, self.order_db if of == "order" else self.payment_db, f"SELECT count(*) FROM {table}")
        return int(str(found[0][0]))

    def paid_orders(self) -> list[str]:
        """The orders of all payments."""
        return [str(row[0]) for row in sql(self.interpreter, self.payment_db, "SELECT order_id FROM payments")]


@pytest.fixture
def shop(tmp_path: Path, interpreter: Path) -> Iterator[Shop]:
    system = f"shop-{uuid4().hex[:8].translate(str.maketrans('0123456789', 'ghijklmnop'))}"
    folder = write_system(read_example("shop", system=system), tmp_path)
    with ExitStack() as stack:
        databases = [stack.enter_context(new_database(interpreter)) for _ in range(2)]
        database, *brokers = (Proxy(("127.0.0.1", urlsplit(url).port or 5672)) for url in (databases[0], BROKER_URL, BROKER_URL))
        made = []
        for name, url, broker in zip(("order", "payment"), (through(databases[0], database), databases[1]), brokers, strict=True):
            settings = {"DATABASE_URL": url, "BROKER_URL": through(BROKER_URL, broker), "OUTBOX_LEASE_S": "3", "OUTBOX_POLL_S": "0.2"}
            service = Running(interpreter, folder / "services" / name, settings)
            service.python("-m", f"{name}.migrate")
            made.append(service.start())
        until(lambda: all(json.loads(each.call("GET", "/health/ready").text)["checks"]["broker"] == "up" for each in made), 30)
        yield Shop(made[0], made[1], databases[0], databases[1], database, brokers[0], brokers[1], interpreter)
        for service in made:
            if service.process is not None and service.process.poll() is None:
                service.kill()
        _forget_queues(interpreter, system)


def _forget_queues(interpreter: Path, system: str) -> None:
    names = [f"{system}.{name}{suffix}" for name in ("order", "payment", "inventory", "notification") for suffix in ("", ".dead-letters")]
    script = (
        "import asyncio, aio_pika, sys, json\n"
        "async def main():\n"
        "    async with await aio_pika.connect(sys.argv[1]) as connection:\n"
        "        for name in json.loads(sys.argv[2]):\n"
        "            await (await connection.channel()).queue_delete(name)\n"
        "asyncio.run(main())\n"
    )
    subprocess.run([interpreter, "-c", script, BROKER_URL, json.dumps(names)], check=True, capture_output=True, timeout=60)


def test_fifty_duplicates_over_http_make_one_order_and_one_event(shop: Shop) -> None:
    key = str(uuid4())
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: shop.order.call("POST", "/v1/orders", ORDER, Idempotency_Key=key), range(50)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({str(answer.json["id"]) for answer in answers if answer.status == 201}) == 1
    assert shop.count("orders", of="order") == 1
    assert shop.count("outbox_messages", of="order") == 1
    until(lambda: len(shop.paid_orders()) == 1, 20)


def test_a_kill_between_commit_and_publish_loses_no_event_and_doubles_none(shop: Shop) -> None:
    shop.order_broker.cut()
    orders = [shop.place() for _ in range(20)]
    shop.order.kill()
    assert shop.paid_orders() == []
    shop.order_broker.restore()
    shop.order.start()
    until(lambda: len(shop.paid_orders()) >= 20, 60)
    shop.payment.kill()
    shop.payment.start()
    orders.append(shop.place())
    until(lambda: len(shop.paid_orders()) >= 21, 60)
    assert sorted(shop.paid_orders()) == sorted(orders)


def test_killing_both_services_under_load_leaves_one_payment_for_each_order(shop: Shop) -> None:
    orders: list[str] = []
    for round_number in range(6):
        keys = [str(uuid4()) for _ in range(10)]
        with ThreadPoolExecutor(10) as pool:
            futures = [pool.submit(shop.order.call, "POST", "/v1/orders", ORDER, Idempotency_Key=key) for key in keys]
            if round_number % 2:
                shop.order.kill()
            for future in futures:
                future.result()
        if round_number % 2:
            shop.order.start()
        else:
            shop.payment.kill()
            shop.payment.start()
        orders += [shop.place(key) for key in keys]
    until(lambda: len(shop.paid_orders()) >= len(orders), 90)
    assert sorted(shop.paid_orders()) == sorted(orders)
    assert shop.count("orders", of="order") == len(orders) == 60


def test_a_broker_that_goes_away_and_comes_back_needs_no_restart(shop: Shop) -> None:
    shop.order_broker.cut()
    shop.payment_broker.cut()
    order = shop.place()
    assert shop.order.call("GET", "/health/ready").status == 200
    shop.order_broker.restore()
    shop.payment_broker.restore()
    until(lambda: shop.paid_orders() == [order], 60)


def test_a_database_that_goes_away_and_comes_back_needs_no_restart(shop: Shop) -> None:
    shop.place()
    shop.order_database.cut()
    answer = shop.order.call("POST", "/v1/orders", ORDER, Idempotency_Key=str(uuid4()))
    assert answer.status == 503, answer.text
    assert answer.json["type"] == "urn:problem:unavailable"
    assert shop.order.call("GET", "/health/ready").status == 503
    assert shop.order.call("GET", "/health/live").status == 200
    shop.order_database.restore()
    until(lambda: shop.order.call("GET", "/health/ready").status == 200, 30)
    shop.place()


def test_an_order_is_confirmed_when_its_payment_is_captured(shop: Shop) -> None:
    order = shop.place()
    until(lambda: shop.paid_orders() == [order], 30)
    payment = str(shop.payment.call("GET", "/v1/payments").json["items"][0]["id"])  # type: ignore[index]
    captured = shop.payment.call("POST", f"/v1/payments/{payment}/capture", {"provider_reference": "p-1"}, Idempotency_Key="c1")
    assert captured.status == 200, captured.text
    until(lambda: shop.order.call("GET", f"/v1/orders/{order}").json["status"] == "confirmed", 30)
    refused = shop.order.call("POST", f"/v1/orders/{order}/cancel", Idempotency_Key="x1")
    assert refused.status == 409


def test_a_stop_finishes_what_is_in_hand_and_logs_no_personal_data(shop: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(shop.order.call, "POST", "/v1/orders", ORDER, Idempotency_Key=str(uuid4())) for _ in range(30)]
        status = shop.order.stop()
        answers = [future.result() for future in futures]
    assert status in (0, -15)
    assert {answer.status for answer in answers} <= {201, 0}
    accepted = [answer for answer in answers if answer.status == 201]
    assert shop.count("orders", of="order") >= len(accepted)
    assert "service.stopped" in shop.order.log
    assert "someone@example.com" not in shop.order.log + shop.payment.log
    for line in shop.order.log.splitlines():
        json.loads(line)


ISSUER = """
import http.server, json, sys, time, jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm
key = generate_private_key(SECP256R1())
jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "one", "alg": "ES256"}
class Keys(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"keys": [jwk]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
claims = {"iss": "http://issuer/", "aud": sys.argv[2], "sub": "fuzz", "exp": time.time() + 3600, "scope": sys.argv[3]}
print(jwt.encode(claims, key, "ES256", headers={"kid": "one"}), flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Keys).serve_forever()
"""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("example", "name"), [("shop", "order"), ("shop", "inventory"), ("clinic", None), ("fleet", None)])
def test_schemathesis_finds_nothing(example: str, name: str | None, database: str, tmp_path: Path, interpreter: Path) -> None:
    architecture = read_example(example)
    richest = max(architecture.services, key=lambda each: len(each.endpoints))
    service = architecture.services_by_name[name] if name else richest
    scopes = " ".join(sorted({endpoint.scope for endpoint in service.endpoints if endpoint.scope}))
    folder = write_system(architecture, tmp_path) / "services" / service.name
    port = free_port()
    with ExitStack() as stack:
        issuer = stack.enter_context(
            subprocess.Popen([interpreter, "-c", ISSUER, str(port), service.name, scopes], stdout=subprocess.PIPE, text=True)
        )
        stack.callback(issuer.kill)
        assert issuer.stdout is not None
        token = issuer.stdout.readline().strip()
        settings = {"AUTH_JWKS_URL": f"http://127.0.0.1:{port}/", "AUTH_ISSUER": "http://issuer/", "LOG_LEVEL": "WARNING"}
        if database == "postgresql":
            settings["DATABASE_URL"] = stack.enter_context(new_database(interpreter))
        running = Running(interpreter, folder, settings)
        running.python("-m", f"{running.package}.migrate")
        running.start()
        stack.callback(running.kill)
        fuzz = run(
            interpreter, folder, "schemathesis", "run", f"http://127.0.0.1:{running.port}/openapi.json", "--checks", "all", "--seed", "7",
            "--max-examples", "40", "--header", f"Authorization: Bearer {token}", SCHEMATHESIS_HOOKS="tests.contract.hooks", PYTHONPATH=".",
        )  # fmt: skip
        assert fuzz.returncode == 0, fuzz.stdout[-6000:]
        assert running.process is not None
        assert running.process.poll() is None
