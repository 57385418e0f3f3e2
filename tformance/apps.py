from django.apps import AppConfig


class FrameConfig(AppConfig):
    name = "tformance"

    def ready(self) -> None:
        from tformance import checks  # noqa: F401  registers the checks
