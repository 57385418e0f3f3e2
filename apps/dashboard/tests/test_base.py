"""What every page has."""

import re

import pytest
from django.contrib.messages import get_messages
from django.core.checks import run_checks
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db


def test_nothing_in_a_page_may_run_but_scripts_of_this_site(client, team):
    answer = client.get("/a/ours/")
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    policy = {name: values for name, *values in parts}
    assert policy["default-src"] == ["'self'"]
    assert "script-src" not in policy
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert policy["form-action"] == ["'self'", "https://github.com"]
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", answer.text) == []


def test_htmx_brings_no_style_and_sends_the_token(client, team):
    text = client.get("/a/ours/").text
    assert '"includeIndicatorStyles": false' in text
    assert '"allowEval": false' in text
    assert re.search(r"""<body hx-headers='\{"X-CSRFToken": "\w{64}"\}'>""", text)


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", "Overview"),
        ("/a/ours/", "Overview"),
        ("/a/ours/pulls/", "Pull requests"),
        ("/a/ours/operate/", "Operate"),
        ("/a/ours/replays/new/", "Replays"),
        ("/a/ours/integrations/github/", "GitHub"),
        # Below the address of GitHub's page, and a section of its own.
        ("/a/ours/integrations/github/repos/", "Repositories"),
    ],
)
def test_the_navigation_marks_where_one_is(client, team, path, current):
    # Once in the menu of a narrow screen, once in the line of a wide one.
    assert re.findall(r'aria-current="page">([^<]+)', client.get(path).text) == [current, current]


def test_a_theme_is_chosen_without_a_script_and_kept(client, team):
    assert "data-theme" not in client.get("/a/ours/").text
    answer = client.post("/theme/", {"theme": "dark", "next": "/a/ours/pulls/?state=open"})
    assert answer.url == "/a/ours/pulls/?state=open"
    assert '<html lang="en" data-theme="dark">' in client.get("/a/ours/").text
    client.post("/theme/", {"theme": "system"})
    assert "data-theme" not in client.get("/a/ours/").text


def test_a_theme_leads_to_no_other_site_and_is_one_of_three(client):
    assert client.post("/theme/", {"theme": "dark", "next": "//example.com/"}).url == "/"
    assert client.post("/theme/", {"theme": "<b>"}).status_code == 400
    assert client.get("/theme/").status_code == 405
    client.cookies["theme"] = '"><script>'
    assert "<script>" not in client.get("/sign-in/").text


def test_the_theme_is_set_by_forms_of_this_site_only():
    assert Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"}).status_code == 403


def test_without_the_built_style_a_check_says_what_to_do(settings, tmp_path):
    settings.STATICFILES_DIRS = [tmp_path]
    [warning] = [found for found in run_checks() if found.id == "tformance.W001"]
    assert "make assets" in str(warning.hint)


def test_messages_are_said_to_a_screen_reader(rf):
    class Said(str):
        level_tag, level = "success", 25

    class Refused(str):
        level_tag, level = "error", 40

    text = render_to_string("parts/messages.html", {"messages": [Said("Done."), Refused("<b>")]})
    assert 'alert-success" role="status">Done.' in text
    assert 'alert-error" role="alert">&lt;b&gt;' in text
    assert get_messages(rf.get("/")) == []
