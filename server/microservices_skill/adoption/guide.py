"""``WIRING.md``: the same steps for people, and what the modules offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microservices_skill.adoption.parts import CAPABILITIES
from microservices_skill.adoption.patching import towards
from microservices_skill.adoption.starter import Starter
from microservices_skill.adoption.wiring import PATCH, Check, Wiring
from microservices_skill.model.system import Language

GUIDE = "WIRING.md"

_OFFERS: Mapping[tuple[str, Language], str] = {
    ("resilience", Language.PYTHON): """\
Call other services by `dependency`, which has a timeout, retries with jitter (only of calls that are safe to repeat), a
circuit breaker and a bulkhead, and passes the caller's deadline on:

```python
from {package}.dependencies import dependency

answer = await dependency("stock").call("GET", "/items/7")
```

How a dependency is called stands in `POLICIES` of `dependencies.py`: change it there. What may pass is answered 503 with
`Retry-After`. On SIGTERM `python -m {package}` finishes the requests in hand.

Idempotency keys are not part of it: the key must be a row in the transaction of the work itself, which only your own code
can write. Retries of yours send one with `idempotency_key=`.
""",
    ("resilience", Language.TYPESCRIPT): """\
Call other services by `dependency`, which has a timeout, retries with jitter (only of calls that are safe to repeat), a
circuit breaker and a bulkhead, and passes the caller's deadline on:

```ts
import {{ dependency }} from '{towards}/dependencies{suffix}';

const answer = await dependency('stock').call('GET', '/items/7');
```

How a dependency is called stands in `POLICIES` of `dependencies.ts`: change it there. What may pass is answered 503 with
`Retry-After`. On SIGTERM the requests in hand are finished.

Idempotency keys are not part of it: the key must be a row in the transaction of the work itself, which only your own code
can write. Retries of yours send one with `idempotencyKey`.
""",
    ("observability", Language.PYTHON): """\
Every log is a JSON line with the request's and the trace's ids; values under `password`, `token`, `secret`, `cookie` and
`authorization` are masked, at any depth. Requests are traced and measured. Say what readiness depends on:

```python
from {package}.health import ready_when

ready_when("database", database_answers)  # an async function that returns a bool
```
""",
    ("observability", Language.TYPESCRIPT): """\
Every log is a JSON line with the request's and the trace's ids, what Nest's `Logger` is told too; values under `password`,
`token`, `secret`, `cookie` and `authorization` are masked, at any depth. Requests are traced and measured. Say what
readiness depends on:

```ts
import {{ readyWhen }} from '{towards}/readiness{suffix}';

readyWhen('database', () => databaseAnswers()); // a promise of a boolean
```
""",
    ("security", Language.PYTHON): """\
Security headers, the limit of bodies and the audit log hold for every request. A route asks for a token, and for a scope:

```python
from typing import Annotated

from fastapi import Depends, Security

from {package}.rate_limit import rate_limit
from {package}.security import Principal, authenticate

@app.post("/items", dependencies=[Depends(rate_limit("create_item", "60/minute"))])
async def create_item(caller: Annotated[Principal, Security(authenticate, scopes=["items:write"])]) -> dict[str, str]: ...
```

Routes without `authenticate` stay open: go through them all. Pages of HTML, such as `/docs`, must set a
`Content-Security-Policy` of their own to be shown by a browser.
""",
    ("security", Language.TYPESCRIPT): """\
Security headers, the limit of bodies and the audit log hold for every request. A route asks for a token, and for a scope:

```ts
import {{ Authenticated, RateLimit }} from '{towards}/access.decorator{suffix}';

@Post('items')
@Authenticated('items:write')
@RateLimit('createItem', 60, 'minute')
createItem(): Item {{ … }}
```

Routes without `@Authenticated` stay open: go through them all. Pages of HTML must set a `Content-Security-Policy` of their
own to be shown by a browser.
""",
    ("testing", Language.PYTHON): """\
`tests/service` starts the service as a process and holds what concerns all of it: it answers, ends on SIGTERM, comes back
after a kill. `database_url` gives a test a new database on the PostgreSQL of `TEST_DATABASE_URL`, `broker_url` the RabbitMQ of
`TEST_BROKER_URL`; without them these tests are skipped. What the service needs to start goes into the fixture `settings`.

