#!/usr/bin/env python3
"""Takes the pictures of the terminal UI that the README shows.

Wanted: tmux, a built nexops-tui (cargo build --bin nexops-tui), and a daemon to look at, such as that of `make demo`:

    NEXOPS_API_URL=http://127.0.0.1:8000 scripts/screenshots.py

Each picture is what tmux has on its screen, drawn as SVG: letters as text, lines, bars and dots as shapes, so that it
looks the same whatever fonts there are.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from html import escape
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
# Columns and rows of the terminal, pixels of a cell, and pixels round it all.
COLUMNS, ROWS = 120, 34
WIDTH, HEIGHT, MARGIN = 8, 17, 10
GROUND, LETTERS = "#0b1020", "#d5dcec"
# The name of each picture, and the keys that lead there from the dashboard.
PICTURES = [
    ("dashboard", ["]"]),
    ("infrastructure", ["2", "Down", "Down", "Space", "Space"]),
    ("vm", [":", "108 nextcloud", "Enter"]),
    ("services", ["3", "Enter"]),
    ("alerts", ["4", "Tab"]),
]


def main():
    program = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "nexops-tui"
    if not program.exists():
        sys.exit(f"screenshots: {program} is not there; run: cargo build --bin nexops-tui")
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, keys in PICTURES:
        cells = cells_of(capture(program, keys))
        path = TARGET / f"{name}.svg"
        path.write_text(draw(cells))
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB")


def capture(program, keys):
    """Runs the terminal UI, presses the keys, and gives what is on the screen then, with its colors."""
    with tempfile.TemporaryDirectory() as home:
        tmux = ["tmux", "-L", f"nexops-screenshots-{os.getpid()}", "-f", "/dev/null"]
        # Without a home of its own it would show what somebody has set.
        command = f"env -u TMUX HOME={home} XDG_STATE_HOME={home} XDG_CONFIG_HOME={home} USER=ann@example.org "
        command += f"COLORTERM=truecolor TERM=xterm-256color TZ=UTC {program}"
        new = ["new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), command, ";", "set", "-g", "status", "off"]
        subprocess.run(tmux + new, check=True)
        try:
            time.sleep(2)
            for key in keys:
                subprocess.run(tmux + ["send-keys", key], check=True)
                time.sleep(0.3)
            time.sleep(2)
            shown = subprocess.run(tmux + ["capture-pane", "-e", "-p"], check=True, capture_output=True, text=True)
        finally:
            subprocess.run(tmux + ["kill-server"], check=False)
    return shown.stdout.splitlines()


def cells_of(lines):
    """The cells of each line: letter, color, color behind it, whether bold, whether underlined."""
    plain = {"color": LETTERS, "behind": GROUND, "bold": False, "underlined": False, "reversed": False}
    style = dict(plain)
    # A style holds until another is set, beyond the end of a line too.
    return [cells_of_line(line, style, plain) for line in lines]


def cells_of_line(line, style, plain):
    cells = []
    for codes, letter in re.findall(r"\x1b\[([\d;]*)m|([^\x1b])", line):
        if not letter:
            change(style, plain, [int(number or 0) for number in codes.split(";")])
            continue
        color, behind = style["color"], style["behind"]
        if style["reversed"]:
            color, behind = behind, color
        cells.append((letter, color, behind, style["bold"], style["underlined"]))
    return cells


def change(style, plain, numbers):
    """Does to a style what the numbers of an escape sequence say."""
    switches = {1: "bold", 4: "underlined", 7: "reversed"}
    while numbers:
        number = numbers.pop(0)
        colored = "color" if number in (38, 39) else "behind"
        if number == 0:
            style.update(plain)
        elif number in switches:
            style[switches[number]] = True
        elif number == 22:
            style["bold"] = False
        elif number - 20 in switches:
            style[switches[number - 20]] = False
        elif number in (38, 48) and numbers[:1] == [2]:
            style[colored] = "#{:02x}{:02x}{:02x}".format(*numbers[1:4])
            del numbers[:4]
        elif number in (39, 49):
            style[colored] = plain[colored]


# Lines from the middle of a cell: left, right, up, down.
LINES = {
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru",
    "┼": "lrud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu", "╴": "l", "╶": "r",
}  # fmt: skip
# Where the dots of braille letters are, by the bits of their number.
DOTS = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]


def shapes(letter, x, y):
    """The rectangles (x, y, width, height) that a letter is drawn as; None where it is a letter indeed."""
    if letter in LINES:
        middle, center = x + WIDTH / 2 - 0.5, y + HEIGHT / 2 - 0.5
        ways = {
            "l": (x, center, WIDTH / 2 + 0.5, 1),
            "r": (middle, center, WIDTH / 2 + 0.5, 1),
            "u": (middle, y, 1, HEIGHT / 2 + 0.5),
            "d": (middle, center, 1, HEIGHT / 2 + 0.5),
        }
        return [ways[way] for way in LINES[letter]]
    number = ord(letter)
    if 0x2800 <= number <= 0x28FF:
        set_bits = [place for bit, place in enumerate(DOTS) if number >> bit & 1]
        return [(x + 1.2 + 4 * column, y + 1 + row * HEIGHT / 4, 1.8, 1.8) for column, row in set_bits]
    if letter == "▀":
        return [(x, y, WIDTH, HEIGHT / 2)]
    if letter == "▐":
        return [(x + WIDTH / 2, y, WIDTH / 2, HEIGHT)]
    if 0x2581 <= number <= 0x2588:
        height = HEIGHT * (number - 0x2580) / 8
        return [(x, y + HEIGHT - height, WIDTH, height)]
    if 0x2589 <= number <= 0x258F:
        return [(x, y, WIDTH * (0x2590 - number) / 8, HEIGHT)]
    return None


def figure(number):
    return f"{number:.2f}".rstrip("0").rstrip(".")


def draw(lines):
    """The SVG of a screen."""
    width, height = COLUMNS * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN
    behind, drawn, texts = [], {}, []
    for row, cells in enumerate(lines):
        y = MARGIN + row * HEIGHT
        column = 0
        for color, run in groupby(cells, key=lambda cell: cell[2]):
            length = len(list(run))
            if color != GROUND:
                place = f'x="{MARGIN + column * WIDTH}" y="{y}" width="{length * WIDTH}" height="{HEIGHT}"'
                behind.append(f'<rect {place} fill="{color}"/>')
            column += length
        begin = 0
        for (color, bold, underlined), run in groupby(cells, key=lambda cell: (cell[1], *cell[3:])):
            run = [cell[0] for cell in run]
            for place, letter in enumerate(run):
                found = shapes(letter, MARGIN + (begin + place) * WIDTH, y)
                if found is not None:
                    drawn.setdefault(color, []).extend(found)
                    run[place] = " "
            # Words apart, so that none is moved by the width of what stands before it.
            for word in re.finditer(r"\S+(?: \S+)*", "".join(run)):
                x, cells_wide = MARGIN + (begin + word.start()) * WIDTH, len(word.group())
                look = (' font-weight="bold"' if bold else "") + (' text-decoration="underline"' if underlined else "")
                place = f'x="{x}" y="{y + 13}" textLength="{cells_wide * WIDTH}"'
                texts.append(f'<text {place} fill="{color}"{look}>{escape(word.group())}</text>')
            begin += len(run)
    paths = []
    for color, rectangles in drawn.items():
        steps = "".join(
            f"M{figure(x)} {figure(y)}h{figure(w)}v{figure(h)}h-{figure(w)}z" for x, y, w, h in rectangles
        )
        paths.append(f'<path fill="{color}" d="{steps}"/>')
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13.2">',
            f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>',
            *behind,
            *paths,
            *texts,
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    main()
