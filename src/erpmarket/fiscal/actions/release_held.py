"""Let what waits for a person go at once, because the person did it."""

from datetime import datetime

from django.db import transaction

from erpmarket.fiscal.models import Envelope, EnvelopeState, Submission, SubmissionState
from erpmarket.fiscal.wake import wake


def release_held(*, at: datetime) -> None:
    """Make everything unsent of the bound company due now; its waits start anew."""
    free = {"lease_token": None, "available_at__gt": at}
    Submission.objects.filter(state=SubmissionState.PENDING, **free).update(
        available_at=at, attempts=0, words=""
    )
    Envelope.objects.filter(state__in=[EnvelopeState.READY, EnvelopeState.UNKNOWN], **free).update(
        available_at=at, attempts=0, words=""
    )
    transaction.on_commit(wake, robust=True)
