"""The report card in the language of its reader; MODEL_CARD.md, which is shipped with a model, stays English."""

from __future__ import annotations

import json
import re
from pathlib import Path

from edge.ages import BUNDLED
from edge.language.words import in_language
from export.bundle import OWN_USE, RESEARCH_USE
from train.card.facts import Card
from train.card.gate import GATE_LIMITS
from train.card.model_card import card_parts, model_card
from train.card.names import named, people_named, photos_named, use_named
from train.card.page import card_page
from train.card.plots import plots
from train.card.scenes import SCENES
from train.card.write import write_card

_NO_BREAK = "\N{NO-BREAK SPACE}"
_UNTRANSLATED = r"`[^`]*`|\[[^]]*\]\([^)]*\)|\(Face Analysis[^)]*\)|\(age assurance[^)]*\)"
"""Of settings, functions, files and standards: not translated."""


def russian(name: str) -> str:
    return in_language(name, "ru")


def test_every_heading_paragraph_and_head_of_a_table_is_translated(full_card: Card) -> None:
    english, translated = (model_card(full_card, language).split("\n\n") for language in ("en", "ru"))
    assert len(english) == len(translated) > 50
    for before, after in zip(english, translated, strict=True):
        assert before.splitlines()[0] != after.splitlines()[0]
        assert not re.search(r"[a-z]{3,} [a-z]{2,}", re.sub(_UNTRANSLATED, "", after)), after


def test_every_name_of_the_card_is_translated_but_those_of_sources_and_groups_of_people() -> None:
    runs = ("all sources", "baseline recipe", "without shop", "without shop, then shop", "shop alone")
    views = ("15 % wider", "10 % aside", "blur of 2 px", "eyes 24 px apart")
    of_gate = (name for limit in GATE_LIMITS for name in (limit.measure, limit.reason) if name)
    for name in (*runs, *views, *SCENES, *of_gate):
        assert named(name) == name
        assert russian(named(name)) != name
    assert russian(named("squeezed to 82.5 % of the width")) == "сжато до 82,5 % ширины"
    assert russian(photos_named("all, passed")) == "все, прошли контроль"
    assert russian(people_named("female, asian")) == "женщины, asian"
    assert russian(photos_named("female")) == "female"  # a source of this name


def test_the_use_that_edge_export_states_is_translated_and_that_of_an_owner_is_not() -> None:
    for use in (OWN_USE, RESEARCH_USE):
        assert russian(use_named(use)) != use_named(use) == use
    assert russian(use_named("without warranty")) == "without warranty"


def test_numbers_are_written_as_the_reader_writes_them(full_card: Card) -> None:
    text = model_card(full_card, "ru")
    assert (
        f"| shop | 2{_NO_BREAK}986 | 5,0{_NO_BREAK}% (2,1{_NO_BREAK}% – 11,2{_NO_BREAK}%) | 5,00 (4,00–6,00) |" in text
    )
    assert "| +2,50 | от +2,26 до +2,73 | 38,6 |" in text
    assert "Температура 0,931," in text
    assert f"ещё 1{_NO_BREAK}884 фотографиях людей" in text
    assert "| shop | 2986 | 5.0% (2.1%-11.2%) | 5.00 (4.00-6.00) |" in model_card(full_card)


def test_too_few_photos_are_too_few_in_every_language(card: Card) -> None:
    assert "| меньше 30 |" in model_card(card, "ru")
    captions = [caption for caption, _ in plots(card, "ru")]
    assert captions[0].endswith("для P(младше 18): фотографий меньше 30")


def test_the_plots_are_in_the_language_too_and_stand_before_the_errors(full_card: Card) -> None:
    page = card_page(full_card, "ru")
    assert '<html lang="ru">' in page
    for text in (
        "Средняя ошибка; показатель: резкость",
        ">резкость</text>",
        ">возраст</text>",
        ">лет</text>",
        ">без</text>",
    ):
        assert text in page
    assert page.index("Приемлемость") < page.index("<svg") < page.rindex("<svg") < page.index(">Ошибки</h2>")
    assert page.count("<figure>") == len(plots(full_card)) > 0


def test_the_contents_lead_to_the_headings(full_card: Card) -> None:
    for language in ("en", "ru"):
        page = card_page(full_card, language)
        targets = re.findall(r'<li><a href="#([^"]+)"', page)
        assert len(targets) > 10
        assert all(f'<h2 id="{target}">' in page for target in targets)


def test_a_table_is_shown_as_in_the_reports(full_card: Card) -> None:
    page = card_page(full_card, "ru")
    assert 'data-column="смещение"' in page
    assert "<strong>5,00 (4,00–6,00)</strong>" in page
    assert "<code>quality.min_sharpness</code>" in page


def test_the_name_of_a_source_ends_no_attribute(full_card: Card) -> None:
    study = full_card.study
    assert study is not None
    name = '" onclick="alert(1)'
    runs = tuple(run.model_copy(update={"errors": {name: run.errors["all"]}}) for run in study.runs)
    page = card_page(full_card.model_copy(update={"study": study.model_copy(update={"runs": runs})}))
    assert 'data-column="" onclick' not in page
    assert 'data-column="&#34; onclick=&#34;alert(1)' in page


def test_the_shipped_card_has_the_words_that_the_code_writes(full_card: Card) -> None:
    shipped = (BUNDLED / "MODEL_CARD.md").read_text(encoding="utf-8").split("\n\n")
    sections = ("## The lane's operating point", "## Errors", "## Calibration", "## Training photos")
    assert {*sections} <= {*shipped} & {*card_parts(full_card)}
    of_any_model = [part for part in card_parts(full_card) if not part.startswith(("|", "#")) and part in shipped]
    assert len(of_any_model) > 12


def test_only_the_page_is_translated(full_card: Card, tmp_path: Path) -> None:
    page = write_card(full_card, tmp_path, "ru")
    assert "Рабочая точка кассы" in page.read_text(encoding="utf-8")
    assert (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8") == model_card(full_card)
    assert Card.model_validate(json.loads((tmp_path / "card.json").read_text())) == full_card
