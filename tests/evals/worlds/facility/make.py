"""Writes the papers of a German facility-management firm that does not exist: `python make.py FOLDER`.

Its words, its kinds of documents and its labels are its own; apps.yaml says what apps must find in them.
"""

import csv
import json
import sys
from pathlib import Path

from docx import Document
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches

D = Path(sys.argv[1]) / "docs"
D.mkdir(parents=True, exist_ok=True)
A, W, E = "Kreisklinik Ammertal", "Logistikpark Wismar", "Schulverband Elbaue"


def meta(name, **a):
    (D / f"{name}.metadata.json").write_text(json.dumps({"Attributes": a}, ensure_ascii=False))


def table(d, rows):
    t = d.add_table(rows=0, cols=len(rows[0]))
    t.style = "Table Grid"
    for r in rows:
        c = t.add_row().cells
        for i, x in enumerate(r):
            c[i].text = str(x)


def status(name, kunde, monat, stand, ampel, lage, zahlen, maengel, massnahmen, risiken):
    d = Document()
    d.add_heading(f"Statusbericht {monat} – {kunde}", 0)
    table(d, [["Objekt", "Berichtsmonat", "Ampel"], [kunde, monat, ampel]])
    d.add_heading("Kurzfassung", 1)
    [d.add_paragraph(x) for x in lage]
    d.add_heading("Leistungskennzahlen", 1)
    table(d, [["Kennzahl", "Vereinbart", "Ist"], *zahlen])
    d.add_heading("Mängel und Störungen", 1)
    table(d, [["Störungsnummer", "Anlage", "gemeldet am", "behoben am", "Ursache"], *maengel])
    d.add_heading("Risiken", 1)
    [d.add_paragraph(x, style="List Bullet") for x in risiken]
    d.add_heading("Maßnahmen", 1)
    table(d, [["Maßnahme", "Zuständig", "Frist", "Stand"], *massnahmen])
    d.save(D / name)
    meta(name, kunde=kunde, dokumentart="Statusbericht", stand=stand, vertraulichkeit="Kunde")


status(
    "statusbericht-ammertal-2026-07.docx",
    A,
    "Juli 2026",
    "2026-08-04",
    "grün",
    ["Der Monat verlief ruhig.", "Die Grundreinigung der OP-Säle ist abgeschlossen."],
    [
        ["Reaktionszeit bei Störungen", "höchstens 2 h", "1,8 h"],
        ["Reinigungsqualität (Audit)", "90 %", "92 %"],
        ["Verfügbarkeit der Aufzüge", "98,5 %", "99,1 %"],
        ["Offene Mängel", "höchstens 10", "8"],
    ],
    [["ST-2201", "Aufzug 3", "09.07.2026", "10.07.2026", "Türsensor"]],
    [["Filter der Lüftung im OP tauschen", "Brückner", "31.08.2026", "offen"]],
    ["Der Wartungsvertrag des Aufzugherstellers läuft aus."],
)
status(
    "statusbericht-ammertal-2026-10.docx",
    A,
    "Oktober 2026",
    "2026-11-05",
    "gelb",
    [
        "Zwei Ausfälle der Kältemaschine haben die Reaktionszeit verschlechtert.",
        "Das Reinigungsaudit hat die vereinbarte Qualität knapp verfehlt.",
    ],
    [
        ["Reaktionszeit bei Störungen", "höchstens 2 h", "3,4 h"],
        ["Reinigungsqualität (Audit)", "90 %", "87 %"],
        ["Verfügbarkeit der Aufzüge", "98,5 %", "99,6 %"],
        ["Offene Mängel", "höchstens 10", "17"],
    ],
    [
        ["ST-2317", "Kältemaschine 1", "06.10.2026", "09.10.2026", "Verdichter"],
        ["ST-2340", "Kältemaschine 1", "19.10.2026", "20.10.2026", "Kältemittelverlust"],
    ],
    [
        ["Filter der Lüftung im OP tauschen", "Brückner", "31.08.2026", "erledigt"],
        ["Verdichter der Kältemaschine 1 ersetzen", "Tobias Henning", "15.12.2026", "bestellt"],
        ["Zweite Reinigungskraft für Station 4 einarbeiten", "Mira Stolz", "30.11.2026", "offen"],
    ],
    ["Die Kältemaschine 1 kann im Winter erneut ausfallen.", "Auf Station 4 fehlt Reinigungspersonal."],
)

