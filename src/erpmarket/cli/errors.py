"""What the command line can refuse, said in Spanish with the next step."""


class StartRefused(Exception):
    """The shop cannot start; `message` says what to do and `code` helps support find the place."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
