"""A generated service runs on its embedded database and broker, without any server and any setting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.generated.architectures import EXAMPLES, LANGUAGES, in_language, read_example, write_service
from tests.generated.languages import Toolchains
from tests.generated.processes import Caller, Running, until
from tests.generated.samples import Samples

from microservices_skill.model.service import Action
from microservices_skill.model.system import Language
from microservices_skill.model.wire import operations

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_needs_no_server(language: Language, example: str, tmp_path: Path, toolchains: Toolchains) -> None:
    architecture = in_language(read_example(example), language)
    service = next(each for each in architecture.services if each.endpoints[0].publishes)
    creation = next(each for each in operations(service) if each.action is Action.CREATE)
    folder = write_service(architecture, service, tmp_path)
    toolchains[language].prepare(folder)
    running = Running(toolchains[language], folder, {}).start()
    try:
        caller, samples = Caller(running), Samples(service)
        bodies = [samples.entity(creation.entity) for _ in range(40)]
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda body: caller.change(creation.method, creation.path, body), bodies))
        assert [each.status for each in answers] == [201] * 40, {each.text for each in answers}
        listed = caller.get(f"{creation.path}?limit=100").json["items"]
        assert [each["id"] for each in listed] == sorted(each.json["id"] for each in answers)
        until(lambda: "outbox_pending 0" in caller.get("/metrics").text.replace(".0", ""), 20, "for the outbox to be empty")
        again = caller.change(creation.method, creation.path, bodies[0])
        assert again.status in (201, 409), again.text
        running.stop()
        assert running.start().call("GET", f"{creation.path}?limit=100").json["items"][:40] == listed
    finally:
        running.kill()
