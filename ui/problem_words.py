"""Templates of what can go wrong, part by part: `ui.said` finds the English sentence among them and says it in the
session's language. `_` as in `source_words`. Names in braces are facts; `problem` is a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Callable

Words = Callable[[str], str]
Part = Callable[[Words], tuple[str, ...]]


def queries(_: Words) -> tuple[str, ...]:
    """Why a query cannot be read, and what to do."""
    return (
        _("at character {n}: {problem}"),
        _("this ) closes nothing"),
        _("Take it out, or add a ( before"),
        _("this ( is never closed"),
        _("Add a ) after its last term"),
        _("this would match every text"),
        _("Name a word to look for beside what NOT leaves out"),
        _("this quotation mark has no partner"),
        _('Write phrases as "exact phrase"'),
        _("more than {n} terms"),
        _("Split the query into several brands"),
        _("there is no field {field}"),
        _("Known: {known}"),
        _("Write {example}, or put it in quotes"),
        _("NEAR says how many words may lie between"),
        _("Write NEAR/5; at most NEAR/{n}"),
        _("NEAR stands between words"),
        _("Write acme NEAR/5 (broken OR leaks)"),
        _("* may stand at the end of a word only"),
        _('Write "kett*", not "k*ttle"'),
        _("too few letters before *"),
        _("Give at least {n} letters before the *"),
        _("{shown} holds no letter or digit"),
        _('Put names with signs in quotes: "ollie & sons"'),
        _("a phrase of more than {n} words"),
        _("Shorten it"),
        _("= stands right before a word or a phrase"),
        _('Write =Apple or ="Apple Pie"'),
        _("lang: takes a language code"),
        _("Write lang:en"),
        _("Operators stand between terms: acme AND kettle"),
        _("One field to a term"),
        _("{outer}: stands before {inner}:"),
        _("Take {field}: out of it"),
        _("the query is empty"),
        _('Write the brand\'s name, such as "acme kettle"'),
        _("too many brackets inside each other"),
        _("Simplify the query"),
        _("there is no brand {name}"),
        _("there is not one own brand"),
        _("Say which is meant; known: {names}"),
    )


def sources(_: Words) -> tuple[str, ...]:
    """Why a source or a feed does not answer, or is not added."""
    return (
        _("it wants a password"),
        _("more than {n} redirects; check the address"),
        _("no full answer within {n} seconds"),
        _("only http and https addresses can be read"),
        _("port {port} is asked only where the source says allow_private = true"),
        _("the address holds a user name or password; such addresses are not asked"),
        _("the feed is larger than {size}"),
        _("the packed body ends too early"),
        _("the packed body is broken"),
        _("the server answered {status}: {problem}; check the source's address in your settings"),
        _("the server answered {status}; it will be asked again later"),
        _("the server answered {status}; check the source's address"),
        _("it refuses us"),
        _("the server asks us to come back later ({status})"),
        _("the server could not be reached"),
        _("the server's name is not known; check the address and your connection"),
        _("nothing answers at this address (connection refused)"),
        _("the server broke off the connection"),
        _("there is no way to this server; check your connection"),
        _("the server did not answer in time"),
        _("the server's certificate cannot be trusted, or it speaks no https"),
        _("the server's answer is broken ({problem})"),
        _("the server's answer ends too early"),
        _("the server's answer is broken; it is no proper HTTP"),
        _("the server sends us on to {place}, which is not asked; if it is yours, make it a source of its own"),
        _("the server says this feed is gone for good (410); remove it"),
        _("the server sends a secure address to an insecure one; not followed"),
        _("there is nothing at this address"),
        _("this is no address that can be read"),
        _("{address} is no address of the open Internet"),
        _("{host} lies inside a private network; if it is yours, set allow_private = true for this source"),
        _("no feed was found on this page"),
        _("not tried: the search took too long"),
        _("not tried: {host} did not answer {n} times"),
        _("it is the source {name} already"),
        _("it names no address of a feed"),
        _("this network gives no feed; import an export of it, or write posts down by hand"),
        _("the file is larger than {n} MB"),
        _("this is no OPML file"),
        _("the file cannot be read: {detail}"),
        _("some characters could not be read"),
        _("{n} items could not be read and were left out"),
    )


def by_hand(_: Words) -> tuple[str, ...]:
    """Why a post written down by hand is not taken."""
    return (
        _("it has no text"),
        _("it could not be used"),
        _("it holds letters that no text can hold; copy it anew"),
        _("its author asked to be forgotten"),
        _("no brand's query matches it; add the word it uses to the query, or name the brand in the text"),
        _("the date cannot be read; write it as 2026-11-20 or 2026-11-20 18:30"),
        _("the link is no address that begins with http:// or https://"),
        _("the text is longer than {n} characters"),
        _("there is no mention {id} that was written down by hand"),
        _("there is no mention {id}; it may have been removed"),
        _("this mention was not written down by hand; leave it out by the brand's query"),
        _("{field} takes digits alone"),
    )


def settings(_: Words) -> tuple[str, ...]:
    """Why earned.toml, or a change of it, cannot be used."""
    return (
        _("{file}, line {line}: {key}: {problem}"),
        _("there is no such file"),
        _("Run `earned init` to write one"),
        _("the file is not UTF-8 text"),
        _("Save it as UTF-8 in your editor"),
        _("this is not TOML ({detail})"),
        _("this key is not known"),
        _("this key is missing"),
        _("there is no {kind} {name}"),
        _("the file cannot be read"),
        _("the file cannot be written: {detail}"),
        _("Check its rights"),
        _("Check its name"),
        _("this change cannot be written without touching other lines"),
        _("Make it by hand in your editor"),
        _("another process is writing this file"),
        _("Try again in a moment"),
        _("Name another folder"),
    )


def files(_: Words) -> tuple[str, ...]:
    """Why a file cannot be taken in, and what to do."""
    return (
        _("the file is empty"),
        _("Export it again and check that it has rows"),
        _("Export it again; it may be cut off"),
        _("larger than 2 GB"),
        _("Export shorter periods"),
        _("Export the data again, as CSV or XLSX"),
        _("this is a web page, not an export"),
        _("this is a feed, not an export"),
        _("Add its address on the page Sources"),
        _("this is a file of the type {kind}, which holds no table"),
        _("Export the figures behind it, as CSV or XLSX, from the tool that shows them"),
        _("Save it as XLSX or CSV in the program that opens it"),
        _("this is XML, not a table"),
        _("Open it in a spreadsheet and save it as XLSX, or download it again, as CSV or XLSX"),
        _("Sign in to the tool and download it again, as CSV or XLSX"),
        _("this is not a text file and no spreadsheet"),
        _("the archive holds no table"),
        _("Put CSV or Excel files into it"),
        _("the archive holds {n} files"),
        _("At most {n} can be read"),
        _("the archive is damaged ({detail})"),
        _("the archive is encrypted"),
        _("the archive unpacks to more than 100 times its size"),
        _("the archive unpacks to more than 500 MB"),
        _("the gzip file is cut off"),
        _("the gzip file is damaged ({detail})"),
        _("the gzip file unpacks to more than 500 MB or 100 times its size"),
        _("there is an archive inside the archive"),
        _("{name} in the archive is damaged ({detail})"),
        _("{name} is larger than the archive says"),
        _("Download it again"),
        _("Download it again, or save it as CSV"),
        _("Unpack it and import the files"),
        _("Unpack it first"),
        _("Unpack it with its password first"),
        _("the Excel file cannot be read ({detail})"),
        _("the Excel file has a password"),
        _("Save it without one, or as CSV"),
        _("{n} columns"),
        _("At most {n} columns can be read"),
        _("Check that it is the right export, and export it again"),
        _("there is no layout {name}"),
        _("columns are missing for {layout}: {columns}"),
        _("Nearest: {near}; docs/imports.md lists all"),
        _("Add them and try again"),
        _("its columns are of no known layout ({columns})"),
        _("{nearest}; or say which column is which, on the page Data or with --as and --map"),
        _("columns {first} and {second} have the same header, {header}, and differ in line {line}"),
        _("another import is running in this workspace"),
        _("Try again when it has ended"),
        _("import {n} is of the same file and stands: both would count"),
        _("Undo import {n} first, or keep it"),
        _("{bad} of {read} rows cannot be used ({reasons}; line {line}: {problem})"),
        _("Nothing was imported; check that it is the right export, and export it again"),
        _("Nothing of it was imported."),
        _("Of no known layout and left out: {tables}."),
        _("interrupted; import the file again"),
        _("the file cannot be opened: {detail}"),
        _("it holds no list of records"),
        _("line {line} is no JSON object"),
        _("line {line} is no request of this log's format"),
        _("row {line} has merged cells; take them apart, fill each row, and save it again"),
    )


def parts(_: Words) -> tuple[str, ...]:
    """Which known tables hold too little to be counted, and what to import instead: `config.partial_tables`."""
    return (
        _("its rows are parts of orders, and name no day, or no order"),
        _(
            "Import the orders as Shopify itself exports them (CSV or REST): codes, lines, refunds and tags stand"
            " in them; of a pipeline's tables, those of orders and of transactions are read"
        ),
        _("it lists discount codes without the orders that used them"),
        _("Import the orders, which name their codes; whose code it is, you say on the page Promo codes"),
        _("it tells what ads are said to have brought, but not what they cost"),
        _("Import the ads with their day and cost: the pipeline's report by day, or the platform's own export"),
        _("it names campaigns, and has neither day nor cost"),
        _("it joins other tables of HubSpot by their numbers, and tells no contact or deal by itself"),
        _("Import contacts and deals: the pipeline's tables of these names, or HubSpot's own exports"),
        _("its clicks have neither a time nor a visitor"),
        _("Import the visits of your analytics tool, which tell clicks in e-mails by their tags"),
        _("its costs have no day"),
        _("Export them again with the day: in Meta's Ads Manager, Breakdown > Time > Day"),
        _("its posts have neither an id nor a full date"),
        _("Export them again from Meta Business Suite, with Post ID and Publish time"),
    )


def of_reading(_: Words) -> tuple[str, ...]:
    """What is noticed about a file that comes in: how a file was read."""
    return (
        _("The file is not UTF-8; it was read as {encoding} (by its letters; check the names below)."),
        _(
            "Line {line} has a cell that goes on over lines which look like rows of their own ({n} such cells in all); "
            "it was read as one cell. If a quotation mark is missing there, put it in and import the file again."
        ),
        _(
            '{n} figures are rounded or told as a bound ("1.2K", "< 10"): rounded ones are right to the digit shown, '
            "bounds count as unknown."
        ),
        _(
            '{n} counts are rounded or told as a bound ("1.2K", "< 10"): rounded ones are right to the digit shown, '
            "bounds count as unknown."
        ),
    )


def of_newer_files(_: Words) -> tuple[str, ...]:
    """What is noticed about a file that comes in: two files that tell the same days."""
    return (
        _(
            "Rows that an earlier file states differently, with nothing to tell which file is newer: {tables}. Import "
            "the newer file again with the day it was exported on (--exported-at 2026-11-20); its rows then count."
        ),
        _(
            "Until then the larger of two refunds counts, and of other rows always the same one, whichever file came "
            "first."
        ),
        _(
            "Costs of {sum} of {imports} lie in the days of this export, which does not hold them any more: they no "
            "longer count"
        ),
        _(
            "If it was exported for a part of them only, take it back (`earned imports undo {n}`, or on the page "
            "Data), and import it under an account name of its own (--account)."
        ),
        _("Costs of {sum} in this file lie in the days of a newer export, which does not hold them: they do not count"),
        _(
            "Rows of {table} of {imports} lie in the days of this export, which does not hold them any more: they no "
            "longer count"
        ),
        _(
            "Rows of {table} in this file lie in the days of a newer export, which does not hold them: they do not "
            "count"
        ),
        _(
            "If that one was exported for a part of them only, take it back, and import it under an account name of "
            "its own (--account)."
        ),
        _(
            "Costs of {sum} of {imports} lie in the days of this export, which does not hold their campaigns: they "
            "still count"
        ),
        _(
            "If they were renamed or taken out, import this file again with the day it was exported on "
            "(--exported-at 2026-11-20); then they no longer count."
        ),
    )


def of_currencies(_: Words) -> tuple[str, ...]:
    """What is noticed about a file that comes in: amounts that name no currency."""
    return (
        _("{n} cost lines name no currency; taken as {currency}."),
        _("1 cost line names no currency; taken as {currency}."),
        _("{n} amounts name no currency; taken as {currency}."),
        _("1 amount names no currency; taken as {currency}."),
        _("{n} orders name no currency; taken as {currency}."),
        _("1 order names no currency; taken as {currency}."),
        _("If they are in another, import the file again with --currency (on the page Data: Currency)."),
        _("GA4 does not name the currency of its revenue; taken as {currency}."),
    )


def of_costs(_: Words) -> tuple[str, ...]:
    """What is noticed about a file that comes in: costs that look odd, and hours of them."""
    return (
        _("{n} cost lines have more clicks than impressions; check the columns."),
        _("{n} costs are more than {times} times the usual one of their platform; check them."),
        _(
            "{n} cost lines stand in the file several times (same days, platform, campaign, type, person and "
            "currency); they were added up. If one is a repetition, take it out and import the file again."
        ),
        _("The first hour in the file is {first}, the last {last}."),
        _(
            "Where other hours of these days had costs, export whole days and import again: hours of a day from two "
            "files are not added up."
        ),
    )


def of_sales(_: Words) -> tuple[str, ...]:
    """What is noticed about a file that comes in: orders, refunds, deals and visits that look odd."""
    return (
        _(
            "{n} deals have no stage, or only its number; they are read, and none of them counts as won. HubSpot's own "
            "export of deals names the stages."
        ),
        _(
            "1 deal has no stage, or only its number; it is read, and does not count as won. HubSpot's own export of "
            "deals names the stages."
        ),
        _("Deleted since, and left out: {ids}."),
        _("Refunds that failed, wait or are tests, and are left out: {ids}."),
        _("What an earlier import brought of them still counts; undo that import, if this file tells the rest of it."),
        _("{n} orders (first: line {line}) {problem}."),
        _("1 order (first: line {line}) {problem}."),
        _(
            "{n} of {all} visits that name an order name one that no order file has: they join none until it is "
            "imported. Import the orders of those days, and check that both files mean the same number."
        ),
        _("marked as a test; kept, and never counted as sold"),
        _("refunded by more than the total; kept as stated, check them in the shop"),
        _("with a total of 0 (a gift, a 100 % code, a test?); kept, no revenue"),
        _("1 refund names an order that no file has brought: {orders}"),
        _("{n} refunds name orders that no file has brought: {orders}"),
        _("Until it comes, under the same account, nothing is taken off."),
        _(
            "{file}: {n} of {all} orders (first: line {line}) lie outside the days that the export states, {first} to "
            "{last}; they count all the same. Check that it is the right file."
        ),
    )


def of_talk(_: Words) -> tuple[str, ...]:
    """What is noticed about a file that comes in: rows of a mention export that match no query."""
    return (
        _("{n} rows match no brand's query and were left out"),
        _("1 row matches no brand's query and was left out"),
        _(
            "If they are about one of your brands, import the file again with --brand (on the page Data: Brand of rows "
            "that match no query)."
        ),
        _("{n} rows match no brand's query; they are kept as talk about {brand}, for which the file was made."),
        _("1 row matches no brand's query; it is kept as talk about {brand}, for which the file was made."),
        _("Undo the import if that is wrong."),
    )


def rows(_: Words) -> tuple[str, ...]:
    """Why a row is put aside."""
    return (
        _("line {line} has {n} cells, the header has {all}"),
        _("a quote opens and never closes; close it, or take it out"),
        _("file cut at line {line}: a quote opens and never closes"),
        _("line {line}: {problem}"),
        _("the order's time is missing, or a time cannot be read"),
        _("an amount cannot be read, or has more than four decimals"),
        _("the order has no amount"),
        _("the order has no id"),
        _("the order has no Id"),
        _("the order has no Subtotal or no Total"),
        _("the order's currency is missing or no three-letter code"),
        _("a discount code is a link, an address or a command"),
        _("the discount code is a link, an address or a command"),
        _("a spreadsheet has cut the order's id; export it again"),
        _("a spreadsheet has cut the {column}; export the file again"),
        _("a spreadsheet has cut the {column}"),
        _("Created at is missing or no date, or Cancelled at is none"),
        _("the file holds this Id already"),
        _("the quantity is no whole number"),
        _("the row has no Name, so its order is not known"),
        _("the refund names no order"),
        _("the refund has no id"),
        _("the refund's date cannot be read"),
        _("cost or conversion_value cannot be read, or has more than four decimals"),
        _("cost_type is none of {known}"),
        _("impressions, clicks or conversions cannot be read"),
        _("influencer is not written network:handle"),
        _("the day is missing, cannot be read, or could be day/month as well as month/day"),
        _("the line has no cost"),
        _("the period ends before it begins"),
        _("the date is missing or cannot be read"),
        _("the date is missing or cannot be read; add the dimension Date"),
        _("the date cannot be read"),
        _("neither the rows nor the lines above them tell a date"),
        _("the row has no transaction id"),
        _("duration or pageviews is no count"),
        _("the time is missing or cannot be read"),
        _("time is missing or cannot be read"),
        _("the visit names no visitor"),
        _("the visit has no idVisit"),
        _("the visit has no visitorId"),
        _("the visit's time cannot be read"),
        _("the session has no id"),
        _("the session names no visitor"),
        _("the session's start cannot be read"),
        _("the event has no ga_session_id"),
        _("the event has no user_pseudo_id"),
        _("event_timestamp cannot be read"),
        _("the request names no address"),
        _("the request names no page"),
        _("the request's time cannot be read"),
        _("created_at is missing, or a time cannot be read"),
        _("deal_amount cannot be read"),
        _("lead_id is empty"),
        _("the currency is no three-letter code"),
        _("Amount cannot be read"),
        _("Create Date is missing, or a date cannot be read"),
        _("the contact has no Record ID"),
        _("the deal has no Record ID"),
        _("conversion_id or kind is empty"),
        _("value cannot be read"),
        _("a figure cannot be read"),
        _("a count cannot be read"),
        _("a price cannot be read"),
        _("network or post_id is empty"),
        _("network or handle is empty"),
        _("published_at cannot be read"),
        _("the row names no keyword"),
        _("the row names no code"),
        _("the row names no query, page or day"),
        _("the number of searches cannot be read"),
        _("clicks, impressions or position is no number"),
        _("the row has no text"),
        _("{text} is no date that can be read"),
    )


def registers(_: Words) -> tuple[str, ...]:
    """Why a row of a register or a plan is not taken."""
    return (
        _("kind {text} is none of {known}"),
        _("status {text} is none of {known}"),
        _("purpose {text} is none of {known}"),
        _("target_is {text} is none of {known}"),
        _("commission_on {text} is none of {known}"),
        _("commission_per_order {text} is no amount such as 2.50"),
        _("commission_rate {text} is no share such as 0.1 or 10%"),
        _("followers {text} is no whole number"),
        _("currency {text} is no code such as EUR"),
        _("{column} {text} is no date like 2026-11-20"),
        _("{column} {text} is no amount such as 1250.50"),
        _("{column} has more than {n} characters"),
        _("amount is empty, and so are hours and rate; write 0 where there was no such cost"),
        _("give either amount, or hours and rate"),
        _("from is empty: the first day is needed"),
        _("to is empty: a goal needs the day by which it is to be reached"),
        _("to is empty: an experiment needs its last day"),
        _("to lies before from"),
        _("valid_to lies before valid_from"),
        _("metric or target is empty: what is to be reached?"),
        _("give both lift and error, its standard error"),
        _("error is 0: no experiment is exact"),
        _("lift and error are empty: what did the experiment measure?"),
        _("a survey needs answers, and heard: how many of those named talk"),
        _("the id {id} stands twice in this file"),
        _("{code} is valid twice at once; end the earlier period first"),
        _("{link} is no link; write it with https:// and the shop's host"),
        _("{link} stands twice in this file"),
        _("source or medium is empty; write where the link is shared, such as instagram"),
        _("short_url and target are the same page"),
        _("short_url or target is no link; write both with https:// and a host"),
        _("it was changed by somebody else since; nothing was undone"),
        _("{key} was changed by somebody else; reload the page and try again"),
        _("currency and per are the same"),
        _("{name} is no three-letter code"),
    )


WARNINGS: tuple[Part, ...] = (of_reading, of_newer_files, of_currencies, of_costs, of_sales, of_talk)
PARTS: tuple[Part, ...] = (queries, sources, by_hand, settings, files, parts, *WARNINGS, rows, registers)
