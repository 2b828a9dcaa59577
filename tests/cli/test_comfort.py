"""What makes the command line pleasant: the form at a real terminal, the watcher, completion, the offending line."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.contracts.samples import SHOP

from microservices_skill.cli import main
from microservices_skill.cli.excerpts import excerpt
from microservices_skill.questionnaire.answers import read_answers

PROGRAM = [sys.executable, "-m", "microservices_skill.cli"]
PATIENCE_S = 60
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
DOWN = "\x1b[B"


class Terminal:
    """A command at a terminal: what it shows, and a keyboard."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self._screen = ours
        settings = os.environ | {"TERM": "xterm"}
        self.process = subprocess.Popen([*PROGRAM, *arguments], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=settings)
        os.close(theirs)
        self.shown = ""

    def until(self, text: str) -> None:
        """Wait for a text behind what was waited for before."""
        ends = time.monotonic() + PATIENCE_S
        while text not in self.shown:
            assert time.monotonic() < ends, f"{text!r} is not in {self.shown!r}"
            self._read()
        self.shown = self.shown.partition(text)[2]

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._screen, keys.encode())

    def end(self) -> int:
        """The exit code."""
        ends = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < ends, self.shown
            self._read()
        return self.process.returncode

    def close(self) -> None:
        """End it in any case."""
        self.process.kill()
        self.process.wait()
        os.close(self._screen)

    def _read(self) -> None:
        if select.select([self._screen], [], [], 0.2)[0]:
            with suppress(OSError):  # the other side is closed
                found = os.read(self._screen, 65_536).decode(errors="replace")
                if "\x1b[6n" in found:  # it asks where the cursor is, as terminals are asked
                    self.press("\x1b[1;1R")
                self.shown += CONTROL.sub("", found)


@contextmanager
def terminal(*arguments: str, folder: Path) -> Iterator[Terminal]:
    found = Terminal(*arguments, folder=folder)
    try:
        yield found
    finally:
        found.close()


def kept(folder: Path) -> dict[str, object]:
    answers = read_answers((folder / "answers.yaml").read_text(encoding="utf-8"))
    return {key: answers.value(key) for key in ("domain", "name", "features", "users", "peakRps")}


def test_the_form_explains_refuses_keeps_each_answer_and_goes_on_where_it_was_left(tmp_path: Path):
    with terminal("ask", folder=tmp_path) as screen:
        screen.until("why: Boundaries follow the business")
        screen.until("decides:")
        screen.until("The business, in a sentence")
        screen.press("a shop for bicycles\r")
        screen.until("(optional)")
        screen.press("\r")
        screen.until("Features, separated by commas")
        screen.press("place orders, pay by card\r")
        screen.until("Users")
        screen.press("a few\r")
        screen.until("a few")
        screen.press("\x03")
        screen.until("ask goes on from there")
        screen.until("needs_answers: answers.yaml\r\n")
        assert screen.end() == 1
    assert kept(tmp_path) == {
        "domain": "a shop for bicycles",
        "name": None,
        "features": ("place orders", "pay by card"),
        "users": None,
        "peakRps": None,
    }
    with terminal("ask", folder=tmp_path) as screen:
        screen.until("Users")
        screen.press("about 20k\r")
        screen.until("Requests per second")
        screen.press("\x03")
        assert screen.end() == 1
    assert kept(tmp_path)["users"] == 20_000


def test_choices_are_chosen(tmp_path: Path):
    given = {"domain": "a shop", "features": "orders", "users": "1", "peakRps": "1", "latencyP99": "1 s", "strongConsistency": "none"}
    given |= {"eventualConsistency": "none"}
    CliRunner().invoke(
        main, ["ask", "--answers", str(tmp_path / "answers.yaml"), *(f"--set={key}={value}" for key, value in given.items())]
    )
    with terminal("ask", folder=tmp_path) as screen:
        screen.until("Regulations")
        screen.press(f"{DOWN} {DOWN} \r")
        screen.until("Teams")
        screen.press("\x03")
        screen.end()
    answers = read_answers((tmp_path / "answers.yaml").read_text(encoding="utf-8"))
    assert answers.value("regulations") == ("gdpr", "pci-dss")


