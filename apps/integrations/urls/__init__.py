"""Addresses of `apps.integrations`, a file for each part of it."""

from . import connect, deliveries, repositories, runs

app_name = "integrations"

urlpatterns = [*deliveries.urlpatterns, *connect.urlpatterns, *repositories.urlpatterns, *runs.urlpatterns]
