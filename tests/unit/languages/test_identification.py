import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.languages import identification

TEXTS = {
    "en": "Click on the button if you want to save your changes.",
    "de": "Klicken Sie auf die Schaltfläche, um die Änderungen zu speichern.",
    "es": "Haga clic en el botón si no desea guardar los cambios.",
    "fr": "Cliquez sur le bouton pour enregistrer les modifications.",
    "it": "Fare clic sul pulsante se non si vuole salvare le modifiche di questo file.",
    "pt": "Clique no botão se não quiser salvar as alterações do ficheiro.",
    "nl": "Klik niet op de knop als een ander bestand door u is geopend.",
    "cs": "Klepněte na tlačítko, pokud chcete změny uložit.",
    "pl": "Kliknij przycisk, jeśli nie chcesz zapisać zmian w pliku, który jest otwarty.",
    "sv": "Klicka på knappen om du inte vill spara ändringarna.",
    "fi": "Napsauta painiketta, jos haluat että muutokset tallennetaan, kun ohjelma suljetaan.",
    "hu": "Kattintson a gombra, ha az a fájl nem mentett, és egy új nevet adjon meg.",
    "tr": "Değişiklikleri kaydetmek için düğmeye tıklayın ve bir dosya seçin.",
    "vi": "Nhấp vào nút để lưu các thay đổi của bạn.",
    "ru": "Нажмите кнопку, если вы не хотите сохранить это для себя.",
    "uk": "Натисніть кнопку, якщо ви не хочете зберегти її у файлі.",
    "ar": "انقر على هذا الزر إذا كان من الملفات التي لا تريد",
    "hi": "परिवर्तन सहेजने के लिए बटन पर क्लिक करें और यह है",
    "zh": "如果要保存更改，请点击按钮。", "ja": "変更を保存するには、ボタンをクリックします。",
    "ko": "변경 사항을 저장하려면 단추를 누르십시오.",
    "el": "Κάντε κλικ στο κουμπί.", "th": "คลิกปุ่มเพื่อบันทึกการเปลี่ยนแปลง",
    "he": "לחץ על הכפתור", "ta": "மாற்றங்களைச் சேமிக்க",
}  # fmt: skip


@pytest.mark.parametrize("lang", TEXTS)
def test_languages_are_told_apart(lang):
    assert identification.language(TEXTS[lang]) == lang


@pytest.mark.parametrize("text", ["", "  ", "42 %", "LibreOffice Calc", "{name}: %s", "Datei speichern", "OK"])
def test_what_does_not_tell_is_unknown(text):
    assert identification.language(text) is None


@pytest.mark.parametrize("expected", TEXTS)
def test_texts_of_a_language_are_not_of_another(expected):
    found = {
        lang
        for lang, text in TEXTS.items()
        if identification.is_other_language(text, expected) or identification.is_other_script(text, expected)
    }
    assert expected not in found
    assert found >= set(TEXTS) - {expected} - {"pt", "es", "it", "fr", "uk", "ru"}  # relatives share too much


def test_a_word_may_be_chinese_and_japanese():
    assert not identification.is_other_language("変更", "ja") and not identification.is_other_language("数据库管理", "zh")


@pytest.mark.parametrize("lang", ["xx", "tlh", "sw", "yo"])
def test_of_languages_that_are_not_known_nothing_is_said(lang):
    assert not identification.is_other_language(TEXTS["en"], lang)


@pytest.mark.parametrize(("text", "lang", "is_other"), [
    ("Öffnen Sie den LibreOffice Writer Navigator", "de", False),
    ("打开 LibreOffice Calc 和 Writer", "zh", False),
    ("Open the file", "zh", True),
    ("打开文件", "de", True),
    ("Открыть файл Microsoft Office Word", "ru", False),
    ("", "zh", False),
    ("100 %", "zh", False),
    ("打开文件", "xx", False),
])  # fmt: skip
def test_names_may_be_in_another_script(text, lang, is_other):
    assert identification.is_other_script(text, lang) == is_other


def test_words_in_codes_do_not_speak():
    assert not identification.is_other_language("%s:%u: Lesefehler <a href=\"the-of-is\">", "de")


@given(st.text(), st.sampled_from(["de", "zh", "sr", "xx", "pt-BR"]))
def test_any_text_gets_an_answer(text, lang):
    assert identification.language(text) is None or isinstance(identification.language(text), str)
    assert identification.is_other_language(text, lang) in (True, False)
    assert identification.is_other_script(text, lang) in (True, False)
