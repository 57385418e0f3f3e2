"""Choosing repositories, syncing them, and deleting what was stored of them."""

from django.urls import path

from apps.integrations.views import many, purging, repositories, sync

LIST = "a/<slug:team_slug>/integrations/github/repos/"
ONE = f"{LIST}<int:repo_id>/"

urlpatterns = [
    path(LIST, repositories.show_repositories, name="repositories"),
    path(f"{LIST}refresh/", repositories.refresh_repositories, name="refresh_repositories"),
    path(f"{LIST}many/", many.plan_repositories, name="plan_repositories"),
    path(f"{LIST}many/follow/", many.follow_repositories, name="follow_repositories"),
    path(ONE, repositories.show_repository, name="repository"),
    path(f"{ONE}toggle/", sync.toggle_repository, name="github_repo_toggle"),
    path(f"{ONE}sync/", sync.sync_repository, name="github_repo_sync"),
    path(f"{ONE}plan/", sync.plan_repository, name="plan_repository"),
    path(f"{ONE}webhook/", sync.retry_webhook, name="retry_webhook"),
    path(f"{ONE}purge/", purging.purge_repository, name="purge_repository"),
    path("a/<slug:team_slug>/integrations/purge/", purging.purge_team, name="purge_team"),
]
