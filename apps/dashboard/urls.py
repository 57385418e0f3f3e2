from django.urls import path

from apps.dashboard.theme import choose_theme
from apps.dashboard.views.audit import audit
from apps.dashboard.views.overview import home, overview
from apps.dashboard.views.pull import pull
from apps.dashboard.views.pulls import pulls

app_name = "dashboard"

urlpatterns = [
    path("", home, name="home"),
    path("theme/", choose_theme, name="theme"),
    path("a/<slug:team_slug>/", overview, name="overview"),
    path("a/<slug:team_slug>/pulls/", pulls, name="pulls"),
    path("a/<slug:team_slug>/pulls/<int:repo_id>/<int:number>/", pull, name="pull"),
    path("a/<slug:team_slug>/audit/", audit, name="audit"),
]
