"""Texts that nobody can guess, for links and passwords that people paste."""

import secrets


def unguessable(*, bytes: int = 16) -> str:
    """Of the alphabet of URLs; begins with a letter or a digit.

    "-x" is an option to a command and a formula to a spreadsheet, and "_x" is left behind by a double click.
    """
    while not (drawn := secrets.token_urlsafe(bytes))[0].isalnum():
        pass
    return drawn
