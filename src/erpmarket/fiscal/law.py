"""The switches over doubtful rules of law, as whoever runs the instance set them."""

from django.conf import settings

from dte.rules import Rules


def paper_rules() -> Rules:
    """Return how strictly papers are judged; the settings' defaults are what `dte` recommends."""
    return Rules(
        identify_large_sales=settings.DTE_IDENTIFY_LARGE_SALES,
        require_transport=settings.DTE_REQUIRE_TRANSPORT,
        nota_to_consumer=settings.DTE_NOTA_TO_CONSUMER,
    )
