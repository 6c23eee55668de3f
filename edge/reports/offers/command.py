"""`edge-agent offers`: learns rules from filed purchases, creates keys, and signs and shows sheets of offers."""

from __future__ import annotations

import argparse
import math
import secrets
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import Parser, number, positive
from edge.errors import UsageError
from edge.language.catalogue import LANGUAGES
from edge.language.reader import reader, speak
from edge.language.system import system_words
from edge.language.words import Words, counted, in_language, words
from edge.offers.restricted import known_restricted
from edge.offers.sheet import Rules, Sheet, reject_forbidden
from edge.progress import busy, now
from edge.purchases.catalogue import complete_rows, load_catalogue
from edge.reports.files import dropped_files
from edge.reports.folders import distinct
from edge.reports.offers.tables import rules_table
from edge.reports.output import print_report, write
from edge.reports.period import between, moment
from edge.settings.json_files import read_json
from edge.settings.lanes import load_lanes
from edge.till.messages import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.settings.config import Settings

_MAX_DAYS = 366


def offers(line: list[str]) -> None:
    """Run `edge-agent offers` with these command-line words. Raises UsageError and RunError."""
    arguments = offers_parser().parse_args(line)
    command: Callable[[argparse.Namespace], None] = arguments.command
    command(arguments)


def offers_parser() -> Parser:
    """The parser of `edge-agent offers`."""
    config, language = Parser(add_help=False), Parser(add_help=False)
    config.add_argument("--config", type=Path, metavar="FILE", help="the agent's settings file")
    language.add_argument("--language", choices=LANGUAGES, help="of what is printed; default: the setting language")
    parser = Parser(
        prog="edge-agent offers", description="Learn offers from filed purchases; create keys; sign and show sheets."
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    learn = actions.add_parser("learn", parents=[config, language], help="find goods that each age band buys together")
    learn.add_argument("--since", type=moment, default="8w", metavar="TIME", help="start; default: 8w")
    learn.add_argument("--until", type=moment, default="0h", metavar="TIME", help="end; default: now")
    learn.add_argument("--folder", type=Path, nargs="+", metavar="FOLDER", help="folders of filed purchases; "
                       "default: those of the lanes")  # fmt: skip
    learn.add_argument(
        "--by",
        choices=["category", "sku"],
        default="category",
        help="offer categories or single articles; default: category",
    )
    learn.add_argument(
        "--names", type=Path, metavar="FILE", help="CSV with the columns name,ru,en: names of goods for cashiers"
    )
    learn.add_argument("--least-support", type=_share, default=0.005, metavar="SHARE",
                       help="minimum share of a band's sales with reasons and goods; default: 0.005")  # fmt: skip
    learn.add_argument("--least-confidence", type=_share, default=0.05, metavar="SHARE",
                       help="minimum share of goods among sales with the reasons; default: 0.05")  # fmt: skip
    learn.add_argument("--least-lift", type=_lift, default=1.2, metavar="N", help="minimum lift; default: 1.2")
    learn.add_argument("--most", type=positive, default=100, metavar="N", help="maximum number of rules; default: 100")
    learn.add_argument("--out", type=Path, metavar="FILE", help="write the rules here, to be reviewed and signed")
    key = actions.add_parser("new-key", parents=[language], help="create the key pair for signing sheets")
    key.add_argument("--out", type=Path, default=Path("offers"), metavar="NAME",
                     help="writes NAME.key_secret and NAME.key; default: offers")  # fmt: skip
    sign = actions.add_parser("sign", parents=[config, language], help="sign rules as a sheet for the lanes")
    sign.add_argument("rules", type=Path, metavar="RULES", help="file written by edge-agent offers learn")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="the secret key")
    sign.add_argument("--days", type=positive, default=28, metavar="N", help="validity of the sheet; default: 28")
    sign.add_argument("--out", type=Path, default=Path("offers.sheet"), metavar="FILE", help="default: offers.sheet")
    shown = actions.add_parser("show", parents=[config, language], help="verify a sheet and print it")
    shown.add_argument("sheet", type=Path, nargs="?", metavar="SHEET", help="default: the one in the settings")
    shown.add_argument("--key", type=Path, metavar="FILE", help="the public key; default: the one in the settings")
    for action, command in ((learn, _learn), (key, _new_key), (sign, _sign), (shown, _show)):
        action.set_defaults(command=command)
    return parser


