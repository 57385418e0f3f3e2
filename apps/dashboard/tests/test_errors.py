import re

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from django.test import RequestFactory
from django.urls import path
from django.views.csrf import csrf_failure
from django.views.defaults import bad_request, page_not_found, permission_denied, server_error

from tformance.urls import urlpatterns as site


def broken(request):
    raise RuntimeError("a secret of the inside")


urlpatterns = [*site, path("broken", broken)]


def test_an_error_has_its_page_and_tells_nothing_of_the_inside(client, settings):
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "Something broke" in answer.text
    assert "secret" not in answer.text


@pytest.mark.django_db
def test_not_found(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert 'href="/"' in answer.text


class Down:
    """In place of what a page asks about its visitor: whoever asks fails."""

    def __getattr__(self, name):
        raise OperationalError("the database is down")

    __bool__ = __iter__ = __len__ = __getattr__


def refusals(request):
    yield server_error(request)
    yield bad_request(request, SuspiciousOperation())
    yield permission_denied(request, PermissionDenied())
    yield page_not_found(request, Http404())
    yield csrf_failure(request)


def test_with_the_database_down_each_error_has_its_page():
    request = RequestFactory().get("/a/ours/")
    request.user = request.session = request._messages = Down()
    answers = list(refusals(request))
    assert [answer.status_code for answer in answers] == [500, 400, 403, 404, 403]
    for answer in answers:
        assert b"built/style.css" in answer.content
        assert b"</html>" in answer.content
        assert b"<nav" not in answer.content
    headings = [re.findall("<h1>(.+)</h1>", answer.content.decode()) for answer in answers]
    assert len({heading for [heading] in headings}) == 5
