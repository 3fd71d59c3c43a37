"""The scales that teachers choose from by name, each with the rule or register that it follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.model.scales import Scale, parse_scale

__all__ = ["PRESETS", "Preset", "preset_of"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A scale by its name. `source` is where its range and its pass mark are laid down."""

    name: str
    scale: Scale
    source: str


def preset_of(scale: Scale) -> Preset | None:
    """The first preset with that scale; None for a scale of the teacher's own."""
    return next((preset for preset in PRESETS if preset.scale == scale), None)


# Name, text, source.
_TABLE: Final = (
    ("Out of 10", "OUT_OF_10", "half of the points passes"),
    ("Out of 20", "OUT_OF_20", "half of the points passes"),
    ("Out of 100", "OUT_OF_100", "half of the points passes"),
    ("Percent", "PERCENT", "half passes"),
    ("Pass or fail", "PASS_FAIL", "two levels"),
    (
        "Pass, merit, distinction",
        "LEVELS=Distinction,Merit,Pass|Fail",
        "Ofqual, Register of Regulated Qualifications",
    ),
    (
        "Points with letters",
        "OUT_OF_100;KEY=A:90,B:80,C:70,D:60|F:0",
        "the usual American key, to be changed for each exam",
    ),
    ("Austria, 1 to 5", "FROM_1_TO_5;STEP=1;BEST=LOW;PASS=4", "Leistungsbeurteilungsverordnung, § 14"),
    (
        "Czechia, 1 to 5",
        "FROM_1_TO_5;STEP=0.5;BEST=LOW;PASS=4",
        "Vyhláška 48/2005 Sb., § 15; halves as in class books",
    ),
    (
        "Denmark, −3 to 12",
        "LEVELS=12:12,10:10,7:7,4:4,02:2|00:0,-3:-3",
        "Karakterbekendtgørelsen (7-trinsskalaen)",
    ),
    ("ECTS, A to F", "LEVELS=A,B,C,D,E|FX,F", "ECTS Users' Guide 2009, Annex 3"),
    ("France, 0 to 20", "OUT_OF_20", "Code de l'éducation, D. 334-20: 10 passes"),
    (
        "Germany, 1 to 6",
        "FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS",
        "KMK, Vereinbarung vom 03.10.1968: 4 is ausreichend",
    ),
    (
        "Germany, 0 to 15 points",
        "OUT_OF_15;STEP=1;PASS=5",
        "KMK, Vereinbarung zur gymnasialen Oberstufe: 5 is ausreichend",
    ),
    ("GPA, 0 to 4.0", "OUT_OF_4;PASS=1", "US grade points: D is 1.0"),
    ("IB, 1 to 7", "FROM_1_TO_7;STEP=1;PASS=4", "IBO, General regulations: Diploma Programme"),
    ("India, percent, 33 passes", "PERCENT;PASS=33", "CBSE, Examination Bye-Laws: 33 %"),
    ("India, percent, 35 passes", "PERCENT;PASS=35", "state boards, such as BIE Andhra Pradesh: 35 %"),
    ("Italy, 0 to 10", "OUT_OF_10;PASS=6", "D.P.R. 122/2009: sei decimi"),
    (
        "Italy, 0 to 30 with 30L",
        "OUT_OF_30;STEP=1;PASS=18;HONOURS=30L",
        "R.D. 1269/1938; D.M. 270/2004: 18 passes",
    ),
    ("Netherlands, 1 to 10", "FROM_1_TO_10;STEP=0.1;PASS=5.5", "Nuffic: 5.5 rounds to 6, which passes"),
    (
        "Poland, 2 to 5",
        "LEVELS=5:5,4.5:4.5,4:4,3.5:3.5,3:3|2:2",
        "NAWA, Polish university grades: 3.0 passes",
    ),
    ("Portugal, 0 to 20", "OUT_OF_20", "Decreto-Lei 42/2005: 10 passes"),
    ("Russia, 2 to 5", "FROM_2_TO_5;STEP=1;PASS=3", "Минобрнауки: 3 is удовлетворительно"),
    ("Spain, 0 to 10", "OUT_OF_10", "Real Decreto 1125/2003: 5 is aprobado"),
    ("Switzerland, 1 to 6", "FROM_1_TO_6;PASS=4", "Maturitäts-Anerkennungsverordnung: 4 is genügend"),
    ("Türkiye, percent, 40 passes", "PERCENT;PASS=40", "YÖK universities: 40 % passes"),
    ("UK, A* to U", "LEVELS=A*,A,B,C,D,E|U", "JCQ, A level grades"),
    (
        "UK, 9 to U",
        "LEVELS=9:9,8:8,7:7,6:6,5:5,4:4|3:3,2:2,1:1,U:0",
        "Ofqual, GCSE grades: 4 is a standard pass",
    ),
    ("US letters with + and −", "LETTERS", "grade points as American colleges count them"),
    ("US letters", "LEVELS=A:4,B:3,C:2,D:1|F:0", "grade points as American colleges count them"),
    (
        "US letters with AB and BC",
        "LEVELS=A:4,AB:3.5,B:3,BC:2.5,C:2,D:1|F:0",
        "University of Wisconsin, Registrar",
    ),
)

PRESETS: Final = tuple(Preset(name, parse_scale(text), source) for name, text, source in _TABLE)
