"""Where GitHub's deliveries arrive, and how they go."""

from django.urls import path

from apps.integrations.views import operate
from apps.integrations.webhooks import Deliveries

urlpatterns = [
    path("a/<slug:team_slug>/operate/", operate.show_operate, name="operate"),
    path("a/<slug:team_slug>/operate/parked/<str:group>/", operate.show_group, name="parked_group"),
    path("a/<slug:team_slug>/operate/parked/<str:group>/skip/", operate.skip_group, name="skip_group"),
    # Where it was before.
    path("a/<slug:team_slug>/health/", operate.show_health, name="health"),
    path("webhooks/github/", Deliveries.as_view(), name="deliveries"),
    path("webhooks/github/<str:key>/", Deliveries.as_view(), name="team_deliveries"),
]
