"""Texts of the page that are not in the catalogue of ``assistant.messages`` yet.

``Texts`` holds what a reader sees; its defaults are the English, ``UKRAINIAN`` is the other language so far. What the
terminal says stands above it, in English. Texts with a number come as ``wording.counted`` takes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
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
    question_too_long: str = "The question is {length} characters long; {limit} are accepted. Please shorten it."
    question_in_progress: str = "An answer is still being written in this tab. Wait for it, or stop it."
    page_failed: str = (
        "The page itself failed, not the library. Ask again; if it happens twice, the terminal says more."
    )
    not_kept: str = "This conversation cannot be kept: {reason}"
    waiting_in_line: str = "Many questions are being answered at the moment. Yours is number {position} in line."
    read_only: str = (
        "Another process owns this library, so it can be read but not changed here. "
        "Close that process and start this page again to add articles."
    )

    welcome: str = "What would you like to know?"
    holdings: str = "Answers come from the {articles} of your library alone."
    add_files: str = "Add files"
    add_hint: str = (
        "or drop them here: text, Markdown, web pages, PDF, DOCX, ODT, RTF, EPUB, mail, feeds, JSONL, CSV, or ZIP and "
        "TAR of these, up to {megabytes} MB each"
    )
    upload_failed: str = "The files could not be kept: {reason}. Nothing was added."

    count_articles: str = "article|articles"
    source_pane: str = "Source"

    @property
    def words(self) -> Translator:
        """The catalogue in the same language."""
        return translator(self.language)

    def said(self, text: str) -> str:
        """Sentences of the assistant, and reasons of the library, in the reader's language."""
        return self.words.gettext(text)

    def counted(self, count: int, forms: str) -> str:
        """``1 article``, ``1,204 articles``; ``forms`` is one of the ``count_…`` texts."""
        return wording.counted(count, forms, self.language)

    def number(self, value: int) -> str:
        return wording.number(value, self.language)


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
    question_too_long="Запитання має {length} символів, а приймається {limit}. Скоротіть його, будь ласка.",
    question_in_progress="У цій вкладці ще пишеться відповідь. Зачекайте або зупиніть її.",
    page_failed="Збій самої сторінки, не бібліотеки. Запитайте ще раз; якщо повториться, подробиці є в терміналі.",
    not_kept="Цю розмову неможливо зберегти: {reason}",
    waiting_in_line="Зараз відповідаємо на багато запитань. Ваше — {position}-те в черзі.",
    read_only=(
        "Цією бібліотекою володіє інший процес, тож тут її можна читати, але не змінювати. "
        "Закрийте той процес і запустіть сторінку знову, щоб додавати статті."
    ),
    welcome="Що ви хотіли б дізнатися?",
    holdings="Відповіді беруться лише з вашої бібліотеки: {articles}.",
    add_files="Додати файли",
    add_hint="або перетягніть їх сюди: текст, Markdown, вебсторінки, PDF, DOCX, ODT, RTF, EPUB, листи, стрічки новин, "
    "JSONL, CSV чи архіви ZIP і TAR з ними, до {megabytes} МБ кожен",
    upload_failed="Файли не вдалося зберегти: {reason}. Нічого не додано.",
    count_articles="стаття|статті|статей",
    source_pane="Джерело",
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

TEXTS: Mapping[Language, Texts] = {"en": ENGLISH, "uk": UKRAINIAN}
COOKIE = "language"
"""Where a browser keeps the language that its reader chose."""

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-[\w-]+)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?")


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
