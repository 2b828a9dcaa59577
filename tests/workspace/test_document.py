from pathlib import Path

import pytest

from microservices_skill.workspace.document import write_document
from microservices_skill.workspace.errors import UnsafeTargetError


def test_a_document_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path):
    write_document(tmp_path / "new" / "answers.yaml", "a: 1\n")
    write_document(tmp_path / "new" / "answers.yaml", "a: 2\n")
    assert [(path.name, path.read_text()) for path in (tmp_path / "new").iterdir()] == [("answers.yaml", "a: 2\n")]


def test_a_link_is_not_followed(tmp_path: Path):
    (tmp_path / "answers.yaml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeTargetError, match="symbolic link"):
        write_document(tmp_path / "answers.yaml", "a: 1\n")
    assert not (tmp_path / "elsewhere").exists()
