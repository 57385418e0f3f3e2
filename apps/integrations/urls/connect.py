"""Connecting a team to GitHub."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
