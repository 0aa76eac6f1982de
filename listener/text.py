"""Strangers' text made safe and comparable: HTML to plain text, links found, control characters out, normal forms."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

TEXT_LIMIT = 20_000  # characters a field
_HTML_LIMIT = 8 * TEXT_LIMIT  # of markup looked at for one field
_LINKS_LIMIT = 100

# C0 and C1 controls but newline and tab; the bidi controls that can turn a line around (Trojan Source, CVE-2021-42574).
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile("  +")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MARKUP = re.compile(r"<[a-zA-Z/!?][^<>]{0,2000}>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
# Redirectors that name their target: alerts and shared links would otherwise all lie on one site.
_REDIRECTORS = {
    ("google.com", "/url"): ("url", "q"),
    ("l.facebook.com", "/l.php"): ("u",),
    ("l.instagram.com", "/"): ("u",),
    ("news.google.com", "/url"): ("url",),
}
_BARE_LINK = re.compile(r"https?://[^\s<>\"'`{}|\\^\[\]]{1,2000}", re.IGNORECASE)
_BLOCKS = frozenset(
    ("p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "dd", "dt")
) | {"pre", "blockquote", "section", "article"}
_UNSEEN = frozenset(("script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "title"))


def clean(text: str) -> str:
    """Without control and bidi control characters, line ends as newline, at most TEXT_LIMIT characters, trimmed."""
    if text.replace("\n", " ").isprintable():  # the quick way: what is printable holds no controls
        plain = text
    else:
        plain = _BIDI.sub("", _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return plain.strip()[:TEXT_LIMIT].rstrip()


def one_line(text: str) -> str:
    """`clean` on a single line: for titles and names."""
    if len(text) < TEXT_LIMIT and text.isprintable():  # nothing to clean
        return " ".join(text.split()) if "  " in text else text.strip()
    return " ".join(clean(text).split())


class _Reader(HTMLParser):
    """Collects text and href values; block elements become line breaks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.links: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")
        if tag == "a":
            self.links.extend(value for name, value in attrs if name == "href" and value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _UNSEEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def plain_text(markup: str) -> tuple[str, list[str]]:
    """Markup or plain text -> (plain text, href values as written). Text without markup passes through."""
    cut = markup[:_HTML_LIMIT]
    begins = [at for at in (cut.find("<"), cut.find("&")) if at >= 0]
    if not begins or not _MARKUP.search(cut, min(begins)):  # a pattern alone would take ten times as long to begin
        return clean(cut), []
    text, links = _read_simple(cut) or _read_any(cut)
    return _laid_out(text), links


def _laid_out(text: str) -> str:
    """`clean`, with blanks made single and empty lines left out."""
    spaced = text.replace("\t", " ").replace("\xa0", " ").replace("\r", " ")
    if not spaced.replace("\n", "").isprintable():
        return clean("\n".join([" ".join(line.split()) for line in text.split("\n") if line and not line.isspace()]))
    # The quick way: what is printable holds no other blanks and no controls.
    laid = "\n".join(filter(None, map(str.strip, spaced.split("\n"))))
    if "  " in laid:  # most stood at the ends of lines
        laid = _SPACES.sub(" ", laid)
    return laid[:TEXT_LIMIT].rstrip()


def _read_any(markup: str) -> tuple[str, list[str]]:
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts), reader.links


_ATTRIBUTES = r"""(?:[ \t\r\n]+[a-zA-Z_][a-zA-Z0-9_:.-]*(?:=(?:"[^"]*"|'[^']*'|[a-zA-Z0-9#%._-]+(?![^ \t\r\n])))?)*"""
_SIMPLE_TAG = re.compile(
    rf"(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*)(?P<attributes>{_ATTRIBUTES})[ \t\r\n]*/?",
)
_FRAME = re.compile(rf"iframe{_ATTRIBUTES}")
_HREF = re.compile(
    r"""[ \t\r\n](?P<name>[a-zA-Z_][a-zA-Z0-9_:.-]*)"""
    r"""(?:=(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[a-zA-Z0-9#%._-]+)))?"""
)
_SIMPLE_COMMENT = re.compile(r"!--[^<>-]+(?:-[^<>-]+)*--")
# Elements whose text some versions of Python's reader take for no markup.
_RAW = _UNSEEN | {"xmp", "noembed", "noframes", "textarea", "plaintext"}
_INLINE = ("a", "b", "cite", "code", "del", "em", "font", "i", "img", "ins", "q", "s", "small", "span", "strong", "sub",
           "sup", "td", "th", "tbody", "tt", "u")  # fmt: skip
