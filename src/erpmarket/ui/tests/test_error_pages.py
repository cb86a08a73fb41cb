"""What a person reads when a request never reaches a page."""

from typing import Any

import pytest


@pytest.mark.django_db
def test_a_request_that_makes_no_sense_is_answered_in_spanish(client: Any) -> None:
    answer = client.get("/entrar/", headers={"host": "otra.example"})

    assert answer.status_code == 400
    assert "Eso no se entiende" in answer.text
    assert "otra.example" not in answer.text


def test_a_form_that_is_too_big_says_that_nothing_was_kept(dona_rosa: Any) -> None:
    fields = {f"campo{n}": "1" for n in range(1200)}

    answer = dona_rosa.client(dona_rosa.owner).post("/productos/nuevo/", fields)

    assert answer.status_code == 400
    assert "no se guardó" in answer.text
