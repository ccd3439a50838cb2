"""In which language a text seems to be, by its script and its function words: a light check, no classifier.

Knows the languages of FUNCTION_WORDS and those that have a script to themselves; of others it says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from itertools import chain

from mtpipe.languages import scripts
from mtpipe.languages.tags import primary_subtag
from mtpipe.languages.tokenization import words

# scripts that, as far as translations go, belong to one language
_ALONE = {"GREEK": "el", "HEBREW": "he", "THAI": "th", "GEORGIAN": "ka", "ARMENIAN": "hy", "BENGALI": "bn",
          "TAMIL": "ta", "TELUGU": "te", "GUJARATI": "gu", "GURMUKHI": "pa", "MALAYALAM": "ml", "KANNADA": "kn",
          "SINHALA": "si", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "ETHIOPIC": "am", "TIBETAN": "bo",
          "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh"}  # fmt: skip
_HAN = frozenset(("zh", "ja", "ko"))
_ALIASES = {"bs": "hr", "hbs": "hr", "no": "nb", "nn": "nb", "ms": "id", "iw": "he"}
_SERBIAN = "i je u na se za da su od s ili ne koji kao to iz po će bi ako nije koja samo ova"
# words that a text of some length can hardly do without
FUNCTION_WORDS = {language: frozenset(text.split()) for language, text in {
    "en": "the and of to is this for with be are a an in on as it you your not can or by from at that if do i no",
    "de": "der die das und ist den zu für mit ein eine einen einer von im in nicht werden wird sie auf dem des oder",
    "es": "el la los las de que en un una para con por se del no es o y a al si su lo más como este",
    "cs": "a v se na je pro do z s k o to nebo ze pokud že nelze jako při po od jsou není ve i zda která který",
    "fr": "le la les des et est de un une dans pour que du au en sur pas ne ce cette par ou vous avec à il",
    "it": "il lo la gli di che è un una per con non del della in da al si le dei nel sono o e questo",
    "pt": "o a os as de que em um uma para com não do da é no na se por ao ou este esta e",
    "nl": "de het een en van is niet op te voor met dat in of aan u als om deze door naar bij",
    "pl": "w i z na się do nie jest to że dla lub o od po przez są tego jako a",
    "sv": "och att det som en ett är på för inte av med i om den till eller du kan från",
    "da": "og at det som en et er på for ikke af med i om den til eller du kan fra",
    "nb": "og å det som en et er på for ikke av med i om den til eller du kan fra",
    "fi": "ja on ei että se tai kun voi ole myös mutta jos joka ovat tämä sen jotka kuin vain niin",
    "et": "ja on ei et see või kui ka oma seda mis selle ning siis kas olla saab ole",
    "hu": "a az és egy hogy nem is van ez meg vagy csak ha azt el minden ki ezt de kell lehet",
    "ro": "și de la în cu nu este pe un o care se din să pentru sau mai sunt dacă al ale",
    "sk": "a sa na je v nie že s z pre do ako ktoré alebo pri od ak sú to po nie je môže",
    "sl": "in je na za se v ne da so z ki pri ali če to kot tudi po iz lahko ni",
    "hr": _SERBIAN, "sr": f"{_SERBIAN} и је у на се за да су од са или не који као то из по ће ако није",
    "lt": "ir yra į kad su ne tai iš kaip ar bet jei nėra už prie šis per buvo gali",
    "lv": "un ir uz ar no lai kas vai nav par šis kā to ja tiek ka var",
    "tr": "ve bir bu için ile de da olarak veya daha çok değil olan gibi kadar ise ne her var",
    "id": "dan yang di untuk dengan dari ini tidak atau pada adalah dalam akan ke itu anda dapat",
    "vi": "và của là các có không trong được cho một với này để khi những người từ đã",
    "ca": "el la els les de que i en un una per amb no és o del al si com més aquest aquesta",
    "gl": "o a os as de que e en un unha para con por non é ou do da no na se máis",
    "eu": "eta da ez du bat izan hau edo dira zen baina dago nahi duen ere",
    "sq": "dhe në të e për me një nuk është që nga si do ose ky kjo",
    "is": "og að er í á sem það til við en með um ekki fyrir eða þú",
    "af": "die en van is in het nie vir met dat te op wat as om hierdie of jy",
    "tl": "ang ng sa na ay mga at hindi ito para kung o",
    "ru": "и в не на что с по для как это из к от или при за если его но вы",
    "uk": "і в не на що з для як це до від або при за та якщо є його але у ви",
    "bg": "и в не на да за се от с е че по това като или при ако са със",
    "mk": "и во не на да за се од со е што по ова како или ако се",
    "be": "і ў не на што з для як гэта да ад або пры за калі вы",
    "ar": "في من على إلى أن هذا التي لا ما عن هو مع كان هذه أو",
    "fa": "و در به از که این است را با برای آن یا می یک شود",
    "ur": "کے میں کی اور ہے سے کا کو پر نے یہ کہ ہیں",
    "hi": "के में की और है से का को पर ने यह कि हैं",
    "mr": "आणि आहे या ते हे नाही व मध्ये साठी असे",
    "ne": "र छ को मा छन् यो हो लागि गर्न",
}.items()}  # fmt: skip
# letters beside the common ones of its script that a language writes
_LETTERS = {
    "de": "äöüß", "es": "ñáéíóú¿¡", "fr": "çèêàâùœéîô", "it": "àèìòù", "pt": "ãõçáéêóâ", "pl": "ąćęłńśźżó",
    "cs": "ěščřžýáíéúůďťň", "sk": "ľĺŕôäčďžšťňýáíéú", "sl": "čšž", "hr": "čćšžđ", "sr": "čćšžđђћџљњј",
    "hu": "őűáéíóúöü", "ro": "ăâîșțşţ", "sv": "åäö", "da": "æøå", "nb": "æøå", "fi": "äö", "et": "äöõü",
    "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "tr": "çğıöşü", "vi": "ăâđêôơưạảấầậếềệộớờợụứừựị", "ca": "àçèéíïòóúü",
    "gl": "ñáéíóú", "sq": "ëç", "is": "ðþæöáéíóúý", "ru": "ыэёъщ", "uk": "іїєґщ", "bg": "ъщ", "mk": "ѓќѕџљњј",
    "be": "ўіыэё", "fa": "پچژگیک", "ur": "ٹڈڑےںیکگ", "eu": "ñ", "af": "êëô", "nl": "ëï",
}  # fmt: skip
_SIGNS = {lang: words | set(_LETTERS.get(lang, "")) for lang, words in FUNCTION_WORDS.items()}
_WEIGHT = {sign: 1 / n for sign, n in Counter(chain.from_iterable(_SIGNS.values())).items()}  # shared, it says less
_LANGUAGES = {sign: [lang for lang, signs in _SIGNS.items() if sign in signs] for sign in _WEIGHT}
_LETTER = frozenset("".join(_LETTERS.values()))
_AROUND = ".,;:!?…()\"'„“”«»–—،؟।"
_SENTENCE = 10  # characters; fewer may well be without kana in Japanese
_OWN_WORDS = 0.2  # at least so many are in the language's own script; the rest may be names and terms
_ENOUGH, _LEAD = 1.0, 1.5  # of a language before the next one, to be named
_WORDS_OTHER = 2  # of another language, and none of the one expected, are enough to be sure; else so much is:
_ENOUGH_OTHER, _LEAD_OTHER = 1.5, 4.0


def language(text: str) -> str | None:
    """The language that text seems to be in, as a primary subtag; None where it does not tell."""
    counts = _scripts(text)
    if not counts:
        return None
    script = max(counts, key=lambda name: (counts[name], name))
    if counts["HIRAGANA"] + counts["KATAKANA"] > counts["CJK"] / 10:
        script = "HIRAGANA"
    if script in _ALONE:
        return _ALONE[script]
    signs = _signs(text)
    (most, lang), (second, _) = sorted(((_weight(signs, name), name) for name in _SIGNS), reverse=True)[:2]
    return lang if most >= _ENOUGH and most >= _LEAD * second else None


def is_other_script(text: str, lang: str) -> bool:
    """Whether hardly a word is in the language's own script; False for a language whose script is not known."""
    own = scripts.of_language(lang)
    if "LATIN" in own and text.isascii():
        return False
    counts = _scripts(text)
    return bool(own) and sum(counts[name] for name in own) < _OWN_WORDS * counts.total()