p = Presentation()
s = p.slides.add_slide(p.slide_layouts[5])
s.shapes.title.text = f"Statusbericht {W} Oktober 2026"
s.shapes.add_textbox(Inches(1), Inches(2), Inches(7), Inches(1)).text_frame.text = "Ampel: rot"
s = p.slides.add_slide(p.slide_layouts[5])
s.shapes.title.text = "Leistungskennzahlen"
rows = [
    ["Kennzahl", "Vereinbart", "Ist"],
    ["Torverfügbarkeit", "99,0 %", "96,2 %"],
    ["Reaktionszeit bei Störungen", "höchstens 4 h", "3,1 h"],
    ["Energieverbrauch je m²", "höchstens 11,0 kWh", "12,4 kWh"],
]
t = s.shapes.add_table(len(rows), 3, Inches(1), Inches(2), Inches(7), Inches(2)).table
for i, r in enumerate(rows):
    for j, x in enumerate(r):
        t.cell(i, j).text = x
s = p.slides.add_slide(p.slide_layouts[1])
s.shapes.title.text = "Risiken"
s.placeholders[1].text_frame.text = "Die Torantriebe an Rampe 7 bis 12 haben ihre Lebensdauer erreicht."
s = p.slides.add_slide(p.slide_layouts[5])
s.shapes.title.text = "Maßnahmen"
rows = [
    ["Maßnahme", "Zuständig", "Frist", "Stand"],
    ["Torantriebe an Rampe 7 bis 12 erneuern", "Tobias Henning", "20.12.2026", "in Arbeit"],
    ["Heizkurve der Halle B anpassen", "Logistikpark Wismar", "10.12.2026", "offen"],
]
t = s.shapes.add_table(len(rows), 4, Inches(1), Inches(2), Inches(8), Inches(2)).table
for i, r in enumerate(rows):
    for j, x in enumerate(r):
        t.cell(i, j).text = x
p.save(D / "status-wismar-oktober.pptx")
meta("status-wismar-oktober.pptx", kunde=W, dokumentart="Statusbericht", stand="2026-11-06", vertraulichkeit="Kunde")

d = Document()
d.add_heading(f"Dienstleistungsvertrag {A}", 0)
d.add_paragraph("zwischen der Brückner Gebäudedienste GmbH (Auftragnehmer) und der Kreisklinik Ammertal (Auftraggeber)")
d.add_heading("Laufzeit und Vergütung", 1)
table(
    d,
    [
        ["Vertragsbeginn", "01.07.2023"],
        ["Laufzeitende", "30.06.2027"],
        ["Kündigungsfrist", "6 Monate zum Laufzeitende"],
        ["Jahresentgelt", "286.400 €"],
        ["Leistungen", "Unterhaltsreinigung, Technische Wartung, Störungsdienst"],
    ],
)
d.add_heading("Vertragsstrafe", 1)
d.add_paragraph("Wird die Reinigungsqualität in drei Monaten in Folge verfehlt, mindert sich das Entgelt um 2 %.")
d.save(D / "vertrag-ammertal.docx")
meta("vertrag-ammertal.docx", kunde=A, dokumentart="Vertrag", stand="2023-06-20", vertraulichkeit="vertraulich")
(D / "vertrag-wismar.md").write_text(
    f"# Dienstleistungsvertrag {W}\n\n- Vertragsbeginn: 1. Januar 2022\n- Laufzeitende: 31. Dezember 2026\n- Kündigungsfrist: drei Monate\n- Jahresentgelt: 164.800 €\n- Leistungen: Torwartung, Winterdienst, Heizungsbetrieb\n\n## Verlängerung\n\nDer Vertrag verlängert sich um ein Jahr, wenn keine Seite kündigt.\n"
)
meta("vertrag-wismar.md", kunde=W, dokumentart="Vertrag", stand="2021-12-10", vertraulichkeit="vertraulich")

w = Workbook()
x = w.active
x.title = "Störungen"
x.append(["Kunde", "Störungsnummer", "Anlage", "Meldung", "Behebung", "Dringlichkeit"])
for r in [
    [A, "ST-2317", "Kältemaschine 1", "2026-10-06", "2026-10-09", "hoch"],
    [A, "ST-2340", "Kältemaschine 1", "2026-10-19", "2026-10-20", "hoch"],
    [A, "ST-2391", "Aufzug 1", "2026-11-20", "", "mittel"],
    [W, "ST-2333", "Tor 9", "2026-10-14", "2026-10-17", "hoch"],
    [W, "ST-2388", "Tor 11", "2026-11-18", "", "hoch"],
]:
    x.append(r)
