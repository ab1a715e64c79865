"""What the report says, in English and Chinese."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from vinspect.vision import quality
from vinspect.vision.chinese import SENTENCES, chinese
from vinspect.vision.evidence import Language, Outcome, Surface

Part = Literal["read", "shapes", "line", "metal", "before", "file", "weighed"]
PARTS: tuple[Part, ...] = ("read", "shapes", "line", "metal", "before", "file", "weighed")

Said = dict[Language, str]

TITLE: Said = {"en": "Report on a vehicle's number", "zh": "车辆号码检验报告"}
SUBTITLE: Said = {"en": "The inspector's three minutes, step by step", "zh": "查验员的三分钟：逐步说明"}
PROPOSITIONS: Said = {
    "en": "Weighed are two propositions. <b>A</b>: the number, or a part of it, is not as the maker struck it. "
    "<b>B</b>: it is as the maker struck it. A strength of +2 means that what is seen is a hundred times likelier "
    "under A than under B; -2 the reverse; 0 that it says nothing. It is no probability that anybody forged anything: "
    "for that, everything else that is known of the vehicle counts too. A lawful re-strike is on file and no offence.",
    "zh": "权衡两个命题。<b>甲</b>：号码（或其一部分）并非制造厂原样打刻；<b>乙</b>：号码为制造厂原样打刻。"
    "强度 +2 表示：若甲成立，所见现象出现的可能性是乙成立时的一百倍；-2 则相反；0 表示不说明任何问题。"
    "它不是“有人作假”的概率："
    "得出该结论还须考虑车辆的其他情况。依法重新打刻并已备案的，不属违法。",
}
STEPS: dict[
    Part, dict[Language, tuple[str, str, str]]
] = {  # title, what the inspector does by hand, what was done here
    "read": {
        "en": (
            "Read it",
            "By hand: read every character aloud, hold it against the papers, compute the check digit.",
            "Here: each character was read with the probability that it is right; rules and barcodes were checked.",
        ),
        "zh": (
            "读出号码",
            "人工做法：逐字读出，与证件核对，计算校验位。",
            "本报告：读出每个字符及其正确概率，并核对编码规则和条码。",
        ),
    },
    "shapes": {
        "en": (
            "Look at the shapes",
            "By hand: take a rubbing, and compare equal characters: one die leaves one shape.",
            "Here: a rubbing was taken from the photograph, and equal characters were laid on each other.",
        ),
        "zh": (
            "看字形",
            "人工做法：拓印号码，比较相同的字符：同一字模只有一种字形。",
            "本报告：由照片生成虚拟拓印，并将相同字符互相重叠比对。",
        ),
    },
    "line": {
        "en": (
            "Look along the line",
            "By hand: lay a ruler under the number; look at height, spacing, slant and depth.",
            "Here: each character's place, size, turn and stroke were measured against those of the others.",
        ),
        "zh": (
            "看排列",
            "人工做法：将直尺靠在号码下方，看高低、间距、倾斜和深浅。",
            "本报告：测量每个字符的位置、大小、转角和笔画，与其余字符比较。",
        ),
    },
    "metal": {
        "en": (
            "Look at the metal around it",
            "By hand: look for grinding, weld, filler, a let-in plate, fresh paint, ghosts of older strokes.",
            "Here: whatever speaks of the metal, the photograph or the record stands below.",
        ),
        "zh": (
            "看周围的金属",
            "人工做法：查找打磨、焊接、填补、镶嵌、新漆以及旧笔画的残影。",
            "本报告：与金属、照片或记录有关的发现列于下方。",
        ),
    },
    "before": {
        "en": (
            "Ask what it was before",
            "By hand: strokes are easily added, so ask which number this one may have been made of.",
            "Here: suspect and unsure characters, what each may have been, and the numbers to look up.",
        ),
        "zh": (
            "推断原号码",
            "人工做法：加笔最容易，推断该号码可能由哪个号码改成。",
            "本报告：列出可疑或不确定的字符、其可能的原字符以及应查询的号码。",
        ),
    },
    "file": {
        "en": (
            "Pull the file",
            "By hand: lay the rubbing on file over today's.",
            "Here: the number was laid on the picture on file, character by character.",
        ),
        "zh": ("调档比对", "人工做法：将档案中的拓印与今日的拓印重叠比对。", "本报告：将号码与档案图片逐字重叠比对。"),
    },
    "weighed": {
        "en": (
            "Weigh it",
            "By hand: thirty years' experience.",
            "Here: the findings' strengths were added, within what was learned from known numbers.",
        ),
        "zh": (
            "综合权衡",
            "人工做法：凭三十年经验。",
            "本报告：将各项发现的强度相加，且不超过已知样本所能支持的范围。",
        ),
    },
}
NOTHING: dict[Part, Said] = {
    "read": {"en": "The rules find nothing to object to.", "zh": "编码规则未发现问题。"},
    "shapes": {"en": "No character stands out from its equals.", "zh": "相同字符之间未见差异。"},
    "line": {"en": "No character stands out from the line.", "zh": "各字符排列未见异常。"},
    "metal": {"en": "Nothing was found.", "zh": "未见异常。"},
    "before": {
        "en": "No character is suspect or unsure: there is nothing to ask.",
        "zh": "无可疑或不确定的字符，无须推断。",
    },
    "file": {
        "en": "Not judged: no picture from the file was given. Ask for the rubbing in the vehicle's file.",
        "zh": "未作判断：未提供档案图片。请调取该车档案中的拓印。",
    },
    "weighed": {"en": "", "zh": ""},
}
LEANS: Said = {
    "en": "Character {place}, {character}, leans to not as struck ({support}), less than makes a finding: look at it.",
    "zh": "第 {place} 位 {character} 偏向非原厂打刻（{support}），尚不足以列为发现：请人工查看。",
}
NOT_JUDGED: Said = {"en": "Not judged. {why}", "zh": "未作判断。{why}"}
METAL_NOT_JUDGED: Said = {
    "en": "This version does not judge the metal by itself: look for yourself, and feel along the edges.",
    "zh": "本版本不单独鉴定金属表面：请查验员自行查看并触摸边缘。",
}
FILE_NOT_SHOWN: Said = {
    "en": "The rubbing itself is shown to those who may see the archive.",
    "zh": "拓印膜本身仅供有权查阅档案的人员查看。",
}
FILE_WEIGHS: Said = {
    "en": "Here the strength weighs other propositions: +, struck at another time or by other dies than what is on "
    "file; -, one striking made both.",
    "zh": "此处强度针对另一组命题：“+”表示与档案并非同一次打刻；“-”表示两者为同一次打刻。",
}
OUTCOMES: dict[Outcome, Said] = {
    "clear": {"en": "clear: nothing stands out", "zh": "未见异常"},
    "review": {"en": "review: look again", "zh": "需复核"},
    "suspect": {"en": "suspect", "zh": "可疑"},
    "cannot judge": {"en": "cannot judge", "zh": "无法判断"},
}
NEXT: dict[Outcome, Said] = {
    "clear": {
        "en": "Nothing was found, which is not that there is nothing to find. A twin (another car's whole number) "
        "shows only against the file or in a second sighting.",
        "zh": "未发现异常不等于没有异常。套牌（整号克隆）只有与档案比对或再次出现时才能发现。",
    },
    "review": {
        "en": "Look at the marked characters on the vehicle, pull the file, and let a second person decide.",
        "zh": "请在车上查看标记的字符，调取档案，并由第二人复核。",
    },
    "suspect": {
        "en": "Hold the vehicle's file against it, look up the numbers of step 5, and have the number examined.",
        "zh": "请与档案比对，查询第 5 步所列号码，并送专业检验。",
    },
    "cannot judge": {
        "en": "No conclusion either way may be drawn from this report.",
        "zh": "不得据此报告作出任何一方的结论。",
    },
}
LABELS: dict[str, Said] = {
    "photo": {"en": "Photograph", "zh": "照片"},
    "sha256": {"en": "SHA-256 of its bytes", "zh": "文件 SHA-256"},
    "size": {"en": "Size", "zh": "尺寸"},
    "number": {"en": "Number as it stands", "zh": "现有号码"},
    "none": {"en": "none could be read", "zh": "未能读出"},
    "sure": {"en": "{p} that the whole number is read rightly", "zh": "整号读对的概率 {p}"},
    "surface": {"en": "Made as", "zh": "制作方式"},
    "maker": {"en": "Maker", "zh": "制造厂"},
    "years": {"en": "Model year", "zh": "年款"},
    "or": {"en": " or ", "zh": " 或 "},
    "check": {"en": "Check digit", "zh": "校验位"},
    "holds": {"en": "holds", "zh": "相符"},
    "fails": {"en": "does not hold", "zh": "不符"},
    "advice": {"en": "does not hold; its region does not ask for one", "zh": "不符（该地区不要求校验位）"},
    "strength": {"en": "strength", "zh": "强度"},
    "against": {"en": "{outcome}: {name}, SHA-256 {sha256}", "zh": "{outcome}：{name}，SHA-256 {sha256}"},
    "former": {"en": "Position {place}: {now} may have been {old}", "zh": "第 {place} 位：{now} 原来可能是 {old}"},
    "look_up": {"en": "Look up: {numbers}", "zh": "应查询：{numbers}"},
    "more": {"en": "and {n} more, in the JSON", "zh": "另有 {n} 项，见 JSON"},
    "page": {"en": "page {n} of 2", "zh": "第 {n} 页，共 2 页"},
    "made": {
        "en": "Made by Vinspect {version} from the photograph named above; it decides nothing. "
        "Whoever decides has looked at the vehicle.",
        "zh": "由 Vinspect {version} 根据上述照片生成；本报告不作决定，决定者须查看实车。",
    },
    "signed": {"en": "Inspector, date", "zh": "查验员、日期"},
    "second": {"en": "Second person, date", "zh": "复核人、日期"},
    "as struck": {"en": "as struck", "zh": "原样打刻"},
    "not as struck": {"en": "not as struck", "zh": "非原样打刻"},
}
SURFACES: dict[Surface, Said] = {
    "label": {"en": "printed label", "zh": "印刷标签"},
    "plate": {"en": "plate", "zh": "标牌"},
    "struck": {"en": "struck", "zh": "冲压打刻"},
    "peened": {"en": "dots peened", "zh": "点阵打刻"},
    "scribed": {"en": "scribed", "zh": "划刻"},
    "etched": {"en": "etched", "zh": "蚀刻"},
}
# How much a strength is, in words: the ENFSI Guideline for Evaluative Reporting in Forensic Science (2015)
_SCALE: tuple[tuple[float, Said], ...] = (
    (0.3, {"en": "says nothing", "zh": "无意义"}),
    (1.0, {"en": "weak", "zh": "微弱"}),
    (2.0, {"en": "moderate", "zh": "中等"}),
    (3.0, {"en": "moderately strong", "zh": "较强"}),
    (math.inf, {"en": "strong", "zh": "强"}),
)
# Where a finding is told, by its code; what is not named here is told with the metal.
STEP_OF: dict[str, Part] = {
    "stray": "shapes",
    "restruck": "shapes",
    "unlike": "shapes",
    "not_as_its_maker": "file",
    "not_as_on_file": "file",
    **dict.fromkeys(
        ("alphabet", "length", "check_digit", "model_year", "serial", "registered_number", "barcode"), "read"
    ),
}


def finding(of: Mapping[str, Any], language: Language) -> str:
    """What a document says of a finding (`schema.Finding`).

    One from before documents spoke Chinese says what can be said by its code, and its own sentence behind that.
    """
    if language == "en":
        return str(of["sentence"])
    if "sentence_zh" in of or of["code"] not in SENTENCES:
        return str(of.get("sentence_zh", of["sentence"]))
    return f"{chinese(of['code'], of['characters'])} {of['sentence']}"


def why(of: Mapping[str, Any], language: Language) -> str:
    """Why a document says that something could not be read or judged (`schema.Reason`).

    One from before documents spoke Chinese says it by its code, where that is known.
    """
    if language == "en":
        return str(of["sentence"])
    known = next((said["zh"] for code, said in quality.SENTENCES.items() if code == of["code"]), of["sentence"])
    return str(of.get("sentence_zh", known))


def strength(support: float, language: Language) -> str:
    """A strength as it is printed: "+1.2, moderate"."""
    word = next(said for below, said in _SCALE if abs(support) < below)[language]
    return f"{support:+.1f}{'，' if language == 'zh' else ', '}{word}"
