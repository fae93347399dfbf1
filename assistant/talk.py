"""Small talk: a greeting, a thank you, "who are you?", "help". A short honest answer, without search, without a model.

Only what is nothing but small talk counts: "Hello, who won the final?" is a question, and so is "OK Computer".
"""

from __future__ import annotations

import re
from typing import Final, Literal

Talk = Literal["greeting", "feeling", "thanks", "bye", "nod", "who", "help", "scolding"]

_SAID: Final[dict[Talk, str]] = {
    "greeting": r"(?:hi|hiya|hello|hey|howdy|greetings|good (?:morning|afternoon|evening|day))(?: (?:there"
    r"|again|everyone|all"
    r"|assistant|bot))?|привіт|вітаю|вітання|доброго (?:дня|ранку|вечора)|добрий (?:день|ранок|вечір)|здрастуйте"
    r"|здоров|hallo|guten (?:tag|morgen|abend)|bonjour|bonsoir|salut|hola|buenos d[ií]as|buenas|ciao|buongiorno"
    r"|cześć|dzień dobry|ol[áa]",
    "feeling": r"how are you(?: (?:doing|today))*|how(?: i|['’])s it going|how do you do|what(?:['’]s| is) up"
    r"|nice to meet you"
    r"|як (?:справи|ся маєш|ви|ти)|wie geht(?:['’]s| es)(?: (?:dir|ihnen))?|ça va",
    "thanks": r"(?:many |ok(?:ay)? )?(?:thanks|thank you|thx|cheers)(?: (?:a lot|very much|so much|again|for "
    r"(?:your |the )?"
    r"(?:help|information|info|answer)|you))?|(?:щиро |дуже )?дякую(?: (?:дуже|тобі|вам))?|спасибі|danke(?: "
    r"schön| sehr)?"
    r"|merci(?: beaucoup)?|(?:muchas )?gracias|grazie(?: mille)?|dzięki|dziękuję|obrigad[oa]",
    "bye": r"(?:good)?bye(?: bye)?|good night|see you(?: (?:later|soon|tomorrow))?|(?:have a )?(?:nice|good) "
    r"day|ciao ciao"
    r"|до побачення|бувай(?:те)?|на все добре|tschüss|auf wiedersehen|au revoir|adi[óo]s|do widzenia",
    "nod": r"ok(?:ay)?|k|fine|good|great|nice|cool|super|perfect|excellent|wow|oh|ah|aha|hm+|well|yes|yeah|yep"
    r"|no|nope|sure"
    r"|all ?right|right|i (?:see|understand)|understood|got it|good to know|(?:very |that is |that['’]s )?interesting"
    r"|that(?: i|['’])s (?:all|fine|good|great|it|enough)|never ?mind|lol|ha(?:ha)+|добре|гаразд|ок|так|ні"
    r"|зрозуміло|ясно|чудово",
    "who": r"who (?:are|r) (?:you|u)|what are you|(?:what(?:['’]s| is)) your name|are you (?:an? |the )?(?:real"
    r"|human|person|robot"
    r"|bot|chatbot|ai|machine|chatgpt|gpt|llm|language model)(?: person| being)?|who (?:made|built|created|wrote) you"
    r"|introduce yourself|(?:хто|що) (?:ти|ви)(?: так(?:ий|а|е|і))?|як (?:тебе|вас) звати|(?:ти|ви) (?:людина"
    r"|бот|робот)"
    r"|wer bist du|wer sind sie|qui es-tu|qui êtes-vous",
    "help": r"(?:please )?help(?: me)?(?: please)?|what can (?:you|i|one) (?:do|ask)(?: (?:for me|here|you|about))*"
    r"|what do you do|how (?:do|can|should) i (?:use|ask)(?: (?:you|this|it))?|how do you work|what are you "
    r"(?:for|able to do)"
    r"|допоможи(?:ть|те)?|допомога|що (?:ти|ви) (?:вмієш|вмієте|можеш|можете)(?: робити)?|як (?:цим|тобою|вами) "
    r"користуватися",
    "scolding": r"(?:you(?: a|['’])?re?|u r|this is|that(?: i|['’])s|what|are you)? ?(?:(?:an? |so |really "
    r"|very |such |just |complete"
    r"|total |fucking |bloody )*)(?:stupid|idiot(?:ic)?|dumb|useless|rubbish|crap|bullshit|nonsense|moron|a "
    r"liar|liar|garbage"
    r"|shit|terrible|awful|worthless|trash)(?: (?:bot|machine|robot|answer|thing))?|(?:you|this|it) sucks?|fuck "
    r"(?:you|off)"
    r"|shut up|i hate (?:you|this)|(?:ти |ви )?(?:дурень|дурна|ідіот|бовдур|нездара|тупий|тупа)|маячня|нісенітниця",
}
_FORMS = tuple((kind, re.compile(pattern)) for kind, pattern in _SAID.items())
_PARTS = re.compile(r"[\s]*[,.!?;:()…–—-]+[\s]*|\s+(?:and|and also)\s+")
_SYMBOLS = re.compile(r"[^\w\s,.!?;:'’()…–—-]+")
_LEAST: Final[tuple[Talk, ...]] = ("nod", "greeting", "feeling")
"""What is answered only where nothing else is said as well, the least first."""

