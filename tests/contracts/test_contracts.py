import json

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.contracts.samples import shop
from tests.generated.architectures import on_broker, read_example

from microservices_skill.codegen.generate import generate_service
from microservices_skill.contracts import asyncapi, events, openapi
from microservices_skill.contracts.json_schema import Schema, referenced, schema_of
from microservices_skill.contracts.render import for_service, render
from microservices_skill.model.fields import Shape
from microservices_skill.model.service import Service
from microservices_skill.model.system import BrokerKind

ORDER = openapi.document(shop(), shop().services[0])


@pytest.mark.parametrize("service", shop().services, ids=lambda service: service.name)
def test_every_openapi_document_is_valid_for_an_independent_validator(service: Service):
    assert list(OpenAPIV31SpecValidator(openapi.document(shop(), service)).iter_errors()) == []


def test_an_optional_field_may_be_left_out_of_a_request_and_is_null_in_a_response():
    request, response = ORDER["components"]["schemas"]["PlaceOrderRequest"], ORDER["components"]["schemas"]["OrderResponse"]
    assert "contact" not in request["required"]
    assert "contact" in response["required"]
    assert request["properties"]["contact"]["anyOf"][1] == response["properties"]["contact"]["anyOf"][1] == {"type": "null"}
    assert request["additionalProperties"] is False
    assert "additionalProperties" not in response


def test_a_response_shows_the_state_the_version_and_the_times_after_the_fields():
    assert list(ORDER["components"]["schemas"]["OrderResponse"]["properties"])[-4:] == ["status", "version", "created_at", "updated_at"]


def test_only_schemas_that_are_used_are_published():
    payment = openapi.document(shop(), shop().services[1])
    assert list(payment["components"]["schemas"]) == ["FieldProblem", "Money", "PaymentResponse", "Problem"]


def test_a_create_takes_an_idempotency_key_and_says_where_the_new_thing_is():
    create = ORDER["paths"]["/v1/orders"]["post"]
    assert [(each["name"], each["required"]) for each in create["parameters"]] == [("Idempotency-Key", True)]
    assert sorted(create["responses"]["201"]["headers"]) == ["ETag", "Location"]
    assert create["security"] == [{"bearerAuth": ["orders:write"]}]


def test_an_update_requires_if_match_and_a_transition_only_takes_it():
    change = ORDER["paths"]["/v1/orders/{order_id}"]["put"]["parameters"]
    cancel = ORDER["paths"]["/v1/orders/{order_id}/cancel"]["post"]["parameters"]
    assert {each["name"]: each["required"] for each in change}["If-Match"] is True
    assert {each["name"]: each["required"] for each in cancel}["If-Match"] is False


def test_a_list_is_paged_and_filtered():
    parameters = ORDER["paths"]["/v1/orders"]["get"]["parameters"]
    assert [each["name"] for each in parameters] == ["limit", "cursor", "status", "customer_id"]