```sh
python -m pytest tests/service
```
""",
    ("testing", Language.TYPESCRIPT): """\
`test/service` starts the built service as a process and holds what concerns all of it: it answers, ends on SIGTERM, comes
back after a kill. `withDatabase` gives a test a new database on the PostgreSQL of `TEST_DATABASE_URL`; `TEST_BROKER_URL` names
a RabbitMQ. What the service needs to start is given to `new ServiceProcess({{ … }})`.

```sh
npm run build && npm run test:e2e
```
""",
    ("deployment", Language.PYTHON): """\
`Dockerfile` and `.dockerignore` (only what they name goes in), `deploy/kubernetes` for Kustomize, and
`.github/workflows/service.yml`, which GitHub reads only at the root of a repository. In a container the service listens on 8000.
Make `deploy/kubernetes/overlays/production` yours: registry, settings; secrets are the variables of a Secret
`{name}-secrets`. The NetworkPolicy lets the service out to private networks and to the web: narrow it to what it uses.

```sh
docker build --tag registry.example.com/{name}/{name}:0.1.0 .
kubectl apply --kustomize deploy/kubernetes/overlays/production  # its namespace must exist
```
""",
    ("deployment", Language.TYPESCRIPT): """\
`Dockerfile` and `.dockerignore` (only what they name goes in), `deploy/kubernetes` for Kustomize, and
`.github/workflows/service.yml`, which GitHub reads only at the root of a repository. Keep `package-lock.json` in git: image and
workflow install by it. In a container the service listens on 8000. Make `deploy/kubernetes/overlays/production` yours:
registry, settings; secrets are the variables of a Secret `{name}-secrets`. The NetworkPolicy lets the service out to private
networks and to the web: narrow it to what it uses.

```sh
docker build --tag registry.example.com/{name}/{name}:0.1.0 .
kubectl apply --kustomize deploy/kubernetes/overlays/production  # its namespace must exist
```
""",
}

_NEEDS = {
    Language.PYTHON: "Python 3.11 or newer",
    Language.TYPESCRIPT: "Node 24 and NestJS 12 on Express",
}


def guide(starter: Starter, capabilities: frozenset[str], wiring: Wiring) -> str:
    """The whole page."""
    return "\n".join(line for part in _parts(starter, capabilities, wiring) for line in (part.rstrip("\n"), ""))


def _parts(starter: Starter, capabilities: frozenset[str], wiring: Wiring) -> Iterator[str]:
    yield f"# Wiring {starter.name}\n"
    yield f"Added: {', '.join(each for each in CAPABILITIES if each in capabilities)}. No file of yours was changed."
    yield f"Needs {_NEEDS[starter.language]}. Keep `.microservices-skill` in git: what is added again is merged by it."
    yield from _steps(starter, wiring)
    for name in CAPABILITIES:
        if name in capabilities:
            text = _OFFERS[name, starter.language].format(
                name=starter.name, package=starter.package, towards=towards(starter.main, starter.folder), suffix=starter.suffix
            )
            yield f"## {name.capitalize()}\n\n{text}"
    if wiring.variables:
        rows = "\n".join(f"| `{each.name}` | {each.meaning} |" for each in wiring.variables)
        yield f"## Settings\n\n| variable | meaning |\n|---|---|\n{rows}"


def _steps(starter: Starter, wiring: Wiring) -> Iterator[str]:
    steps = []
    if wiring.install:
        steps.append("Install:\n\n```sh\n" + "\n".join(wiring.install) + "\n```")
    if wiring.patch:
        steps.append(f"Add these lines, by hand or by `git apply {starter.folder}/{PATCH}`:\n\n```diff\n{wiring.patch.rstrip()}\n```")
    if wiring.start:
        steps.append(f"Start it by `{wiring.start}`, here and in production: it ends requests in hand before it stops.")
    if wiring.checks:
        shell = "\n".join(_shell(starter.port, each) for each in wiring.checks)
        steps.append(f"See that it works, with the service started:\n\n```sh\n{shell}\n```")
    if steps:
        yield "## Steps\n\n" + "\n\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def _shell(port: int, check: Check) -> str:
    url = f"http://127.0.0.1:{port}{check.path}"
    if check.header:
        return f"curl --silent --output /dev/null --dump-header - {url} | grep --ignore-case '^{check.header}:'"
    return f"curl --fail --silent --output /dev/null {url} && echo up"
