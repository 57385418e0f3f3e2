"""`POST /graphql`: reads, validates, counts, executes; refuses in GitHub's words."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from .. import refusals
from ..account_endpoints import owner_of_token
from ..answer import Answer, Request, packed
from ..limits import GRAPHQL
from . import errors
from .asking import Asking
from .cost import cost
from .resolvers import root

if TYPE_CHECKING:
    from ..server import Standin

_SDL = Path(__file__).with_name("schema.graphql")


@cache
def schema() -> GraphQLSchema:
    return build_schema(_SDL.read_text())


def post_query(standin: Standin, request: Request, parts: dict[str, str]) -> Answer:
    if request.token is None:
        return refusals.graphql_requires_authentication()
    now = standin.clock()
    try:
        sent = json.loads(request.body)
    except ValueError:
        return refusals.problems_parsing_json()
    query = sent.get("query") if isinstance(sent, dict) else None
    if not isinstance(query, str):
        return _failed([GraphQLError("A query attribute must be specified and must be a string.")])
    standin.queries += 1
    every = standin.behaviour.graphql_error_every
    if every and standin.queries % every == 0:
        return refusals.query_too_slow(502, standin.request_id)
    document, mistakes = _read(query)
    if document is None or mistakes:
        return _failed(mistakes)
    operation = _operation(document, sent.get("operationName"))
    if operation is None:
        return _failed([GraphQLError("The operation to execute must be named, and be a query.")])
    given = sent.get("variables") or {}
    variables = get_variable_values(schema(), operation.variable_definitions or (), given)
    if isinstance(variables, list):
        return _failed(variables)
    try:
        price = cost(schema(), document, operation, variables)
    except GraphQLError as error:
        return _failed([error], None if error.path is None else {str(error.path[0]): None})
    standin.limits.count(request.token, now, GRAPHQL, price.points)
    if standin.behaviour.heavy_nodes and price.nodes > standin.behaviour.heavy_nodes:
        standin.failures += 1
        return refusals.query_too_slow(502 if standin.failures % 2 else 504, standin.request_id)
    asking = Asking(standin, request, now, owner_of_token(standin, request), price, standin.request_id)
    return _execute(asking, document, given, sent.get("operationName"))


def _execute(asking: Asking, document: DocumentNode, given: dict[str, Any], name: str | None) -> Answer:
    result = execute_sync(
        schema(), document, root_value=root(asking), variable_values=given, operation_name=name
    )
    value: dict[str, Any] = {"data": result.data}
    answer = Answer(200, b"")
    if result.errors:
        value["errors"] = [errors.written(error) for error in result.errors]
        if any((error.extensions or {}).get("saml_failure") for error in result.errors):
            answer.headers["X-GitHub-SSO"] = refusals.sso(asking.standin.world.repository.owner.login)
    answer.body = packed(value)
    for happening in asking.afterwards:
        happening()
    return answer


@lru_cache(maxsize=256)
def _read(query: str) -> tuple[DocumentNode | None, list[GraphQLError]]:
    """The same text is asked for page after page."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, [error]
    return document, validate(schema(), document)


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    operations = [part for part in document.definitions if isinstance(part, OperationDefinitionNode)]
    if name is not None:
        operations = [part for part in operations if part.name and part.name.value == name]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return None
    return operations[0]


def _failed(found: list[GraphQLError], data: dict[str, Any] | None = None) -> Answer:
    """No `data` at all where GitHub executes nothing; it looks at the pages of a list in executing."""
    value: dict[str, Any] = {} if data is None else {"data": data}
    return Answer(200, packed({**value, "errors": [errors.written(error) for error in found]}))
