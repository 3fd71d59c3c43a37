# ruff: noqa: E501  # inputs stay as they are
"""Inputs of kinds that nobody foresaw, as public bug reports, programs and people write them.

What is saved without a question is what the text says. Where that cannot be known, the page asks for the
columns (ASKED), marks the rows (MARKED) or refuses (REFUSED).
"""

import pytest

from shared.model.scales import parse_scale
from teacher_app.importing.checking import check_rows
from teacher_app.importing.columns import recognised
from teacher_app.importing.outcomes import Choices, Outcome
from teacher_app.importing.rows import rows_from_table
from teacher_app.reading.files import source_from_file, source_from_text
from teacher_app.reading.limits import FileNotReadable
from tests.builders import an_exam

Saved = list[tuple[str, str]]
ASKED: Saved = [("asked", "")]
MARKED: Saved = [("marked", "")]
REFUSED: Saved = [("refused", "")]
ADA_AND_GRACE: Saved = [("Ada Lovelace", "14"), ("Grace Hopper", "17.5")]

INPUTS: list[tuple[str, str | bytes, Saved]] = [
    ("space-frac", "Ada Lovelace 14/20\nGrace Hopper 17,5/20", ADA_AND_GRACE),
    ("space-frac-spaced", "Ada Lovelace 14 / 20\nGrace Hopper 17.5 / 20", ADA_AND_GRACE),
    ("space-pts", "Ada Lovelace 14 pts\nGrace Hopper 17.5 pts", ADA_AND_GRACE),
    ("space-paren", "Ada Lovelace (14)\nGrace Hopper (17,5)", ADA_AND_GRACE),
    ("space-brackets", "Ada Lovelace [14]\nGrace Hopper [17.5]", ADA_AND_GRACE),
    ("space-paren-frac", "Ada Lovelace (14/20)\nGrace Hopper (17.5/20)", ADA_AND_GRACE),
    ("numbered", "1. Ada Lovelace 14\n2. Grace Hopper 17.5", ADA_AND_GRACE),
    ("numbered-paren", "1) Ada Lovelace: 14\n2) Grace Hopper: 17,5", ADA_AND_GRACE),
    ("bullets", "- Ada Lovelace: 14\n- Grace Hopper: 17.5", ADA_AND_GRACE),
    ("bullets2", "• Ada Lovelace – 14\n• Grace Hopper – 17.5", ADA_AND_GRACE),
    ("bullets-star", "* Ada Lovelace 14\n* Grace Hopper 17.5", ADA_AND_GRACE),
    ("arrow", "Ada Lovelace -> 14\nGrace Hopper -> 17.5", ADA_AND_GRACE),
    ("arrow2", "Ada Lovelace → 14\nGrace Hopper → 17.5", ADA_AND_GRACE),
    ("arrow3", "Ada Lovelace => 14\nGrace Hopper => 17.5", ADA_AND_GRACE),
    ("equals", "Ada Lovelace=14\nGrace Hopper=17.5", ADA_AND_GRACE),
    ("equals-sp", "Ada Lovelace = 14\nGrace Hopper = 17,5", ADA_AND_GRACE),
    ("dash-nospace", "Ada Lovelace-14\nGrace Hopper-17.5", ASKED),
    ("hyphen", "Ada Lovelace - 14\nGrace Hopper - 17.5", ADA_AND_GRACE),
    ("emdash", "Ada Lovelace—14\nGrace Hopper—17.5", ADA_AND_GRACE),
    ("underscores", "Ada Lovelace____14\nGrace Hopper___17.5", ADA_AND_GRACE),
    ("dots", "Ada Lovelace ......... 14\nGrace Hopper ........ 17,5", ADA_AND_GRACE),
    ("dots-nospace", "Ada Lovelace.........14\nGrace Hopper........17.5", ADA_AND_GRACE),
    ("dots-spaced", "Ada Lovelace . . . . . 14\nGrace Hopper . . . . 17.5", ADA_AND_GRACE),
    ("ellipsis", "Ada Lovelace…14\nGrace Hopper…17.5", ADA_AND_GRACE),
    ("middots", "Ada Lovelace ····· 14\nGrace Hopper ····· 17.5", ADA_AND_GRACE),
    ("colon-nospace", "Ada Lovelace:14\nGrace Hopper:17.5", ADA_AND_GRACE),
    ("grade-first", "14 Ada Lovelace\n17.5 Grace Hopper", ADA_AND_GRACE),
    ("grade-first-tab", "14\tAda Lovelace\n17.5\tGrace Hopper", ADA_AND_GRACE),
    ("grade-first-colon", "14: Ada Lovelace\n17.5: Grace Hopper", ADA_AND_GRACE),
    ("one-cell-3", "Ada Lovelace\n14\n\nGrace Hopper\n17.5\n", ADA_AND_GRACE),
    ("one-cell-head", "Name\nGrade\nAda Lovelace\n14\nGrace Hopper\n17.5", ADA_AND_GRACE),
    ("one-cell-blank", "Ada Lovelace\n\n14\n\nGrace Hopper\n\n17,5\n\n", ADA_AND_GRACE),
    ("one-cell-3col", "Lovelace\nAda\n14\nHopper\nGrace\n17.5", ASKED),
    ("two-grades", "Ada Lovelace 14 15\nGrace Hopper 17 18", ASKED),
    (
        "four-names",
        "Ada Augusta King Lovelace 14\nGrace Hopper 17.5",
        [("Ada Augusta King Lovelace", "14"), ("Grace Hopper", "17.5")],
    ),
    ("single-line", "Ada Lovelace 14", [("Ada Lovelace", "14")]),
    ("single-line-comma", "Ada Lovelace, 14", [("Ada Lovelace", "14")]),
    ("comma-space", "Ada Lovelace, 14\nGrace Hopper, 17.5", ADA_AND_GRACE),
    ("last-first-comma", "Lovelace, Ada, 14\nHopper, Grace, 17.5", ASKED),
    (
        "last-first-colon",
        "Lovelace, Ada: 14\nHopper, Grace: 17,5",
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    (
        "last-first-semi",
        "Lovelace, Ada; 14\nHopper, Grace; 17,5",
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    (
        "last-first-tab",
        "Lovelace, Ada\t14\nHopper, Grace\t17,5",
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    (
        "last-first-decimal",
        "Lovelace, Ada 14,5\nHopper, Grace 17,5",
        [("Lovelace, Ada", "14.5"), ("Hopper, Grace", "17.5")],
    ),
    ("one-line-list", "Ada 14, Grace 17.5, Alan 12", [("Ada", "14"), ("Grace", "17.5"), ("Alan", "12")]),
    (
        "one-line-semi",
        "Ada Lovelace 14; Grace Hopper 17.5; Alan Turing 12",
        [("Ada Lovelace", "14"), ("Grace Hopper", "17.5"), ("Alan Turing", "12")],
    ),
    ("initials-only", "Ada L\nGrace H", MARKED),
    (
        "mixed-words",
        "Ada Lovelace 14\nGrace Hopper absent\nAlan Turing exempt",
        [("Ada Lovelace", "14"), ("Grace Hopper", "ABSENT"), ("Alan Turing", "EXEMPT")],
    ),
    (
        "french-words",
        "Ada Lovelace 14\nGrace Hopper non rendu\nAlan Turing dispensé",
        [("Ada Lovelace", "14"), ("Grace Hopper", "ABSENT"), ("Alan Turing", "EXEMPT")],
    ),
    (
        "fixed-width",
        "Name                Grade\nAda Lovelace        14\nGrace Hopper        17.5",
        ADA_AND_GRACE,
    ),
    (
        "fixed-width-rule",
        "Name                Grade\n------------------  -----\nAda Lovelace        14\nGrace Hopper        17.5",
        ADA_AND_GRACE,
    ),
    (
        "fixed-width-gap",
        "Name            Quiz   Algebra\nAda Lovelace      9      14\nGrace Hopper             17.5",
        ADA_AND_GRACE,
    ),
    (
        "source: MySQL client",
        "+--------------+-------+\n| Name         | Grade |\n+--------------+-------+\n| Ada Lovelace |    14 |\n| Grace Hopper |  17.5 |\n+--------------+-------+",
        ADA_AND_GRACE,
    ),
    (
        "source: psql",
        "     name     | grade\n--------------+-------\n Ada Lovelace |    14\n Grace Hopper |  17.5\n(2 rows)",
        ADA_AND_GRACE,
    ),
    (
        "box-table",
        "┌──────────────┬───────┐\n│ Name         │ Grade │\n├──────────────┼───────┤\n│ Ada Lovelace │    14 │\n│ Grace Hopper │  17.5 │\n└──────────────┴───────┘",
        ADA_AND_GRACE,
    ),
    (
        "source: reStructuredText",
        "============  =====\nName          Grade\n============  =====\nAda Lovelace  14\nGrace Hopper  17.5\n============  =====",
        ADA_AND_GRACE,
    ),
    (
        "source: Org mode",
        "| Name         | Grade |\n|--------------+-------|\n| Ada Lovelace |    14 |\n| Grace Hopper |  17.5 |",
        ADA_AND_GRACE,
    ),
    ("md-noedge", "Name | Grade\n--- | ---\nAda Lovelace | 14\nGrace Hopper | 17.5", ADA_AND_GRACE),
    ("md-align", "|Name|Grade|\n|:---|---:|\n|Ada Lovelace|14|\n|Grace Hopper|17.5|", ADA_AND_GRACE),
    (
        "md-bold",
        "| **Name** | **Grade** |\n|---|---|\n| *Ada Lovelace* | **14** |\n| Grace Hopper | `17.5` |",
        ADA_AND_GRACE,
    ),
    (
        "md-escape",
        "| Name | Grade |\n|---|---|\n| Ada \\| Lovelace | 14 |\n| Grace Hopper | 17.5 |",
        [("Ada | Lovelace", "14"), ("Grace Hopper", "17.5")],
    ),
    ("source: Jira", "||Name||Grade||\n|Ada Lovelace|14|\n|Grace Hopper|17.5|", ADA_AND_GRACE),
    (
        "source: MediaWiki",
        '{| class="wikitable"\n! Name !! Grade\n|-\n| Ada Lovelace || 14\n|-\n| Grace Hopper || 17.5\n|}',
        ASKED,
    ),
    ("latex", "Name & Grade \\\\\nAda Lovelace & 14 \\\\\nGrace Hopper & 17.5 \\\\", ADA_AND_GRACE),
    (
        "html-simple",
        "<table><tr><th>Name</th><th>Grade</th></tr><tr><td>Ada Lovelace</td><td>14</td></tr><tr><td>Grace Hopper</td><td>17.5</td></tr></table>",
        ADA_AND_GRACE,
    ),
    (
        "html-word",
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><!--[if gte mso 9]><xml></xml><![endif]--></head><body><table class=MsoTableGrid><tr><td><p class=MsoNormal><span lang=DE>Name<o:p></o:p></span></p></td><td><p>Grade</p></td></tr><tr><td><p class=MsoNormal>Ada<br>Lovelace</p></td><td><p>14&nbsp;</p></td></tr><tr><td><p>Grace Hopper</p></td><td><p>17,5</p></td></tr></table></body></html>',
        ADA_AND_GRACE,
    ),
    ("html-li", "<ul><li>Ada Lovelace: 14</li><li>Grace Hopper: 17.5</li></ul>", ADA_AND_GRACE),
    (
        "html-fragment",
        "<tr><td>Ada Lovelace</td><td>14</td></tr><tr><td>Grace Hopper</td><td>17.5</td></tr>",
        ADA_AND_GRACE,
    ),
    (
        "html-rowspan",
        "<table><tr><th>Name<th>Class<th>Grade<tr><td>Ada Lovelace<td rowspan=2>A<td>14<tr><td>Grace Hopper<td>17.5</table>",
        ADA_AND_GRACE,
    ),
    (
        "html-clipboard",
        "Version:0.9\r\nStartHTML:0000000105\r\nEndHTML:0000000400\r\n<html><body><!--StartFragment--><table><tr><td>Ada Lovelace</td><td>14</td></tr><tr><td>Grace Hopper</td><td>17.5</td></tr></table><!--EndFragment--></body></html>",
        ADA_AND_GRACE,
    ),
    (
        "html-input",
        "<table><tr><td>Ada Lovelace<td><input value='14'><tr><td>Grace Hopper<td><input value='17.5'></table>",
        ADA_AND_GRACE,
    ),
    (
        "html-script",
        "<table><tr><th>Name<th>Grade<script>x='<td>'</script><tr><td>Ada Lovelace<td>14<tr><td>Grace Hopper<td>17.5</table>",
        ADA_AND_GRACE,
    ),
    ("json", '[{"name":"Ada Lovelace","grade":14},{"name":"Grace Hopper","grade":17.5}]', ASKED),
    ("jsonl", '{"name":"Ada Lovelace","grade":14}\n{"name":"Grace Hopper","grade":17.5}', MARKED),
    ("xml", "<students><student><name>Ada Lovelace</name><grade>14</grade></student></students>", ASKED),
    ("yaml", "- name: Ada Lovelace\n  grade: 14\n- name: Grace Hopper\n  grade: 17.5", ASKED),
    (
        "nickname-quotes",
        'Name,Grade\nVincent "Bo" Jackson,14\nGrace Hopper,17.5',
        [('Vincent "Bo" Jackson', "14"), ("Grace Hopper", "17.5")],
    ),
    (
        "nickname-first",
        'Name,Grade\n"Bo" Jackson,14\nGrace Hopper,17.5',
        [('"Bo" Jackson', "14"), ("Grace Hopper", "17.5")],
    ),
    ("nickname-all", 'Name,Grade\n"Bo",14\n"Grace Hopper",17.5', [("Bo", "14"), ("Grace Hopper", "17.5")]),
    (
        "space-before-quote",
        'Name, Grade\n"Lovelace, Ada", 14\n"Hopper, Grace", 17.5',
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    (
        "space-before-quote2",
        'Grade, Name\n14, "Lovelace, Ada"\n17.5, "Hopper, Grace"',
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    ("single-quotes", "'Name','Grade'\n'Lovelace, Ada','14'\n'Hopper, Grace','17.5'", ASKED),
    ("smart-quotes", "Name,Grade\n“Lovelace, Ada”,14\n“Hopper, Grace”,17.5", ASKED),
    (
        "apostrophe",
        "Name,Grade\nSinead O'Connor,14\nConan O'Brien,17.5",
        [("Sinead O'Connor", "14"), ("Conan O'Brien", "17.5")],
    ),
    (
        "backslash-quote",
        'Name,Grade\n"Vincent \\"Bo\\" Jackson",14\n"Grace Hopper",17.5',
        [('Vincent "Bo" Jackson', "14"), ("Grace Hopper", "17.5")],
    ),
    ("all-quoted-line", '"Name,Grade"\n"Ada Lovelace,14"\n"Grace Hopper,17.5"', ADA_AND_GRACE),
    ("quoted-line-inner", '"Name,""Grade"""\n"Ada Lovelace,""14"""\n"Grace Hopper,""17.5"""', ADA_AND_GRACE),
    ("tab-in-csv", "Name,Grade\t\nAda Lovelace,14\t\nGrace Hopper,17.5\t", ADA_AND_GRACE),
    ("crcrlf", "Name;Grade\r\r\nAda Lovelace;14\r\r\nGrace Hopper;17,5\r\r\n", ADA_AND_GRACE),
    ("nel", "Name;Grade\u2028Ada Lovelace;14\u2028Grace Hopper;17,5", ASKED),
    ("caret", "Name^Grade\nAda Lovelace^14\nGrace Hopper^17.5", ADA_AND_GRACE),
    ("tilde", "Name~Grade\nAda Lovelace~14\nGrace Hopper~17.5", ADA_AND_GRACE),
    ("hash", "Name#Grade\nAda Lovelace#14\nGrace Hopper#17.5", ASKED),
    ("double-pipe", "Name||Grade\nAda Lovelace||14\nGrace Hopper||17.5", ADA_AND_GRACE),
    ("double-semi", "Name;;Grade\nAda Lovelace;;14\nGrace Hopper;;17.5", ADA_AND_GRACE),
    ("colon-csv", "Name:Grade\nAda Lovelace:14\nGrace Hopper:17.5", ADA_AND_GRACE),
    ("slash", "Ada Lovelace / 14\nGrace Hopper / 17.5", ADA_AND_GRACE),
    (
        "comma-decimal-4col",
        "Name,Vorname,Note\nLovelace,Ada,14,5\nHopper,Grace,17,5",
        [("Ada Lovelace", "14.5"), ("Grace Hopper", "17.5")],
    ),
    ("comma-decimal-alone", "Ada Lovelace,14,5\nGrace Hopper,17,5", ASKED),
    ("comma-decimal-mixed", "Ada Lovelace,14\nGrace Hopper,17,5", ADA_AND_GRACE),
    (
        "semicolon-comma-name",
        "Name;Grade\nLovelace, Ada;14\nHopper, Grace;17,5",
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    ("sep-line", "sep=,\nName,Grade\nAda Lovelace,14\nGrace Hopper,17.5", ADA_AND_GRACE),
    ("sep-tab", "sep=\t\nName\tGrade\nAda Lovelace\t14\nGrace Hopper\t17.5", ADA_AND_GRACE),
    ("hash-comment", "# exported 2026-06-15\nName,Grade\nAda Lovelace,14\nGrace Hopper,17.5", ADA_AND_GRACE),
    (
        "title-block",
        "School of X\nExam: Algebra\n\nName;Grade\nAda Lovelace;14\nGrace Hopper;17,5",
        ADA_AND_GRACE,
    ),
    (
        "footer",
        "Name;Grade\nAda Lovelace;14\nGrace Hopper;17,5\n\nExported by Untis on 15.06.2026",
        ADA_AND_GRACE,
    ),
    ("page-break", "Name;Grade\nAda Lovelace;14\n\x0cGrace Hopper;17,5", ADA_AND_GRACE),
    ("nul-tail", b"Name;Grade\nAda Lovelace;14\nGrace Hopper;17,5\n\x00\x00\x00", ADA_AND_GRACE),
    ("ctrl-z2", b"Name;Grade\r\nAda Lovelace;14\r\nGrace Hopper;17,5\r\n\x1a\r\n", ADA_AND_GRACE),
    ("two-boms", b"\xef\xbb\xbf\xef\xbb\xbfName;Grade\nAda Lovelace;14\nGrace Hopper;17,5", ADA_AND_GRACE),
    ("bom-quoted", b'\xef\xbb\xbf"Name";"Grade"\n"Ada Lovelace";"14"\n"Grace Hopper";"17,5"', ADA_AND_GRACE),
    (
        "utf16-nobom",
        b"N\x00a\x00m\x00e\x00\t\x00G\x00r\x00a\x00d\x00e\x00\n\x00A\x00d\x00a\x00 \x00L\x00o\x00v\x00e\x00l\x00a\x00c\x00e\x00\t\x001\x004\x00\n\x00G\x00r\x00a\x00c\x00e\x00 \x00H\x00o\x00p\x00p\x00e\x00r\x00\t\x001\x007\x00,\x005\x00",
        ADA_AND_GRACE,
    ),
    (
        "utf16-be-nobom",
        b"\x00N\x00a\x00m\x00e\x00\t\x00G\x00r\x00a\x00d\x00e\x00\n\x00A\x00d\x00a\x00 \x00L\x00o\x00v\x00e\x00l\x00a\x00c\x00e\x00\t\x001\x004\x00\n\x00G\x00r\x00a\x00c\x00e\x00 \x00H\x00o\x00p\x00p\x00e\x00r\x00\t\x001\x007\x00,\x005",
        ADA_AND_GRACE,
    ),
    (
        "utf16-cyr",
        b"\x18\x04<\x04O\x04\t\x00\x1e\x04F\x045\x04=\x04:\x040\x04\n\x00\x10\x044\x040\x04\t\x001\x004\x00\n\x00\x13\x04@\x045\x049\x04A\x04\t\x001\x007\x00,\x005\x00",
        [("Ада", "14"), ("Грейс", "17.5")],
    ),
    (
        "utf32",
        b"\xff\xfe\x00\x00N\x00\x00\x00a\x00\x00\x00m\x00\x00\x00e\x00\x00\x00;\x00\x00\x00G\x00\x00\x00r\x00\x00\x00a\x00\x00\x00d\x00\x00\x00e\x00\x00\x00\n\x00\x00\x00A\x00\x00\x00d\x00\x00\x00a\x00\x00\x00 \x00\x00\x00L\x00\x00\x00o\x00\x00\x00v\x00\x00\x00e\x00\x00\x00l\x00\x00\x00a\x00\x00\x00c\x00\x00\x00e\x00\x00\x00;\x00\x00\x001\x00\x00\x004\x00\x00\x00\n\x00\x00\x00G\x00\x00\x00r\x00\x00\x00a\x00\x00\x00c\x00\x00\x00e\x00\x00\x00 \x00\x00\x00H\x00\x00\x00o\x00\x00\x00p\x00\x00\x00p\x00\x00\x00e\x00\x00\x00r\x00\x00\x00;\x00\x00\x001\x00\x00\x007\x00\x00\x00,\x00\x00\x005\x00\x00\x00",
        ADA_AND_GRACE,
    ),
    ("utf8-broken", b"Name;Grade\nZo\xc3\xab \xc3\x87elik;14\nGrace Hopper;17,5\nJos\xe9;3", REFUSED),
    (
        "source: edX get_csv, e-mail addresses",
        "email,score,date\nada@school.edu,14,2013-02-12-13-31-02\ngrace@school.edu,17.5,2013-02-12-13-31-02",
        ASKED,
    ),
    (
        "source: UCSB eGrades",
        "Enrl Cd,Perm #,Grade,Final Units,Student Last,Student First Middle,Quarter,Course ID\n08235,A123456,14,4.0,LOVELACE,ADA,F23,CMPSC156\n08250,A987654,17.5,4.0,HOPPER,GRACE,F23,CMPSC156",
        ASKED,
    ),
    (
        "source: education-engineering, maxima in headings",
        "ID Number,Name,Test1-30,Test2-30,Algebra-20,Total-100\n2011A3PS191G,Ada Lovelace,23,21,14,58\n2011A8PS141G,Grace Hopper,5,23,17.5,45.5",
        ADA_AND_GRACE,
    ),
    ("test-max", "Name;Algebra (/20)\nAda Lovelace;14\nGrace Hopper;17,5", ADA_AND_GRACE),
    (
        "report: CLARIAH COW 59, a space before the quote",
        'Name,Grade\n"Lovelace, Ada", 14\nGrace Hopper, 17.5',
        [("Lovelace, Ada", "14"), ("Grace Hopper", "17.5")],
    ),
    (
        "report: chamilo 1389, semicolons at the end",
        "Name;Grade;\n    Ada Lovelace;14;\n    Grace Hopper;17.5;\n",
        ADA_AND_GRACE,
    ),
    (
        "report: hei-admin 1323, commas",
        'ref,nom,note\nSTD1,Ada Lovelace,"14"\nSTD2,Grace Hopper,"17,5"',
        ASKED,
    ),
    (
        "report: Artemis 10679, unquoted decimal commas",
        "name,points\nAda Lovelace,14,0\nGrace Hopper,17,5",
        ADA_AND_GRACE,
    ),
    (
        "report: objectui 2556, GBK",
        b"\xd0\xd5\xc3\xfb,\xb3\xc9\xbc\xa8\r\n\xcd\xf5\xd0\xa1\xc3\xf7,14\r\n\xc0\xee\xbb\xaa,17.5\r\n",
        [("王小明", "14"), ("李华", "17.5")],
    ),
    (
        "report: csv-reconcile 68, a cut last line",
        "Name,Grade,Class\nAda Lovelace,14,A\nGrace Hopper,17.5",
        ADA_AND_GRACE,
    ),
    (
        "report: rocketchat-export 2, stored twice",
        b"Nome;Nota\nP\xc3\x83\xc2\xa2mela Sousa;14\nAndr\xc3\x83\xc2\xa9 Dias;17,5",
        [("Pâmela Sousa", "14"), ("André Dias", "17.5")],
    ),
    (
        "source: jtr13 CW2zip, Canvas names",
        'Student,SIS User ID,Algebra (55)\n"Lovelace, Ada",1,14\n"Hopper, Grace",2,17.5',
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    (
        "words in brackets",
        "Ada Lovelace (14)\nGrace Hopper (17.5)\nBo (absent)",
        [*ADA_AND_GRACE, ("Bo", "ABSENT")],
    ),
    (
        "title lines above a heading that has the exam's title",
        "School;\nExam of Algebra;\nStudent;Algebra (Points)\nAda Lovelace;14\nGrace Hopper;17.5",
        ADA_AND_GRACE,
    ),
    (
        "names with commas that nobody quoted",
        "Student,ID,Section,Algebra (881)\nLovelace, Ada,100,12,14\nHopper, Grace,101,12,17.5",
        ASKED,
    ),
    ("one student twice, once with a slip of the pen", "Name;Grade\nAda;99\nAda;12\nBo;9", [("Bo", "9")]),
    # Columns that no heading and no title calls grades.
    (
        "report: ms-teams export, nobody graded yet",
        "First Name,Last Name,Email Address,Essay,Points,Feedback\nAda,Lovelace,a@x,,20,\nBo,King,b@x,,20,",
        ASKED,
    ),
    ("maxima headed as a total", "Name,Total\nAda,20\nBo,20\nCy,20", ASKED),
    ("weights", "Name;Faktor;Hinweis\nAda;1;ok\nBo;1;-\nCy;1;x", ASKED),
    ("another exam's title", "Name;Physik\nAda;2\nBo;1", ASKED),
    ("the title and a word behind it", "Name;Algebra Bonus\nAda;2\nBo;1", ASKED),
    (
        "the title and a number behind it",
        "Name;Algebra 2 (/20)\nAda Lovelace;14\nGrace Hopper;17,5",
        ADA_AND_GRACE,
    ),
    ("seats", "Name;Sitz;Hinweis\nAda;14;ok\nBo;15;x\nCy;3;y", ASKED),
    (
        "source: Librus, one of two tests fits",
        "Nr;Uczeń;Kartkówka 1;Sprawdzian\n1;Ada;5;4+\n2;Bo;4;3-",
        ASKED,
    ),
    (
        "source: ZipGrade",
        "Quiz Name,Class Name,First Name,Last Name,Zipgrade ID,External Id,Earned Points,Possible Points,PercentCorrect\nAlgebra,3b,Ada,Lovelace,101,1,14,20,70.0\nAlgebra,3b,Bo,King,102,2,12,20,60.0",
        [("Ada Lovelace", "14"), ("Bo King", "12")],
    ),
    (
        "source: Turnitin",
        "Last Name,First Name,User ID,Submission Title,Paper ID,Overall Similarity,Grade,Date\nLovelace,Ada,1,Essay,99,12%,14,2026-06-01\nHopper,Grace,2,Essay,98,3%,17.5,2026-06-01",
        ADA_AND_GRACE,
    ),
    (
        "source: nbgrader",
        "assignment,student_id,last_name,first_name,raw_score,late_submission_penalty,score,max_score\nAlgebra,ada,Lovelace,Ada,14.0,0.0,14.0,20.0\nAlgebra,bo,King,Bo,12.0,2.0,10.0,20.0",
        ASKED,
    ),
    (
        "source: Kahoot",
        "Rank,Player,Total Score (points),Correct Answers,Incorrect Answers\n1,Ada,14,7,3\n2,Bo,12,6,4",
        ASKED,
    ),
    (
        "source: Crowdmark",
        "Email,Name,Student ID,Penalty,Score,Total\na@x,Ada Lovelace,1,0,14,20\nb@x,Grace Hopper,2,0,17.5,20",
        ASKED,
    ),
    (
        "source: Microsoft Forms",
        "ID,Start time,Email,Name,Total points,Quiz feedback\n1,6/1/26 8:00,a@x,Ada Lovelace,14,\n2,6/1/26 8:00,b@x,Grace Hopper,17.5,",
        ADA_AND_GRACE,
    ),
    (
        "a previous grade beside it",
        "Name;Vorjahr;Note\nAda Lovelace;2;14\nGrace Hopper;1;17,5",
        ADA_AND_GRACE,
    ),
    (
        "without a heading, a weight",
        "Ada Lovelace;1;14\nGrace Hopper;1;17,5\nBo King;1;9",
        [*ADA_AND_GRACE, ("Bo King", "9")],
    ),
    # Delimiters and commas.
    (
        "report: PapaParse 804, commas within remarks",
        "Name;Algebra;Remark\nAda Lovelace;14;a,b,c,d\nGrace Hopper;17,5;e,f,g,h",
        ADA_AND_GRACE,
    ),
    (
        "report: PapaParse 270, padded cells",
        "Name              ;Grade   ;Class   \nAda Lovelace      ;14      ;3b      \nGrace Hopper      ;17,5    ;3b      ",
        ADA_AND_GRACE,
    ),
    (
        "report: PapaParse 1005, tabs and decimal commas",
        "Nom\tAlgebra\tTotal\nAda Lovelace\t14,0\t50,3\nGrace Hopper\t17,5\t5,3",
        ADA_AND_GRACE,
    ),
    (
        "report: PapaParse 681, line ends within quotes",
        'Name;Grade;"Remark\ni,e,l,d\n,3"\nAda Lovelace;14;"x,\ny"\nGrace Hopper;17,5;',
        ADA_AND_GRACE,
    ),
    ("report: PapaParse 910, powers of ten", "nome;nota\nJessica;1,4E+01\nJoi;1,5E+01", MARKED),
    (
        "report: OpenRefine 1034, an unquoted comma",
        "Name,Points,Class\nAda,1,20,3b\nBo,9,3b\nCy,1,200,3b",
        ASKED,
    ),
    (
        "report: OpenRefine 484, a blank first cell",
        "No,Name,Algebra\n1,Ada Lovelace,14\n,Grace Hopper,17.5",
        ADA_AND_GRACE,
    ),
    (
        "report: OpenRefine 690, one quote",
        'Name;Remark;Grade\nAda Lovelace;he said so". ;14\nGrace Hopper;ok;17,5',
        ADA_AND_GRACE,
    ),
    (
        "report: osis 506, a blank row below the heading",
        "Nom;Note\n;\nAda Lovelace;14\nGrace Hopper;17,5",
        ADA_AND_GRACE,
    ),
    (
        "source: pandas, an index without a heading",
        ",Name,Grade\n0,Ada Lovelace,14.0\n1,Grace Hopper,17.5",
        ADA_AND_GRACE,
    ),
    (
        "source: pandas, printed",
        "           Name  Grade\n0  Ada Lovelace   14.0\n1  Grace Hopper   17.5",
        ADA_AND_GRACE,
    ),
    ("source: pandas, no number", "Name,Grade\nAda Lovelace,14.0\nGrace Hopper,17.5\nBo,nan", ADA_AND_GRACE),
    # Lines of names and grades.
    ("a sum behind the name", "Ada Lovelace 14 + 1\nBo King 15 + 2", ASKED),
    ("a sum and its result", "Ada Lovelace 8+6=14\nBo King 9+6=15", ASKED),
    ("two dashes", "Ada Lovelace - - 14\nGrace Hopper - - 17,5", ADA_AND_GRACE),
    ("quoted in a message", "> Ada Lovelace 14\n> Grace Hopper 17,5", ADA_AND_GRACE),
    (
        "last, first, grade with decimals",
        "Lovelace, Ada, 14,0\nHopper, Grace, 17,5",
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    ("numbers before the names", "1001 Ada Lovelace 14\n1002 Grace Hopper 17,5", ADA_AND_GRACE),
    (
        "places before the names",
        "1 Ada Lovelace 14\n2 Grace Hopper 17,5\n3 Bo King 9",
        [*ADA_AND_GRACE, ("Bo King", "9")],
    ),
    (
        "numbers that may be grades before the names",
        "1 Ada Lovelace 14\n3 Grace Hopper 17,5\n4 Bo King 9",
        ASKED,
    ),
    (
        "names that end with a number",
        "Candidate 101: 14\nCandidate 102: 17,5",
        [("Candidate 101", "14"), ("Candidate 102", "17.5")],
    ),
    # Rows that are no students.
    (
        "how often each grade was given",
        "Name;Grade\nAda Lovelace;14\nGrace Hopper;17,5\n\nGrade;Count\nA;2\nB;1",
        ADA_AND_GRACE,
    ),
    (
        "counts below the students",
        "Name;Grade\nAda Lovelace;14\nGrace Hopper;17,5\nPassed;2\nFailed;0\nØ;15,75\nKlassenschnitt;15,75\nMoy. classe;15,75\nAvg;15.75\nClass avg.;15.75\nSD;1.75\nMax possible;20\nMaximale Punkte;20",
        ADA_AND_GRACE,
    ),
    (
        "a word for it in another column",
        "Name;Class;Grade\nAda Lovelace;3b;14\nGrace Hopper;3b;17,5\n;Average;15,75",
        ADA_AND_GRACE,
    ),
    (
        "source: Canvas in Italian",
        'Studente,ID,Sezione,Algebra (1234)\n    Punti possibili,,,20\n"Lovelace, Ada",1,12,14\n"Hopper, Grace",2,12,17.5',
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    (
        "source: Canvas in French",
        'Élève,ID,Section,Algebra (1234)\n    Points possibles,,,20\n"Lovelace, Ada",1,12,14\n"Hopper, Grace",2,12,17.5',
        [("Lovelace, Ada", "14"), ("Hopper, Grace", "17.5")],
    ),
    (
        "two classes below each other",
        "Class 3a\nName;Grade\nAda Lovelace;14\n\nClass 3b\nName;Grade\nGrace Hopper;17,5",
        ADA_AND_GRACE,
    ),
    ("students called Mark and No", "Name;Grade\nMark;14\nNo Kim;17,5", [("Mark", "14"), ("No Kim", "17.5")]),
    # Headings in other words.
    (
        "two parts of a name in one heading",
        "Příjmení a jméno;Třída;Známka\nLovelace Ada;3.B;14",
        [("Lovelace Ada", "14")],
    ),
    ("Hungarian", "Név;Osztály;Érdemjegy\nLovelace Ada;3b;14", [("Lovelace Ada", "14")]),
    ("Finnish", "Nimi;Luokka;Arvosana\nAda Lovelace;3b;14", [("Ada Lovelace", "14")]),
    ("Indonesian", "Nama;Kelas;Nilai\nAyu Lestari;7a;14", [("Ayu Lestari", "14")]),
    (
        "Vietnamese",
        "Họ và tên;Lớp;Điểm\nNguyễn Văn An;7a;8\nTrần Bình;7a;7,5",
        [("Nguyễn Văn An", "8"), ("Trần Bình", "7.5")],
    ),
    # Web pages: what is raised, crossed out, to be chosen or hidden is no part of the number beside it.
    ("html-footnote", "<table><tr><th>Name<th>Grade<tr><td>Bo<td>1<sup>2</sup></table>", MARKED),
    ("html-crossed-out", "<table><tr><th>Name<th>Grade<tr><td>Bo<td><s>1</s>2</table>", MARKED),
    (
        "html-options",
        "<table><tr><th>Name<th>Grade<tr><td>Bo<td><select><option>1<option selected>2</select></table>",
        MARKED,
    ),
    (
        "html-hidden",
        "<table><tr><th>Name<th>Grade<tr><td>Bo<td><span style='display:none'>1</span>2</table>",
        MARKED,
    ),
    (
        "html-bold-digit",
        "<table><tr><th>Name<th>Grade<tr><td>Ada Lovelace<td>1<b>4</b><tr><td>Grace Hopper<td>17.5</table>",
        ADA_AND_GRACE,
    ),
]
ON_OTHER_SCALES: list[tuple[str, str | bytes, str, Saved]] = [
    (
        "letters-space",
        "Ada Lovelace A\nGrace Hopper B+",
        "LETTERS",
        [("Ada Lovelace", "A"), ("Grace Hopper", "B+")],
    ),
    ("initials", "Ada L. A\nGrace H. B", "LETTERS", [("Ada L.", "A"), ("Grace H.", "B")]),
    (
        "percent-space",
        "Ada Lovelace 85 %\nGrace Hopper 90%",
        "PERCENT",
        [("Ada Lovelace", "85"), ("Grace Hopper", "90")],
    ),
    (
        "german-words",
        "Ada Lovelace 2+\nGrace Hopper krank\nAlan Turing 3-",
        "FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS",
        [("Ada Lovelace", "2+"), ("Grace Hopper", "ABSENT"), ("Alan Turing", "3-")],
    ),
    (
        "thousands",
        'Name,Algebra\nAda,"1,000.00"\nBo,999.5',
        "OUT_OF_1000",
        [("Ada", "1000"), ("Bo", "999.5")],
    ),
    (
        "report: canvas-lms 1394, thousands in quotes",
        'Student,ID,Section,Algebra (7)\nPoints Possible,,,"1,000.00"\nAda,1,A,"1,000.00"\nBo,2,A,999.50',
        "OUT_OF_1000",
        [("Ada", "1000"), ("Bo", "999.5")],
    ),
    (
        "words that only this scale has",
        "Ada Lovelace Merit\nGrace Hopper Distinction",
        "LEVELS=Distinction,Merit,Pass|Fail",
        MARKED,
    ),
    (
        "letters that only this scale has",
        "Ada Lovelace AB\nGrace Hopper BC",
        "LEVELS=A:4,AB:3.5,B:3,BC:2.5,C:2,D:1|F:0",
        MARKED,
    ),
    (
        "signs behind a blank",
        "Ada 2 -\nBo 3 +",
        "FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS",
        [("Ada", "2-"), ("Bo", "3+")],
    ),
    (
        "words that are turned",
        "Ada pass\nBo did not pass\nCy not pass",
        "PASS_FAIL",
        [("Ada", "PASS"), ("Bo", "FAIL"), ("Cy", "FAIL")],
    ),
    (
        "words that are turned in an unknown way",
        "Ada pass\nBo hardly not pass\nCy fail",
        "PASS_FAIL",
        [("Ada", "PASS"), ("Bo hardly", "FAIL"), ("Cy", "FAIL")],
    ),
    ("source: HISinOne", "Name;Bewertung\nAda;BE\nBo;NB", "PASS_FAIL", [("Ada", "PASS")]),
    (
        "source: University of California, P and NP",
        "Name;Grade\nAda;P\nBo;NP",
        "PASS_FAIL",
        [("Ada", "PASS")],
    ),
    (
        "n.b. on German grades",
        "Name;Note\nAda;1,3\nBo;n.b.",
        "FROM_1_TO_5;STEP=0.1;BEST=LOW;PASS=4",
        [("Ada", "1.3")],
    ),
    (
        "nb on Polish grades",
        "Uczeń;Ocena\nAda;4,5\nBo;nb",
        "LEVELS=5:5,4.5:4.5,4:4,3.5:3.5,3:3|2:2",
        [("Ada", "4.5"), ("Bo", "ABSENT")],
    ),
    (
        "np on Spanish grades",
        "Alumno/a;Nota\nAda;7,5\nBo;NP",
        "OUT_OF_10",
        [("Ada", "7.5"), ("Bo", "ABSENT")],
    ),
    (
        "a heading that is a grade",
        "Name;Passed\nAda;yes\nBo;no",
        "PASS_FAIL",
        [("Ada", "PASS"), ("Bo", "FAIL")],
    ),
    ("report: gradecraft 2936, ones and noughts", "Name;Grade\nAda;1\nBo;0", "PASS_FAIL", MARKED),
    ("sexes", "Name;Sex\nAda;F\nBo;F", "PASS_FAIL", MARKED),
    ("target grades", "Name;Target grade;Grade\nAda;A;B\nBo;B;C", "LETTERS", [("Ada", "B"), ("Bo", "C")]),
    ("predicted grades", "Name;Predicted grade\nAda;A\nBo;B", "LETTERS", MARKED),
    (
        "report: OpenRefine 1034, thousands without quotes",
        "Name,Points,Class\nAda,1,200,3b\nBo,900,3b",
        "OUT_OF_1000",
        ASKED,
    ),
    ("source: CUNY, withdrawn", "Name;Grade\nAda;B+\nBo;WU\nCy;INC", "LETTERS", [("Ada", "B+")]),
    ("source: Ladok", "Namn;Betyg\nAda;VG\nBo;U", "LEVELS=VG,G|U", [("Ada", "VG"), ("Bo", "U")]),
    (
        "ECTS points beside the grade",
        "Name;ECTS;Note\nAda;5;1,3\nBo;5;2,7",
        "FROM_1_TO_5;STEP=0.1;BEST=LOW;PASS=4",
        [("Ada", "1.3"), ("Bo", "2.7")],
    ),
    (
        "dots before a letter grade",
        "Ada Lovelace .... AB",
        "LEVELS=A:4,AB:3.5,B:3,BC:2.5,C:2,D:1|F:0",
        [("Ada Lovelace", "AB")],
    ),
]


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(text, expected, id=name) for name, text, expected in INPUTS]
)
def test_an_input_on_20_points(text: str | bytes, expected: Saved) -> None:
    assert outcome(text, "OUT_OF_20") == expected


@pytest.mark.parametrize(
    ("text", "scale", "expected"),
    [pytest.param(text, scale, expected, id=name) for name, text, scale, expected in ON_OTHER_SCALES],
)
def test_an_input_on_another_scale(text: str | bytes, scale: str, expected: Saved) -> None:
    assert outcome(text, scale) == expected


def outcome(text: str | bytes, scale: str) -> Saved:
    """Names and grades that would be saved without a question."""
    exam = an_exam(scale=parse_scale(scale), subject="Algebra")
    try:
        source = source_from_text(text) if isinstance(text, str) else source_from_file(text)
    except FileNotReadable:
        return REFUSED
    (table,) = source.tables.values()
    layout = recognised(table, exam.scale, exam.subject)
    if not layout.is_complete:
        return ASKED
    rows = check_rows(rows_from_table(table, layout), exam, (), Choices())
    saved = [(one.row.person, one.grade) for one in rows if one.outcome is Outcome.NEW]
    return saved or MARKED
