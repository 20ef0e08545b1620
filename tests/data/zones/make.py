#!/usr/bin/env python3
"""Makes windows.csv: at which instants a zone's wall clock shows a time inside a window, said by Python's zoneinfo.

It is another library than the program's, reading another copy of the tz database, and it goes the other way round: from
each minute of the wall clock to the instants that show it (PEP 495: none in a gap, two in an overlap), where the program
goes from offsets to stretches. To make it anew, with the release of the tz database that the program has
(`frontdesk --version` says which; 2025b is tzdata 2025.2):

    python3 -m venv /tmp/tz && /tmp/tz/bin/pip install tzdata==2025.2
    PYTHONTZPATH= /tmp/tz/bin/python tests/data/zones/make.py > tests/data/zones/windows.csv

The empty PYTHONTZPATH makes zoneinfo read that package, and not the machine's own files.
"""

import platform
import sys
import zoneinfo
from datetime import date, datetime, time, timedelta, timezone

import tzdata

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

# A zone, and the years whose clock changes are asked about. Offsets of whole minutes: the wall clock is asked by minutes.
ZONES = {
    "UTC": [2026],
    "Asia/Kathmandu": [1986, 2026],
    "Asia/Kolkata": [2026],
    "America/New_York": [1974, 2007, 2026, 2037],
    "America/Los_Angeles": [2026],
    "America/St_Johns": [1988, 2010, 2011, 2026],
    "America/Sao_Paulo": [1985, 2017, 2018, 2019, 2026],
    "America/Asuncion": [2010, 2024, 2026],
    "America/Santiago": [2019, 2026],
    "America/Nuuk": [2023, 2024, 2026],
    "America/Caracas": [2007, 2016],
    "America/Havana": [2026],
    "Africa/Cairo": [2010, 2014, 2023, 2026],
    "Africa/Casablanca": [2018, 2026],
    "Antarctica/Casey": [2020, 2023],
    "Antarctica/Troll": [2026],
    "Asia/Amman": [2022],
    "Asia/Beirut": [2023, 2026],
    "Asia/Gaza": [2011, 2026],
    "Asia/Pyongyang": [2015, 2018],
    "Asia/Tehran": [2022],
    "Australia/Adelaide": [2026],
    "Australia/Lord_Howe": [1985, 2026, 2027],
    "Europe/Dublin": [1972, 2026],
    "Europe/London": [1972, 2026, 2037],
    "Europe/Moscow": [2011, 2014],
    "Europe/Volgograd": [2018, 2020],
    "Pacific/Apia": [2011, 2012, 2021],
    "Pacific/Chatham": [2026],
    "Pacific/Kiritimati": [1994, 1995],
    "Pacific/Kwajalein": [1993],
}

# Minutes since the date's midnight; past 1440 it is the next day's clock.
WINDOWS = [(0, 1440), (1320, 1560), (90, 210), (135, 165), (0, 1), (840, 1080)]


def offset(zone, instant):
    return instant.astimezone(zone).utcoffset()


def changes(zone, year):
    """The instants in a year from which on the offset is another."""
    at = datetime(year, 1, 1, tzinfo=timezone.utc)
    while at.year == year:
        low, high = at, at + DAY
        if offset(zone, low) != offset(zone, high):
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                if offset(zone, middle) == offset(zone, low):
                    low = middle
                else:
                    high = middle
            yield high
        at += DAY


def dates(zone, years):
    """The dates on either side of each change, those before and after them, and two ordinary ones."""
    found = {date(years[-1], 1, 13), date(years[-1], 7, 14)}
    for year in years:
        for change in changes(zone, year):
            before = (change - timedelta(seconds=1)).astimezone(zone).date()
            after = change.astimezone(zone).date()
            day = before - DAY
            while day <= after + DAY:
                found.add(day)
                day += DAY
    return sorted(found)


def stretches(zone, day, opens, closes):
    """The instants whose wall clock is inside the window, joined where they follow each other."""
    minutes = set()
    midnight = datetime.combine(day, time())
    for minute in range(opens, closes):
        shown = midnight + minute * MINUTE
        for fold in (0, 1):
            instant = shown.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc)
            if instant.astimezone(zone).replace(tzinfo=None, fold=0) == shown:
                minutes.add(instant)
    joined = []
    for minute in sorted(minutes):
        if joined and joined[-1][1] == minute:
            joined[-1][1] = minute + MINUTE
        else:
            joined.append([minute, minute + MINUTE])
    return joined


def written(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def main():
    if zoneinfo.TZPATH:
        sys.exit("Set PYTHONTZPATH to nothing: the machine's own time zones would be read.")
    print(f"# Made by make.py beside this file: Python {platform.python_version()}, zoneinfo.")
    print(f"# tz database {tzdata.IANA_VERSION}")
    print("# zone,date,opens minute,closes minute,open stretches")
    for name, years in ZONES.items():
        zone = zoneinfo.ZoneInfo(name)
        for day in dates(zone, years):
            for opens, closes in WINDOWS:
                found = " ".join(f"{written(a)}/{written(b)}" for a, b in stretches(zone, day, opens, closes))
                print(f"{name},{day},{opens},{closes},{found}")


main()