def is_other_language(text: str, lang: str) -> bool:
    """Whether words and letters speak for another language than lang, and hardly for it; False for one not known."""
    own = primary_subtag(lang)
    own = _ALIASES.get(own, own)
    if own in _HAN:  # they share characters
        return len(text) >= _SENTENCE and language(text) in _HAN - {own}
    if own not in _SIGNS:
        return False
    signs = _signs(text)
    others = signs - _SIGNS[own]
    if not others:  # as in most texts: no language has more of them
        return False
    if others == signs and any(len(signs & common) >= _WORDS_OTHER for common in FUNCTION_WORDS.values()):
        return True
    most = max(_weight(signs, name) for name in {name for sign in others for name in _LANGUAGES[sign]})
    return most >= _ENOUGH_OTHER and most >= _LEAD_OTHER * _weight(signs, own)


def _scripts(text: str) -> Counter[str]:
    """How many words are in which script; a character of Chinese or Japanese is one."""
    return Counter(scripts.of_character(word[0]) for word in words(text) if word[0].isalpha())


def _signs(text: str) -> frozenset[str]:
    """The words that stand by themselves (not those in codes), and the letters that not all languages have."""
    text = text.lower()
    return frozenset(word.strip(_AROUND) for word in text.split()) & _WEIGHT.keys() | _LETTER & set(text)


def _weight(signs: Set[str], lang: str) -> float:
    return sum(_WEIGHT[sign] for sign in signs & _SIGNS[lang])
