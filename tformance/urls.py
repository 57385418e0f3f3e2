"""The site's addresses."""

from django.contrib import admin
from django.urls import include, path

from tformance.health import healthz
from tformance.metrics_page import metrics

urlpatterns = [
    path("", include("apps.dashboard.urls")),
    path("", include("apps.integrations.urls")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("metrics", metrics),
]
