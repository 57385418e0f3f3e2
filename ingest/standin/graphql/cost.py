"""How many nodes a query asks for, and its points, both counted before anything is looked up.

GitHub's formula (docs: "Rate limits and node limits for the GraphQL API"): each connection costs as many
requests as it has parents, if every `first` above it is reached; their sum divided by 100 and rounded is the
price, one point at least. The nodes are the sum of what each connection can return at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)
from graphql.execution import get_directive_values
from graphql.execution.values import VariableValues, get_argument_values

from .errors import Refused

LARGEST_PAGE = 100
NODES_AT_MOST = 500_000


@dataclass(frozen=True)
class Cost:
    nodes: int
    points: int


def cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: VariableValues,
) -> Cost:
    """Raises `Refused` for a connection without `first` or `last`, a page over 100, too many nodes."""
    counter = _Counter(schema, document, variables)
    counter.count(counter.composite("Query"), [operation.selection_set], parents=1, path=[])
    if counter.nodes > NODES_AT_MOST:
        raise Refused(
            f"This query requests up to {counter.nodes:,} possible nodes which exceeds the maximum limit of"
            f" {NODES_AT_MOST:,}.",
            "MAX_NODE_LIMIT_EXCEEDED",
        )
    return Cost(counter.nodes, max(1, round(counter.requests / 100)))


class _Counter:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: VariableValues) -> None:
        self.schema, self.variables = schema, variables
        self.fragments = {
            part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)
        }
        self.nodes = 0
        self.requests = 0

    def count(
        self,
        parent: GraphQLCompositeType,
        selections: list[SelectionSetNode],
        parents: int,
        path: list[str],
    ) -> None:
        fields: dict[str, list[tuple[GraphQLCompositeType, FieldNode]]] = {}
        for selection in selections:
            for holder, node in self._fields(parent, selection):
                fields.setdefault((node.alias or node.name).value, []).append((holder, node))
        for key, found in fields.items():
            holder, node = found[0]
            if not isinstance(holder, GraphQLObjectType | GraphQLInterfaceType):
                continue  # __typename of a union
            field = holder.fields.get(node.name.value)
            if field is None:
                continue  # __typename
            type_ = get_named_type(field.type)
            if not is_composite_type(type_):
                continue
            inside = [node.selection_set for _, node in found if node.selection_set]
            below, here = parents, [*path, key]
            if type_.name.endswith("Connection"):
                size = self._size(node, type_, get_argument_values(field, node, self.variables), inside, here)
                if size is not None:
                    self.requests += parents
                    self.nodes += parents * size
                    below = parents * size
            self.count(type_, inside, below, here)

    def _size(
        self,
        node: FieldNode,
        type_: GraphQLCompositeType,
        given: dict[str, Any],
        inside: list[SelectionSetNode],
        path: list[str],
    ) -> int | None:
        """None where only the total is wanted: that needs no page."""
        name = node.name.value
        wanted = {which: given[which] for which in ("first", "last") if given.get(which) is not None}
        if not wanted:
            names = {part.name.value for selection in inside for _, part in self._fields(type_, selection)}
            if names <= {"totalCount", "issueCount", "__typename"}:
                return None
            raise _located(
                node,
                path,
                "MISSING_PAGINATION_BOUNDARIES",
                f"You must provide a `first` or `last` value to properly paginate the `{name}` connection.",
            )
        which, size = next(iter(wanted.items()))
        if size > LARGEST_PAGE:
            raise _located(
                node,
                path,
                "EXCESSIVE_PAGINATION",
                f"Requesting {size} records on the `{name}` connection exceeds the `{which}` limit of"
                f" {LARGEST_PAGE} records.",
            )
        if size < 1:
            raise _located(
                node,
                path,
                "INVALID_PAGINATION_BOUNDARIES",
                f"`{which}` on the `{name}` connection must be at least 1.",
            )
        return int(size)

    def _fields(
        self, parent: GraphQLCompositeType, selection_set: SelectionSetNode
    ) -> Iterator[tuple[GraphQLCompositeType, FieldNode]]:
        for node in selection_set.selections:
            if self._left_out(node):
                continue
            if isinstance(node, FieldNode):
                yield parent, node
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                yield from self._fields(
                    self.composite(condition.name.value) if condition else parent, node.selection_set
                )
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                yield from self._fields(
                    self.composite(fragment.type_condition.name.value), fragment.selection_set
                )

    def composite(self, name: str) -> GraphQLCompositeType:
        return cast(GraphQLCompositeType, self.schema.type_map[name])

    def _left_out(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return bool(skip and skip["if"]) or bool(include and not include["if"])


def _located(node: FieldNode, path: list[str], type_: str, message: str) -> GraphQLError:
    return GraphQLError(message, nodes=node, path=path, extensions={"type": type_})
