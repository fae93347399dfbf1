"""Every text of the page, in one place, so that it can be read through and translated.

``Texts`` holds what a reader sees; its defaults are the English, ``UKRAINIAN`` is the other language so far. What the
terminal says stands above it, in English. Texts with a number come as ``wording.counted`` takes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import get_args

from assistant.messages import Translator, translator
from ui.texts import formats as wording
from ui.texts.formats import Language

NAME = "Article Assistant"

# -- the terminal, and refusals that only programs read
STARTING = "Starting the page…"
ADDRESS = "Open {address} in a browser. Ctrl-C stops it."
STOPPED = "The page is closed. The library is as you left it."
PORT_TAKEN = "Port {port} on {host} is in use. Close the program that uses it, or choose another: --port {other}"
PORT_FORBIDDEN = "Port {port} may not be used by this account. Choose one above 1023: --port 7860"
PORT_IMPOSSIBLE = "{port} is no port. Ports go from 1 to 65535: --port 7860"
HOST_UNKNOWN = "{host!r} is no address of this machine. For this machine only: --host 127.0.0.1"
FOREIGN_REQUEST = "This page does not take requests from other sites."
FOREIGN_HOST = "This page answers under {names} only. For another name, start it with --public-url https://NAME."
NO_HOST = "What is asked for here is the name of no host. Open the address that the page printed when it started."
PUBLIC_URL_BAD = (
    "{url!r} is no address of a site. Give its scheme and name alone: --public-url https://articles.example"
)
PROXY_BAD = "{proxy!r} is no address of a proxy. Give its IP address or network: --proxy 10.0.0.5"
NOT_OF_THE_PAGE = "This page sends no such request. If this happened on the page itself, load it anew."
FOREIGN_FILE = "This file was not uploaded here, or is in the library already. Choose it once more."
NO_SUCH_ROUTE = "There is nothing at this address."


@dataclass(frozen=True, slots=True)
class Texts:
    """What the page says, in one language."""

    language: Language = "en"
    name_of_language: str = "English"

    # -- around the views
    chat: str = "Chat"
    library: str = "Library"
    views: str = "Views"
    menu: str = "Conversations and library"
    skip: str = "Skip to the question"
    language_label: str = "Language"

    # -- asking
    question_label: str = "Your question"
    question_placeholder: str = "Ask your articles"
    ask: str = "Ask"
    stop: str = "Stop"
    reading: str = "Reading the articles…"
    question_too_long: str = "The question is {length} characters long; {limit} are accepted. Please shorten it."
    question_in_progress: str = "An answer is still being written in this tab. Wait for it, or stop it."
    page_failed: str = (
        "The page itself failed, not the library. Ask again; if it happens twice, the terminal says more."
    )
    not_kept: str = "This conversation cannot be kept: {reason}"
    waiting_in_line: str = "Many questions are being answered at the moment. Yours is number {position} in line."
    writes_extractive: str = "Answers are quotes from your articles; no model writes them"
    writes_model: str = "{model} writes the answers; each sentence is checked against its source"
    read_only: str = (
        "Another process owns this library, so it can be read but not changed here. "
        "Close that process and start this page again to add articles."
    )

    welcome: str = "What would you like to know?"
    holdings: str = "Answers come from the {articles} of your library alone."
    add_files: str = "Add files"
    add_hint: str = "or drop them here: text, Markdown, HTML, JSONL (also .gz) or CSV, up to {megabytes} MB each"
    upload_failed: str = "The files could not be kept: {reason}. Nothing was added."

    # -- steering
    steering: str = "Where to look"
    any_time: str = "Any time"
    any_outlet: str = "All outlets"
    since: str = "since {since}"
    until: str = "up to {until}"
    between: str = "{since} to {until}"
    on_day: str = "on {day}"
    only: str = "only {names}"
    without: str = "without {names}"
    first: str = "{names} first"
    near: str = "nearest to {day} first"
    recent: str = "recent first"
    as_you_wrote: str = "as you wrote “{words}”"
    kept: str = "kept from before: “{words}”"
    set_by_you: str = "set by you"
    searched_for: str = "Searched for: {question}"
    remove: str = "Remove: {what}"
    change: str = "Change: {what}"
    from_day: str = "From"
    to_day: str = "To"
    set_days: str = "Set these days"
    set_outlets: str = "Set these outlets"
    outlets: str = "Outlets"
    no_outlets: str = "No article names its outlet."
    days_reversed: str = "The first day is after the last one."
    scope_changed: str = "The articles that are searched have changed: {now}"
    deep: str = "Look deeper"
    deep_hint: str = "The model looks several things up, one after the other, before it writes. It takes longer."
    looking: str = "What is being looked up"
    trail: str = "What was looked up"
    looked_up: str = "Looked up: {lookups}, {articles}"
    count_lookups: str = "step|steps"
    step_search: str = "Searched for “{asked}”"
    step_read: str = "Read an article for “{asked}”"

    # -- reading an answer
    answer_ready: str = "The answer is ready, with {sources}."
    count_sources: str = "source|sources"
    count_articles: str = "article|articles"
    count_others: str = "other|others"
    count_undated: str = "undated|undated"
    sources: str = "Sources"
    nearest: str = "Nearest articles"
    abstained: str = "The library does not hold the answer."
    cut: str = "This answer was cut off."
    no_date: str = "no date known"
    untitled: str = "Untitled"
    no_source: str = "source not known"
    open_original: str = "Open the original"
    chip: str = "Source {number}: {title}, {source}, {date}"
    partly: str = "partly supported"
    unsupported: str = "not supported"
    unchecked: str = "not checked"
    repaired: str = "The number was corrected to [{number}]: the passage that the writer had cited does not say this."
    doubts: str = "Check before you rely on it"
    writer_extractive: str = "Extractive: quotes only, no model"
    writer_model: str = "Written by {model}; checked against its sources"
    writer_catalogue: str = "Answered from the library’s own list"
    writer_assistant: str = "No article was needed"
    all_dates: str = "all dates"
    articles_since: str = "articles since {since}"
    articles_until: str = "articles up to {until}"
    articles_between: str = "articles from {since} to {until}"
    left_out: str = "{undated} left out"
    quoted_from: str = "quotes from {articles}"
    read_and_quoted: str = "{read} read, {quoted} quoted"
    seconds: str = "{seconds} s"
    cost: str = "${cost}"
    cost_under: str = "under ${cost}"
    mended: str = "{count} corrected after checking"
    dropped: str = "{count} left out as not supported"
    count_sentences: str = "sentence|sentences"
    also_in: str = "also in {others}"
    carried_by: str = "Also carried by"
    timeline: str = "Sources by date, {first} to {last}"
    disagreement: str = "The articles differ: {about}"
    update: str = "A later article has a newer figure"
    correction: str = "One article corrects the other"
    contradiction: str = "Nothing says which is right"
    forecast: str = "expected"
    copy: str = "Copy"
    copy_markdown: str = "Copy as Markdown"
    copied: str = "Copied, with its sources"
    not_copied: str = "The browser did not allow copying."

    # -- the source beside the answer
    source_pane: str = "Source"
    close_source: str = "Close the source"
    previous_source: str = "Previous source"
    next_source: str = "Next source"
    place_of: str = "{number} of {count}"
    updated: str = "updated {date}"
    by_authors: str = "by {authors}"
    older_version: str = "The article has changed since; this is the version that was quoted."
    only_passage: str = "The article is no longer in the library. This is the passage that was quoted."
    not_there: str = "This source cannot be opened: {reason}"
    other_quotes: str = "Other words that this answer quotes are marked more lightly."

    # -- dates
    months_short: tuple[str, ...] = (
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    )  # fmt: skip
    and_: str = "and"
    others: str = "{count} others"

    @property
    def words(self) -> Translator:
        """The catalogue in the same language."""
        return translator(self.language)

    def said(self, text: str) -> str:
        """Sentences of the assistant, and reasons of the library, in the reader's language.

        What has no translation stays as it is.
        """
        return text if self.language == "en" else _translated(text) or text

    def counted(self, count: int, forms: str) -> str:
        """``1 article``, ``1,204 articles``; ``forms`` is one of the ``count_…`` texts."""
        return wording.counted(count, forms, self.language)

    def number(self, value: int) -> str:
        return wording.number(value, self.language)

    def day(self, value: date | None) -> str:
        """``2 September 2024``, or that no date is known."""
        return wording.day(value, self.language) if value else self.no_date

    def short_day(self, value: date) -> str:
        """``2 Sep 2024``."""
        return f"{value.day} {self.months_short[value.month - 1]} {value.year}"

    def decimal(self, value: float, places: int) -> str:
        """``1.3``, ``1,3``."""
        written = f"{value:.{places}f}"
        return written if self.language == "en" else written.replace(".", ",")

    def listed(self, names: tuple[str, ...], most: int = 3) -> str:
        """``A``, ``A and B``, ``A, B and 4 others``."""
        shown = list(names)
        if len(shown) > most:
            shown = [*shown[: most - 1], self.others.format(count=len(shown) - most + 1)]
        return f" {self.and_} ".join(filter(None, [", ".join(shown[:-1]), shown[-1] if shown else ""]))


ENGLISH = Texts()
UKRAINIAN = Texts(
    language="uk",
    name_of_language="Українська",
    chat="Розмова",
    library="Бібліотека",
    views="Розділи",
    menu="Розмови та бібліотека",
    skip="Перейти до запитання",
    language_label="Мова",
    question_label="Ваше запитання",
    question_placeholder="Запитайте свої статті",
    ask="Запитати",
    stop="Зупинити",
    reading="Читаю статті…",
    question_too_long="Запитання має {length} символів, а приймається {limit}. Скоротіть його, будь ласка.",
    question_in_progress="У цій вкладці ще пишеться відповідь. Зачекайте або зупиніть її.",
    page_failed="Збій самої сторінки, не бібліотеки. Запитайте ще раз; якщо повториться, подробиці є в терміналі.",
    not_kept="Цю розмову неможливо зберегти: {reason}",
    waiting_in_line="Зараз відповідаємо на багато запитань. Ваше — {position}-те в черзі.",
    writes_extractive="Відповіді — це цитати з ваших статей; жодна модель їх не пише",
    writes_model="Відповіді пише {model}; кожне речення звіряється з джерелом",
    read_only=(
        "Цією бібліотекою володіє інший процес, тож тут її можна читати, але не змінювати. "
        "Закрийте той процес і запустіть сторінку знову, щоб додавати статті."
    ),
    welcome="Що ви хотіли б дізнатися?",
    holdings="Відповіді беруться лише з вашої бібліотеки: {articles}.",
    add_files="Додати файли",
    add_hint="або перетягніть їх сюди: текст, Markdown, HTML, JSONL (також .gz) чи CSV, до {megabytes} МБ кожен",
    upload_failed="Файли не вдалося зберегти: {reason}. Нічого не додано.",
    steering="Де шукати",
    any_time="Будь-коли",
    any_outlet="Усі видання",
    since="від {since}",
    until="до {until}",
    between="від {since} до {until}",
    on_day="за {day}",
    only="лише {names}",
    without="без {names}",
    first="спершу {names}",
    near="спершу найближчі до {day}",
    recent="спершу нові",
    as_you_wrote="бо ви написали «{words}»",
    kept="залишилося з попереднього: «{words}»",
    set_by_you="задали ви",
    searched_for="Шукали: {question}",
    remove="Прибрати: {what}",
    change="Змінити: {what}",
    from_day="Від",
    to_day="До",
    set_days="Задати ці дні",
    set_outlets="Задати ці видання",
    outlets="Видання",
    no_outlets="Жодна стаття не називає свого видання.",
    days_reversed="Перший день пізніший за останній.",
    scope_changed="Змінилося, у яких статтях шукаємо: {now}",
    deep="Шукати глибше",
    deep_hint="Перш ніж писати, модель шукає кілька разів, крок за кроком. Це довше.",
    looking="Що саме шукаємо",
    trail="Що переглянуто",
    looked_up="Що переглянуто: {lookups}, {articles}",
    count_lookups="крок|кроки|кроків",
    step_search="Пошук: «{asked}»",
    step_read="Прочитано статтю, щоб знайти «{asked}»",
    answer_ready="Відповідь готова, {sources}.",
    count_sources="джерело|джерела|джерел",
    count_articles="стаття|статті|статей",
    count_others="іншій|інших|інших",
    count_undated="без дати|без дати|без дати",
    sources="Джерела",
    nearest="Найближчі статті",
    abstained="У бібліотеці немає відповіді.",
    cut="Цю відповідь обірвано.",
    no_date="дата невідома",
    untitled="Без назви",
    no_source="видання невідоме",
    open_original="Відкрити оригінал",
    chip="Джерело {number}: {title}, {source}, {date}",
    partly="підтверджено частково",
    unsupported="не підтверджено",
    unchecked="не перевірено",
    repaired="Номер виправлено на [{number}]: в уривку, на який було посилання, цього немає.",
    doubts="Перевірте, перш ніж покладатися",
    writer_extractive="Витяг: лише цитати, без моделі",
    writer_model="Написала {model}; звірено з джерелами",
    writer_catalogue="Відповідь зі списку самої бібліотеки",
    writer_assistant="Статті не знадобилися",
    all_dates="усі дати",
    articles_since="статті від {since}",
    articles_until="статті до {until}",
    articles_between="статті від {since} до {until}",
    left_out="{undated} пропущено",
    quoted_from="процитовано: {articles}",
    read_and_quoted="прочитано: {read}, процитовано: {quoted}",
    seconds="{seconds} с",
    cost="{cost} $",
    cost_under="менше ніж {cost} $",
    mended="{count} виправлено після перевірки",
    dropped="{count} пропущено як не підтверджені",
    count_sentences="речення|речення|речень",
    also_in="також у {others}",
    carried_by="Також опублікували",
    timeline="Джерела за датою, від {first} до {last}",
    disagreement="Статті розходяться: {about}",
    update="Пізніша стаття має новіше число",
    correction="Одна стаття виправляє іншу",
    contradiction="Ніщо не каже, що з цього правильне",
    forecast="очікувано",
    copy="Копіювати",
    copy_markdown="Копіювати як Markdown",
    copied="Скопійовано разом із джерелами",
    not_copied="Браузер не дозволив копіювати.",
    source_pane="Джерело",
    close_source="Закрити джерело",
    previous_source="Попереднє джерело",
    next_source="Наступне джерело",
    place_of="{number} з {count}",
    updated="оновлено {date}",
    by_authors="автори: {authors}",
    older_version="Відтоді статтю змінено; це та версія, яку процитовано.",
    only_passage="Статті вже немає в бібліотеці. Це уривок, який процитовано.",
    not_there="Це джерело неможливо відкрити: {reason}",
    other_quotes="Інші слова, які цитує ця відповідь, позначено світліше.",
    months_short=(
        "січ.",
        "лют.",
        "бер.",
        "квіт.",
        "трав.",
        "черв.",
        "лип.",
        "серп.",
        "вер.",
        "жовт.",
        "лист.",
        "груд.",
    ),
    and_="і",
    others="ще {count}",
)

# -- the views that stand around answers: a text by its name

Views = Mapping[Language, Mapping[str, str]]

CONVERSATIONS: Views = {
    "en": {
        "label": "Conversations",
        "new": "New conversation",
        "search": "Search conversations",
        "today": "Today",
        "yesterday": "Yesterday",
        "none": "What you ask is kept here.",
        "none_found": "No conversation holds these words.",
        "more": "Show more",
        "menu": "Rename, export or delete “{title}”",
        "title": "Title",
        "rename": "Rename",
        "export": "Export as",
        "delete": "Delete",
        "delete_sure": "It cannot be brought back.",
        "delete_yes": "Delete for good",
        "asking": "This answer is still being written.",
        "cut": "This answer was cut off. It can be asked again.",
        "stopped": "You stopped this answer.",
        "failed": "There was no answer.",
        "again": "Ask again",
        "edit": "Edit the question",
        "question": "The question",
        "ask": "Ask",
        "versions": "Versions of this question",
        "version": "{number} of {count}",
        "earlier": "Earlier version",
        "later": "Later version",
        "up": "Good answer",
        "down": "Bad answer",
        "comment": "What was good or wrong about it? (optional)",
        "send": "Send",
        "thanks": "Thank you, it is kept with the answer.",
    },
    "uk": {
        "label": "Розмови",
        "new": "Нова розмова",
        "search": "Пошук у розмовах",
        "today": "Сьогодні",
        "yesterday": "Вчора",
        "none": "Тут зберігається те, про що ви запитуєте.",
        "none_found": "У жодній розмові немає цих слів.",
        "more": "Показати більше",
        "menu": "Перейменувати, експортувати або видалити «{title}»",
        "title": "Назва",
        "rename": "Перейменувати",
        "export": "Експортувати як",
        "delete": "Видалити",
        "delete_sure": "Повернути її буде неможливо.",
        "delete_yes": "Видалити назавжди",
        "asking": "Ця відповідь ще пишеться.",
        "cut": "Цю відповідь обірвано. Можна запитати ще раз.",
        "stopped": "Ви зупинили цю відповідь.",
        "failed": "Відповіді не було.",
        "again": "Запитати ще раз",
        "edit": "Змінити запитання",
        "question": "Запитання",
        "ask": "Запитати",
        "versions": "Варіанти цього запитання",
        "version": "{number} з {count}",
        "earlier": "Попередній варіант",
        "later": "Наступний варіант",
        "up": "Добра відповідь",
        "down": "Погана відповідь",
        "comment": "Що у ній добре чи неправильно? (не обов’язково)",
        "send": "Надіслати",
        "thanks": "Дякуємо, це збережено разом із відповіддю.",
    },
}
"""The stored conversations beside the chat, and what stands under a turn."""

SHELF: Views = {
    "en": {
        "articles": "article|articles",
        "outlets": "outlet|outlets",
        "span": "{first} to {last}",
        "undated": "{count} undated",
        "chart": "Articles by month, from {first} to {last}; the most, {most}, in {peak}.",
        "chart_years": "Articles by year, from {first} to {last}; the most, {most}, in {peak}.",
        "bar": "{when}: {articles}",
        "find": "Find in titles and texts",
        "outlet": "Outlet",
        "all_outlets": "All outlets",
        "no_outlet": "source not known",
        "month": "Month",
        "all_months": "All months",
        "no_date": "no date known",
        "sort": "Sort",
        "best": "Best match, else newest",
        "newest": "Newest first",
        "oldest": "Oldest first",
        "added": "Added last",
        "title": "By title",
        "by_outlet": "By outlet",
        "untitled": "Untitled",
        "added_on": "added {day}",
        "copies": "copy|copies",
        "copies_of": "Also carried by",
        "remove": "Remove",
        "remove_name": "Remove “{title}”",
        "remove_sure": "It and its earlier versions leave the library; answers that cite it keep their quotations.",
        "remove_yes": "Remove it",
        "removed": "“{title}” was removed.",
        "none": "The library is empty.",
        "none_found": "No article fits. Take a filter away, or use other words.",
        "shown": "{first}–{last} of {total}",
        "shown_best": "{first}–{last} of the {total} best",
        "pages": "Pages of the list",
        "previous": "Previous",
        "next": "Next",
        "list": "Articles",
        "address": "Add by address",
        "address_label": "Addresses of articles, one on each line, up to {most}",
        "address_add": "Add",
        "too_many": "only {most} addresses are fetched at once; add it with the next ones",
        "queued": "Something else is being added; yours comes next.",
        "paste": "Add pasted text",
        "paste_title": "Title",
        "paste_date": "Published on",
        "paste_source": "Outlet",
        "paste_text": "The article’s text",
        "paste_add": "Add",
        "paste_empty": "There is no text to add. Paste the article’s text into the large field.",
        "paste_file": "Pasted text",
        "waiting": "waiting",
        "reading": "being read",
        "adding": "Adding {inputs}",
        "files": "file|files",
        "addresses": "address|addresses",
        "took": "{passages} in {seconds} s",
        "passages": "passage|passages",
        "nothing": "Nothing arrived. Choose a file, or give an address.",
        "outcome_added": "added",
        "outcome_changed": "changed",
        "outcome_unchanged": "already there",
        "outcome_duplicate": "copy of another",
        "outcome_refused": "refused",
        "more_outcomes": "and {count} more",
    },
    "uk": {
        "articles": "стаття|статті|статей",
        "outlets": "видання|видання|видань",
        "span": "від {first} до {last}",
        "undated": "{count} без дати",
        "chart": "Статті за місяцями, {first} — {last}; найбільше, {most}: {peak}.",
        "chart_years": "Статті за роками, {first} — {last}; найбільше, {most}: {peak}.",
        "bar": "{when}: {articles}",
        "find": "Пошук у назвах і текстах",
        "outlet": "Видання",
        "all_outlets": "Усі видання",
        "no_outlet": "джерело невідоме",
        "month": "Місяць",
        "all_months": "Усі місяці",
        "no_date": "дата невідома",
        "sort": "Порядок",
        "best": "Найвідповідніші, потім нові",
        "newest": "Спершу нові",
        "oldest": "Спершу старі",
        "added": "Щойно додані",
        "title": "За назвою",
        "by_outlet": "За виданням",
        "untitled": "Без назви",
        "added_on": "додано {day}",
        "copies": "копія|копії|копій",
        "copies_of": "Також опублікували",
        "remove": "Вилучити",
        "remove_name": "Вилучити «{title}»",
        "remove_sure": "Стаття та її попередні версії зникнуть з бібліотеки; цитати у відповідях залишаться.",
        "remove_yes": "Вилучити",
        "removed": "«{title}» вилучено.",
        "none": "Бібліотека порожня.",
        "none_found": "Жодна стаття не підходить. Приберіть фільтр або спробуйте інші слова.",
        "shown": "{first}–{last} з {total}",
        "shown_best": "{first}–{last} з {total} найкращих",
        "pages": "Сторінки списку",
        "previous": "Назад",
        "next": "Далі",
        "list": "Статті",
        "address": "Додати за адресою",
        "address_label": "Адреси статей, кожна в окремому рядку, щонайбільше {most}",
        "address_add": "Додати",
        "too_many": "за один раз завантажуємо щонайбільше {most} адрес; додайте цю разом із наступними",
        "queued": "Зараз додається щось інше; ваше буде наступним.",
        "paste": "Додати вставлений текст",
        "paste_title": "Назва",
        "paste_date": "Дата публікації",
        "paste_source": "Видання",
        "paste_text": "Текст статті",
        "paste_add": "Додати",
        "paste_empty": "Немає тексту. Вставте текст статті у велике поле.",
        "paste_file": "Вставлений текст",
        "waiting": "чекає",
        "reading": "читається",
        "adding": "Додаємо {inputs}",
        "files": "файл|файли|файлів",
        "addresses": "адресу|адреси|адрес",
        "took": "{passages} за {seconds} с",
        "passages": "уривок|уривки|уривків",
        "nothing": "Нічого не надійшло. Виберіть файл або вкажіть адресу.",
        "outcome_added": "додано",
        "outcome_changed": "змінено",
        "outcome_unchanged": "вже є",
        "outcome_duplicate": "копія іншої",
        "outcome_refused": "відхилено",
        "more_outcomes": "і ще {count}",
    },
}
"""The library view."""

FIRST_MINUTE: Views = {
    "en": {
        "empty": "Ask your articles",
        "empty_how": "Your library is empty. Add articles, ask a question, and every sentence of the answer shows "
        "the words it rests on.",
        "empty_reader": "The library is empty. An editor can add articles to it.",
        "add": "Add your articles",
        "add_hint": "Files of text, Markdown, web pages or tables; addresses of pages; pasted text",
        "starters": "Try with the starter articles",
        "starters_hint": "Some sixty short articles of 2021 to 2024, written for this program",
        "try": "Try one of these",
        "known": "What is known about “{title}”?",
        "carried": "in {count} articles",
    },
    "uk": {
        "empty": "Запитуйте свої статті",
        "empty_how": "Ваша бібліотека порожня. Додайте статті, запитайте, і кожне речення відповіді покаже слова, "
        "на які воно спирається.",
        "empty_reader": "Бібліотека порожня. Статті може додати редактор.",
        "add": "Додати свої статті",
        "add_hint": "Файли з текстом, Markdown, вебсторінками чи таблицями; адреси сторінок; вставлений текст",
        "starters": "Спробувати з початковими статтями",
        "starters_hint": "Близько шести десятків коротких статей 2021–2024 років, написаних для цієї програми",
        "try": "Спробуйте одне з цих",
        "known": "Що відомо про «{title}»?",
        "carried": "у {count} статтях",
    },
}
"""The first minute: an empty library, and suggested questions."""

DOOR: Views = {
    "en": {
        "page": "Article Assistant",
        "heading": "Log in",
        "name": "Name",
        "password": "Password",
        "log_in": "Log in",
        "log_out": "Log out",
        "wrong": "Name or password is wrong.",
        "too_many": "Too many wrong passwords. Try again in {minutes} min.",
        "logged_in": "Logged in as {name}",
        "log_in_first": "Log in first: this page is for the users of this library.",
        "not_for_readers": "Only editors can add articles.",
        "too_large": "This is too large: {limit} MB are accepted at once.",
    },
    "uk": {
        "page": "Article Assistant",
        "heading": "Вхід",
        "name": "Ім’я",
        "password": "Пароль",
        "log_in": "Увійти",
        "log_out": "Вийти",
        "wrong": "Неправильне ім’я або пароль.",
        "too_many": "Забагато неправильних паролів. Спробуйте ще раз за {minutes} хв.",
        "logged_in": "Ви увійшли як {name}",
        "log_in_first": "Спершу увійдіть: ця сторінка для користувачів цієї бібліотеки.",
        "not_for_readers": "Додавати статті можуть лише редактори.",
        "too_large": "Це завелике: за раз приймається {limit} МБ.",
    },
}
"""Logging in, and refusals at the door."""

# -- what the assistant says in sentences of its own: in English, and as a reader of another language reads it

UKRAINIAN_SENTENCES: Mapping[str, str] = {
    # why there is no answer, or no whole one
    "No sentence of the library answers this surely enough to be quoted.": (
        "Жодне речення бібліотеки не відповідає на це достатньо певно, щоб його цитувати."
    ),
    "The nearest article is “{title}” ({about}).": "Найближча стаття — «{title}» ({about}).",
    "Ask with the names or words that an article would use, or with other days.": (
        "Спитайте словами чи іменами, які вжила б стаття, або з іншими днями."
    ),
    "All {count} articles of the library were searched.": "Переглянуто всі статті: {count}.",
    "Only {articles} were searched.": "Шукали лише в заданих межах.",
    "No answer was found to “{part}”.": "Відповіді на «{part}» не знайдено.",
    "Nothing was found by {outlet}.": "{outlet}: нічого не знайдено.",
    "The model's check could not be read: the sentences were checked on this machine.": (
        "Перевірку моделі не вдалося прочитати: речення перевірено на цій машині."
    ),
    "The library is empty. Add articles first: assistant add FILES.": "Бібліотека порожня. Спершу додайте статті.",
    "No article in the library lies within this scope. Widen the days or the sources.": (
        "У цих межах немає жодної статті. Розширте дні або видання."
    ),
    "Only {articles} were searched, as {asks} says “{words}”.": "Шукали лише в межах, заданих словами «{words}».",
    "Nothing of what was written is carried by the articles, so none of it is shown.": (
        "Статті не підтверджують нічого з написаного, тож його не показано."
    ),
    "The answer is cut.": "Відповідь обірвано.",
    # why a sentence is doubted
    "no source cited": "джерело не вказано",
    "“{words}” is not in the source": "«{words}» немає в джерелі",
    "“{words}” and “{last}” are not in the source": "«{words}» і «{last}» немає в джерелі",
    "“{words}” instead of “{other}”": "«{words}» замість «{other}»",
    "“{words}” is of something else in the source": "«{words}» у джерелі стосується іншого",
    "the source does not say this": "джерело цього не каже",
    "the source says otherwise": "джерело каже інше",
    "the source lacks “{words}”": "у джерелі немає «{words}»",
    "written in another language than its source": "написано не мовою джерела",
    "the quotation is altered": "цитату змінено",
    "the quotation is not in the source": "цитати немає в джерелі",
    # while it is written
    "Asking {model} to correct {sentences} that the sources do not carry.": (
        "Просимо {model} виправити те, чого джерела не підтверджують."
    ),
    "Checking each sentence against the words it cites.": "Звіряємо кожне речення зі словами, на які воно посилається.",
    "{model} is choosing what to look up.": "{model} вибирає, що шукати далі.",
    "{model} {trouble}. Attempt {attempt} of {attempts} in {seconds} s.": (
        "{model} поки не відповідає як слід. Спроба {attempt} з {attempts} за {seconds} с."
    ),
    "Too long for {model}: asking again with the first {some} of {all} passages.": (
        "Задовго для {model}: питаємо знову з першими {some} з {all} уривків."
    ),
    "Still too long for {model}: asking again with less of what was said.": (
        "Досі задовго для {model}: питаємо знову з коротшою розмовою."
    ),
    # in the trail of a deep question
    "Nothing was found there.": "Там нічого не знайдено.",
    "This was looked up before.": "Це вже шукали.",
    "This was read before.": "Це вже прочитано.",
    "Nothing to look for was named.": "Не названо, що шукати.",
    "There is no such passage.": "Такого уривка немає.",
    "The time for looking up is over.": "Час на пошук вичерпано.",
    "{model} does not look things up with tools: the answer is from the first search alone.": (
        "{model} не вміє шукати крок за кроком: відповідь — лише з першого пошуку."
    ),
    "More than was found so far is too long for {model}.": "Більше, ніж уже знайдено, для {model} задовге.",
}

UKRAINIAN_REFUSALS: Mapping[str, str] = {
    # addresses
    "it is a feed (RSS or Atom), and feeds are not read yet; add the addresses of its articles": (
        "це стрічка (RSS або Atom), а стрічок ми ще не читаємо; додайте адреси її статей"
    ),
    "it is {kind}, and only web pages and plain text are read; save it as text and add the file": (
        "це {kind}, а ми читаємо лише вебсторінки й простий текст; збережіть це як текст і додайте файл"
    ),
    "it has more than {size} MB; save the article’s text and add the file": (
        "там понад {size} МБ; збережіть текст статті й додайте файл"
    ),
    "the site takes too long to answer; try again later": "сайт задовго відповідає; спробуйте пізніше",
    "its certificate cannot be trusted ({why}); open it in a browser and add the saved page or its text": (
        "сертифікату сайту не можна довіряти ({why}); відкрийте сторінку в браузері й додайте її файл або текст"
    ),
    "the connection broke off ({why}); try again, or open it in a browser and add the saved page or its text": (
        "з’єднання обірвалося ({why}); спробуйте ще раз або відкрийте сторінку в браузері й додайте її файл чи текст"
    ),
    "the connection broke off before its end; try again, or open it in a browser and add the saved page or its text": (
        "з’єднання обірвалося посередині; спробуйте ще раз або відкрийте сторінку в браузері й додайте її файл чи текст"
    ),
    "it leads on and on ({count} redirects); open it in a browser and add the saved page or its text": (
        "вона веде все далі й далі (переспрямувань: {count}); відкрийте сторінку в браузері й додайте її файл або текст"
    ),
    "it leads to another address:": "вона веде на іншу адресу:",
    "only http and https are read, not {scheme}; save the page and add the file": (
        "ми читаємо лише http і https, а не {scheme}; збережіть сторінку й додайте файл"
    ),
    "it cannot be read as an address; copy it from the browser once more": (
        "це не схоже на адресу; скопіюйте її з браузера ще раз"
    ),
    "it holds a user’s name or password, which is not sent; add it without": (
        "у ній є ім’я користувача або пароль, яких ми не надсилаємо; додайте її без них"
    ),
    "it names port {port}, and only 80 and 443 are asked; "
    "for pages of your own network, set ASSISTANT_PRIVATE_ADDRESSES=allow": (
        "у ній порт {port}, а ми звертаємося лише до 80 і 443; для сторінок власної мережі задайте "
        "ASSISTANT_PRIVATE_ADDRESSES=allow"
    ),
    "there is no site called {site}; check the address": "сайту {site} не існує; перевірте адресу",
    "{site} is not on the public web: it is at a private, local or reserved address; "
    "for pages of your own network, set ASSISTANT_PRIVATE_ADDRESSES=allow": (
        "{site} — не загальнодоступний сайт: його адреса приватна, локальна або зарезервована; для сторінок власної "
        "мережі задайте ASSISTANT_PRIVATE_ADDRESSES=allow"
    ),
    "{site} does not take the connection; try again later": "{site} не приймає з’єднання; спробуйте пізніше",
    "the site sends it packed as {packing}, which was not asked for; "
    "open it in a browser and add the saved page or its text": (
        "сайт надсилає її стиснутою ({packing}), хоча ми про це не просили; відкрийте сторінку в браузері й додайте її "
        "файл або текст"
    ),
    "the page is empty; open it in a browser and add the saved page or its text": (
        "сторінка порожня; відкрийте її в браузері й додайте її файл або текст"
    ),
    "there is no page at this address ({status}); check it in a browser": (
        "за цією адресою немає сторінки ({status}); перевірте її в браузері"
    ),
    "the site does not let this program read it ({status}); open it in a browser and add the saved page or its text": (
        "сайт не дає цій програмі її прочитати ({status}); відкрийте сторінку в браузері й додайте її файл або текст"
    ),
    "the site has too much to do ({status}); try again later": "сайт перевантажений ({status}); спробуйте пізніше",
    "the site has a fault ({status}); try again later": "на сайті збій ({status}); спробуйте пізніше",
    "the site answers without a page ({status}); open it in a browser and add the saved page or its text": (
        "сайт відповідає без сторінки ({status}); відкрийте її в браузері й додайте її файл або текст"
    ),
    "there is no article text in it; scripts may write it, or subscribers alone may read it: paste its text": (
        "там немає тексту статті; можливо, його пишуть скрипти або читають лише передплатники: вставте його текст"
    ),
    # files
    "the file is empty": "файл порожній",
    "there is no article text in it (fewer than {count} letters)": "там немає тексту статті (менше ніж {count} літер)",
    "unknown kind of file; what can be read ends in {kinds}": (
        "невідомий вид файлу; читаємо лише ті, що закінчуються на {kinds}"
    ),
    "it is not UTF-8: byte 0x{byte} at {where}, and no other encoding fits; save it as UTF-8 where it was made": (
        "це не UTF-8: байт 0x{byte}, {where}, і жодне інше кодування не підходить; збережіть його як UTF-8 там, "
        "де створили"
    ),
    "it is binary data, not text: {why}": "це двійкові дані, а не текст: {why}",
    "it takes more than {seconds} seconds or breaks the parser; save its text as a .txt file instead": (
        "її розбір триває понад {seconds} с або ламається; збережіть її текст як файл .txt"
    ),
    "it has no text: the field must be named text, body or content; found: {found}": (
        "немає тексту: поле має називатися text, body або content; знайдено: {found}"
    ),
    "the date “{written}” can mean {either} or {other} and was left out; write it with the year first": (
        "дата «{written}» може означати {either} або {other}, тож її пропущено; пишіть спочатку рік"
    ),
    "the date “{written}” ({field}) cannot be read or lies ahead and was left out; write it as {forms}": (
        "дату «{written}» ({field}) не вдалося прочитати, або вона ще попереду, тож її пропущено; пишіть як {forms}"
    ),
    "the table holds no rows": "у таблиці немає рядків",
    # what is in the library already
    "the same article is in the library as {title}": "ця сама стаття вже є в бібліотеці: {title}",
    "it carries the same story as {title}": "у ній те саме, що в {title}",
}
"""Why something was not added, or that it is a copy: the words of ``vectorstore``, which speaks English."""

TEXTS: Mapping[Language, Texts] = {"en": ENGLISH, "uk": UKRAINIAN}
COOKIE = "language"
"""Where a browser keeps the language that its reader chose."""

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-[\w-]+)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?")


def _translated(text: str) -> str | None:
    """One sentence, or several with a space between; what has no translation ends it and stays."""
    for pattern, translation in _sentences():
        if found := pattern.match(text):
            said, rest = translation.format_map(found.groupdict()), text[found.end() :].lstrip(" ")
            return f"{said} {_translated(rest) or rest}".rstrip()
    return None


@cache
def _sentences() -> tuple[tuple[re.Pattern[str], str], ...]:
    """How each sentence begins a text, the longest first, because shorter ones may begin it too."""
    made = []
    translations = {**UKRAINIAN_SENTENCES, **UKRAINIAN_REFUSALS}
    for english in sorted(translations, key=len, reverse=True):
        parts = re.split(r"\{(\w+)\}", english)
        parts[::2] = map(re.escape, parts[::2])
        parts[1::2] = [f"(?P<{name}>.+?)" for name in parts[1::2]]
        made.append((re.compile("".join(parts) + r"(?= |$)", re.DOTALL), translations[english]))
    return tuple(made)


def of(language: Language) -> Texts:
    """The texts in ``language``."""
    return TEXTS[language]


def preferred(accepted: str, chosen: str | None = None) -> Texts:
    """The texts for a browser: in the language that its reader chose, else the first of ``Accept-Language`` we have."""
    for language in get_args(Language):
        if chosen == language:
            return TEXTS[language]
    ranked: list[tuple[float, Language]] = []
    for part in accepted.split(","):
        if match := _LANGUAGE.fullmatch(part.strip()):
            ranked += [
                (float(match[2] or 1), language) for language in get_args(Language) if language == match[1].lower()
            ]
    best = max((weight for weight, _ in ranked), default=0.0)
    return next((TEXTS[language] for weight, language in ranked if weight == best > 0), ENGLISH)
