"""The stand-in's schema is a part of GitHub's: no type, field, argument or value that GitHub lacks.

GitHub publishes its schema; it is not part of the project. TFORMANCE_PAYLOADS names a folder that has it as
`graphql/schema.graphql`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema, GraphQLUnionType, build_schema
from graphql import GraphQLInterfaceType as Interface
from graphql import GraphQLObjectType as Object

from ingest.standin.graphql.endpoint import schema

GITHUBS = Path(os.environ.get("TFORMANCE_PAYLOADS", "")) / "graphql" / "schema.graphql"


def described(schema: GraphQLSchema) -> Iterator[str]:
    """A line for each fact of a schema, so that two can be compared."""
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        yield name
        if isinstance(type_, Object | Interface):
            for interface in type_.interfaces:
                yield f"{name} implements {interface.name}"
            for key, field in type_.fields.items():
                yield f"{name}.{key}: {field.type}"
                for argument, given in field.args.items():
                    yield f"{name}.{key}({argument}: {given.type})"
        elif isinstance(type_, GraphQLInputObjectType):
            yield from (f"{name}.{key}: {field.type}" for key, field in type_.fields.items())
        elif isinstance(type_, GraphQLEnumType):
            yield from (f"{name}.{value}" for value in type_.values)
        elif isinstance(type_, GraphQLUnionType):
            yield from (f"{name} = {member.name}" for member in type_.types)


@pytest.mark.skipif(
    not GITHUBS.is_file(), reason="TFORMANCE_PAYLOADS does not name a folder with GitHub's schema"
)
def test_it_is_a_part_of_githubs() -> None:
    assert set(described(schema())) <= set(described(build_schema(GITHUBS.read_text())))


def test_what_githubs_lacks_would_be_found() -> None:
    ours = set(described(build_schema("type Query { login(of: Int!): String! }")))
    githubs = set(described(build_schema("type Query { login(of: Int): String name: String }")))
    assert ours - githubs == {"Query.login: String!", "Query.login(of: Int!)"}


def test_every_list_is_a_connection_as_github_writes_them() -> None:
    connections = [type_ for name, type_ in schema().type_map.items() if name.endswith("Connection")]
    assert connections
    for type_ in connections:
        assert isinstance(type_, Object)
        item = type_.name.removesuffix("Connection")
        assert str(type_.fields["edges"].type) == f"[{item}Edge]"
        assert str(type_.fields["nodes"].type).startswith("[")
        assert str(type_.fields["pageInfo"].type) == "PageInfo!"
