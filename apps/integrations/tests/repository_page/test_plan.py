"""What a backfill would take, before it begins."""

import re

import pytest

from apps.integrations.models import TrackedRepository
from apps.integrations.tests.pages import HTMX
from ingest.models import Run

from .conftest import page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_rest")]


def test_a_plan_changes_nothing(listed, admin, sent, standin):
    text = admin.post(page(listed, "plan/"), {"window": "90"}).text
    assert "GraphQL, since it takes less of its quota" in text
    rows = [" ".join(row.split()) for row in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)]
    by_rest = next(row for row in rows if "REST" in row)
    # Less what is left to others.
    assert re.search(r"4,49\d of 5,000", by_rest)
    assert any("GraphQL" in row for row in rows)
    assert '<option value="90" selected>' in text
    assert not TrackedRepository.objects.exists()
    assert not Run.objects.exists()
    assert "<html" not in admin.post(page(listed, "plan/"), headers=HTMX).text


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"tokens": {"another"}}, "Connect GitHub again"),
        ({"hidden": True}, "the token may no longer see it"),
        ({"error_every": 1}, "again"),
        ({"rate_limit": 0}, "ask again after"),
    ],
)
def test_a_plan_that_github_does_not_give(listed, admin, standin, behaviour, words):
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)
    answer = admin.post(page(listed, "plan/"))
    assert answer.status_code == 200
    assert words in answer.context["plan_problem"]


def test_a_plan_of_a_repository_whose_name_another_took(listed, admin, standin, world):
    world.rename("booster")
    standin.worlds.append(type(world).generate(seed=8, pulls=1, now=world.now))
    assert admin.post(page(listed, "plan/")).context["plan"].repository.full_name == "acme/booster"


def test_a_plan_that_takes_too_long(listed, admin, monkeypatch):
    monkeypatch.setattr("apps.integrations.services.repositories.planning.PATIENCE", -1.0)
    assert "counting took too long" in admin.post(page(listed, "plan/")).context["plan_problem"]
