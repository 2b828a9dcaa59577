import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from microservices_skill import syntax

SOURCE = "def f(a):\n    return [x + 1 for x in a if (x, {1: [2, (3,)]})]\n" * 20


@pytest.fixture
def restless() -> Iterator[None]:
    """The garbage collector runs often, and lets another thread run in the middle of a tree."""

    def pause(*_: object) -> None:
        time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(pause)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(pause)


@pytest.mark.usefixtures("restless")
def test_threads_that_parse_at_once_do_not_disturb_each_other():
    with ThreadPoolExecutor(8) as threads:
        trees = list(threads.map(syntax.parse, [SOURCE] * 300))
    assert {len(tree.body) for tree in trees} == {20}
