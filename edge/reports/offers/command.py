"""`edge-agent offers`: learns rules from filed purchases, makes keys, signs sheets of offers and shows them."""

from __future__ import annotations

import argparse
import math
import secrets
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edge.commands import Parser, positive
from edge.errors import UsageError
from edge.offers.restricted import known_restricted
from edge.offers.sheet import Rules, Sheet, reject_forbidden
from edge.purchases.catalogue import complete_rows
from edge.reports.files import files_left_out
from edge.reports.offers.tables import rules_table
from edge.reports.output import show, write
from edge.reports.period import between, moment
from edge.settings.lanes import load_lanes
from edge.settings.problems import in_one_line
from edge.till.messages import Text

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_DAYS = 366


def offers(words: list[str]) -> None:
    """The command, without its name. Raises UsageError and RunError."""
    arguments = _parser().parse_args(words)
    command: Callable[[argparse.Namespace], None] = arguments.command
    command(arguments)


def _parser() -> Parser:
    config = Parser(add_help=False)
    config.add_argument("--config", type=Path, metavar="FILE", help="the agent's settings")
    parser = Parser(prog="edge-agent offers", description=__doc__)
    actions = parser.add_subparsers(metavar="learn|new-key|sign|show", required=True)
    learn = actions.add_parser("learn", parents=[config], help="find what each age band buys together")
    learn.add_argument("--since", type=moment, default="8w", metavar="TIME", help="sales from here on; default: 8w")
    learn.add_argument("--until", type=moment, default="0h", metavar="TIME", help="sales up to here; default: now")
    learn.add_argument("--folder", type=Path, nargs="+", metavar="DIR", help="folders of filed purchases; "
                       "default: those of the settings' lanes")  # fmt: skip
    learn.add_argument("--by", choices=["category", "sku"], default="category", help="what to offer; default: category")
    learn.add_argument("--names", type=Path, metavar="FILE", help="CSV with the columns name,ru,en: what cashiers read")
    learn.add_argument("--least-support", type=_share, default=0.005, metavar="SHARE",
                       help="of a band's sales, with reasons and goods; default: 0.005")  # fmt: skip
    learn.add_argument("--least-confidence", type=_share, default=0.05, metavar="SHARE",
                       help="of the sales with the reasons, those with the goods; default: 0.05")  # fmt: skip
    learn.add_argument("--least-lift", type=_lift, default=1.2, metavar="N", help="default: 1.2")
    learn.add_argument("--most", type=positive, default=100, metavar="N", help="rules; default: 100")
    learn.add_argument("--out", type=Path, metavar="FILE", help="write the rules, to be read, edited and signed")
    key = actions.add_parser("new-key", help="make the pair of keys that sheets are signed with")
    key.add_argument("--out", type=Path, default=Path("offers"), metavar="NAME",
                     help="writes NAME.key_secret and NAME.key; default: offers")  # fmt: skip
    sign = actions.add_parser("sign", parents=[config], help="make a sheet for the lanes of rules")
    sign.add_argument("rules", type=Path, metavar="RULES", help="from edge-agent offers learn")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="the secret key")
    sign.add_argument("--days", type=positive, default=28, metavar="N", help="how long it is good; default: 28")
    sign.add_argument("--out", type=Path, default=Path("offers.sheet"), metavar="FILE", help="default: offers.sheet")
    shown = actions.add_parser("show", parents=[config], help="check a sheet and print it")
    shown.add_argument("sheet", type=Path, nargs="?", metavar="SHEET", help="default: that of the settings")
    shown.add_argument("--key", type=Path, metavar="FILE", help="the public key; default: that of the settings")
    for action, command in ((learn, _learn), (key, _new_key), (sign, _sign), (shown, _show)):
        action.set_defaults(command=command)
    return parser


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1")
    return share


def _lift(text: str) -> float:
    lift = float(text)
    if not 1 <= lift < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return lift


