from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.users.github import is_offered


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """One's own: the address, and what signs one in."""
    addresses = EmailAddress.objects.filter(user=request.user, verified=True)
    context = {
        "confirmed": addresses.exists(),
        "github": SocialAccount.objects.filter(user=request.user).first(),
        "offered": is_offered(),
    }
    return render(request, "users/account.html", context)
