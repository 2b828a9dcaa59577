from pathlib import Path

import pytest
from tests.generated.architectures import EXAMPLES, read_example, write_tree

from microservices_skill.deployment.render import render
from microservices_skill.errors import SkillError
from microservices_skill.running.procfile import parse_procfile, parse_variables
from microservices_skill.running.system import read_system


def system(folder: Path, example: str = "shop") -> Path:
    write_tree(render(read_example(example)), folder)
    for service in read_example(example).services:
        (folder / "services" / service.name).mkdir(parents=True)
    return folder


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_generated_is_read_back(tmp_path: Path, example: str):
    found = read_system(system(tmp_path, example))
    assert [each.name for each in found.processes] == [service.name for service in read_example(example).services]
    assert [each.port(found.variables) for each in found.processes] == [8001 + index for index in range(len(found.processes))]


def test_a_persons_env_stands_over_the_example(tmp_path: Path):
    (system(tmp_path) / ".env").write_text("# mine\nORDER_PORT='9001'\n", encoding="utf-8")
    found = read_system(tmp_path)
    assert [each.port(found.variables) for each in found.processes] == [9001, 8002, 8003, 8004]


def test_another_server_gets_the_same_databases(tmp_path: Path):
    found = read_system(system(tmp_path), database_url="postgresql://me:secret@db:6432/any", broker_url="amqp://there/")
    assert found.variables["ORDER_DATABASE_URL"] == "postgresql://me:secret@db:6432/shop_order"
    assert found.variables["PAYMENT_DATABASE_URL"] == "postgresql://me:secret@db:6432/shop_payment"
    assert found.variables["BROKER_URL"] == "amqp://there/"


def test_a_line_that_cannot_be_read_says_where_and_how_it_should_be():
    with pytest.raises(SkillError, match=r"Procfile:2: cannot be read; expected NAME: cd FOLDER.*mend the line"):
        parse_procfile("# head\nweb: npm start\n")
    with pytest.raises(SkillError, match=r"\.env:1: cannot be read; expected NAME=VALUE"):
        parse_variables("what?", ".env")


def test_a_variable_that_nothing_sets_is_named(tmp_path: Path):
    found = read_system(system(tmp_path))
    with pytest.raises(SkillError, match=r"order needs \$ORDER_PORT, which nothing sets; set it in \.env"):
        found.processes[0].port({})


def test_a_folder_without_a_system_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(SkillError, match="there is no Procfile; give the folder of a generated system"):
        read_system(tmp_path)
    (tmp_path / "Procfile").write_text("# empty\n", encoding="utf-8")
    with pytest.raises(SkillError, match="its Procfile names no service"):
        read_system(tmp_path)


def test_a_service_whose_folder_is_gone_is_named(tmp_path: Path):
    (system(tmp_path) / "services" / "payment").rmdir()
    with pytest.raises(SkillError, match="there is no folder services/payment"):
        read_system(tmp_path)
