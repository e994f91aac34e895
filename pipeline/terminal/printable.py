"""Text from files, names and databases, fit for a terminal or a log."""


def printable(text: str) -> str:
    r"""The text in one line, with what a terminal would act upon written out.

    Control characters, line ends, marks that turn the direction of writing, and bytes
    of a name that are no UTF-8 become \x1b, \n, \u202e and \udce9.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
