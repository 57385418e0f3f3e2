import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import path
from django.views.defaults import permission_denied, server_error

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


def test_what_stands_without_a_request_is_a_whole_page():
    request = RequestFactory().get("/")
    for answer in (server_error(request), permission_denied(request, PermissionDenied())):
        assert b"built/style.css" in answer.content
        assert b"</html>" in answer.content
