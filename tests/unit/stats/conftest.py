"""No test here fails because the machine is busy."""

from hypothesis import settings

settings.register_profile("any_speed", deadline=None)
settings.load_profile("any_speed")
