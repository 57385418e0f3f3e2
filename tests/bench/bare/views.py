from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tests.bench.bare.models import Body


@csrf_exempt
@require_POST
def bare(request: HttpRequest) -> HttpResponse:
    Body._default_manager.create(body=request.body)
    return HttpResponse(status=202)