def _learn(arguments: argparse.Namespace) -> None:
    from edge.reports.offers.learn import Bar, learn
    from edge.reports.offers.sales import read_sales

    lanes = load_lanes([], arguments.config)
    insights = lanes[0].insights
    period, now = between(arguments.since, arguments.until), datetime.now(timezone.utc)
    names = _names(arguments.names)
    never = {name for lane in lanes for name in (*lane.offers.exclude, *known_restricted(lane.state_dir))}
    folders = arguments.folder or [lane.purchases for lane in lanes]
    least = insights.min_customers
    sales, files = read_sales(
        list(dict.fromkeys(map(Path.resolve, folders))), period, now, insights.bands, by=arguments.by, least=least,
        never=never,
    )  # fmt: skip
    bar = Bar(least, arguments.least_support, arguments.least_confidence, arguments.least_lift)
    drawn = f", of which {len(sales.probs)} were drawn by chance" if sales.total > len(sales.probs) else ""
    rules = learn(sales, insights.bands, lanes[0].policy.legal_age, bar, arguments.most, names)
    about = (
        f"Sales of customers of known age {period}: {sales.total}{drawn}. Goods that may be offered, in {least} of "
        f"them or more: {len(sales.goods)}. Rules: {len(rules.rules)}."
    )
    notes = [*(_NOTES if rules.rules else ()), *files_left_out(files)]
    if arguments.out:
        write(arguments.out, rules.model_dump_json(indent=2, exclude_none=True) + "\n")
        notes.append(f"{arguments.out}: read it, edit it, and sign it with edge-agent offers sign {arguments.out}")
    show(None, "", about, [rules_table(rules)] if rules.rules else [], notes)


_NOTES = (
    "Sales: with the reasons and the goods, each counted as much as its customer may be of the band. Confidence: of "
    "the band's sales with the reasons, those with the goods. Lift: by the share of all its sales with the goods.",
    "Of all rules that there could be, those are left of which no more than 5 % are expected to be chance (Benjamini "
    "and Hochberg 1995). Neighbouring bands share rules: ages are not known better.",
)


def _names(file: Path | None) -> dict[str, Text]:
    rows = complete_rows(file, ("name", "ru", "en"), "the names") if file else ()
    return {row["name"]: Text(ru=row["ru"], en=row["en"]) for row in rows}


def _new_key(arguments: argparse.Namespace) -> None:
    from edge.offers.signature import new_keys

    secret, public = (arguments.out.with_name(arguments.out.name + end) for end in (".key_secret", ".key"))
    new_keys(secret, public)
    print(f"wrote {secret}: keep it where offers are signed, and nowhere else")
    print(f"wrote {public}: copy it to the boxes, and name it in offers.key")


def _sign(arguments: argparse.Namespace) -> None:
    from edge.offers.signature import sign

    if arguments.days > _MOST_DAYS:
        raise UsageError(f"--days {arguments.days}: a sheet is good for {_MOST_DAYS} days at most")
    rules = _rules(arguments.rules)
    for lane in load_lanes([], arguments.config):
        reject_forbidden(rules, lane.policy.legal_age, lane.offers.exclude)
    now = datetime.now(timezone.utc)
    sheet = Sheet(
        bands=rules.bands, rules=rules.rules, made_at=now, expires_at=now + timedelta(days=arguments.days),
        held_out_key=secrets.token_hex(16),
    )  # fmt: skip
    write(arguments.out, sign(sheet, arguments.key).decode())
    print(
        f"wrote {arguments.out}: {len(sheet.rules)} offers until {sheet.expires_at:%Y-%m-%d %H:%M} UTC; copy it to "
        "where offers.sheet says, and reload the agent"
    )


def _rules(file: Path) -> Rules:
    try:
        return Rules.model_validate_json(file.read_bytes())
    except OSError as problem:
        raise UsageError(f"cannot read the rules {file}: {problem.strerror}") from None
    except ValidationError as problem:
        raise UsageError(f"{file} holds no rules: {in_one_line(problem)}") from None


def _show(arguments: argparse.Namespace) -> None:
    from edge.offers.signature import read_sheet

    settings = load_lanes([], arguments.config)[0].offers
    file, key = arguments.sheet or settings.sheet, arguments.key or settings.key
    if not file or not key:
        raise UsageError("give a sheet and its public key, SHEET --key FILE, or settings that name them, --config FILE")
    sheet = read_sheet(file, key, datetime.now(timezone.utc))
    about = (
        f"{file}: {len(sheet.rules)} offers, made {sheet.made_at:%Y-%m-%d %H:%M}, good until "
        f"{sheet.expires_at:%Y-%m-%d %H:%M} UTC; signed with the key of {key}."
    )
    show(None, "", about, [rules_table(sheet)] if sheet.rules else [], [])
