"""Polish fragments."""

from ui.demo.phrases.grammar import Grammar

PL = Grammar(
    openings=(
        "Szczerze:",
        "[Krótka|Szybka] aktualizacja:",
        "Po [miesiącu|dwóch tygodniach|dziesięciu sesjach]:",
        "Dla pytających:",
        "Dziś sesja na [placu|skateparku].",
        "Bez reklamy:",
    ),
    positive=(
        "{p} są [świetne|genialne|rewelacyjne], przyczepność do deski jest super.",
        "Najlepsze buty na deskę, jakie miałem, {p} bez dwóch zdań.",
        "Obsługa w {b} jest [świetna|wspaniała], odpisali w [godzinę|dziesięć minut].",
        "Bardzo zadowolony z zamówienia w {b}, przyszło [dzień wcześniej|w dwa dni].",
        "Rozmiar {p} leży idealnie, są wygodne od pierwszego dnia.",
        "Po [czterdziestu|sześćdziesięciu] sesjach moje {p} wyglądają jak nowe, super jakość.",
        "Nowe kolory od {b} są piękne.",
        "W {b} wymienili mi rozmiar za darmo, dziękuję.",
        "Polecam {p} każdemu, warte każdej złotówki.",
        "Uwielbiam to, jak {b} wspiera [nasz skatepark|lokalną scenę].",
    ),
    negative=(
        "{p} rozpadły się po [dwóch tygodniach|pięciu sesjach], jestem bardzo rozczarowany.",
        "Fatalna obsługa w {b}, nikt nie odpisuje na moje [maile|wiadomości].",
        "Podeszwa w {p} odkleiła się od razu, okropna jakość za tę cenę.",
        "{b} [dwa razy|znowu] przysłało zły rozmiar, strasznie irytujące.",
        "Żałuję zakupu {p}, bolą mnie [pięty|palce].",
        "W {b} zrobiło się za drogo, więcej tam nie kupię.",
        "{p} są za wąskie, a zwrot to był koszmar.",
        "Sznurówki w {p} pękły pierwszego dnia, słaby towar.",
    ),
    late=(
        "Wciąż czekam na zamówienie z {b}, już [dziewięć|dwanaście] dni spóźnienia, masakra.",
        "{b} obiecało dostawę [w piątek|tydzień temu] i nic, fatalnie.",
        "Moje {p} gdzieś utknęły, a {b} milczy, jestem wściekły.",
        "Dostawy z {b} to w tym tygodniu katastrofa, anulowałem zamówienie.",
    ),
    neutral=(
        "Czy {p} są w rozmiarze [47|45,5]?",
        "Ktoś wie, kiedy w {b} znowu będzie [rozmiar 42|szary kolor]?",
        "Porównuję {p} ze starymi butami, zanim się zdecyduję.",
        "{p} ważą u mnie [390|402|410] gramów.",
        "W {b} są w tym sezonie [cztery kolory|trzy kolory].",
        "W tym klipie mam na nogach {p}, nagrane [na placu|w skateparku].",
        "{b} otwiera w sobotę o [dziewiątej|dziesiątej].",
    ),
    closings={
        1: ("Kupię jeszcze raz.", "Dzięki, ekipo!", "Sprawdźcie sami.", "Super sprawa."),
        0: ("Ktoś coś wie?", "Szczegóły w komentarzach.", "Tak tylko piszę."),
        -1: ("Nigdy więcej.", "Wielki zawód.", "Szkoda pieniędzy."),
    },
    titles=("{p} [po miesiącu|na betonie|w deszczu]", "[Pytanie|Uwaga] o {b}", "Moje zamówienie w {b}"),
    noise=(
        "Po [trzech|pięciu] tygodniach w końcu ustałem kickflipa.",
        "Nowy skatepark nad rzeką otworzą [wiosną|latem].",
        "Ollie przez krawężnik jest trudniejsze, niż [wygląda|myślałem].",
        "Ćwiczyłem heelside 20 razy i dalej leżę.",
        "Jakie kółka na szorstki asfalt, [52|54] mm?",
    ),
    noise_titles=("Dziennik deskorolkowy [12|31|40]", "Wieści ze skateparku"),
    code_offer=("Z kodem {code} macie {pct} % taniej.", "Kod {code} daje {pct} % zniżki."),
)
