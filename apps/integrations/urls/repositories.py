"""Choosing repositories, and syncing them."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
