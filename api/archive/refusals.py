"""Why a line of an import was not taken, in English and Chinese, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "number_missing", "number_malformed", "year", "filed", "too_long", "malformed", "file_taken",
    "rubbing_missing", "rubbing_no_picture", "rubbing_ambiguous",
]  # fmt: skip

_SENTENCES: dict[Code, tuple[str, str]] = {
    "number_missing": (
        "There is no number: fill in the column `number`.",
        "没有车辆号码：请填写“number”列。",
    ),
    "number_malformed": (
        "{value} is no number: it has 4 to 25 letters, digits and hyphens, and no blanks in it that stand for others.",
        "{value} 不是车辆号码：应为 4 至 25 位字母、数字或连字符，不含代替其他字符的符号。",
    ),
    "year": (
        "{value} is no year: write four digits, from 1900 to next year, or leave it empty.",
        "{value} 不是年份：请写四位数字（1900 至明年），或留空。",
    ),
    "filed": (
        "{value} is no date in the past: write it as 2019-03-05, or leave it empty.",
        "{value} 不是已过去的日期：请写成 2019-03-05 的形式，或留空。",
    ),
    "too_long": (
        "{value} is longer than 200 characters, or has characters that cannot be printed: shorten it.",
        "{value} 超过 200 个字符，或含有无法显示的字符：请改短。",
    ),
    "malformed": (
        "The line has more fields than the first line has columns, or a quote that is not closed: mend it.",
        "该行的字段多于表头的列，或引号没有配对：请改正。",
    ),
    "file_taken": (
        "The archive has a file {value} that says otherwise: give this one another file number, or leave it out.",
        "档案编号 {value} 已有内容不同的档案：请换一个档案编号，或删去此行。",
    ),
    "rubbing_missing": (
        "There is no rubbing {value}; the file was added without it: put it beside the table and import that again.",
        "找不到拓印膜图片 {value}，档案已建立但没有拓印膜：请把图片放在表格旁边，再次导入。",
    ),
    "rubbing_no_picture": (
        "{value} is no picture that can be opened: save it as JPEG, PNG, TIFF or WebP, and import it again.",
        "{value} 不是可以打开的图片：请另存为 JPEG、PNG、TIFF 或 WebP，再次导入。",
    ),
    "rubbing_ambiguous": (
        "Several files have the number of {value}: name the rubbing in a table, in the line of its file.",
        "{value} 的号码有多份档案：请在表格中该档案的一行写明拓印膜图片。",
    ),
}


@dataclass(frozen=True)
class Refusal:
    """A line that was not taken, or its rubbing."""

    line: int  # in the table, from 1; in a folder, the picture's place in the order of names
    code: Code
    value: str  # what is wrong, at most 200 characters

    @property
    def sentence(self) -> str:
        """Why, and what to do."""
        return _SENTENCES[self.code][0].format(value=self.value)

    @property
    def sentence_zh(self) -> str:
        """The same in Chinese."""
        return _SENTENCES[self.code][1].format(value=self.value)
