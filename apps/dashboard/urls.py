from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from apps.dashboard.theme import choose_theme
from apps.dashboard.views.overview import home, overview
from apps.dashboard.views.pulls import pulls

app_name = "dashboard"
sign_in = LoginView.as_view(template_name="dashboard/sign_in.html", redirect_authenticated_user=True)

urlpatterns = [
    path("", home, name="home"),
    path("sign-in/", sign_in, name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("theme/", choose_theme, name="theme"),
    path("a/<slug:team_slug>/", overview, name="overview"),
    path("a/<slug:team_slug>/pulls/", pulls, name="pulls"),
]
