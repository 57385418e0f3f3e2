"""Replays, previewed, started and steered."""

from django.urls import path

from . import views

app_name = "replays"

LIST = "a/<slug:team_slug>/replays/"
ONE = f"{LIST}<int:run_id>/"

urlpatterns = [
    path(LIST, views.show_replays, name="list"),
    path(f"{LIST}new/", views.new_replay, name="new"),
    path(f"{LIST}begin/", views.begin_replay, name="begin"),
    path(ONE, views.show_replay, name="run"),
    path(f"{ONE}pause/", views.pause_replay, name="pause"),
    path(f"{ONE}resume/", views.resume_replay, name="resume"),
    path(f"{ONE}cancel/", views.cancel_replay, name="cancel"),
]
