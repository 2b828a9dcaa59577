"""A token allows what the model says that its service calls, and nothing else."""

from typing import Any

import pytest
from tests.generated.architectures import read_case, read_example

from microservices_skill.model.access import OPERATOR_SCOPES, Grant, grants_of, scopes_of
from microservices_skill.model.architecture import Architecture

CALLEE = {
    "name": "stock",
    "responsibility": "Keeps stock",
    "entities": [{"name": "Item", "fields": [{"name": "sku", "type": "string"}]}],
    "endpoints": [
        {"operation": "getItem", "action": "get", "entity": "Item", "scope": "stock:read"},
        {"operation": "addItem", "action": "create", "entity": "Item", "scope": "stock:write"},
        {"operation": "listItems", "action": "list", "entity": "Item"},
        {"operation": "dropItem", "action": "delete", "entity": "Item", "auth": False, "scope": "stock:drop"},
    ],
}


def calling(**dependency: Any) -> Architecture:
    order = {"name": "order", "responsibility": "Takes orders", "dependencies": [{"to": "stock", **dependency}]}
    system = {"name": "shop", "domain": "a shop"}
    return Architecture.model_validate({"system": system, "services": [CALLEE, order], "externals": [{"name": "bank"}]})


def grants(architecture: Architecture) -> tuple[Grant, ...]:
    return grants_of(architecture, architecture.services_by_name["order"])


def test_a_grant_holds_the_scopes_of_the_operations_that_are_called_and_no_others():
    assert grants(calling(operations=["getItem", "addItem"])) == (Grant("stock", ("stock:read", "stock:write"), ("getItem", "addItem")),)
    assert grants(calling(operations=["getItem"])) == (Grant("stock", ("stock:read",), ("getItem",)),)


def test_an_operation_that_asks_for_a_token_but_no_scope_needs_one_without_scopes():
    assert grants(calling(operations=["listItems"])) == (Grant("stock", (), ("listItems",)),)


@pytest.mark.parametrize(
    "dependency",
    [{"operations": ["dropItem"]}, {}, {"operations": ["getItem"], "protocol": "grpc"}, {"to": "bank"}],
    ids=["open", "unnamed operations", "not http", "outside"],
)
def test_what_checks_no_tokens_or_is_not_named_or_is_not_ours_is_granted_nothing(dependency: dict[str, Any]):
    assert grants(calling(**dependency)) == ()


def test_the_scopes_of_a_service_are_those_that_it_checks():
    architecture = calling()
    assert scopes_of(architecture, architecture.services_by_name["stock"]) == ("stock:read", "stock:write")
    shop = read_example("shop")
    coordinator = next(each.coordinator for each in shop.running_sagas)
    assert set(OPERATOR_SCOPES) < set(scopes_of(shop, coordinator))
    assert not set(OPERATOR_SCOPES) & set(scopes_of(shop, shop.services_by_name["notification"]))


def test_a_composition_is_granted_what_its_parts_ask_for():
    architecture = read_case("composition")
    composer = next(service for service in architecture.services if service.compositions)
    asked = {part.operation for composition in composer.compositions for part in composition.parts}
    granted = {operation for grant in grants_of(architecture, composer) for operation in grant.operations}
    guarded = {each.operation for service in architecture.services for each in service.endpoints if each.auth and each.operation in asked}
    assert granted >= guarded
