"""Signing up, in and out. The names are those that allauth asks for; what is not wanted of it is not here."""

from allauth.account import views
from django.contrib.auth.views import LogoutView
from django.urls import path, re_path

from apps.users.views import account

urlpatterns = [
    path("sign-in/", views.login, name="account_login"),
    path("sign-in/inactive/", views.account_inactive, name="account_inactive"),
    # Django's: a GET signs nobody out.
    path("sign-out/", LogoutView.as_view(), name="account_logout"),
    path("sign-up/", views.signup, name="account_signup"),
    path("account/", account, name="account"),
    path("email/", views.email_verification_sent, name="account_email_verification_sent"),
    path("email/<str:key>/", views.confirm_email, name="account_confirm_email"),
    path("password/", views.password_change, name="account_change_password"),
    # For accounts that were made without one.
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/sent/", views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