def test_the_watcher_says_what_is_new_what_is_mended_and_survives_a_broken_document(tmp_path: Path):
    source = tmp_path / "architecture.yaml"
    source.write_text(SHOP, encoding="utf-8")
    with terminal("watch", folder=tmp_path) as screen:
        screen.until("watching architecture.yaml")
        time.sleep(0.5)  # it says so just before it does
        source.write_text(SHOP.replace("stores: [payment-db]", "stores: [order-db]"), encoding="utf-8")
        screen.until("shared-data-store")
        screen.until("not sound")
        source.write_text("system: [\n", encoding="utf-8")
        screen.until("not valid YAML")
        fresh = tmp_path / "fresh"
        fresh.write_text(SHOP, encoding="utf-8")
        fresh.replace(source)  # as editors save
        screen.until("mended shared-data-store")
        screen.until("sound")
        screen.process.send_signal(signal.SIGINT)
        assert screen.end() == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_learns_to_complete(shell: str):
    said = CliRunner().invoke(main, ["completion", shell])
    assert said.exit_code == 0
    assert "_MICROSERVICES_SKILL_COMPLETE" in said.output


def test_commands_and_services_are_completed(tmp_path: Path):
    source = tmp_path / "architecture.yaml"
    source.write_text(SHOP, encoding="utf-8")

    def completed(words: str) -> str:
        settings = {"_MICROSERVICES_SKILL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        return CliRunner().invoke(main, [], prog_name="microservices-skill", env=settings).output

    assert "plain,validate" in completed("microservices-skill val")
    assert "plain,payment" in completed(f"microservices-skill generate {source} --service pay")
    assert "plain" not in completed(f"microservices-skill generate {tmp_path / 'none.yaml'} --service pay")


def test_a_refusal_shows_the_line_and_the_column(tmp_path: Path):
    source = tmp_path / "architecture.yaml"
    source.write_text(SHOP.replace("teams:\n  - {name: sales, size: 6", "teams:\n  - {name: sales, size: six"), encoding="utf-8")
    said = CliRunner().invoke(main, ["validate", str(source)])
    assert said.exit_code == 1
    line, mark = (each for each in said.output.splitlines() if " | " in each)
    assert line[mark.index("^") :].startswith("size: six")


def test_a_finding_shows_its_line(tmp_path: Path):
    source = tmp_path / "architecture.yaml"
    source.write_text(SHOP.replace("stores: [payment-db]", "stores: [order-db]"), encoding="utf-8")
    said = CliRunner().invoke(main, ["validate", str(source)]).output
    assert re.search(r"shared-data-store: .*\n +\d+ \| .*order-db.*\n +\| +\^\n    fix:", said)


def test_an_excerpt_of_what_is_long_or_strange_stays_on_one_line(tmp_path: Path):
    (tmp_path / "long").write_text("x" * 500 + "\x1b[2J" + "y" * 500, encoding="utf-8")
    number, mark = click.unstyle(excerpt(str(tmp_path / "long"), 1, 501)).splitlines()[1:]
    assert "\x1b" not in number
    assert len(number) < 140
    assert number[mark.index("^")] == " "
    assert excerpt(str(tmp_path / "long"), 2) == excerpt(str(tmp_path / "none"), 1) == ""


def test_a_line_that_python_would_break_and_yaml_would_not_keeps_its_number(tmp_path: Path):
    (tmp_path / "odd").write_text("a: x\x0cy\nb: z\n", encoding="utf-8")
    assert "b: z" in excerpt(str(tmp_path / "odd"), 2, 1)


def test_watching_makes_no_folder(tmp_path: Path):
    said = CliRunner().invoke(main, ["watch", str(tmp_path / "none" / "architecture.yaml")])
    assert said.exit_code == 2
    assert "there is no folder" in said.output
    assert list(tmp_path.iterdir()) == []
