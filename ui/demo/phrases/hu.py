"""Hungarian fragments."""

from ui.demo.phrases.grammar import Grammar

HU = Grammar(
    openings=(
        "Őszintén:",
        "[Gyors|Rövid] frissítés:",
        "[Egy hónap|Két hét|Tíz edzés] után:",
        "Aki kérdezte:",
        "Ma a [téren|pályán] gurultunk.",
        "Nem reklám:",
    ),
    positive=(
        "A {p} [szuper|fantasztikus|zseniális], a tapadás tökéletes.",
        "A legjobb deszkás cipőm egyértelműen a {p}.",
        "A {b} ügyfélszolgálata [remek|nagyszerű], [egy órán|tíz percen] belül válaszoltak.",
        "Nagyon elégedett vagyok a {b} rendelésemmel, [egy nappal korábban|két nap alatt] megjött.",
        "A {p} mérete pont jó, és az első naptól kényelmes.",
        "[Negyven|Hatvan] edzés után is olyan a {p}, mint új, kiváló minőség.",
        "Gyönyörűek a {b} új színei.",
        "A {b} ingyen kicserélte a méretet, köszönöm!",
        "Mindenkinek ajánlom a {p} cipőt, minden forintot megér.",
        "Imádom, ahogy a {b} támogatja [a helyi pályát|a kis csapatunkat].",
    ),
    negative=(
        "A {p} [két hét|öt edzés] után szétszakadt, nagyot csalódtam.",
        "Borzalmas a {b} ügyfélszolgálata, senki sem válaszol [az e-mailjeimre|az üzeneteimre].",
        "A {p} talpa rögtön levált, pocsék minőség ennyi pénzért.",
        "A {b} [kétszer is|megint] rossz méretet küldött, nagyon idegesítő.",
        "Bánom, hogy megvettem a {p} cipőt, fáj benne a [sarkam|lábujjam].",
        "A {b} túl drága lett, többet nem veszek ott.",
        "A {p} túl szűk, a visszaküldés pedig rémálom volt.",
        "A {p} fűzője az első napon elszakadt, gyenge holmi.",
    ),
    late=(
        "Még mindig várom a {b} csomagomat, már [kilenc|tizenkét] napja késik, borzasztó.",
        "A {b} [péntekre|múlt hétre] ígérte a szállítást, semmi nem jött, felháborító.",
        "Elakadt valahol a {p}, a {b} pedig nem válaszol, dühös vagyok.",
        "Katasztrófa a {b} szállítása ezen a héten, lemondtam a rendelést.",
    ),
    neutral=(
        "Kapható a {p} [47-es|45 és feles] méretben?",
        "Tudja valaki, mikor lesz újra [42-es méret|szürke szín] a {b} kínálatában?",
        "Összehasonlítom a {p} cipőt a régivel, mielőtt döntök.",
        "A {p} nálam [390|402|410] grammot nyom.",
        "A {b} idén [négy|öt] színben árulja a cipőt.",
        "Ebben a klipben a {p} van rajtam, [a téren|a pályán] vettük fel.",
        "A {b} szombaton [kilenckor|tízkor] nyit.",
    ),
    closings={
        1: ("Újra megvenném.", "Köszi, csapat!", "Próbáljátok ki.", "Nagyon bejön."),
        0: ("Tipp valakinek?", "Részletek a hozzászólásokban.", "Csak úgy mondom."),
        -1: ("Soha többet.", "Nagy csalódás.", "Kár a pénzért."),
    },
    titles=("{p} [egy hónap után|betonon|esőben]", "[Kérdés|Megjegyzés]: {b}", "A {b} rendelésem"),
    noise=(
        "[Három|Öt] hét után végre megvan a kickflip.",
        "Új gördeszkapálya nyílik a folyónál [tavasszal|nyáron].",
        "A járdaszegély nehezebb, mint [hittem|aminek látszik].",
        "Ma heelside 20 próba, és még mindig elesek.",
        "Milyen kerék jó durva aszfaltra, [52|54] mm?",
    ),
    noise_titles=("Deszkás napló [12|31|40]", "Hírek a pályáról"),
    code_offer=("A {code} kóddal {pct} % kedvezmény jár.", "{pct} % kedvezmény a {code} kóddal."),
)
