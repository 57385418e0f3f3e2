"""Connecting a team to GitHub."""

from django.urls import path

from apps.integrations.views import connect, oauth, organization, token

urlpatterns = [
    path("integrations/github/callback/", oauth.callback, name="callback"),
    path("a/<slug:team_slug>/integrations/github/", connect.show, name="connect"),
    path("a/<slug:team_slug>/integrations/github/authorize/", oauth.authorize, name="authorize"),
    path("a/<slug:team_slug>/integrations/github/token/", token.enter, name="enter_token"),
    path("a/<slug:team_slug>/integrations/github/organization/", organization.choose, name="organization"),
    path("a/<slug:team_slug>/integrations/github/test/", connect.test_connection, name="test_connection"),
    path("a/<slug:team_slug>/integrations/github/members/", connect.ask_for_members, name="import_members"),
    path(
        "a/<slug:team_slug>/integrations/github/webhook-secret/",
        connect.rotate_webhook_secret,
        name="rotate_webhook_secret",
    ),
    path("a/<slug:team_slug>/integrations/github/disconnect/", connect.disconnect, name="disconnect"),
]
