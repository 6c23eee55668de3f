"""The setup page's own texts, by the names that its scripts use. The cashier's prompts come with the lane."""

from __future__ import annotations

import json

from edge.language.catalogue import LANGUAGES, locale
from edge.language.words import Words, counted, in_language, words

PAGE_TEXTS: dict[str, Words] = {
    "tabs": words("Sections"),
    "lane": words("Lane"),
    "viewer": words("viewer"),
    "author": words("Your name, for the record of changes"),
    "camera": words("Camera"),
    "till": words("Till"),
    "doctor": words("Check"),
    "picture": words("The camera's picture, faces blurred"),
    "waiting": words("Waiting for a picture…"),
    "no_picture": words("No picture from the camera"),
    "unblurred": words("Faces are not blurred: the agent was started with --web-unblurred."),
    "unreachable": words("The agent does not answer."),
    "unreachable_since": words("The agent has not answered since {time}."),
    "continues": words("The page continues by itself when it does."),
    "unexpected": words("Not an answer of the agent: HTTP {status}."),
    "last_picture": words("This is the picture of {time}."),
    "was": words("This was so at {time}, when the agent last answered."),
    "zone_edit": words("Change the customer zone"),
    "zone_save": words("Save zone"),
    "zone_remove": words("Remove corner"),
    "cancel": words("Cancel"),
    "zone_hint": words(
        "Drag across the picture to draw a new zone. Drag a corner to move it. Drag a small dot to add a corner."
    ),
    "zone_keys": words(
        "With keys: Tab selects a corner, arrows move it (with Shift further), Delete removes it, Enter on "
        "a small dot adds one, Esc cancels."
    ),
    "zone": words("Customer zone"),
    "corner": words("Corner {number} of {count}: {left} % from the left, {top} % from the top"),
    "corner_add": words("Add a corner after corner {number}"),
    "zone_now": words("Zone saved in {file} and already in use. A sale that is open ends with the old zone."),
    "zone_restart": words("Zone saved in {file}. It takes effect when the agent is restarted."),
    "zone_overridden": words("Zone saved in {file}, but the flag --zone or the variable EDGE_ZONE overrides it."),
    "zone_not_saved": words("Zone not saved: {problem}. Add this line to the config file:"),
    "picture_edit": words("Turn or stretch the picture"),
    "picture_shape": words("Shape of the picture"),
    "picture_declared": words("as the camera sends it"),
    "picture_turn": words("Turn ↻"),
    "picture_mirror": words("Mirror"),
    "picture_save": words("Save picture"),
    "picture_hint": words(
        "Faces must look as they do in life, neither thin nor broad: otherwise they look older. If they "
        "are thin or broad, try 4:3 or 16:9."
    ),
    "picture_now": words("Saved in {file} and already in use. Check the customer zone."),
    "picture_restart": words("Saved in {file}. It takes effect when the agent is restarted."),
    "picture_overridden": words("Saved in {file}, but flags --picture.* or variables EDGE_PICTURE__* override it."),
    "picture_not_saved": words("Not saved: {problem}. Add this to the config file:"),
    "failed": words("That did not work: {problem}"),
    "age": words("Customer's age"),
    "range": words("{low} to {high} with 90% probability"),
    "threshold": words("Below {age}: ask for ID"),
    "no_threshold": words("Everybody is asked for ID"),
    "faces": words("Faces"),
    "nobody": words("Nobody in view"),
    "customer": words("Customer"),
    "in_zone": words("In the zone"),
    "outside": words("Outside the zone"),
    "good": words("clearly seen"),
    "no_age": words("age not estimated yet"),
    "empty": words("Nobody is in the zone."),
    "idle": words("Ages are estimated while a sale is open. Open one on the “Till” tab."),
    "idle_viewer": words("Ages are estimated while a sale is open."),
    "privacy": words("Faces are blurred before they reach this page. No picture is stored."),
    "shelf": words("Items"),
    "basket": words("Basket"),
    "no_sale": words("Scan an item, for example beer."),
    "sale_open": words("Sale open."),
    "checked": words("ID checked: you may sell."),
    "total": words("Total {sum} ₽"),
    "id_ok": words("ID ok"),
    "id_failed": words("Too young"),
    "id_not_shown": words("No ID shown"),
    "pay": words("Paid"),
    "void": words("Cancel sale"),
    "answered": words("Answered after {seconds} s."),
    "demonstration": words(
        "This is a demonstration till: it records nothing and does not affect real tills. A sale at a real "
        "till ends the one here at once."
    ),
    "doctor_about": words(
        "Checks camera, light, focus, model, keys, clock, disk and settings. Meanwhile someone should "
        "stand where customers do and look at the camera."
    ),
    "examine": words("Check now"),
    "examining": words("Checking; this can take a minute…"),
    "progress": words("Progress of the check"),
    "checked_of": words("Checked: {done} of {checks}"),
    "examined": words("Checked on {time}."),
    "not_examined": words("Nobody has checked the lane here since the agent started. The installer can."),
    "ok": words("Ok"),
    "warning": words("Warning"),
    "problem": words("Problem"),
    "fix": words("What to do"),
    "all_ok": words("Everything is ok."),
    "counts": words("Problems: {problems}, warnings: {warnings}."),
}
"""Names of values in braces are filled in by the page."""

_OLDEST = 120


def script() -> str:
    """A JavaScript module: `TEXTS`, by language and name, and `NAMES`, of the languages in themselves. `years` are the
    texts for 0 to 120 years."""
    texts = {
        language: {name: in_language(text, language) for name, text in PAGE_TEXTS.items()}
        | {"years": [in_language(counted("{n} year", "{n} years", n), language) for n in range(_OLDEST + 1)]}
        for language in LANGUAGES
    }
    names = {language: _own_name(language) for language in LANGUAGES}
    return f"export const TEXTS = {json.dumps(texts)};\nexport const NAMES = {json.dumps(names)};\n"


def _own_name(language: str) -> str:
    name = locale(language).get_language_name() or language
    return name[:1].upper() + name[1:]