def test_a_delete_answers_without_content():
    assert "content" not in ORDER["paths"]["/v1/orders/{order_id}"]["delete"]["responses"]["204"]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({"type": "string"}, {"type": "string", "maxLength": 255, "pattern": r"^[^\u0000]*$"}),
        ({"type": "text", "min_length": 2}, {"type": "string", "minLength": 2, "maxLength": 10000, "pattern": r"^[^\u0000]*$"}),
        ({"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 0, "maximum": 9007199254740991}),
        ({"type": "number"}, {"type": "number"}),
        ({"type": "decimal"}, {"type": "string", "pattern": r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?$"}),
        ({"type": "decimal", "precision": 3, "scale": 0, "minimum": 0}, {"type": "string", "pattern": "^(0|[1-9][0-9]{0,2})$"}),
        ({"type": "decimal", "precision": 2, "scale": 2}, {"type": "string", "pattern": r"^-?0(\.[0-9]{1,2})?$"}),
        ({"type": "money"}, {"$ref": "#/components/schemas/Money"}),
        ({"type": "money", "minimum": 0}, {"$ref": "#/components/schemas/Amount"}),
        ({"type": "datetime"}, {"type": "string", "format": "date-time"}),
        ({"type": "enum", "values": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"type": "enum", "values": ["a"]}, {"type": "string", "const": "a"}),
        ({"type": "list", "items": {"type": "uuid"}}, {"type": "array", "items": {"type": "string", "format": "uuid"}, "maxItems": 100}),
    ],
)
def test_each_type_has_its_schema(shape: dict[str, object], expected: Schema):
    assert schema_of(Shape.model_validate(shape, by_name=True)) == expected


def test_every_event_schema_is_self_contained_and_valid():
    for name, schema in events.schemas(shop()).items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert all(ref.startswith("#/$defs/") and ref.removeprefix("#/$defs/") in schema["$defs"] for ref in referenced(schema)), name


def test_a_consumer_ignores_what_it_does_not_know_and_refuses_what_is_missing():
    validator = jsonschema.Draft202012Validator(events.schemas(shop())["OrderPlaced.v1"])
    order = {"order_id": "0192", "total": {"minor_units": 100, "currency": "EUR"}}
    assert validator.is_valid(order | {"added_later": 1})
    assert not validator.is_valid({"order_id": "0192"})


def test_the_asyncapi_document_refers_only_to_what_it_has():
    document = asyncapi.document(shop())
    for ref in referenced(document):
        found = document
        for part in ref.removeprefix("#/").split("/"):
            found = found[part]


def test_every_version_of_an_event_is_a_message_that_its_publisher_sends_and_the_older_ones_are_deprecated():
    document = asyncapi.document(shop())
    assert list(document["channels"]["OrderPlaced"]["messages"]) == ["OrderPlacedV1", "OrderPlacedV2"]
    assert document["operations"]["OrderSendsOrderPlaced"]["messages"] == [
        {"$ref": f"#/channels/OrderPlaced/messages/OrderPlacedV{version}"} for version in (1, 2)
    ]
    schemas, alone = document["components"]["schemas"], events.schemas(shop())
    assert [name for name in schemas if schemas[name].get("deprecated")] == ["OrderPlacedV1"]
    assert [name for name in alone if alone[name].get("deprecated")] == ["OrderPlaced.v1"]
    assert "read that one" in document["components"]["messages"]["OrderPlacedV1"]["description"]
    assert len(document["operations"]["PaymentReceivesOrderPlaced"]["messages"]) == 2


def test_on_kafka_the_channels_name_the_topic_that_services_use_and_the_messages_their_key():
    document = asyncapi.document(on_broker(shop(), BrokerKind.KAFKA))
    topology = generate_service(on_broker(read_example("shop"), BrokerKind.KAFKA), "order")[
        "src/infrastructure/event-bus/kafka-topology.ts"
    ]
    assert "`${system}.events`" in topology.text
    assert {each["bindings"]["kafka"]["topic"] for each in document["channels"].values()} == {"shop.events"}
    assert all("key" in each["bindings"]["kafka"] for each in document["components"]["messages"].values())
    assert "bindings" not in str(asyncapi.document(shop()))


def test_the_system_has_a_file_per_service_and_event_version():
    assert list(render(shop())) == [
        "contracts/asyncapi.json",
        "contracts/events/OrderConfirmed.v1.json",
        "contracts/events/OrderPlaced.v1.json",
        "contracts/events/OrderPlaced.v2.json",
        "contracts/events/PaymentCaptured.v1.json",
        "contracts/openapi/order.json",
        "contracts/openapi/payment.json",
        "contracts/pacts/order--payment.json",
        "contracts/pacts/payment--order.json",
    ]


def test_a_service_keeps_the_contracts_that_concern_it():
    assert list(for_service(shop(), shop().services[1])) == [
        "contracts/events/OrderPlaced.v1.json",
        "contracts/events/OrderPlaced.v2.json",
        "contracts/events/PaymentCaptured.v1.json",
        "contracts/openapi.json",
        "contracts/pacts/order--payment.json",
        "contracts/pacts/payment--order.json",
    ]


def test_files_are_json_with_two_spaces_real_characters_and_one_newline_at_the_end():
    text = render(shop())["contracts/openapi/order.json"].text
    assert json.loads(text)["openapi"] == "3.1.0"
    assert text.startswith('{\n  "openapi"')
    assert text.endswith("}\n")
    assert '\\"naïve\\" {{7*7}}' in text
