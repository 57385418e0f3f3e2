"""People in front of the pages of these tests."""

from html.parser import HTMLParser

from django.test import Client

from apps.teams.factories import MembershipFactory

HTMX = {"HX-Request": "true"}


def client_of(team, role="admin", email=""):
    client = Client()
    client.force_login(
        MembershipFactory(team=team, role=role, user__email=email or f"{role}@example.com").user
    )
    return client


def mute(monkeypatch, *tasks):
    """The list of what is sent to the broker from here on, by the task's name."""
    sent = []
    for task in tasks:
        name = task.name.rpartition(".")[2]
        monkeypatch.setattr(task, "delay", lambda *args, name=name: sent.append((name, *args)))
    return sent


def badges(client, address):
    """What the badges of a page say, in their order."""
    found = []

    class Parser(HTMLParser):
        inside = False

        def handle_starttag(self, tag, attrs):
            self.inside = "badge" in (dict(attrs).get("class") or "").split()

        def handle_data(self, data):
            if self.inside:
                found.append(data)
            self.inside = False

    Parser().feed(client.get(address).text)
    return found