# What the tags without attributes stand for, by what is between < and >: nothing, or a line break.
_PLAIN_TAGS = {
    written: line_break
    for names, line_break in ((_INLINE, ""), (sorted(_BLOCKS), "\n"))
    for name in names
    for written in (name, f"/{name}", f"{name}/", f"{name} /")
}


def _read_simple(markup: str) -> tuple[str, list[str]] | None:
    """What `_Reader` makes of markup, several times sooner; None where a tag is not of the plainest kind."""
    first, *others = markup.split("<")
    pieces = [first]
    links: list[str] = []
    plain = _PLAIN_TAGS.get
    following = iter(others)
    for other in following:
        tag, closed, text = other.partition(">")
        line_break = plain(tag)
        if line_break is None:
            line_break = _read_tag(tag, links)
        if line_break is None and closed and _FRAME.fullmatch(tag):
            tag, closed, text = next(following, "").partition(">")  # what is inside is not shown
            line_break = "" if tag == "/iframe" else None
        if line_break is None or not closed:
            return None
        if line_break:
            pieces.append(line_break)
        if text:
            pieces.append(text)
    if "&" in markup:  # each piece by itself: no reference reaches over a tag
        pieces = [_resolved(piece) if "&" in piece else piece for piece in pieces]
    return "".join(pieces), links


_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)")  # what html.unescape looks at


def _resolved(text: str) -> str:
    """`unescape`, sooner: the same few references come again and again."""
    return _REFERENCE.sub(_character, text)


def _character(reference: re.Match[str]) -> str:
    return _unescaped(reference[0])


_unescaped = lru_cache(maxsize=1024)(unescape)

_LINK_START = 'a href="'  # the form most links have, so that nothing more need be looked for
_BESIDE_LINK = re.compile(r"""(?: (?!href\b)[a-z]+="[^"]*")+""")


def _read_tag(tag: str, links: list[str]) -> str | None:
    """The line break a tag stands for, if any; its link is added. None for a tag only the full reader understands."""
    if tag.startswith(_LINK_START):
        link, closed, others = tag[len(_LINK_START) :].partition('"')
        if closed and (not others or _BESIDE_LINK.fullmatch(others)):
            if link:
                links.append(unescape(link) if "&" in link else link)
            return ""
    found = _tag(tag)
    if found is None:
        return None
    links.extend(found[1])
    return found[0]


@lru_cache(maxsize=4096)
def _tag(tag: str) -> tuple[str, tuple[str, ...]] | None:
    found = _SIMPLE_TAG.fullmatch(tag)
    if found is None:
        return ("", ()) if _SIMPLE_COMMENT.fullmatch(tag) else None
    name, attributes = found["name"].lower(), found["attributes"]
    if name in _UNSEEN and not found["end"] and tag.endswith("/"):
        return "", ()  # nothing is inside
    if name in _RAW or (found["end"] and (attributes or tag.endswith("/"))):
        return None
    links: tuple[str, ...] = ()
    if name == "a" and attributes:
        named = (
            found["double"] or found["single"] or found["bare"]
            for found in _HREF.finditer(attributes)
            if found["name"].lower() == "href"
        )
        links = tuple(unescape(value) for value in named if value)
    return "\n" if name in _BLOCKS else "", links


_PLAIN_LINK = re.compile(r"https?://[a-zA-Z0-9][a-zA-Z0-9.-]{0,200}(?::[0-9]{1,4})?(?:[/?#][!-~]{0,3700})?")


def safe_link(link: str | None, *, base: str | None = None) -> str | None:
    """The link resolved on `base`, unmodified otherwise; None unless http(s) with a host and free of controls."""
    if not link:
        return None
    if _PLAIN_LINK.fullmatch(link):
        return link
    if base and _ROOTED_LINK.fullmatch(link) and (site := _site_of(base)):
        return site + link
    try:
        bare = link.strip()
        joined = urljoin(base, bare) if base and not urlsplit(bare).scheme else bare
        parts = urlsplit(joined)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    harmless = joined.isprintable() and " " not in joined and len(joined) <= 4000
    return (
        joined if parts.scheme.lower() in ("http", "https") and host and harmless and "@" not in parts.netloc else None
    )


