"""Chinese negation: 没有人, 不要猫, 不含文字, 无人, 除了狗.

Without spaces a negating character is often part of a word (无人机 is a drone, 非洲 Africa, 不锈钢 steel), so 无 and 非
count only before the nouns listed here, and every trigger has its exceptions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.search.query_negation import FoundNegation

if TYPE_CHECKING:
    from collections.abc import Iterator

_END = r"(?=[\s,，;；、。!！?？]|$)"
_PART = r"[^\s,，;；、。!！?？:：()（）]"

_LACKS = (
    r"(?<![有淹沉出吞埋])没有(?![用关了什意办必问想可])|没(?=人(?!行)|[云车雪猫狗穿戴带])|不含(?!糊)|不包[含括]|不带(?![电劲货])"
    r"|不(?=[戴穿])|(?<!是)不是(?![吗很就])|(?<!在)不在(?![乎意线于此场了])|不要有|不要出现|不要(?=(?:行人|路人|游客|人)的(?![照图相]))|空无一(?=人)"
)
_UNWANTED = r"(?<![要请])不要(?![紧脸命钱停动])|不想[要看]|排除|去掉"
_EMPTY = (
    r"(?<![空毫并中若])无(?=人(?![机驾车区艇船岛超商店售值守零配潜飞战看问不能可系直农工码酒餐书货快出巴公之烟迹划])"
    r"|(?:云|雨|雪|车|字|水印|文字|行人|游客|人物|动物|建筑|树|猫|狗)(?:的|(?=[\s,，;；、。]|$)))"
)
_NOT_A = (
    r"(?<![\u4e00-\u9fff])非(?=(?:人物|人像|黑白|彩色|截图|夜景|夜晚|室内|室外|风景|自拍|动物|食物|文档|证件|卡通)"
    r"(?:的|[\s,，;；、。]|$))"
)
_EXCEPT = (
    rf"(?<![扣开删清拆解消免扫铲])除了?(?P<beside>{_PART}{{1,12}}?)(?:以外|之外)的?[,，]?(?![,，]?\s*[还也又])"
    rf"|除了(?P<except>(?:(?![还也又都]){_PART}){{1,12}}){_END}(?![,，]\s*[还也又])"
)
_TRIGGER = re.compile(rf"(?P<lacks>{_LACKS})|(?P<unwanted>{_UNWANTED})|(?P<empty>{_EMPTY}|{_NOT_A})|{_EXCEPT}")

# 不要停车的标志 is a sign about it.
_SIGN = re.compile(rf"{_PART}{{0,12}}(?:标志|标识|告示|标牌|牌子|招牌|警示|标语)")
_FILLER = re.compile(r"任何|一[个只件张条辆点]|其他|别的|有")
_NOUN = re.compile(rf"(?:(?!的|但|而|只有|还有|却|在){_PART}){{1,12}}")
_WHOLE = re.compile(rf"(?:(?!但|而是|只要|只有|还有){_PART}){{1,16}}")
_OF_PHOTOS = re.compile(r"的(?:照片|图片|相片|图像|照|图)?$")
_EMPTY_NOUN = re.compile(r"人物|人像|人|云|雨|雪|车|字|水印|文字|行人|游客|动物|建筑|树|猫|狗|..")


def find_negations_zh(text: str) -> Iterator[FoundNegation]:
    """Yield the Chinese negations of a folded text in order. Linear in its length."""
    position = 0
    while (trigger := _TRIGGER.search(text, position)) is not None:
        found = _read(text, trigger)
        if found is not None:
            yield found
        position = found.end if found else max(trigger.end(), trigger.start() + 1)


def _read(text: str, trigger: re.Match[str]) -> FoundNegation | None:
    for name in ("beside", "except"):
        if trigger[name]:
            return FoundNegation(trigger.start(), trigger.end(), *_without_tail(text, *trigger.span(name)))
    begin = trigger.end()
    if trigger["unwanted"]:
        return _unwanted(text, trigger.start(), begin)
    pattern = _EMPTY_NOUN if trigger["empty"] else _NOUN
    filler = _FILLER.match(text, begin)
    if filler is not None and pattern.match(text, filler.end()):
        begin = filler.end()
    noun = pattern.match(text, begin)
    if noun is None or _SIGN.match(text, begin):
        return None
    end = noun.end() + text.startswith("的", noun.end())
    return FoundNegation(trigger.start(), end, begin, noun.end())


def _unwanted(text: str, start: int, begin: int) -> FoundNegation | None:
    """不要 takes all that follows (不要红色的车), save that it wants no photos of it (不要猫的照片)."""
    whole = _WHOLE.match(text, begin)
    if whole is None or _SIGN.match(text, begin):
        return None
    text_begin, text_end = _without_tail(text, begin, whole.end())
    return None if text_begin == text_end else FoundNegation(start, whole.end(), text_begin, text_end)


def _without_tail(text: str, begin: int, end: int) -> tuple[int, int]:
    tail = _OF_PHOTOS.search(text, begin + 1, end) if end > begin + 1 else None
    return begin, tail.start() if tail else end
