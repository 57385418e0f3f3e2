"""Where GitHub's deliveries arrive, and how they go."""

from django.urls import path

from apps.integrations.views.health import show_health
from apps.integrations.webhooks import Deliveries

urlpatterns = [
    path("a/<slug:team_slug>/health/", show_health, name="health"),
    path("webhooks/github/", Deliveries.as_view(), name="deliveries"),
    path("webhooks/github/<str:key>/", Deliveries.as_view(), name="team_deliveries"),
]
