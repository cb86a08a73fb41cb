"""Let what waits for a person go at once, because the person did it."""

from datetime import datetime

from django.db import transaction

from erpmarket.fiscal.actions.doors import open_doors
from erpmarket.fiscal.models import Door, Envelope, EnvelopeState, Submission, SubmissionState
from erpmarket.fiscal.pace import NOT_YET
from erpmarket.fiscal.wake import wake


def release_held(*, at: datetime) -> None:
    """Make everything unsent of the bound company due now; its waits start anew."""
    open_doors(Door.objects.exclude(turned_down=0))
    free = {"lease_token": None, "available_at__gt": at}
    # What a person has not sent yet waits on.
    Submission.objects.filter(
        state=SubmissionState.PENDING, available_at__lt=NOT_YET, **free
    ).update(available_at=at, attempts=0, words="")
    Envelope.objects.filter(state__in=[EnvelopeState.READY, EnvelopeState.UNKNOWN], **free).update(
        available_at=at, attempts=0, words="", trouble=""
    )
    transaction.on_commit(wake, robust=True)
