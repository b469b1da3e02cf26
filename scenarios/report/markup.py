"""Markup in two languages, everything escaped."""

from html import escape

from scenarios.report.labels import Label


def both(label: Label, *, tag: str = "span", attributes: str = "") -> str:
    """The label in both languages, of which the page shows one; once only where they are the same."""
    extra = f" {attributes}" if attributes else ""
    if label.zh == label.en:
        if tag == "span" and not attributes:
            return escape(label.zh)
        return f"<{tag}{extra}>{escape(label.zh)}</{tag}>"
    return "".join(
        f'<{tag} lang="{lang}"{extra}>{escape(words)}</{tag}>' for lang, words in (("zh", label.zh), ("en", label.en))
    )


def hover(label: Label) -> str:
    """Attributes for the tooltip and for screen readers; the script puts the chosen language into aria-label."""
    zh, en = escape(label.zh), escape(label.en)
    return f'data-zh="{zh}" data-en="{en}"'
