"""Backfills, watched and steered."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