# Links whose joining to a base is no more than putting its site before them: no dots to resolve, no odd characters.
_ROOTED_LINK = re.compile(r"(?:/[a-zA-Z0-9_~%+-][a-zA-Z0-9_~%+.-]{0,200}){1,15}")
_SITE = re.compile(r"(https?://[a-zA-Z0-9][a-zA-Z0-9.-]{0,200}(?::[0-9]{1,4})?)(?:[/?#][!-~]*)?")


@lru_cache(maxsize=256)
def _site_of(base: str) -> str | None:
    found = _SITE.fullmatch(base)
    return found[1] if found else None


def unwrap(link: str) -> str:
    """Where a redirector's link leads, read off the link itself; any other link as it is. Nothing is fetched."""
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").removeprefix("www.")
        names = _REDIRECTORS.get((host, parts.path), ())
        given = dict(parse_qsl(parts.query)) if names else {}
    except ValueError:
        return link
    return next((target for name in names if (target := safe_link(given.get(name)))), link)


# Addresses written without https://: www. and a site, or a site of a common ending and a path on it.
_MAYBE_HOST = re.compile(r"\.[a-zA-Z]{2,5}/")
_HOST_LINK = re.compile(
    r"(?<![\w@/.:=#&-])((?:www\.(?:[\w-]{1,63}\.){1,4}[a-z]{2,12}\b|(?:[\w-]{1,63}\.){1,4}(?:com|org|net|info|io|co|shop"
    r"|store|app|de|at|ch|pl|hu|uk|fr|es|it|nl|cz|vn|il|ae|sa|eu|us|me|tv|ly|be)(?=/))(?:[/?][^\s<>\"'`{}|\\^\[\]]{0,2000})?)",
    re.IGNORECASE,
)


def _trimmed(link: str) -> str:
    """Without the marks that end a sentence; a closing bracket stays where the link opens it."""
    while link and (link[-1] in ".,;:!?*…'»”" or (link[-1] == ")" and link.count(")") > link.count("("))):
        link = link[:-1]
    return link


def find_links(text: str, hrefs: list[str], *, base: str | None = None) -> tuple[str, ...]:
    """The http(s) links of a text, as written: hrefs first, then bare ones; each once, in order, at most 100."""
    bare = [_trimmed(link) for link in _BARE_LINK.findall(text)] if "://" in text else []
    if "www." in text or ("/" in text and _MAYBE_HOST.search(text)):
        words = " ".join([word for word in text.split() if "/" in word or "www." in word])  # no link reaches over two
        bare += [f"https://{_trimmed(link)}" for link in _HOST_LINK.findall(words)]
    plain = _PLAIN_LINK.fullmatch
    found: dict[str, None] = {}
    for link in dict.fromkeys(hrefs + bare):
        harmless = link if plain(link) else safe_link(link, base=base)
        if harmless:
            found[harmless] = None
            if len(found) == _LINKS_LIMIT:
                break
    return tuple(found)


_NOISE = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@\w[\w.]*|[^\w\s]|_")


def normal_text(text: str) -> str:
    """The form in which copies are compared: NFKC, casefolded, without links, handles and punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_NOISE.sub(" ", folded).split())


# Not the fragment of a link, an HTML entity, a colour's number or part of an e-mail address.
_HASHTAG = re.compile(r"(?<![\w&/#])#(?=\w{0,49}[^\W\d_])(\w{2,50})")
_HANDLE = re.compile(r"(?<![\w@/.+-])@(\w[\w.-]{0,48}(?:@[\w-]{1,60}(?:\.[\w-]{1,60}){1,4})?)")


def find_hashtags(text: str) -> tuple[str, ...]:
    """The hashtags of a text, lower case, with #, each once, in order."""
    found = _HASHTAG.findall(_BARE_LINK.sub(" ", text))
    return tuple(dict.fromkeys(f"#{tag.lower()}" for tag in found))


def find_handles(text: str) -> tuple[str, ...]:
    """The handles a text names, lower case, with @ (Mastodon's with their host), each once, in order."""
    found = (handle.rstrip(".-").lower() for handle in _HANDLE.findall(_BARE_LINK.sub(" ", text)))
    return tuple(dict.fromkeys(f"@{handle}" for handle in found))