def _share(text: str) -> float:
    share = number(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(words("{text} is not a share above 0 and up to 1", text=text))
    return share


def _lift(text: str) -> float:
    lift = number(text)
    if not 1 <= lift < math.inf:
        raise argparse.ArgumentTypeError(words("{text} is not a number of at least 1", text=text))
    return lift


def _learn(arguments: argparse.Namespace) -> None:
    from edge.purchases.restricted_words import RestrictedWords
    from edge.reports.offers.learn import Bar, learn
    from edge.reports.offers.learn_words import learn_headline, learn_lead, learn_next, learn_notes
    from edge.reports.offers.sales import read_sales

    lanes = _lanes(arguments)
    insights = lanes[0].insights
    period, at = between(arguments.since, arguments.until), datetime.now(timezone.utc)
    names = _names(arguments.names)
    restricted = RestrictedWords.of(*(lane.offers for lane in lanes))
    excluded = {name for lane in lanes for name in (*lane.offers.exclude, *known_restricted(lane.state_dir))}
    excluded |= {name for name, text in names.items() if restricted.found_in(text.ru) or restricted.found_in(text.en)}
    excluded |= {sku for sku, category in load_catalogue(insights.catalogue).items() if restricted.found_in(category)}
    folders = distinct(arguments.folder or [lane.purchases for lane in lanes])
    min_sales = insights.min_customers
    with busy(words("reading purchases"), reader()):
        sales, files = read_sales(
            folders,
            period,
            at,
            insights.bands,
            by=arguments.by,
            min_sales=min_sales,
            excluded=excluded,
            words=restricted,
            max_price=insights.max_price,
        )
        now(words("computing"))
        bar = Bar(min_sales, arguments.least_support, arguments.least_confidence, arguments.least_lift)
        rules = learn(sales, insights.bands, lanes[0].policy.legal_age, bar, arguments.most, names)
    remarks: list[Words] = [*(learn_notes() if rules.rules else ()), *dropped_files(files)]
    if arguments.out:
        write(arguments.out, rules.model_dump_json(indent=2, exclude_none=True) + "\n")
        remarks.append(learn_next(arguments.out))
    print_report(
        learn_headline(sales, rules, period, min_sales),
        [rules_table(rules)] if rules.rules else [],
        remarks,
        reader(),
        learn_lead(sales, rules, period, at, insights),
    )


def _lanes(arguments: argparse.Namespace) -> Sequence[Settings]:
    """The settings of all lanes. From now on the command speaks the reader's language."""
    lanes = load_lanes([], arguments.config)
    speak(arguments.language or lanes[0].language)
    return lanes


def _say(text: Words) -> None:
    print(in_language(text, reader()))


def _names(file: Path | None) -> dict[str, Text]:
    rows = complete_rows(file, ("name", "ru", "en"), "the names") if file else ()
    return {row["name"]: Text(ru=row["ru"], en=row["en"]) for row in rows}


def _new_key(arguments: argparse.Namespace) -> None:
    from edge.settings.signature import new_keys

    secret, public = (arguments.out.with_name(arguments.out.name + end) for end in (".key_secret", ".key"))
    new_keys(secret, public)
    _say(words("wrote {file}: keep it only where offers are signed", file=secret))
    _say(words("wrote {file}: copy it to the boxes and set offers.key to it", file=public))


def _sign(arguments: argparse.Namespace) -> None:
    from edge.offers.signature import sign
    from edge.purchases.restricted_words import RestrictedWords

    if arguments.days > _MAX_DAYS:
        raise UsageError(
            words("--days {days}: a sheet is valid for at most {most} days", days=arguments.days, most=_MAX_DAYS)
        )
    lanes, rules = _lanes(arguments), _rules(arguments.rules)
    for lane in lanes:
        reject_forbidden(
            rules, lane.policy.legal_age, RestrictedWords.of(lane.offers), lane.offers.exclude,
            load_catalogue(lane.insights.catalogue),
        )  # fmt: skip
    now = datetime.now(timezone.utc)
    sheet = Sheet(
        bands=rules.bands, rules=rules.rules, made_at=now, expires_at=now + timedelta(days=arguments.days),
        held_out_key=secrets.token_hex(16),
    )  # fmt: skip
    write(arguments.out, sign(sheet, arguments.key).decode())
    _say(
        counted(
            "wrote {file}: {n} offer, valid until {end}; copy it to the path in offers.sheet and reload the agent",
            "wrote {file}: {n} offers, valid until {end}; copy it to the path in offers.sheet and reload the agent",
            len(sheet.rules),
            file=arguments.out,
            end=sheet.expires_at,
        )
    )


def _rules(file: Path) -> Rules:
    try:
        return read_json(file, Rules)
    except OSError as problem:
        raise UsageError(
            words("cannot read the rules {file}: {reason}", file=file, reason=system_words(problem))
        ) from None
    except ValueError as problem:
        raise UsageError(words("{file} contains no valid rules: {problem}", file=file, problem=problem)) from None


def _show(arguments: argparse.Namespace) -> None:
    from edge.offers.signature import read_sheet
    from edge.purchases.restricted_words import RestrictedWords

    lane = _lanes(arguments)[0]
    settings = lane.offers
    file, key = arguments.sheet or settings.sheet, arguments.key or settings.key
    if not file or not key:
        raise UsageError(
            words("give a sheet and its public key (SHEET --key FILE), or settings with both (--config FILE)")
        )
    sheet = read_sheet(file, key, datetime.now(timezone.utc))
    headline = counted(
        "{file}: {n} offer, made {made}, valid until {end}; signed with the key of {key}.",
        "{file}: {n} offers, made {made}, valid until {end}; signed with the key of {key}.",
        len(sheet.rules),
        file=file,
        made=sheet.made_at,
        end=sheet.expires_at,
        key=key,
    )
    try:
        reject_forbidden(sheet, lane.policy.legal_age, RestrictedWords.of(settings))
        remarks = []
    except UsageError as problem:
        remarks = [words("a lane rejects this sheet: {problem}", problem=problem)]
    print_report(headline, [rules_table(sheet)] if sheet.rules else [], remarks, reader())
