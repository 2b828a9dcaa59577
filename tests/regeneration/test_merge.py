"""Holds our merge against git's."""

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microservices_skill.regeneration.merge import OURS, THEIRS, merge

LINES = st.lists(st.integers(0, 30).map(lambda number: f"line {number}\n"), max_size=25)


def by_git(folder: Path, base: str, ours: str, theirs: str, *options: str) -> tuple[int, str]:
    """How many conflicts git finds, and what it writes."""
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(text)
    command = ["git", "merge-file", "-p", *options, "ours", "base", "theirs"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def edited(lines: list[str], seed: int, mark: str) -> list[str]:
    """Lines with a few of them changed, taken out or added; no two lines are alike."""
    chance = random.Random(seed)
    result: list[str] = []
    for index, line in enumerate(lines):
        match chance.randrange(12):
            case 0:
                result.append(f"{mark} changed {index}\n")
            case 1:
                pass
            case 2:
                result += [line, f"{mark} added {index}\n"]
            case _:
                result.append(line)
    return result


@pytest.mark.parametrize("seed", range(300))
def test_git_merges_the_same_edits_to_the_same_text(tmp_path: Path, seed: int):
    base = [f"line {index}\n" for index in range(30)]
    ours, theirs = edited(base, seed, "mine"), edited(base, seed + 1000, "theirs")
    merged = merge(base="".join(base), ours="".join(ours), theirs="".join(theirs))
    texts = "".join(base), "".join(ours), "".join(theirs)
    conflicts, text = by_git(tmp_path, *texts)
    assert bool(merged.conflicts) == bool(conflicts)
    if not conflicts:
        assert merged.marked() == text
    assert (merged.taking("ours"), merged.taking("theirs")) == (
        by_git(tmp_path, *texts, "--ours")[1],
        by_git(tmp_path, *texts, "--theirs")[1],
    )


@given(base=LINES, ours=LINES, theirs=LINES)
@settings(max_examples=500)
def test_no_line_of_a_person_is_lost_and_one_changed_side_wins(base: list[str], ours: list[str], theirs: list[str]):
    old, mine, new = "".join(base), "".join(ours), "".join(theirs)
    assert merge(base=old, ours=mine, theirs=old).marked() == mine
    assert merge(base=old, ours=old, theirs=new).marked() == new
    assert merge(base=old, ours=mine, theirs=mine).marked() == mine
    merged = merge(base=old, ours=mine, theirs=new)
    assert merged.taking("ours").count("\n") == len(merged.taking("ours").splitlines())
    written = set(merged.marked().splitlines())
    assert {line.strip() for line in ours} - {line.strip() for line in base} <= written
    assert {line.strip() for line in theirs} - {line.strip() for line in base} <= written


@given(base=LINES, ours=LINES, theirs=LINES)
def test_a_conflict_names_the_lines_of_the_person(base: list[str], ours: list[str], theirs: list[str]):
    merged = merge(base="".join(base), ours="".join(ours), theirs="".join(theirs))
    disputed = [region for region in merged.regions if region.theirs is not None]
    assert [tuple(ours[span.start - 1 : span.end]) for span in merged.conflicts] == [region.ours for region in disputed]
    assert merged.marked().count(OURS) == merged.marked().count(THEIRS) == len(merged.conflicts)


def test_a_last_line_without_an_end_keeps_markers_on_lines_of_their_own():
    merged = merge(base="a", ours="b", theirs="c")
    assert merged.marked() == f"{OURS}\nb\n=======\nc\n{THEIRS}\n"
    assert (merged.taking("ours"), merged.taking("theirs")) == ("b", "c")


def test_long_texts_that_share_nothing_but_repeated_lines_are_merged_in_a_moment():
    base = "".join("},\n" if index % 2 else f"a {index % 7}\n" for index in range(20_000))
    theirs = "".join("},\n" if index % 3 else f"b {index % 5}\n" for index in range(20_000))
    assert merge(base=base, ours=base + "mine\n", theirs=theirs).marked().endswith("mine\n")
