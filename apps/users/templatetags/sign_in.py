from django import template

from apps.users.github import is_offered

register = template.Library()

register.simple_tag(is_offered, name="github_is_offered")
