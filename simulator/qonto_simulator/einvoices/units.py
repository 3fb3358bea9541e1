"""Qonto's units, and their codes in UN/ECE recommendation 20."""

PIECE = "C62"
CODES = {
    "unit": PIECE,
    "hour": "HUR",
    "day": "DAY",
    "month": "MON",
    "gram": "GRM",
    "kilogram": "KGM",
    "liter": "LTR",
    "meter": "MTR",
    "square_meter": "MTK",
    "cubic_meter": "MTQ",
    "kilowatt_hour": "KWH",
}
