"""Backfills, watched and steered."""

from django.urls import path

from apps.integrations.views import runs

ONE = "a/<slug:team_slug>/integrations/runs/<int:run_id>/"

urlpatterns = [
    path("a/<slug:team_slug>/integrations/runs/", runs.show_runs, name="runs"),
    path(ONE, runs.show_run, name="run"),
    path(f"{ONE}pause/", runs.pause_run, name="pause_run"),
    path(f"{ONE}resume/", runs.resume_run, name="resume_run"),
    path(f"{ONE}cancel/", runs.cancel_run, name="cancel_run"),
]
