"""What pages of all rooms use: a page or its part, and confirming by typing."""

import pytest
from django.template import engines
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from apps.teams.confirming import TypedConfirmation
from apps.teams.fragments import page_or_fragment


def asked(over: bool = False, **headers: str):
    request = RequestFactory().get("/", headers=headers)
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    return page_or_fragment(
        request, "teams/void.html", "teams/invitation.txt", {"link": "the-link"}, over=over
    )


def test_a_browser_gets_the_page_and_htmx_its_part():
    assert "<!doctype html>" in asked().text
    part = asked(hx_request="true").text
    assert "<!doctype html>" not in part
    assert "the-link" in part


def test_going_back_is_a_whole_page():
    assert "<!doctype html>" in asked(hx_request="true", hx_history_restore_request="true").text


def test_htmx_asks_no_more_where_all_is_over():
    assert asked(hx_request="true").status_code == 200
    assert asked(over=True, hx_request="true").status_code == 286
    assert asked(over=True).status_code == 200
    back = asked(over=True, hx_request="true", hx_history_restore_request="true")
    assert back.status_code == 200


def test_a_cache_keeps_both_apart():
    assert "HX-Request" in asked()["Vary"]


@pytest.mark.parametrize(
    ("typed", "valid"), [("acme", True), ("Acme", False), ("", False), ("acme x", False)]
)
def test_only_the_word_itself_confirms(typed, valid):
    form = TypedConfirmation("acme", {"typed": typed})
    assert form.is_valid() is valid


def test_a_word_that_was_mistyped_is_said_where_it_stands():
    form = TypedConfirmation("ac<me", {"typed": "x"})
    form.is_valid()
    template = engines["django"].from_string(
        "{% include 'parts/confirm.html' with confirmation=form what='All goes.' action='/x/' %}"
    )
    text = template.render({"form": form})
    assert "Type ac&lt;me to confirm" in text
    assert 'id="id_typed_error" role="alert"><p>That is not ac&lt;me. Nothing was done.' in text
    assert 'aria-invalid="true"' in text
    assert 'action="/x/"' in text
