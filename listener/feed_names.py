"""What feedparser calls elements and attributes of a feed: by the prefix it knows for a namespace, in lower case."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from functools import lru_cache

DEPTH_LIMIT = 200


class TooDeepError(Exception):
    """Elements are nested more than DEPTH_LIMIT deep, as no feed nests them."""


class UnsureError(Exception):
    """The document holds something that cannot surely be read as feedparser reads it."""


XML = "http://www.w3.org/XML/1998/namespace"
_BARE = (
    "http://backend.userland.com/rss", "http://blogs.law.harvard.edu/tech/rss", "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/", "http://example.com/newformat#", "http://example.com/necho",
    "http://purl.org/echo/", "uri/of/echo/namespace#", "http://purl.org/pie/", "http://purl.org/atom/ns#",
    "http://www.w3.org/2005/atom", "http://purl.org/rss/1.0/modules/rss091#",
)  # fmt: skip
# Address in lower case -> the prefix by which feedparser knows it, whatever prefix the document chose.
_PREFIXES = dict.fromkeys(_BARE, "") | {
    "http://webns.net/mvcb/": "admin",
    "http://purl.org/rss/1.0/modules/aggregation/": "ag",
    "http://purl.org/rss/1.0/modules/annotate/": "annotate",
    "http://media.tangent.org/rss/1.0/": "audio",
    "http://backend.userland.com/blogchannelmodule": "blogchannel",
    "http://web.resource.org/cc/": "cc",
    "http://creativecommons.org/ns#license": "cc",
    "http://backend.userland.com/creativecommonsrssmodule": "creativecommons",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativecommons",
    "http://purl.org/rss/1.0/modules/company": "co",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://my.theinfo.org/changed/1.0/rss/": "cp",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/email/": "email",
    "http://purl.org/rss/1.0/modules/event/": "ev",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://freshmeat.net/rss/fm/": "fm",
    "http://xmlns.com/foaf/0.1/": "foaf",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://www.georss.org/georss": "georss",
    "http://www.opengis.net/gml": "gml",
    "http://postneo.com/icbm/": "icbm",
    "http://purl.org/rss/1.0/modules/image/": "image",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "http://purl.org/rss/1.0/modules/link/": "l",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://madskills.com/public/xml/rss/module/pingback/": "pingback",
    "http://prismstandard.org/namespaces/1.2/basic/": "prism",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://purl.org/rss/1.0/modules/reference/": "ref",
    "http://purl.org/rss/1.0/modules/richequiv/": "reqv",
    "http://purl.org/rss/1.0/modules/search/": "search",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap",
    "http://purl.org/rss/1.0/modules/servicestatus/": "ss",
    "http://hacks.benhammersley.com/rss/streaming/": "str",
    "http://purl.org/rss/1.0/modules/subscription/": "sub",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://schemas.pocketsoap.com/rss/mydescmodule/": "szf",
    "http://purl.org/rss/1.0/modules/taxonomy/": "taxo",
    "http://purl.org/rss/1.0/modules/threading/": "thr",
    "http://purl.org/rss/1.0/modules/textinput/": "ti",
    "http://madskills.com/public/xml/rss/module/trackback/": "trackback",
    "http://wellformedweb.org/commentapi/": "wfw",
    "http://purl.org/rss/1.0/modules/wiki/": "wiki",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/1999/xlink": "xlink",
    XML.lower(): "xml",
    "http://podlove.org/simple-chapters": "psc",
}


def _known(uri: str) -> str | None:
    """feedparser's prefix for an address, empty for the feed formats themselves; None if it knows none."""
    lower = uri.lower()
    return "" if "backend.userland.com/rss" in lower else _PREFIXES.get(lower)


_NAMES_LIMIT = 1_000  # a feed may invent as many as it has elements, and these are kept for the next


class Names(dict[str, str]):
    """`address}Local` -> `prefix_local` in lower case, as feedparser names its handlers: by the prefix it knows for an
    address, else by the document's own. Raises where one prefix or address stands for several.
    """

    def __init__(self, spaces: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._prefixes: dict[str, str] = {XML: "xml"}
        bound: dict[str, str] = {}
        for prefix, uri in dict.fromkeys(spaces):
            known = _known(uri)
            if " " in uri and known is None and prefix in bound:
                # To feedparser this is no XML, and its other parser goes by prefixes: this one keeps what it stood for.
                self._prefixes.setdefault(uri, self._prefixes[bound[prefix]])
                continue
            name = (prefix or "").lower() if known is None else known
            clash = self._prefixes.setdefault(uri, name) != name or bound.setdefault(prefix, uri) != uri
            is_odd = known is None and name == "rdf"  # feedparser goes by an attribute's own prefix too
            if is_odd or (clash and (known is None or prefix)):
                raise UnsureError(f"prefix {prefix} for {uri}")
        renamed = {
            prefix.lower(): self._prefixes[uri] for prefix, uri in bound.items() if prefix and uri.lower() in _PREFIXES
        }
        own = {name for uri, name in self._prefixes.items() if _known(uri) is None}
        known_names = {name for uri, name in self._prefixes.items() if _known(uri) is not None}
        if (own & known_names) - {""} or any(renamed.get(name, name) != name for name in self._prefixes.values()):
            raise UnsureError("a prefix of another meaning")

    def __missing__(self, tag: str) -> str:
        uri, closed, local = tag.rpartition("}")
        prefix = self._prefixes[uri] if closed else ""
        name = f"{prefix}_{local}".lower() if prefix else local.lower()
        if len(self) < _NAMES_LIMIT:
            self[tag] = name
        return name


def attributes_of(element: ET.Element) -> dict[str, str]:
    """Attributes under feedparser's keys: lower case, a namespace it knows as prefix, `rel` and `type` folded."""
    stated = element.attrib
    found = {name: stated[key] for key, name in _named(tuple(stated))}
    for name in ("rel", "type"):
        if name in found:
            found[name] = found[name].lower()
    return found


@lru_cache(maxsize=1024)
def _named(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each with its name; one without namespace comes last, and so outlasts its like."""
    return [(key, attribute_name(key)) for key in sorted(keys, key=_is_plain)]


def _is_plain(key: str) -> bool:
    return "}" not in key


@lru_cache(maxsize=4096)
def attribute_name(key: str) -> str:
    uri, closed, local = key.rpartition("}")
    prefix = _known(uri) if closed else ""
    return (f"{prefix}:{local}" if prefix else local).lower()


def version_of_spaces(spaces: list[tuple[str, str]]) -> str:
    """The first namespace that tells a version decides, even where it is only declared."""
    for prefix, uri in spaces:
        lower = uri.lower()
        if not prefix and lower == "http://my.netscape.com/rdf/simple/0.9/":
            return "rss090"
        if lower == "http://purl.org/rss/1.0/":
            return "rss10"
        if lower == "http://www.w3.org/2005/atom":
            return "atom10"
    return ""
