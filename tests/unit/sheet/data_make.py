#!/usr/bin/python3
"""Writes data/: one table as three programs write it. Needs python3-openpyxl, python3-xlsxwriter and LibreOffice;
the tests need none of them, so this is run by hand when the table changes."""
import datetime
import os
import shutil
import subprocess
import sys
import tempfile

import openpyxl
import xlsxwriter

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
HEADER = ["Tên máy", "Ngày cấp", "Cấp độ", "Hoạt động", "Ghi chú", "Giờ"]
DAY = datetime.date(2026, 1, 5)
TIME = datetime.datetime(2026, 1, 5, 8, 30)


def with_openpyxl(path):
    book = openpyxl.Workbook()
    s = book.active
    s.title = "Máy"
    s.append(HEADER)
    s.append(["Máy chủ thư", DAY, 3, True, "dòng 1\ndòng 2", TIME])
    s.append(["0912345678", datetime.date(1970, 1, 17), -1.25, False, '<a> & "b"', "#DIV/0!"])
    s["A5"] = " đậm nhạt"
    s["C5"] = 1234567.5
    s["E5"] = "=1+1"
    s["E5"].data_type = "s"
    s["F5"] = 42
    s.merge_cells("A5:B5")
    h = book.create_sheet("Ẩn")
    h.sheet_state = "hidden"
    h["A1"] = "không ai thấy"
    book.save(path)


def with_xlsxwriter(path):
    book = xlsxwriter.Workbook(path)
    s, h = book.add_worksheet("Máy"), book.add_worksheet("Ẩn")
    day, time = book.add_format({"num_format": 14}), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    bold, plain = book.add_format({"bold": True}), book.add_format({"italic": True})
    s.write_row(0, 0, HEADER, bold)
    s.write_string(1, 0, "Máy chủ thư")
    s.write_datetime(1, 1, DAY, day)
    s.write_number(1, 2, 3)
    s.write_boolean(1, 3, True)
    s.write_string(1, 4, "dòng 1\ndòng 2")
    s.write_datetime(1, 5, TIME, time)
    s.write_string(2, 0, "0912345678")
    s.write_datetime(2, 1, datetime.date(1970, 1, 17), day)
    s.write_number(2, 2, -1.25)
    s.write_boolean(2, 3, False)
    s.write_string(2, 4, '<a> & "b"')
    s.write_formula(2, 5, "=1/0", None, "#DIV/0!")
    s.write_rich_string(4, 0, plain, " đậm", bold, " nhạt")
    s.write_number(4, 2, 1234567.5)
    s.write_string(4, 4, "=1+1")
    s.write_formula(4, 5, "=40+2", None, 42)
    h.write_string(0, 0, "không ai thấy")
    h.hide()
    book.close()


with_openpyxl(os.path.join(folder, "openpyxl.xlsx"))
with_xlsxwriter(os.path.join(folder, "xlsxwriter.xlsx"))
with tempfile.TemporaryDirectory() as out:
    subprocess.run(["soffice", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", out,
                    os.path.join(folder, "xlsxwriter.xlsx")], check=True, timeout=120, stdout=sys.stderr)
    shutil.move(os.path.join(out, "xlsxwriter.xlsx"), os.path.join(folder, "libreoffice.xlsx"))