LONGEST = 120
"""Characters of small talk."""

_ENGLISH: Final[dict[Talk, str]] = {
    "greeting": "Hello. {offer}",
    "feeling": "I am a program and have no moods, but I am ready. {offer}",
    "thanks": "You are welcome. Ask on whenever you like.",
    "bye": "Goodbye.",
    "nod": "Ask on whenever you like; “tell me more” goes on with the last matter.",
    "who": "I am a program that answers questions from the articles of this library and from nothing else. "
    "{writer} {offer}",
    "help": "{offer} Name a time (“last week”, “in August 2024”) or an outlet to narrow the search. “What do "
    "you have about "
    "…?”, “Which sources do you have?” and “List the newest articles” tell what the library holds. {writer}",
    "scolding": "I am sorry that this did not help. Tell me what you were looking for in other words. {offer}",
}
_UKRAINIAN: Final[dict[Talk, str]] = {
    "greeting": "Вітаю. {offer}",
    "feeling": "Я програма і настрою не маю, але до роботи готова. {offer}",
    "thanks": "Будь ласка. Питайте далі, коли захочете.",
    "bye": "До побачення.",
    "nod": "Питайте далі, коли захочете.",
    "who": "Я програма, яка відповідає на запитання лише за статтями цієї бібліотеки. {writer} {offer}",
    "help": "{offer} Назвіть час або видання, щоб звузити пошук. {writer}",
    "scolding": "Шкода, що це не допомогло. Скажіть іншими словами, що ви шукаєте. {offer}",
}
_OFFERS = {
    "en": (
        "The library is empty so far; add articles, then ask about them.",
        "Ask me about the {count} of this library; what I answer points to the words in them that carry it.",
    ),
    "uk": (
        "Бібліотека поки що порожня; додайте статті, а тоді питайте про них.",
        "Питайте про статті цієї бібліотеки (їх {count}); кожна відповідь вказує на слова статті, які її "
        "підтверджують.",
    ),
}
_WRITERS = {
    "en": (
        "I quote their sentences as they stand.",
        "The model {model} words my answers, and each is checked against them.",
    ),
    "uk": ("Я наводжу речення статей дослівно.", "Відповіді формулює модель {model}, і кожну перевірено за статтями."),
}


def is_small_talk(text: str) -> bool:
    """Whether ``text`` is nothing but small talk."""
    return _kind(text) is not None


def small_talk(text: str, *, articles: int, model: str | None) -> str | None:
    """What to say to ``text``, in English or Ukrainian; ``None`` where it is no small talk.

    ``articles`` is how many the library holds; ``model`` the chat model's name, ``None`` where sentences are quoted.
    """
    kind = _kind(text)
    if kind is None:
        return None
    language = "uk" if re.search(r"[\u0400-\u04ff]", text) else "en"
    empty, full = _OFFERS[language]
    count = str(articles) if language == "uk" else f"{articles:,} article{'s' if articles != 1 else ''}"
    quoting, writing = _WRITERS[language]
    form = (_UKRAINIAN if language == "uk" else _ENGLISH)[kind]
    offer = full.format(count=count) if articles else empty
    return form.format(offer=offer, writer=writing.format(model=model) if model else quoting).strip()


def _kind(text: str) -> Talk | None:
    plain = _SYMBOLS.sub(" ", text.casefold()).strip()
    if not plain or len(plain) > LONGEST:
        return None
    whole = _kind_of(" ".join(_PARTS.sub(" ", plain).split()))
    if whole:
        return whole
    found = [_kind_of(" ".join(part.split())) for part in _PARTS.split(plain) if part.strip()]
    kinds = [kind for kind in found if kind is not None]
    if not kinds or len(kinds) < len(found):
        return None
    return max(kinds, key=lambda kind: _LEAST.index(kind) if kind in _LEAST else len(_LEAST))


def _kind_of(part: str) -> Talk | None:
    return next((kind for kind, form in _FORMS if form.fullmatch(part)), None)
