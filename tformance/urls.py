"""The site's addresses."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from tformance.health import healthz, ready
from tformance.metrics_page import metrics

# The admin's own form would take any number of guesses.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("apps.users.urls")),
    path("", include("apps.integrations.sign_in.urls")),
    path("", include("apps.teams.urls")),
    path("", include("apps.dashboard.urls")),
    path("", include("apps.dashboard.replays.urls")),
    path("", include("apps.integrations.urls")),
    path("", include("ingest.pages.urls")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("healthz/ready", ready),
    path("metrics", metrics),
]
