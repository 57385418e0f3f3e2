"""Fields of a pull request that are computed: from several events, from its commits, or by a formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from apps.metrics.formulas import FORMULAS, Formula
from apps.metrics.models import PullRequest
from apps.metrics.projection.project import Projection

from .folded import FoldedStream
from .inputs import ARITHMETIC, Input, columns_read, counting_review
from .losing import Lost
from .order import time_of
from .why import Why, fact

Fields = dict[str, Why]

OUTDONE = "not applied: a newer ready_for_review was already known"
AGAIN = "not applied: an earlier event told the same moment"
TOO_LATE = "not applied: it became ready again after the first review that counts"


def computed_fields(
    stream: FoldedStream, projection: Projection, row: PullRequest | None, facts: Mapping[str, Why]
) -> Iterator[Why]:
    """`facts`: the fields that are read from one event each, which the others are made from."""
    values = projection.pull_request or {}
    known = dict(facts)
    for name, explained in (
        ("state", _state),
        ("ready_at", _ready),
        ("last_event_id", _newest),
        ("commits_incomplete", _incomplete),
    ):
        known[name] = explained(stream, known, values[name], getattr(row, name, None))
        yield known[name]
    for formula in FORMULAS:
        for why in _formula(formula, stream, projection, row, known):
            known[why.name] = why
            yield why


def _state(stream: FoldedStream, known: Fields, value: Any, stored: Any) -> Why:
    layers, merged = stream.state.pull_request, known["merged_at"]
    said = fact("state", value, stored, layers, layers.resolve(), stream)
    if merged.value is None:
        return said
    how = f"merged_at is set: {stream.told(merged.event_id)}"
    return Why("state", value, stored, how, merged.event_id, said.lost, [_input(merged)])


def _ready(stream: FoldedStream, known: Fields, value: Any, stored: Any) -> Why:
    if value is None:
        how = "no ready_for_review was delivered, and no field of the object says it"
        return Why("ready_at", value, stored, how)
    moments = stream.state.ready
    won = moments[value]
    lost: dict[int | None, Lost] = {}
    for at in sorted(moments, reverse=True):
        if moments[at] != won:
            reason = OUTDONE if at < value else TOO_LATE
            lost.setdefault(moments[at], Lost(moments[at], reason, at.astimezone(UTC)))
    named = {won, *lost, *(failure.event_id for failure in stream.failures)}
    for event in stream.events.values():
        if event.action == "ready_for_review" and event.pk not in named:
            said = time_of(event)
            lost[event.pk] = Lost(event.pk, AGAIN if said in moments else OUTDONE, said)
    return Why("ready_at", value, stored, stream.told(won), won, list(lost.values()))


def _newest(stream: FoldedStream, known: Fields, value: Any, stored: Any) -> Why:
    how = f"{stream.told(value)}, carries the newest state of the pull request"
    return Why("last_event_id", value, stored, how, value)


def _incomplete(stream: FoldedStream, known: Fields, value: Any, stored: Any) -> Why:
    head = known["head_sha"]
    which = f"the newest head {head.value[:12]}" if head.value else "the newest head is not known, so it"
    there = f"is {'not ' if value else ''}among the {len(stream.state.commits)} commits held"
    return Why("commits_incomplete", value, stored, f"{which} {there}", inputs=[_input(head)])


def _formula(
    formula: Formula,
    stream: FoldedStream,
    projection: Projection,
    row: PullRequest | None,
    known: Mapping[str, Why],
) -> Iterator[Why]:
    values, reviews = projection.pull_request or {}, projection.reviews
    read = columns_read(formula, values, list(reviews.values()))
    known = dict(known)
    for name in formula.columns:
        value, stored = values[name], getattr(row, name, None)
        if name == "first_review_at":
            known[name] = _first_review(stream, projection, value, stored)
        elif name in ARITHMETIC:
            left, sign, right = ARITHMETIC[name]
            inputs = [_input(known[left]), _input(known[right])]
            known[name] = Why(name, value, stored, f" {sign} ".join(map(str, inputs)), inputs=inputs)
        else:
            inputs = [_input(known[each]) for each in read if each in known]
            first = name == formula.columns[0]
            origin = f"from {', '.join(map(str, inputs))}" if first else f"kept beside {formula.columns[0]}"
            how = f"formula {formula.name}, {origin}"
            known[name] = Why(name, value, stored, how, inputs=inputs)
        yield known[name]


def _first_review(stream: FoldedStream, projection: Projection, value: Any, stored: Any) -> Why:
    reviews = projection.reviews
    first = counting_review(projection.pull_request or {}, reviews)
    if first is None:
        how = f"none of {len(reviews)} submitted reviews counts" if reviews else "no review was submitted"
        return Why("first_review_at", value, stored, how)
    event_id = stream.state.reviews[first].resolve()["submitted_at"].event_id
    who = reviews[first]["reviewer_login"] or "ghost"
    inputs = [Input("submitted_at", value, event_id, f"review {first} by {who}")]
    how = f"review {first} by {who}: {stream.told(event_id)}"
    return Why("first_review_at", value, stored, how, event_id, inputs=inputs)


def _input(why: Why) -> Input:
    review = why.inputs[0].review if why.name == "first_review_at" and why.inputs else ""
    return Input(why.name, why.value, why.event_id, review)
