"""A service's HTTP API as an OpenAPI 3.1 document."""

from __future__ import annotations

from http import HTTPStatus

from microservices_skill.contracts import components
from microservices_skill.contracts.json_schema import COMPONENTS, Schema, field_schema, or_null
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.naming import title
from microservices_skill.model.service import Service
from microservices_skill.model.wire import Operation

API_VERSION = "1.0.0"
IDEMPOTENCY_KEY = "^[!-~]+$"
IF_MATCH = r'^(\*|"[0-9]{1,9}")$'
BEARER = "bearerAuth"


def document(architecture: Architecture, service: Service) -> Schema:
    """The OpenAPI 3.1 document of ``service``."""
    operations = wire.operations(service)
    paths: dict[str, Schema] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = operation_object(operation)
    parts: Schema = {"schemas": components.schemas(service, used_by=paths)}
    if any(operation.endpoint.auth for operation in operations):
        parts["securitySchemes"] = {BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": service.title or f"{title(architecture.system.name)}: {title(service.name)}",
            "description": service.responsibility,
            "version": API_VERSION,
        },
        "paths": paths,
        "components": {key: value for key, value in parts.items() if value},
    }


def operation_object(operation: Operation) -> Schema:
    """One operation: its parameters, request, responses and who may call it."""
    found: Schema = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.entity.name],
    }
    parameters = [*_path_parameters(operation), *_query_parameters(operation), *_header_parameters(operation)]
    if parameters:
        found["parameters"] = parameters
    if operation.request_name is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": _ref(operation.request_name)}}
    found["responses"] = _responses(operation)
    if operation.endpoint.auth:
        found["security"] = [{BEARER: [operation.endpoint.scope] if operation.endpoint.scope else []}]
    return found


def _path_parameters(operation: Operation) -> list[Schema]:
    schema = {"type": "string", "format": "uuid"}
    return [_parameter("path", name, schema, required=True) for name in wire.path_parameters(operation.endpoint, operation.entity)]


def _query_parameters(operation: Operation) -> list[Schema]:
    if not operation.is_paginated:
        return []
    limit = {"type": "integer", "minimum": 1, "maximum": wire.PAGE_MAXIMUM, "default": wire.PAGE_DEFAULT}
    cursor = or_null({"type": "string", "format": "uuid"})
    filters = [_parameter("query", field.name, field_schema(field, nullable=True), required=False) for field in operation.filters]
    return [_parameter("query", "limit", limit, required=False), _parameter("query", "cursor", cursor, required=False), *filters]


def _header_parameters(operation: Operation) -> list[Schema]:
    found = []
    if operation.needs_idempotency_key:
        key = {"type": "string", "minLength": 1, "maxLength": wire.IDEMPOTENCY_KEY_LENGTH, "pattern": IDEMPOTENCY_KEY}
        found.append(_parameter("header", "Idempotency-Key", key, required=True))
    if operation.takes_if_match:
        match = {"type": "string", "maxLength": 64, "pattern": IF_MATCH}
        required = operation.requires_if_match
        found.append(_parameter("header", "If-Match", match if required else or_null(match), required=required))
    return found


def _responses(operation: Operation) -> Schema:
    found: Schema = {str(operation.status): _success(operation)}
    for status in operation.error_statuses:
        found[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": _ref("Problem")},
        }
    return found


def _success(operation: Operation) -> Schema:
    response: Schema = {"description": HTTPStatus(operation.status).phrase}
    headers = {}
    if operation.status == HTTPStatus.CREATED:
        headers["Location"] = {"description": "The path of what was created", "schema": {"type": "string"}}
    if operation.is_versioned:
        headers["ETag"] = {"description": "The version, for If-Match", "schema": {"type": "string"}}
    if headers:
        response["headers"] = headers
    if operation.response_name is not None:
        response["content"] = {"application/json": _ref(operation.response_name)}
    return response


def _parameter(place: str, name: str, schema: Schema, *, required: bool) -> Schema:
    return {"name": name, "in": place, "required": required, "schema": schema}


def _ref(name: str) -> Schema:
    return {"schema": {"$ref": COMPONENTS + name}}