w.save(D / "stoerungen-q4.xlsx")
meta("stoerungen-q4.xlsx", dokumentart="Liste", stand="2026-11-21", vertraulichkeit="intern")
w = Workbook()
x = w.active
x.title = "Kunden"
x.append(["Kunde", "Objektleitung", "Zufriedenheit (Note 1–6)", "Vertragsende", "Jahresumsatz"])
for r in [
    [A, "Mira Stolz", "2,8", "30.06.2027", "286.400 €"],
    [W, "Tobias Henning", "4,1", "31.12.2027", "164.800 €"],
    [E, "Mira Stolz", "2,0", "31.07.2028", "92.000 €"],
]:
    x.append(r)
w.save(D / "kundenliste.xlsx")
meta("kundenliste.xlsx", dokumentart="Liste", stand="2026-10-01", vertraulichkeit="intern")

d = Document()
d.add_heading(f"Protokoll Jour fixe {A}, 11. November 2026", 0)
d.add_paragraph("Teilnehmer: Dr. Ulrike Fahrner (Klinik), Mira Stolz, Tobias Henning")
d.add_heading("Beschlüsse", 1)
d.add_paragraph("Die Kältemaschine wird bis zum Austausch täglich geprüft.", style="List Bullet")
d.add_paragraph("Das nächste Reinigungsaudit findet am 3. Dezember statt.", style="List Bullet")
d.add_heading("Aufgaben", 1)
d.add_paragraph("Mira Stolz: Schichtplan für Station 4 vorlegen bis 2. Dezember 2026", style="List Bullet")
d.add_paragraph("Ulrike Fahrner: Zugang zum Technikraum freigeben bis 27. November 2026", style="List Bullet")
d.add_heading("Offene Punkte", 1)
d.add_paragraph("Wird der Neubau ab Mai in den Vertrag aufgenommen?", style="List Bullet")
d.save(D / "protokoll-ammertal-2026-11-11.docx")
meta(
    "protokoll-ammertal-2026-11-11.docx", kunde=A, dokumentart="Protokoll", stand="2026-11-11", vertraulichkeit="Kunde"
)
(D / "beschwerde-wismar.md").write_text(
    f"# Beschwerde {W} vom 16. Oktober 2026\n\nHerr Jensen schreibt: Tor 9 stand drei Tage still, zwei LKW mussten abgewiesen werden. Er verlangt eine Gutschrift von 3.500 € und einen festen Ansprechpartner.\n"
)
meta("beschwerde-wismar.md", kunde=W, dokumentart="Schriftwechsel", stand="2026-10-16", vertraulichkeit="Kunde")
(D / "interne-notiz-wismar.md").write_text(
    f"# Interne Notiz {W}\n\n## Risiken\n\n- Kündigung zum Jahresende droht, bis zum 15. Dezember einen Nachlass von 4 % anbieten.\n- Herr Jensen spricht mit einem Wettbewerber.\n"
)
meta("interne-notiz-wismar.md", kunde=W, dokumentart="Notiz", stand="2026-11-12", vertraulichkeit="intern")
status(
    "statusbericht-elbaue-2026-02.docx",
    E,
    "Februar 2026",
    "2026-03-05",
    "grün",
    ["Keine Besonderheiten."],
    [["Reinigungsqualität (Audit)", "85 %", "91 %"]],
    [["ST-1904", "Turnhalle", "11.02.2026", "11.02.2026", "Leuchte"]],
    [["Bodenbeläge der Turnhalle prüfen", "Mira Stolz", "30.04.2026", "offen"]],
    ["Keine."],
)
with (D / "preisliste-2026.csv").open("w", newline="") as f:
    csv.writer(f, delimiter=";").writerows(
        [
            ["Leistung", "Einheit", "Preis"],
            ["Unterhaltsreinigung", "Stunde", "34,50 €"],
            ["Techniker", "Stunde", "72,00 €"],
            ["Notdienst nachts", "Einsatz", "180,00 €"],
        ]
    )
meta("preisliste-2026.csv", dokumentart="Preisliste", stand="2026-01-05", vertraulichkeit="intern")
for n, t in {
    "leitfaden-winterdienst.md": "# Winterdienst\n\nGeräumt wird ab 5 Uhr. Ab 3 cm Schnee wird ein zweites Fahrzeug gerufen.\n",
    "leitfaden-reinigungsaudit.md": "# Reinigungsaudit\n\nEin Audit prüft 20 Räume je Objekt. Unter 85 % wird sofort nachgereinigt.\n",
}.items():
    (D / n).write_text(t)
    meta(n, dokumentart="Leitfaden", stand="2026-02-01", vertraulichkeit="intern")
