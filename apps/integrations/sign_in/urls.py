from django.urls import path

from apps.integrations.sign_in import views

app_name = "sign_in"

urlpatterns = [
    path("sign-in/github/", views.sign_in, name="github"),
    path("sign-in/github/callback/", views.callback, name="callback"),
    path("account/github/", views.link, name="link"),
    path("account/github/unlink/", views.unlink, name="unlink"),
]
