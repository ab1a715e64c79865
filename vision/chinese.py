"""What findings say in Chinese, by their code; what was measured, or is known besides, stands behind the colon.

Those that the service adds are among them, so that all is told in one place: in the JSON, the report, the console and
the page of an exported case.
"""

from __future__ import annotations

from collections.abc import Sequence

SENTENCES: dict[str, str] = {
    "stray": "{at}与其余字符不一致",
    "restruck": "整个号码不像原厂打刻",
    "unlike": "综合来看，字符不像原厂打刻",
    "touched": "{at}的金属似经处理",
    "layout": "{at}的位置或大小与其余字符不一致",
    "glyph": "{at}的字形与相同字符不一致",
    "unread": "{at}无法辨认",
    "alphabet": "VIN 中不使用 I、O、Q",
    "length": "字符数不是 17 位",
    "check_digit": "第 9 位校验位与其余字符不符",
    "model_year": "第 10 位字符不代表任何年款",
    "serial": "VIN 的末四位应为数字，但{at}不是",
    "registered_number": "与登记号码不一致",
    "barcode": "条码内容与号码不一致",
    "photograph_used_before": "该照片以前收到过",
    "watched_number": "该号码在监视名单上",
    "seen_elsewhere": "同一号码在另一检验站出现，应有两辆车使用该号码",
    "stale_capture": "照片拍摄时间远早于收到时间",
    "future_capture": "照片拍摄时间晚于收到时间",
    "not_as_its_maker": "与同厂已放行车辆的打刻比对",
    "not_as_on_file": "与档案拓印膜比对",
}


def chinese(code: str, characters: Sequence[int] = (), detail: str = "") -> str:
    """What a finding of this code says; characters: those that it names, from 0. Raises KeyError for one unknown."""
    said = SENTENCES[code].format(at=at(characters))
    return f"{said}：{detail}。" if detail else f"{said}。"


def at(characters: Sequence[int]) -> str:
    """Where these characters stand, counted from 1; with none, that it is beside them."""
    return f"第 {'、'.join(str(place + 1) for place in characters)} 位字符" if characters else "号码旁"
